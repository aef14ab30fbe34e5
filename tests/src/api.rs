//! A client of `/api/v1`: the application's backend or a person with a session; it checks every response.

use http::{HeaderMap, Method};
use rollcall_directory::Reason;
use serde_json::{Value, json};

use crate::documented::{is_declared, is_declared_type};
use crate::event_schemas::check_event;
use crate::idp::{Answer, http_client};

/// Words that would reveal implementation details to a client.
const INTERNAL: [&str; 7] = [
    "dynamodb",
    "panicked",
    ".rs:",
    "sqlite",
    "serde",
    "lambda",
    "backtrace",
];

/// One client: a base URL and, usually, a credential.
#[derive(Clone, Debug)]
pub struct Api {
    base: String,
    credential: Option<String>,
    extra: Vec<(String, String)>,
    http: reqwest::Client,
}

impl Api {
    /// Connects to the API's base URL, with or without a credential.
    pub fn new(base: impl Into<String>, credential: Option<String>) -> Api {
        let base = base.into();
        Api {
            http: http_client(&base),
            base,
            credential,
            extra: Vec::new(),
        }
    }

    /// Returns the same client with another credential.
    pub fn with(&self, credential: Option<&str>) -> Api {
        Api {
            credential: credential.map(str::to_owned),
            ..self.clone()
        }
    }

    /// Returns the same client with an additional header.
    pub fn and_header(mut self, name: &str, value: &str) -> Api {
        self.extra.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the base URL.
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// Returns the credential, or an empty string.
    pub fn credential(&self) -> &str {
        self.credential.as_deref().unwrap_or_default()
    }

    /// Sends a GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// Sends a POST.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    /// Sends a PUT.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body.to_string())).await
    }

    /// Sends a PATCH.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body.to_string())).await
    }

    /// Sends a DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Sends a request; `path` is appended to the base URL without changes.
    ///
    /// # Panics
    /// Panics when there is no response, or when it violates an invariant.
    pub async fn send(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        let line = format!("{method} {path}");
        match self.attempt(method, path, body).await {
            Ok(answer) => answer,
            Err(error) => panic!("{line}: no answer: {error}"),
        }
    }

    /// Sends a request to a service that may be killed, so the connection may break.
    ///
    /// # Errors
    /// Returns an error when there is no response.
    ///
    /// # Panics
    /// Panics when the response violates an invariant.
    pub async fn attempt(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<Answer, reqwest::Error> {
        let line = format!("{method} {path}");
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .header("content-type", "application/json");
        if let Some(credential) = &self.credential {
            request = request.header("authorization", format!("Bearer {credential}"));
        }
        for (name, value) in &self.extra {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or_else(|_| lines(&text));
        let mut violations = violations(&line, status, &headers, &text, &body);
        let method = line.split(' ').next().unwrap_or_default();
        // When a function does not answer in time, the gateway does, with one body for SCIM and the API.
        if status == 504 {
            violations.clear();
        } else if !is_declared(method, path, status) {
            violations.push("the OpenAPI document does not declare the status".to_owned());
        } else {
            let media_type = headers.get("content-type");
            let media_type = media_type.and_then(|value| value.to_str().ok());
            if !is_declared_type(method, path, status, media_type.unwrap_or_default()) {
                violations.push("the OpenAPI document does not declare the media type".to_owned());
            }
        }
        assert!(
            violations.is_empty(),
            "{line}: {status} {text}\n{violations:#?}"
        );
        if path
            .split('?')
            .next()
            .is_some_and(|path| path.ends_with("/events"))
        {
            body["items"]
                .as_array()
                .into_iter()
                .flatten()
                .for_each(check_event);
        }
        Ok(Answer {
            request: line,
            status,
            headers,
            body,
        })
    }

    /// Signs a person in through SSO, as the application does.
    pub async fn log_in(&self, tenant: &str, user_name: &str, groups: Option<&[&str]>) -> Answer {
        let mut login = json!({"user_name": user_name});
        if let Some(groups) = groups {
            login["groups"] = json!(groups);
        }
        self.post(&format!("/tenants/{tenant}/sso/logins"), login)
            .await
    }

    /// Introspects a session, as the application does.
    pub async fn introspect(&self, token: &str) -> Answer {
        let asked = json!({"token": token});
        self.post("/sessions/introspect", asked).await.expect(200)
    }

    /// Reads a whole list, page by page.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let (mut items, mut after) = (Vec::new(), None::<String>);
        loop {
            let separator = if path.contains('?') { '&' } else { '?' };
            let page = match &after {
                Some(after) => format!("{path}{separator}after={}", crate::idp::encode(after)),
                None => path.to_owned(),
            };
            let answer = self.get(&page).await.expect(200);
            items.extend(answer.select("/items/*").into_iter().cloned());
            match answer.body["next"].as_str() {
                Some(next) => after = Some(next.to_owned()),
                None => return items,
            }
        }
    }
}

/// Returns JSON lines as an array; null if they are something else.
fn lines(text: &str) -> Value {
    let lines = text.lines().map(serde_json::from_str::<Value>);
    lines.collect::<Result<_, _>>().unwrap_or(Value::Null)
}

/// Lists the violations in a response.
fn violations(
    line: &str,
    status: u16,
    headers: &HeaderMap,
    text: &str,
    body: &Value,
) -> Vec<String> {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let mut found = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            found.push(what.to_owned());
        }
    };
    // What problems mean is the same for everybody.
    let is_public = status < 400 && line.starts_with("GET /problems");
    must(
        header("cache-control") == "no-store" || is_public,
        "`Cache-Control` is not `no-store`",
    );
    must(
        status >= 400 || header("x-content-type-options") == "nosniff",
        "the content type may be guessed",
    );
    must(
        status >= 400 || header("strict-transport-security") == "max-age=31536000",
        "it is not said that HTTPS alone is used",
    );
    if status == 204 {
        must(text.is_empty(), "a 204 response has a body");
        return found;
    }
    if status < 400 && header("content-type") == "application/x-ndjson" {
        let is_object = |line: &str| line.starts_with('{') && line.ends_with('}');
        must(text.lines().all(is_object), "a line is not an object");
        return found;
    }
    if status < 400 && header("content-type").starts_with("text/csv; ") {
        must(
            text.is_empty() || text.ends_with("\r\n"),
            "a line has no end",
        );
        return found;
    }
    if status < 400 {
        must(
            header("content-type") == "application/json",
            "the content type is not JSON",
        );
        must(body.is_object(), "the body is not an object");
        return found;
    }
    must(
        header("content-type") == "application/problem+json",
        "the content type is not a problem document",
    );
    let keys: Vec<&str> = body
        .as_object()
        .map(|body| body.keys().map(String::as_str).collect())
        .unwrap_or_default();
    let more: &[&str] = match body["reason"].as_str() {
        Some("account_merged") => &["merged_into"],
        Some("cursor_ahead" | "events_expired") => &["next"],
        _ => &[],
    };
    let expected = ["type", "reason", "title", "status", "detail", "instance"];
    must(
        keys == [&expected, more].concat(),
        "the problem document has unexpected members",
    );
    must(
        body["reason"].as_str().and_then(Reason::of).is_some(),
        "the problem document has no known reason code",
    );
    must(
        body["status"] == status,
        "the problem document has a different status",
    );
    must(
        body["detail"].as_str().is_some_and(|text| text.len() > 8),
        "`detail` is too short",
    );
    must(
        body["instance"] == header("x-amzn-requestid"),
        "`instance` is not the request id",
    );
    must(
        (status == 401) == header("www-authenticate").starts_with("Bearer"),
        "`WWW-Authenticate` must be present exactly for status 401",
    );
    must(status != 500, "500 is never a valid response");
    let said = text.to_lowercase();
    must(
        !INTERNAL.iter().any(|word| said.contains(word)),
        "the response reveals implementation details",
    );
    found
}
