//! The outer layer of SCIM's functions: content negotiation, body, and request log.

use std::time::{Duration, Instant};

use axum::response::Response;
use axum::{Router, middleware};
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use lambda_http::RequestExt;
use rollcall_directory::Directory;
use rollcall_edge_http::{Afterwards, HttpFunction, Marker, Next, Received, Surface};
use rollcall_scim::{self as scim, Reading};
use tracing::{Instrument, Span};

use crate::base_url::{MARKER, TOKEN_PATH};
use crate::error::{Error, refusal};
use crate::fitting::fit;
use crate::json_body::{Sent, SentForm};
use crate::json_response::PlainJson;
use crate::negotiation::{PLAIN_JSON, content_type};
use crate::read_account::ReadAccount;
use crate::request_log::{Pending, Slot};
use crate::root::{unknown_endpoint, unknown_method};

/// Builds a function from a router of SCIM endpoints. It writes the request logs of the directory's tenants.
pub fn finish(router: Router, directory: Directory) -> HttpFunction {
    build(router.fallback(unknown_endpoint), Some(directory))
}

/// Builds a function from a router of public endpoints. The callers are unknown, so it writes no request log.
///
/// Other paths reach it only while a deployment changes the routes. The answer is 503, because an identity provider
/// could take a 404 for a deleted person.
pub fn finish_public(router: Router) -> HttpFunction {
    let elsewhere = async || Error::from(scim::Error::Unavailable { retry_after: 5 });
    build(router.fallback(elsewhere), None)
}

fn build(router: Router, directory: Option<Directory>) -> HttpFunction {
    let router = router.method_not_allowed_fallback(unknown_method);
    let router = router.layer(middleware::from_fn(fit));
    HttpFunction::new(router, Scim { directory })
}

/// The surface of SCIM. Every response with a status of 400 or more is a SCIM error.
#[derive(Debug)]
struct Scim {
    directory: Option<Directory>,
}

impl Surface for Scim {
    fn marker(&self) -> Marker {
        MARKER
    }

    fn panicked(&self) -> Response {
        refusal(&scim::Error::Internal)
    }

    fn out_of_time(&self) -> Response {
        refusal(&scim::Error::Unavailable { retry_after: 5 })
    }

    fn answer<'a>(&'a self, request: Received, next: Next<'a>) -> BoxFuture<'a, Response> {
        async move {
            let (handled, readings) = scim::observe(self.handle(request, next)).await;
            let Handled {
                pending,
                account,
                afterwards,
                content_type,
                took,
                mut response,
            } = handled;
            if let Some(pending) = pending {
                let answered = pending.answered(&response, took, readings);
                let afterwards = afterwards.filter(|_| answered.can_wait());
                let logged = answered.write();
                let logged = async {
                    match afterwards {
                        Some(afterwards) => {
                            let span = Span::current();
                            afterwards.leave(logged.map(drop).instrument(span));
                            None
                        }
                        None => logged.await,
                    }
                };
                let consumed = response.extensions().get().copied();
                let charged = ReadAccount::charge(account, consumed);
                let (unlogged, ()) = futures::join!(logged, charged);
                // A rehearsal shows what no log has.
                if let Some(entry) = unlogged {
                    response.extensions_mut().insert(entry);
                }
            }
            if response.headers().contains_key(CONTENT_TYPE) {
                let is_plain = response.extensions().get::<PlainJson>().is_some();
                let content_type = if is_plain { PLAIN_JSON } else { content_type };
                let content_type = HeaderValue::from_static(content_type);
                response.headers_mut().insert(CONTENT_TYPE, content_type);
            }
            response
        }
        .boxed()
    }
}

/// The error of a request that is refused before it reaches a handler: an operation of a bulk request that cannot be read.
#[derive(Clone, Debug)]
pub(crate) struct Foregone(pub(crate) scim::Error);

/// A request with its response, before both are logged.
struct Handled {
    /// `None` if the function does not log its requests.
    pending: Option<Pending>,
    account: Option<ReadAccount>,
    /// Takes the log entry of a read, if the function may write it after the answer.
    afterwards: Option<Afterwards>,
    content_type: &'static str,
    took: Duration,
    response: Response,
}

impl Scim {
    async fn handle(&self, request: Received, next: Next<'_>) -> Handled {
        let content_type = content_type(request.headers());
        let (mut request, pending, account) = self.receive(request);
        let afterwards = request.extensions_mut().remove();
        let started = Instant::now();
        let response = match request.extensions_mut().remove() {
            Some(Foregone(error)) => refusal(&error),
            None => next.run(request).await,
        };
        Handled {
            pending,
            account,
            afterwards,
            content_type,
            took: started.elapsed(),
            response,
        }
    }

    /// Replaces the body with its parsed form, and records the request for the log.
    fn receive(&self, request: Received) -> (Received, Option<Pending>, Option<ReadAccount>) {
        let (mut parts, body) = request.into_parts();
        note_spelling(&parts);
        let sent = Sent::parse(&body, &parts.headers);
        let directory = self.directory.as_ref();
        // Whether it is an operation of a bulk request. That one is charged for all of them.
        let is_part = parts.extensions.get::<Slot>().is_some();
        let pending = directory.map(|directory| Pending::of(directory, &mut parts, sent.json()));
        let account = directory.filter(|_| !is_part);
        let account = account.and_then(|directory| ReadAccount::of(directory, &parts));
        if parts.uri.path() == TOKEN_PATH {
            parts.extensions.insert(SentForm(body));
        }
        parts.extensions.insert(sent);
        let request = Received::from_parts(parts, Bytes::new());
        (request, pending, account)
    }
}

/// Notes that the path was not sent in its normal form. What precedes the normal form is the mount.
fn note_spelling(parts: &Parts) {
    let raw = parts.raw_http_path();
    if !raw.is_empty() && !raw.ends_with(parts.uri.path()) {
        Reading::PathRespelled.note();
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::routing::get;
    use http::header::{ACCEPT, ALLOW};
    use serde_json::{Value, json};

    use super::*;
    use crate::caller::tests::directory;
    use crate::discovery_router;
    use crate::json_response;
    use crate::query::QueryPairs;

    /// Returns a function with the routes of discovery, one that returns its query, and one that panics.
    fn function() -> HttpFunction {
        async fn echo(pairs: QueryPairs) -> Response {
            json_response::json(200, &json!(pairs.into_pairs()))
        }
        async fn panics() {
            panic!("on purpose, with something internal: hunter2");
        }
        let router = discovery_router(directory())
            .route("/scim/v2/Echo", get(echo))
            .route("/scim/v2/Panic", get(panics));
        finish(router, directory())
    }

    /// Returns a REST API event as API Gateway sends it, with decoded query parameters.
    fn rest(method: &str, path: &str, query: Value, headers: Value) -> lambda_http::Request {
        let event = json!({
            "resource": "/scim/v2/{proxy+}", "path": path, "httpMethod": method, "headers": headers,
            "multiValueHeaders": {}, "multiValueQueryStringParameters": query, "body": null, "isBase64Encoded": false,
            "requestContext": {
                "requestId": "r-1", "stage": "prod", "path": format!("/prod{path}"), "httpMethod": method,
                "identity": {}, "apiId": "a",
            },
        });
        lambda_http::request::from_str(&event.to_string()).expect("an event")
    }

    /// Returns an event of payload format 2.0 as `cargo lambda watch` sends it, with the raw query string.
    fn payload_v2(path: &str, query: &str) -> lambda_http::Request {
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
            "headers": {"host": "127.0.0.1:9000"}, "isBase64Encoded": false,
            "requestContext": {
                "stage": "$default", "requestId": "r-1", "timeEpoch": 0,
                "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "x"},
            },
        });
        lambda_http::request::from_str(&event.to_string()).expect("an event")
    }

    fn get_of(path: &str) -> lambda_http::Request {
        rest("GET", path, json!({}), json!({"Host": "scim.example.test"}))
    }

    async fn answered(request: lambda_http::Request) -> (Response<()>, Value) {
        let (parts, body) = function().handle(request).await.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body");
        (
            Response::from_parts(parts, ()),
            serde_json::from_slice(&bytes).expect("JSON"),
        )
    }

    /// Checks that the response is a SCIM error with this status, and returns its detail.
    async fn refused(request: lambda_http::Request, status: u16) -> String {
        let (response, body) = answered(request).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/scim+json");
        assert_eq!(
            body["schemas"],
            json!(["urn:ietf:params:scim:api:messages:2.0:Error"])
        );
        assert_eq!(body["status"], status.to_string());
        body["detail"].as_str().expect("a detail").to_owned()
    }

    #[tokio::test]
    async fn every_spelling_of_a_path_is_routed() {
        for path in [
            "/scim/v2/Schemas",
            "/scim/v2//Schemas",
            "/scim/v2/Schemas/",
            "/mapped/scim/v2//Schemas//",
            "/scim/scim/v2/Schemas",
        ] {
            let (response, body) = answered(get_of(path)).await;
            assert_eq!(response.status(), 200, "{path}");
            assert_eq!(
                body["schemas"],
                json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"])
            );
        }
    }

    #[tokio::test]
    async fn unknown_paths_say_where_to_go() {
        let base = "`https://scim.example.test/prod/scim/v2`";
        for (path, status, hint) in [
            ("/scim/v2/Nothing", 404, base),
            ("/scim/v2/Schemas/x/y", 404, base),
            ("/scim/v2/%FF", 404, base),
            ("/scim/v2/\u{0}", 404, base),
            ("/Users", 404, "`/scim/v2`"),
            ("/scim/Users", 404, "`/scim/v2`"),
            ("/", 404, "`/scim/v2`"),
            ("/scim/v1/Users", 400, "`/scim/v2`"),
            ("/scim/scim/v1/Users", 400, "`/scim/v2`"),
            ("/scim/v2/Schemas/urn:x", 404, "`/Schemas`"),
            ("/scim/v2/ResourceTypes/%FF", 404, "`/ResourceTypes`"),
        ] {
            let detail = refused(get_of(path), status).await;
            assert!(detail.contains(hint), "{path}: {detail}");
        }
    }

    #[tokio::test]
    async fn discovery_never_says_that_a_person_does_not_exist() {
        let discovery = finish_public(discovery_router(directory()));
        for (path, status) in [
            ("/scim/v2/Schemas", 200),
            ("/scim/v2/Schemas/none", 404),
            ("/scim/v2", 503),
            ("/scim/v2//Users/1", 503),
            ("/scim/v2/Me", 503),
        ] {
            let response = discovery.handle(get_of(path)).await;
            assert_eq!(response.status().as_u16(), status, "{path}");
        }
    }

    #[tokio::test]
    async fn a_wrong_method_is_told_the_right_ones() {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let request = rest(method, "/scim/v2/Schemas", json!({}), json!({}));
            let (response, body) = answered(request).await;
            assert_eq!(
                (response.status().as_u16(), &body["status"]),
                (405, &json!("405"))
            );
            assert!(
                response.headers()[ALLOW]
                    .to_str()
                    .is_ok_and(|allow| allow.contains("GET"))
            );
        }
    }

    #[tokio::test]
    async fn head_and_options_are_answered() {
        for (method, status) in [("HEAD", 200), ("OPTIONS", 204)] {
            let request = rest(method, "/scim/v2/Schemas", json!({}), json!({}));
            let response = function().handle(request).await;
            assert_eq!(response.status().as_u16(), status);
            if method == "OPTIONS" {
                assert_eq!(response.headers()[ALLOW], "GET,HEAD");
            }
        }
    }

    #[tokio::test]
    async fn discovery_takes_no_filter() {
        for endpoint in [
            "ServiceProviderConfig",
            "Schemas",
            "ResourceTypes",
            "ResourceTypes/User",
        ] {
            let query = json!({"filter": ["name eq \"User\""]});
            refused(
                rest("GET", &format!("/scim/v2/{endpoint}"), query, json!({})),
                403,
            )
            .await;
            let flag = json!({"aadOptscim062020": [""]});
            let (response, _) = answered(rest(
                "GET",
                &format!("/scim/v2/{endpoint}"),
                flag,
                json!({}),
            ))
            .await;
            assert_eq!(response.status(), 200);
        }
    }

    #[tokio::test]
    async fn a_panic_is_a_500_that_tells_nothing() {
        let detail = refused(get_of("/scim/v2/Panic"), 500).await;
        assert!(!detail.contains("hunter2"), "{detail}");
    }

    #[tokio::test]
    async fn plain_json_for_those_who_name_nothing_else() {
        for path in ["/scim/v2/Schemas", "/scim/v2/Nothing", "/scim/v2/Panic"] {
            let request = rest(
                "GET",
                path,
                json!({}),
                json!({ACCEPT.as_str(): "application/json"}),
            );
            assert_eq!(
                answered(request).await.0.headers()[CONTENT_TYPE],
                "application/json",
                "{path}"
            );
        }
    }

    #[tokio::test]
    async fn both_kinds_of_event_give_the_same_query() {
        let expected = json!([["filter", "userName eq \"a+b 100%\""]]);
        let decoded = json!({"filter": ["userName eq \"a+b 100%\""]});
        let (_, from_rest) = answered(rest("GET", "/scim/v2/Echo", decoded, json!({}))).await;
        assert_eq!(from_rest, expected);
        for raw in [
            "filter=userName+eq+%22a%2Bb+100%25%22",
            "filter=userName%20eq%20%22a%2Bb%20100%25%22",
        ] {
            assert_eq!(
                answered(payload_v2("/scim/v2/Echo", raw)).await.1,
                expected,
                "{raw}"
            );
        }
        assert_eq!(
            answered(payload_v2("/scim/v2/Echo", "cursor&x=")).await.1,
            json!([["cursor", ""], ["x", ""]])
        );
        refused(payload_v2("/scim/v2/Echo", "filter=100%"), 400).await;
    }
}
