//! The outer layer of the API's functions. It writes problem documents.

use axum::response::{IntoResponse, Response};
use axum::{Router, middleware};
use futures::FutureExt;
use futures::future::BoxFuture;
use rollcall_directory::Reason;
use rollcall_edge_http::{
    API_PATH, HttpFunction, Marker, Next, Problem, Received, Surface, request_id, root,
    unknown_method,
};
use rollcall_scim as scim;

use crate::idempotency_key;

/// The marker of the API's paths.
pub(crate) const MARKER: Marker = Marker::new(API_PATH);

/// Builds a function from a router of the API's endpoints.
pub fn finish(router: Router) -> HttpFunction {
    let router = router
        .layer(middleware::from_fn(idempotency_key::layer))
        .fallback(unknown_endpoint)
        .method_not_allowed_fallback(unknown_method);
    HttpFunction::new(router, Api)
}

/// The surface of the API. Every response with a status of 400 or more is a problem document.
#[derive(Debug)]
struct Api;

impl Surface for Api {
    fn marker(&self) -> Marker {
        MARKER
    }

    fn panicked(&self) -> Response {
        Problem::from(scim::Error::Internal).into_response()
    }

    fn out_of_time(&self) -> Response {
        Problem::from(scim::Error::Unavailable { retry_after: 5 }).into_response()
    }

    fn answer<'a>(&'a self, request: Received, next: Next<'a>) -> BoxFuture<'a, Response> {
        async move {
            let (parts, body) = request.into_parts();
            let (id, root) = (request_id(&parts), root(&parts, MARKER));
            let response = next.run(Received::from_parts(parts, body)).await;
            Problem::write(response, &root, &id)
        }
        .boxed()
    }
}

/// Answers requests for unknown paths.
async fn unknown_endpoint() -> Problem {
    let detail =
        format!("this endpoint does not exist; `{API_PATH}/openapi.json` lists all endpoints");
    Problem::new(Reason::NoEndpoint, detail)
}
