//! JSON responses.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::negotiation::SCIM_JSON;

/// A JSON body. The surface sets the negotiated content type at the end.
pub(crate) fn json(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(CONTENT_TYPE, SCIM_JSON)], body.to_string()).into_response()
}
