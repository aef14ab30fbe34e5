//! Converts an HTTP request into the event of API Gateway (REST API, Lambda proxy integration).

use std::collections::HashMap;
use std::net::SocketAddr;

use aws_lambda_events::apigw::{
    ApiGatewayCustomAuthorizerRequest, ApiGatewayCustomAuthorizerRequestTypeRequest,
    ApiGatewayCustomAuthorizerRequestTypeRequestIdentity, ApiGatewayProxyRequest,
    ApiGatewayProxyRequestContext,
};
use aws_lambda_events::query_map::QueryMap;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use rollcall_directory::clock::time;
use rollcall_token_authorizer::Event;
use serde_json::Value;

use crate::template::Payload;

use super::encoding::{canonical_path, query_pairs};
use super::router::Matched;

/// Placeholders for the ids that AWS would assign.
const API_ID: &str = "rollcall";
const ACCOUNT_ID: &str = "000000000000";
/// The only stage name that `lambda_http` does not put in front of the path. Local paths have no stage.
const STAGE: &str = "$default";

/// A request that API Gateway accepts, with its body.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    pub(super) method: Method,
    /// The canonical path, percent-encoded.
    pub(super) path: String,
    pub(super) request_id: String,
    query: HashMap<String, Vec<String>>,
    headers: HeaderMap,
    host: String,
    body: Bytes,
    peer: SocketAddr,
}

impl Incoming {
    /// Reads a request. Returns `None` if API Gateway would refuse its path, its query string or its host.
    pub(super) fn read(
        parts: Parts,
        body: Bytes,
        peer: SocketAddr,
        request_id: &str,
    ) -> Option<Self> {
        let mut query: HashMap<String, Vec<String>> = HashMap::new();
        for (name, value) in query_pairs(parts.uri.query().unwrap_or_default())? {
            query.entry(name).or_default().push(value);
        }
        Some(Self {
            path: canonical_path(parts.uri.path())?,
            query,
            host: host(&parts)?,
            method: parts.method,
            headers: parts.headers,
            body,
            peer,
            request_id: request_id.to_owned(),
        })
    }

    /// Returns a header as a token authorizer receives it: the values of all lines, joined by commas. Returns `None` if
    /// the header is missing, empty, or not visible ASCII.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self
            .headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().ok())
            .collect::<Option<_>>()?;
        Some(values.join(",")).filter(|joined| !joined.is_empty())
    }

    /// Returns the ARN by which policies name the method.
    pub(super) fn method_arn(&self) -> String {
        let path = self.path.trim_start_matches('/');
        format!(
            "arn:aws:execute-api:local:{ACCOUNT_ID}:{API_ID}/{STAGE}/{}/{path}",
            self.method
        )
    }

    /// Returns the event for an authorizer. Returns `None` if the header with the token is missing.
    pub(super) fn authorizer_event(
        &self,
        payload: &Payload,
        matched: &Matched<'_>,
    ) -> Option<Event> {
        match payload {
            Payload::Token { header } => {
                let mut event = ApiGatewayCustomAuthorizerRequest::default();
                event.type_ = Some("TOKEN".to_owned());
                event.authorization_token = Some(self.header(header)?);
                event.method_arn = Some(self.method_arn());
                Some(Event::Token(event))
            }
            Payload::Request { header } => {
                if let Some(header) = header {
                    self.header(header)?;
                }
                Some(Event::Request(Box::new(self.request_event(matched))))
            }
        }
    }

    fn request_event(&self, matched: &Matched<'_>) -> ApiGatewayCustomAuthorizerRequestTypeRequest {
        let mut event = ApiGatewayCustomAuthorizerRequestTypeRequest::default();
        event.type_ = Some("REQUEST".to_owned());
        event.method_arn = Some(self.method_arn());
        event.resource = Some(matched.route.path.clone());
        event.path = Some(self.path.clone());
        event.http_method = Some(self.method.clone());
        event.headers = self.headers.clone();
        event.multi_value_headers = self.headers.clone();
        event.query_string_parameters = last_of_each(&self.query);
        event.multi_value_query_string_parameters = QueryMap::from(self.query.clone());
        event.path_parameters = matched.parameters.clone();
        event.request_context.request_id = Some(self.request_id.clone());
        let mut identity = ApiGatewayCustomAuthorizerRequestTypeRequestIdentity::default();
        identity.source_ip = Some(self.peer.ip().to_string());
        event.request_context.identity = Some(identity);
        event.request_context.resource_path = Some(matched.route.path.clone());
        event.request_context.http_method = Some(self.method.clone());
        event.request_context.stage = Some(STAGE.to_owned());
        event
    }

    /// Returns the event for the function of a route. Of an API whose bodies are binary, it has the body as Base64.
    pub(super) fn into_event(
        mut self,
        matched: Matched<'_>,
        authorizer: HashMap<String, Value>,
        is_binary: bool,
    ) -> ApiGatewayProxyRequest {
        self.forward();
        let mut context = ApiGatewayProxyRequestContext::default();
        context.account_id = Some(ACCOUNT_ID.to_owned());
        context.apiid = Some(API_ID.to_owned());
        context.stage = Some(STAGE.to_owned());
        context.request_id = Some(self.request_id);
        context.request_time_epoch = time().as_millisecond();
        context.protocol = Some("HTTP/1.1".to_owned());
        context.domain_name = Some(self.host);
        context.resource_path = Some(matched.route.path.clone());
        context.path = Some(self.path.clone());
        context.http_method = self.method.clone();
        context.identity.source_ip = Some(self.peer.ip().to_string());
        context.identity.user_agent = self
            .headers
            .get(USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        context.authorizer.fields = authorizer;

        let mut event = ApiGatewayProxyRequest::default();
        event.resource = Some(matched.route.path.clone());
        event.path = Some(self.path);
        event.http_method = self.method;
        event.multi_value_headers = self.headers.clone();
        event.headers = self.headers;
        event.query_string_parameters = last_of_each(&self.query);
        event.multi_value_query_string_parameters = QueryMap::from(self.query);
        event.path_parameters = matched.parameters;
        event.request_context = context;
        (event.body, event.is_base64_encoded) = text_or_base64(&self.body, is_binary);
        event
    }

    /// Sets the `X-Forwarded-…` headers, and replaces those that the client sent.
    fn forward(&mut self) {
        for (name, value) in [
            ("x-forwarded-proto", "http".to_owned()),
            ("x-forwarded-for", self.peer.ip().to_string()),
            (
                "x-forwarded-port",
                self.host
                    .rsplit_once(':')
                    .map_or("80", |(_, port)| port)
                    .to_owned(),
            ),
        ] {
            if let Ok(value) = HeaderValue::try_from(value) {
                self.headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

/// Returns the `Host` header if there is exactly one and it is valid. `lambda_http` builds a URL from it, and panics if
/// that fails.
fn host(parts: &Parts) -> Option<String> {
    let mut hosts = parts.headers.get_all(HOST).iter();
    let host = hosts.next()?.to_str().ok()?;
    let plain = host
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte));
    let only = hosts.next().is_none();
    (only && plain && url::Url::parse(&format!("http://{host}/")).is_ok()).then(|| host.to_owned())
}

fn last_of_each(query: &HashMap<String, Vec<String>>) -> QueryMap {
    let last = |(name, values): (&String, &Vec<String>)| {
        Some((name.clone(), vec![values.last()?.clone()]))
    };
    QueryMap::from(query.iter().filter_map(last).collect::<HashMap<_, _>>())
}

/// Returns a body as it appears in an event, and whether it is encoded as Base64.
///
/// API Gateway would replace bytes that are not UTF-8. Here, the function receives them, because its error says more.
fn text_or_base64(body: &Bytes, is_binary: bool) -> (Option<String>, bool) {
    match std::str::from_utf8(body) {
        Ok("") => (None, false),
        Ok(text) if !is_binary => (Some(text.to_owned()), false),
        _ => (Some(BASE64_STANDARD.encode(body)), true),
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use http::header::AUTHORIZATION;
    use lambda_http::RequestExt;
    use lambda_http::request::LambdaRequest;

    use super::*;
    use crate::template::Route;

    fn read(request: http::request::Builder, body: &'static [u8]) -> Option<Incoming> {
        let (parts, body) = request.body(Bytes::from_static(body)).unwrap().into_parts();
        Incoming::read(parts, body, ([127, 0, 0, 1], 50_000).into(), "r-1")
    }

    /// Returns the request that `lambda_http` builds from the event for the function.
    fn seen(request: http::request::Builder, body: &'static [u8]) -> lambda_http::Request {
        seen_by(request, body, false)
    }

    fn seen_by(
        request: http::request::Builder,
        body: &'static [u8],
        is_binary: bool,
    ) -> lambda_http::Request {
        let route = Route {
            method: Method::GET,
            path: "/scim/v2/{proxy+}".to_owned(),
            function: "f".to_owned(),
            authorizer: None,
        };
        let matched = Matched {
            route: &route,
            parameters: HashMap::from([("proxy".to_owned(), "Users".to_owned())]),
        };
        let authorizer = HashMap::from([("tenant".to_owned(), Value::from("acme"))]);
        let incoming = read(request, body).unwrap();
        LambdaRequest::ApiGatewayV1(incoming.into_event(matched, authorizer, is_binary)).into()
    }

    #[test]
    fn the_function_sees_the_request_as_lambda_would_show_it() {
        let request = Request::post("/scim/v2//Users?a=1&a=2&filter=userName+eq%20%22x%22&flag")
            .header("Host", "127.0.0.1:8080")
            .header("X-Forwarded-Proto", "javascript")
            .header("X-Thing", "1");
        let seen = seen(request, b"{}");
        assert_eq!(seen.method(), Method::POST);
        assert_eq!(seen.uri().path(), "/scim/v2//Users");
        assert_eq!(seen.uri().scheme_str(), Some("http"));
        assert_eq!(
            seen.uri().authority().map(|authority| authority.as_str()),
            Some("127.0.0.1:8080")
        );
        assert_eq!(seen.raw_http_path(), "/scim/v2//Users");
        assert_eq!(seen.path_parameters().first("proxy"), Some("Users"));
        let query = seen.query_string_parameters();
        assert_eq!(query.all("a"), Some(vec!["1", "2"]));
        assert_eq!(query.first("filter"), Some("userName eq \"x\""));
        assert_eq!(query.first("flag"), Some(""));
        assert_eq!(seen.headers()["x-thing"], "1");
        assert_eq!(seen.headers()["x-forwarded-port"], "8080");
        assert_eq!(seen.body(), &lambda_http::Body::Text("{}".to_owned()));
        let context = seen.request_context();
        assert_eq!(context.authorizer().unwrap().fields["tenant"], "acme");
        let lambda_http::request::RequestContext::ApiGatewayV1(context) = context else {
            panic!("{context:?}")
        };
        assert_eq!(context.request_id.as_deref(), Some("r-1"));
        assert_eq!(context.resource_path.as_deref(), Some("/scim/v2/{proxy+}"));
    }

    #[test]
    fn bodies_arrive_byte_for_byte() {
        let request = || Request::post("/scim/v2/Users").header("Host", "h");
        assert_eq!(seen(request(), b"").body(), &lambda_http::Body::Empty);
        assert_eq!(
            seen(request(), b"\xff\x00").body(),
            &lambda_http::Body::Binary(b"\xff\x00".to_vec())
        );
        let binary = seen_by(request(), b"{}", true);
        assert_eq!(binary.body(), &lambda_http::Body::Binary(b"{}".to_vec()));
    }

    #[test]
    fn what_api_gateway_refuses_is_refused() {
        for (path, host) in [
            ("/%zz", "h"),
            ("/a?b=%", "h"),
            ("/a", ""),
            ("/a", "a b"),
            ("/a", "["),
            ("/a", "h:99999"),
            ("/a", "u@h"),
            ("/a", "h/x"),
            ("/a", "h?x"),
        ] {
            assert!(
                read(Request::get(path).header("Host", host), b"").is_none(),
                "{path} {host}"
            );
        }
        assert!(read(Request::get("/a"), b"").is_none(), "no host");
        assert!(
            read(
                Request::get("/a").header("Host", "a").header("Host", "b"),
                b""
            )
            .is_none(),
            "two hosts"
        );
        for host in [
            "localhost",
            "127.0.0.1:8080",
            "[::1]:80",
            "acme.example.test",
        ] {
            assert!(
                read(Request::get("/a").header("Host", host), b"").is_some(),
                "{host}"
            );
        }
    }

    #[test]
    fn several_tokens_are_one_list() {
        let request = Request::get("/a")
            .header("Host", "h")
            .header(AUTHORIZATION, "Bearer a");
        assert_eq!(
            read(request, b"")
                .unwrap()
                .header("Authorization")
                .as_deref(),
            Some("Bearer a")
        );
        let request = Request::get("/a")
            .header("Host", "h")
            .header(AUTHORIZATION, "Bearer a")
            .header(AUTHORIZATION, "b");
        assert_eq!(
            read(request, b"")
                .unwrap()
                .header("authorization")
                .as_deref(),
            Some("Bearer a,b")
        );
        for value in ["", "é"] {
            let request = Request::get("/a")
                .header("Host", "h")
                .header(AUTHORIZATION, value);
            assert_eq!(read(request, b"").unwrap().header("authorization"), None);
        }
    }
}
