//! Builds JSON responses.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Serialize;

use crate::negotiation::SCIM_JSON;

/// Marks a response that is plain JSON, whatever the client accepts: those of OAuth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainJson;

/// Returns a response with a JSON body. The surface replaces the content type with the negotiated one.
pub(crate) fn json(status: u16, body: &impl Serialize) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // What is sent has only text as keys, so it always becomes JSON.
    let body = serde_json::to_string(body).unwrap_or_default();
    (status, [(CONTENT_TYPE, SCIM_JSON)], body).into_response()
}
