//! The outermost layer of every HTTP function: from the Lambda event's request to the answer, whatever happens between.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use http::uri::{PathAndQuery, Uri};
use lambda_http::RequestExt;
use rollcall_directory::{Directory, cost, notes};
use rollcall_scim as scim;
use tower::{Service, ServiceExt};
use tracing::{Instrument, Span, field};

use crate::access_log;
use crate::api::problem::{self, Problem};
use crate::caller::request_id;
use crate::error::refusal;
use crate::negotiation::content_type;
use crate::pages::{self, RefusedPage, Visit};
use crate::path::{Marker, normalise};
use crate::request_log::Pending;
use crate::root::{unknown_endpoint, unknown_method};

/// An HTTP function: what [`run`](crate::run) hands to the Lambda runtime and what the local gateway calls.
///
/// It answers every request, and every answer of status 400 or more is a SCIM error, or a problem document where the
/// function is one of the API's.
#[derive(Clone, Debug)]
pub struct HttpFunction {
    router: Router,
    speech: Speech,
    log: Option<Directory>,
}

/// In which words a function answers.
#[derive(Clone, Copy, Debug)]
enum Speech {
    Scim,
    Api,
    Pages(RefusedPage),
}

/// Makes a function of a router of endpoints.
pub fn finish(router: Router) -> HttpFunction {
    let router = router
        .fallback(unknown_endpoint)
        .method_not_allowed_fallback(unknown_method)
        .layer(middleware::from_fn(name_route));
    HttpFunction {
        router,
        speech: Speech::Scim,
        log: None,
    }
}

/// Makes a function of a router of the API's endpoints.
pub fn finish_api(router: Router) -> HttpFunction {
    let router = router
        .fallback(problem::unknown_endpoint)
        .method_not_allowed_fallback(problem::unknown_method)
        .layer(middleware::from_fn(name_route));
    HttpFunction {
        router,
        speech: Speech::Api,
        log: None,
    }
}

/// Makes a function of a router of pages; `refused` words what cannot be shown.
pub fn finish_pages(router: Router, refused: RefusedPage) -> HttpFunction {
    let router = router
        .fallback(pages::unknown_page)
        .method_not_allowed_fallback(problem::unknown_method)
        .layer(middleware::from_fn(name_route));
    HttpFunction {
        router,
        speech: Speech::Pages(refused),
        log: None,
    }
}

impl HttpFunction {
    /// The same function, writing the request log of each tenant.
    #[must_use]
    pub fn logged(self, directory: Directory) -> Self {
        Self {
            log: Some(directory),
            ..self
        }
    }

    /// Answers one request.
    pub async fn handle(&self, request: lambda_http::Request) -> Response {
        let (mut parts, body) = request.into_parts();
        let content_type = content_type(&parts.headers);
        let id = request_id(&parts);
        let span = tracing::info_span!(
            "request",
            request_id = id,
            method = %parts.method,
            route = field::Empty,
            tenant = field::Empty,
        );
        parts.uri = routed_uri(&parts, self.speech.marker());
        let visit = match self.speech {
            Speech::Pages(refused) => Some((refused, Visit::of(&parts, &id))),
            Speech::Scim | Speech::Api => None,
        };
        let log = self.log.as_ref();
        let pending = log.map(|directory| Pending::of(directory, &mut parts, &body));
        let request = Request::from_parts(parts, into_body(body));
        let mut response = self.answer(request, pending).instrument(span).await;
        match (self.speech, visit) {
            (_, Some((refused, visit))) => return pages::finish(response, &visit, refused),
            (Speech::Api, _) => return problem::finish(response, &id),
            _ => {}
        }
        if response.headers().contains_key(CONTENT_TYPE) {
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        response
    }

    /// Routes the request, survives the handler, and logs what it came to.
    async fn answer(&self, request: Request, pending: Option<Pending>) -> Response {
        let started = Instant::now();
        let routed = AssertUnwindSafe(self.router.clone().oneshot(request)).catch_unwind();
        let ((outcome, cost), notes) = notes::collect(cost::measure(routed)).await;
        let response = match outcome {
            Ok(Ok(response)) => response,
            // What the panic said is on stderr already, written by the panic hook.
            Err(_panic) => {
                tracing::error!("the handler panicked");
                match self.speech {
                    Speech::Scim => refusal(&scim::Error::Internal),
                    Speech::Api | Speech::Pages(_) => {
                        Problem::from(scim::Error::Internal).into_response()
                    }
                }
            }
        };
        let took = started.elapsed();
        access_log::record(&response, took, cost);
        let answered = pending.map(|pending| pending.answered(&response, took, notes));
        if let Some(answered) = answered {
            answered.write().await;
        }
        response
    }
}

impl Speech {
    fn marker(self) -> Marker {
        match self {
            Self::Scim => Marker::SCIM,
            Self::Api => Marker::API,
            Self::Pages(_) => Marker::CONSOLE,
        }
    }
}

impl Service<lambda_http::Request> for HttpFunction {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: lambda_http::Request) -> Self::Future {
        let function = self.clone();
        async move { Ok(function.handle(request).await) }.boxed()
    }
}

/// The URI that routes match: the path in its one spelling, and the query as it is.
///
/// The path is taken as the gateway had it, without the stage that `lambda_http` may put in front.
fn routed_uri(parts: &http::request::Parts, marker: Marker) -> Uri {
    let raw = Some(parts.raw_http_path())
        .filter(|path| !path.is_empty())
        .unwrap_or_else(|| parts.uri.path());
    let path = normalise(raw, marker);
    let path_and_query = match parts.uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    PathAndQuery::try_from(path_and_query)
        .map(Uri::from)
        .unwrap_or_default()
}

fn into_body(body: lambda_http::Body) -> Body {
    match body {
        lambda_http::Body::Text(text) => text.into(),
        lambda_http::Body::Binary(bytes) => bytes.into(),
        _ => Body::empty(),
    }
}

/// Notes for the log which route a request took. The path itself is not logged: clients write what they like there.
async fn name_route(route: Option<MatchedPath>, request: Request, next: Next) -> Response {
    if let Some(route) = route {
        Span::current().record("route", route.as_str());
    }
    next.run(request).await.into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::routing::get;
    use http::header::{ACCEPT, ALLOW};
    use serde_json::{Value, json};

    use super::*;
    use crate::query::QueryPairs;
    use crate::{answer, discovery_router};

    /// A function with discovery's routes, one that shows its query, and one that panics.
    fn function() -> HttpFunction {
        async fn echo(pairs: QueryPairs) -> Response {
            answer::json(200, &json!(pairs.into_pairs()))
        }
        async fn panics() {
            panic!("on purpose, with something internal: hunter2");
        }
        finish(
            discovery_router()
                .route("/scim/v2/Echo", get(echo))
                .route("/scim/v2/Panic", get(panics)),
        )
    }

    /// A REST API event, as API Gateway sends it: query parameters decoded.
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

    /// A payload 2.0 event, as `cargo lambda watch` sends it: the query string raw.
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

    /// Whether the answer is the SCIM error of this status, and a detail to look at.
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
            ("/scim/v2/Schemas/urn:x", 404, "`/Schemas`"),
            ("/scim/v2/ResourceTypes/%FF", 404, "`/ResourceTypes`"),
        ] {
            let detail = refused(get_of(path), status).await;
            assert!(detail.contains(hint), "{path}: {detail}");
        }
    }

    #[tokio::test]
    async fn a_wrong_method_is_told_the_right_ones() {
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
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
