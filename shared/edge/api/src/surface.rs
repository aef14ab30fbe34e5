//! The outer layer of the API's functions: problem documents, and no copies in caches.

use axum::Router;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use rollcall_edge_http::{
    API_PATH, HttpFunction, Marker, Next, Problem, Received, Surface, request_id, unknown_method,
};
use rollcall_scim as scim;

/// The API's paths.
pub(crate) const MARKER: Marker = Marker::new(API_PATH);

/// Makes a function of a router of the API's endpoints.
pub fn finish(router: Router) -> HttpFunction {
    let router = router
        .fallback(unknown_endpoint)
        .method_not_allowed_fallback(unknown_method);
    HttpFunction::new(router, Api)
}

/// The surface of the API: every answer of status 400 or more is a problem document.
#[derive(Debug)]
struct Api;

impl Surface for Api {
    fn marker(&self) -> Marker {
        MARKER
    }

    fn panicked(&self) -> Response {
        Problem::from(scim::Error::Internal).into_response()
    }

    fn answer<'a>(&'a self, request: Received, next: Next<'a>) -> BoxFuture<'a, Response> {
        async move {
            let (parts, body) = request.into_parts();
            let id = request_id(&parts);
            let response = next.run(Received::from_parts(parts, body)).await;
            let mut response = Problem::write(response, &id);
            // Answers may hold tokens.
            let no_store = HeaderValue::from_static("no-store");
            response.headers_mut().insert(CACHE_CONTROL, no_store);
            response
        }
        .boxed()
    }
}

/// Answers requests for paths that do not exist.
async fn unknown_endpoint() -> Problem {
    let detail =
        format!("there is no such endpoint; `{API_PATH}/openapi.json` lists those there are");
    Problem::new(404, "not-found", detail)
}
