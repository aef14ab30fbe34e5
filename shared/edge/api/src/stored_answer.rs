//! Answers that are stored under an idempotency key, and sent again: without the secrets that they held.

use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, StatusCode};
use rollcall_directory::StoredAnswer;
use serde_json::{Map, Value};

/// The header of an answer that is sent again.
pub(crate) const REPLAYED: &str = "idempotency-replayed";
/// The member of an answer that is sent again without its secret.
pub(crate) const SECRET_OMITTED: &str = "secret_omitted";
/// The largest answer that is stored, in bytes. An item of the table can have 400 KB.
const MAX_BYTES: usize = 200_000;

/// Says in a response which member of its body is a secret.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SecretMember(pub(crate) &'static str);

/// Returns the response, and what to store of it; nothing of an answer that is too long.
pub(crate) async fn kept(response: Response) -> (Response, Option<StoredAnswer>) {
    let secret = response.extensions().get::<SecretMember>().copied();
    let (parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        // The body of a response is in memory.
        return (Response::from_parts(parts, Body::empty()), None);
    };
    let body = (!bytes.is_empty()).then(|| public(&bytes, secret));
    let location = parts.headers.get(LOCATION);
    let location = location.and_then(|value| value.to_str().ok());
    let answer = StoredAnswer {
        status: parts.status.as_u16(),
        location: location.map(str::to_owned),
        body,
    };
    let is_small = answer
        .body
        .as_ref()
        .is_none_or(|body| body.len() <= MAX_BYTES);
    let response = Response::from_parts(parts, Body::from(bytes));
    (response, is_small.then_some(answer))
}

/// Returns a body without its secret.
fn public(bytes: &[u8], secret: Option<SecretMember>) -> String {
    let text = || String::from_utf8_lossy(bytes).into_owned();
    let Some(SecretMember(name)) = secret else {
        return text();
    };
    // What cannot be read is not stored, because it may contain the secret.
    let mut members: Map<String, Value> = serde_json::from_slice(bytes).unwrap_or_default();
    members.remove(name);
    members.insert(SECRET_OMITTED.to_owned(), Value::Bool(true));
    Value::Object(members).to_string()
}

/// Returns a stored answer as a response.
pub(crate) fn replay(answer: StoredAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = match answer.body {
        Some(body) => (status, body).into_response(),
        None => status.into_response(),
    };
    let has_body = status != StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    if has_body {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let location = answer.location.map(HeaderValue::try_from);
    if let Some(Ok(location)) = location {
        headers.insert(LOCATION, location);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_left_out() {
        let body = br#"{"id":"t","token":"rcs_x"}"#;
        let kept = public(body, Some(SecretMember("token")));
        assert_eq!(kept, r#"{"id":"t","secret_omitted":true}"#);
        assert_eq!(public(body, None).as_bytes(), body);
        let unreadable = public(b"rcs_x", Some(SecretMember("token")));
        assert!(!unreadable.contains("rcs_x"));
    }
}
