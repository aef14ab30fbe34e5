//! Builds JSON responses.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::negotiation::SCIM_JSON;

/// Marks a response that is plain JSON, whatever the client accepts: those of OAuth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainJson;

/// Returns a response with a JSON body. The surface replaces the content type with the negotiated one.
pub(crate) fn json(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(CONTENT_TYPE, SCIM_JSON)], body.to_string()).into_response()
}
