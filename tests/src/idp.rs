//! An identity provider that calls the service over HTTP with one bearer token.

use std::collections::BTreeSet;
use std::io::Read;

use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use rollcall_directory::Reason;
use serde_json::{Value, json};

use crate::response_invariants::{self, Exchange};
use crate::{pattern, urn};

/// How many users a bulk request creates.
const BULK: usize = 50;

/// One identity provider's view of the service: a base URL and, usually, a token.
#[derive(Clone, Debug)]
pub struct Idp {
    base: String,
    token: Option<String>,
    http: reqwest::Client,
}

impl Idp {
    /// Connects to the SCIM base URL, with or without a token.
    pub fn new(base: impl Into<String>, token: Option<String>) -> Idp {
        let base = base.into();
        Idp {
            http: http_client(&base),
            base,
            token,
        }
    }

    /// Returns the SCIM base URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Returns the same provider with another token.
    pub fn with_token(&self, token: Option<&str>) -> Idp {
        Idp {
            token: token.map(str::to_owned),
            ..self.clone()
        }
    }

    /// Starts a request; `path` is appended to the base URL without changes.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_static("application/scim+json"));
        if let Some(token) = &self.token
            && let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}"))
        {
            headers.insert("authorization", value);
        }
        Request {
            http: self.http.clone(),
            url: format!("{}{path}", self.base),
            line: format!("{method} {path}"),
            method,
            headers,
            body: None,
            allows_500: false,
        }
    }

    /// Sends a GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    /// Sends a POST.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.request(Method::POST, path).body(&body).send().await
    }

    /// Sends a PUT.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.request(Method::PUT, path).body(&body).send().await
    }

    /// Sends a PATCH with these `Operations`.
    pub async fn patch(&self, path: &str, operations: Value) -> Answer {
        let body = json!({"schemas": [urn::PATCH], "Operations": operations});
        self.request(Method::PATCH, path).body(&body).send().await
    }

    /// Sends a DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path).send().await
    }

    /// Asks the token endpoint with an OAuth client's id and secret. Its answers are none of SCIM.
    ///
    /// # Panics
    /// Panics when there is no answer.
    pub async fn ask_for_token(&self, id: &str, secret: &str) -> Answer {
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            encode(id),
            encode(secret)
        );
        let post = self.http.post(format!("{}/oauth/token", self.base));
        let post = post.header("content-type", "application/x-www-form-urlencoded");
        let answered = async {
            let answer = post.body(form).send().await?;
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            Ok::<_, reqwest::Error>((status, headers, answer.text().await?))
        };
        match answered.await {
            Ok((status, headers, text)) => Answer {
                request: "POST /oauth/token".to_owned(),
                status,
                headers,
                body: serde_json::from_str(&text).unwrap_or(Value::Null),
            },
            Err(error) => panic!("no access token: {error}"),
        }
    }

    /// Queries a resource endpoint with a filter.
    pub async fn filter(&self, endpoint: &str, filter: &str) -> Answer {
        self.get(&format!("{endpoint}?filter={}", encode(filter)))
            .await
    }

    /// Creates an active user with a name only, and returns the id.
    pub async fn user(&self, user_name: &str) -> String {
        let body = json!({"schemas": [urn::USER], "userName": user_name, "active": true});
        self.post("/Users", body).await.expect(201).id()
    }

    /// Creates users by bulk requests, which cost less than a request for each, and returns the ids in order.
    pub async fn users(&self, user_names: impl IntoIterator<Item = String>) -> Vec<String> {
        let create = |name: String| {
            let data = json!({"schemas": [urn::USER], "userName": name, "active": true});
            json!({"method": "POST", "path": "/Users", "bulkId": name, "data": data})
        };
        let operations: Vec<Value> = user_names.into_iter().map(create).collect();
        let mut ids = Vec::new();
        for part in operations.chunks(BULK) {
            let body = json!({"schemas": [urn::BULK], "Operations": part});
            let answer = self.post("/Bulk", body).await.expect(200);
            let made = answer.strings("/Operations/*/location");
            assert_eq!(made.len(), part.len(), "{}", answer.body);
            let id = |location: &String| location.rsplit('/').next().map(str::to_owned);
            ids.extend(made.iter().filter_map(id));
        }
        ids
    }

    /// Creates a group and returns the id.
    pub async fn group(&self, display_name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let body =
            json!({"schemas": [urn::GROUP], "displayName": display_name, "members": members});
        self.post("/Groups", body).await.expect(201).id()
    }

    /// Returns the numbers of users and groups.
    pub async fn census(&self) -> (u64, u64) {
        let users = self.get("/Users?count=0").await.expect(200).total();
        (users, self.get("/Groups?count=0").await.expect(200).total())
    }

    /// Returns the ids of a group's members.
    pub async fn members(&self, group: &str) -> BTreeSet<String> {
        let answer = self.get(&format!("/Groups/{group}")).await.expect(200);
        let listed = answer.select("/members/*/value");
        let set: BTreeSet<String> = listed
            .iter()
            .filter_map(|v| v.as_str())
            .map(str::to_owned)
            .collect();
        assert_eq!(
            set.len(),
            listed.len(),
            "a member is listed twice: {listed:?}"
        );
        set
    }
}

/// Creates an HTTP client for a base URL.
///
/// An emulated API Gateway has a hostname below `.localhost`, which not every resolver knows.
pub(crate) fn http_client(base: &str) -> reqwest::Client {
    let url: Option<reqwest::Url> = base.parse().ok();
    let local = url
        .as_ref()
        .and_then(reqwest::Url::host_str)
        .filter(|host| host.ends_with(".localhost"));
    let Some(host) = local else {
        return reqwest::Client::new();
    };
    let builder = reqwest::Client::builder().resolve(host, ([127, 0, 0, 1], 0).into());
    builder.build().unwrap_or_else(|error| panic!("{error}"))
}

/// Percent-encodes a query value as most clients do: everything except unreserved characters.
pub fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// A request that is being built.
#[derive(Debug)]
pub struct Request {
    http: reqwest::Client,
    method: Method,
    url: String,
    line: String,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
    allows_500: bool,
}

impl Request {
    /// Accepts a 500 response, because the test injects DynamoDB faults.
    #[must_use]
    pub fn allow_500(mut self) -> Request {
        self.allows_500 = true;
        self
    }

    /// Sets a header and replaces other headers with the same name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Request {
        let (name, value) = header(name, value);
        self.headers.insert(name, value);
        self
    }

    /// Adds a header and keeps other headers with the same name.
    #[must_use]
    pub fn another_header(mut self, name: &str, value: &str) -> Request {
        let (name, value) = header(name, value);
        self.headers.append(name, value);
        self
    }

    /// Removes a header.
    #[must_use]
    pub fn without(mut self, name: &str) -> Request {
        self.headers.remove(name);
        self
    }

    /// Sets a JSON body; the content type is `application/scim+json` unless one is already set.
    #[must_use]
    pub fn body(self, body: &Value) -> Request {
        self.raw(body.to_string())
    }

    /// Sets a body byte for byte.
    #[must_use]
    pub fn raw(mut self, body: impl Into<Vec<u8>>) -> Request {
        let json = HeaderValue::from_static("application/scim+json");
        self.headers.entry("content-type").or_insert(json);
        self.body = Some(body.into());
        self
    }

    /// Sends the request and checks the invariants of the response.
    ///
    /// # Panics
    /// Panics when there is no response, or when it violates an invariant.
    pub async fn send(self) -> Answer {
        let line = self.line.clone();
        match self.attempt().await {
            Ok(answer) => answer,
            Err(error) => panic!("{line}: no answer: {error}"),
        }
    }

    /// Sends the request to a service that may be killed, so the connection may break.
    ///
    /// # Errors
    /// Returns an error when there is no response.
    ///
    /// # Panics
    /// Panics when the response violates an invariant.
    pub async fn attempt(self) -> Result<Answer, reqwest::Error> {
        let accept = self
            .headers
            .get("accept")
            .and_then(|v| v.to_str().ok())
            .map(str::to_owned);
        let sent = self
            .body
            .as_deref()
            .and_then(|bytes| serde_json::from_slice(bytes).ok());
        let has_body = self.method != Method::HEAD;
        let mut request = self
            .http
            .request(self.method, &self.url)
            .headers(self.headers);
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = match headers.get("content-encoding") {
            Some(_) => decompressed(&response.bytes().await?),
            None => response.text().await?,
        };
        let violations = response_invariants::violations(&Exchange {
            request: &self.line,
            accept: accept.as_deref(),
            sent: sent.as_ref(),
            status,
            headers: &headers,
            text: &text,
            allows_500: self.allows_500,
        });
        assert!(
            violations.is_empty() || !has_body,
            "{}: {status} {text}\n{}",
            self.line,
            violations.join("\n")
        );
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer {
            request: self.line,
            status,
            headers,
            body,
        })
    }
}

/// Returns the text of a compressed body, as a client reads it.
fn decompressed(body: &[u8]) -> String {
    let mut text = String::new();
    let read = GzDecoder::new(body).read_to_string(&mut text);
    read.unwrap_or_else(|error| panic!("the body is not compressed: {error}"));
    text
}

fn header(name: &str, value: &str) -> (HeaderName, HeaderValue) {
    let name = HeaderName::from_bytes(name.as_bytes());
    match (name, HeaderValue::from_bytes(value.as_bytes())) {
        (Ok(name), Ok(value)) => (name, value),
        other => panic!("not a header: {other:?}"),
    }
}

/// A response whose invariants were checked.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The method and path of the request.
    pub request: String,
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, or null when there is none.
    pub body: Value,
}

impl Answer {
    /// Asserts the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}: {}", self.request, self.body);
        self
    }

    /// Asserts an error response: its status and its `scimType`, where `""` means no `scimType`.
    #[track_caller]
    pub fn refused(self, status: u16, scim_type: &str) -> Answer {
        let got = self.body["scimType"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert_eq!(
            (self.status, got.as_str()),
            (status, scim_type),
            "{}: {}",
            self.request,
            self.body
        );
        self
    }

    /// Asserts the reason code, which SCIM sends as a header and `/api/v1` as a member of the problem document.
    #[track_caller]
    pub fn because(self, reason: Reason) -> Answer {
        let member = self.body["reason"].as_str();
        let code = self.header("rollcall-reason").or(member);
        assert_eq!(
            code,
            Some(reason.as_str()),
            "{}: {}",
            self.request,
            self.body
        );
        self
    }

    /// Asserts that the body matches a pattern; see [`pattern::differences`].
    #[track_caller]
    pub fn is(self, pattern: Value) -> Answer {
        let found = pattern::differences(&pattern, &self.body);
        assert!(
            found.is_empty(),
            "{}: {}\n{}",
            self.request,
            self.body,
            found.join("\n")
        );
        self
    }

    /// Returns every value at a pointer; see [`pattern::select`].
    pub fn select(&self, pointer: &str) -> Vec<&Value> {
        pattern::select(&self.body, pointer)
    }

    /// Returns every string at a pointer, in the order of the response.
    pub fn strings(&self, pointer: &str) -> Vec<String> {
        self.select(pointer)
            .into_iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// Returns a header, if it is present and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns the `id` of the resource.
    #[track_caller]
    pub fn id(&self) -> String {
        self.string("/id")
    }

    /// Returns the string at a pointer.
    #[track_caller]
    pub fn string(&self, pointer: &str) -> String {
        match self.body.pointer(pointer).and_then(Value::as_str) {
            Some(text) => text.to_owned(),
            None => panic!(
                "{}: `{pointer}` is not a string in {}",
                self.request, self.body
            ),
        }
    }

    /// Returns `totalResults`.
    #[track_caller]
    pub fn total(&self) -> u64 {
        match self.body["totalResults"].as_u64() {
            Some(total) => total,
            None => panic!("{}: no totalResults in {}", self.request, self.body),
        }
    }
}
