//! The outer layer of every HTTP function. It answers every request, even if a handler panics.

use std::convert::Infallible;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;
use http::uri::{PathAndQuery, Uri};
use lambda_http::RequestExt;
use rollcall_directory::capacity::{self, Cost};
use tokio::time::timeout;
use tower::{Service, ServiceExt};
use tracing::{Instrument, Span, field};

use crate::access_log;
use crate::afterwards::Afterwards;
use crate::path::{Marker, normalise};
use crate::payer::Payer;
use crate::request_id::{request_id, trace_of};

/// How long a handler may take. A function ends after 28 seconds; before that, it answers and logs. Whatever the handler
/// still waited for is dropped, as if the process had been killed there.
const PATIENCE: Duration = Duration::from_secs(25);

/// A request with its whole body and a normalised path.
pub type Received = http::Request<Bytes>;

/// What a handler has consumed of the table. Each response carries it to the surface as an extension.
#[derive(Clone, Copy, Debug)]
pub struct Consumed(pub Cost);

/// What differs between SCIM, the API and pages.
pub trait Surface: fmt::Debug + Send + Sync {
    /// Returns the first segments of all paths of the surface.
    fn marker(&self) -> Marker;

    /// Returns the response after a handler panicked.
    fn panicked(&self) -> Response;

    /// Returns the response after a handler took too long: 503 with `Retry-After`.
    fn out_of_time(&self) -> Response;

    /// Answers a request: reads what the surface needs, lets `next` route the request, and completes the response.
    fn answer<'a>(&'a self, request: Received, next: Next<'a>) -> BoxFuture<'a, Response>;
}

/// An HTTP function. [`run`](crate::run) runs it in the Lambda runtime, and the local gateway calls it.
///
/// It answers every request. Its [`Surface`] formats the errors.
#[derive(Clone, Debug)]
pub struct HttpFunction {
    router: Router,
    surface: Arc<dyn Surface>,
    patience: Duration,
    afterwards: Option<Afterwards>,
}

impl HttpFunction {
    /// Builds a function from a router. The router must already have its fallbacks.
    pub fn new(router: Router, surface: impl Surface + 'static) -> Self {
        Self {
            router: router.layer(middleware::from_fn(name_route)),
            surface: Arc::new(surface),
            patience: PATIENCE,
            afterwards: None,
        }
    }

    /// Lets the function leave work for after its answers. Whoever calls it must do that work then.
    #[must_use]
    pub fn leaving(self, afterwards: Afterwards) -> Self {
        Self {
            afterwards: Some(afterwards),
            ..self
        }
    }

    /// Answers one request.
    pub async fn handle(&self, request: lambda_http::Request) -> Response {
        let (mut parts, body) = request.into_parts();
        let span = tracing::info_span!(
            "request",
            request_id = request_id(&parts),
            trace_id = trace_of(&parts),
            method = %parts.method,
            route = field::Empty,
            tenant = field::Empty,
        );
        parts.uri = routed_uri(&parts, self.surface.marker());
        if let Some(afterwards) = &self.afterwards {
            parts.extensions.insert(afterwards.clone());
        }
        let request = Received::from_parts(parts, bytes_of(body));
        let next = Next { function: self };
        let response = self.surface.answer(request, next).instrument(span).await;
        guarded(response)
    }
}

/// Adds the headers that every response has: its content type is not to be guessed, the host is to be reached over HTTPS
/// only, and what it says about people is not to be kept, unless the surface says otherwise.
fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        (CACHE_CONTROL, "no-store"),
    ] {
        let entry = headers.entry(name);
        entry.or_insert(HeaderValue::from_static(value));
    }
    response
}

/// The layers below a surface: the access log and the router.
#[derive(Debug)]
pub struct Next<'a> {
    function: &'a HttpFunction,
}

impl Next<'_> {
    /// Routes a request, logs the response, and charges the session, if there is one. A panic of the handler becomes a response of the surface.
    pub async fn run(self, mut request: Received) -> Response {
        let started = Instant::now();
        let payer = Payer::default();
        request.extensions_mut().insert(payer.clone());
        let HttpFunction {
            router,
            surface,
            patience,
            ..
        } = self.function;
        let method = request.method().clone();
        let routed = router.clone().oneshot(request.map(Body::from));
        let routed = timeout(*patience, AssertUnwindSafe(routed).catch_unwind());
        let (outcome, cost) = capacity::measure(routed).await;
        let mut response = match outcome {
            Ok(Ok(Ok(response))) => response,
            // The panic hook has already written the message to stderr.
            Ok(Err(_panic)) => {
                tracing::error!("the handler panicked");
                surface.panicked()
            }
            Err(_elapsed) => {
                tracing::error!("the handler took too long");
                surface.out_of_time()
            }
        };
        access_log::record(&method, &response, started.elapsed(), cost);
        response.extensions_mut().insert(Consumed(cost));
        Box::pin(payer.charge(cost.read_units)).await;
        response
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

/// Returns the URI that the router matches: the normalised path and the unchanged query.
///
/// The path comes from API Gateway's event. `lambda_http` may put the stage in front of the path in its own URI.
fn routed_uri(parts: &Parts, marker: Marker) -> Uri {
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

fn bytes_of(body: lambda_http::Body) -> Bytes {
    match body {
        lambda_http::Body::Text(text) => text.into(),
        lambda_http::Body::Binary(bytes) => bytes.into(),
        _ => Bytes::new(),
    }
}

/// Records the matched route in the log and in the response. The path is not logged, because it can contain any text.
async fn name_route(
    route: Option<MatchedPath>,
    request: Request,
    next: middleware::Next,
) -> Response {
    if let Some(route) = &route {
        Span::current().record("route", route.as_str());
    }
    let mut response = next.run(request).await.into_response();
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::routing::{get, post};
    use http::StatusCode;

    use super::*;

    /// Has a text of its own for panics, and adds a header to every response.
    #[derive(Debug)]
    struct Stamped;

    impl Surface for Stamped {
        fn marker(&self) -> Marker {
            Marker::new("/v1")
        }

        fn panicked(&self) -> Response {
            (StatusCode::INTERNAL_SERVER_ERROR, "panicked").into_response()
        }

        fn out_of_time(&self) -> Response {
            (StatusCode::SERVICE_UNAVAILABLE, "out of time").into_response()
        }

        fn answer<'a>(&'a self, request: Received, next: Next<'a>) -> BoxFuture<'a, Response> {
            async {
                let mut response = next.run(request).await;
                let stamp = http::HeaderValue::from_static("yes");
                response.headers_mut().insert("x-stamp", stamp);
                response
            }
            .boxed()
        }
    }

    async fn answered(method: &str, path: &str, body: &str) -> (u16, String) {
        async fn panics() {
            panic!("on purpose, with something internal: hunter2");
        }
        let router = Router::new()
            .route("/v1/panic", get(panics))
            .route("/v1/hang", get(std::future::pending::<String>))
            .route("/v1/echo", post(async |body: String| body));
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .body(body.into());
        let mut function = HttpFunction::new(router, Stamped);
        function.patience = Duration::from_millis(500);
        let response = function.handle(request.expect("a request")).await;
        assert_eq!(response.headers()["x-stamp"], "yes", "{path}");
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("a body");
        (status, String::from_utf8(bytes.into()).expect("UTF-8"))
    }

    #[tokio::test]
    async fn the_surface_words_panics_and_finishes_every_answer() {
        for (method, path, body, status, text) in [
            ("GET", "/v1/panic", "", 500, "panicked"),
            ("GET", "/v1/hang", "", 503, "out of time"),
            ("POST", "/mount/v1//echo/", "hello", 200, "hello"),
            ("GET", "/v1/nothing", "", 404, ""),
        ] {
            let answer = answered(method, path, body).await;
            assert_eq!(answer, (status, text.to_owned()), "{path}");
        }
    }
}
