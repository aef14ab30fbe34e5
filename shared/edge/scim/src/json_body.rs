//! The body of a SCIM request. The outer layer parses it once, for the request log and for the handler.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;
use rollcall_edge_http::{Unreadable, json, object};
use serde_json::Value;

use crate::error::Error;
use crate::negotiation::SCIM_JSON;

/// The body as the outer layer parsed it. It is an extension of the request until the handler takes it.
#[derive(Clone, Debug)]
pub(crate) struct Sent(Result<Value, Unreadable>);

impl Sent {
    /// Parses a body.
    pub(crate) fn parse(bytes: &[u8], headers: &HeaderMap) -> Self {
        Self(json(bytes, headers, SCIM_JSON))
    }

    /// Returns the JSON for the request log, or `None` if the body is not JSON.
    pub(crate) fn json(&self) -> Option<&Value> {
        self.0.as_ref().ok()
    }
}

/// The body of a request to the token endpoint, as it was sent: a form and no JSON.
#[derive(Clone, Debug, Default)]
pub(crate) struct SentForm(pub(crate) Bytes);

/// The JSON object in a request's body.
#[derive(Debug)]
pub(crate) struct JsonObject(pub(crate) Value);

impl JsonObject {
    /// Takes the object out of a request.
    ///
    /// # Errors
    /// 400 or 413 when the body is something else.
    pub(crate) fn take(parts: &mut Parts) -> Result<Self, Error> {
        // Removed, not cloned: a body can be large.
        let Sent(body) = match parts.extensions.remove() {
            Some(sent) => sent,
            None => Sent::parse(b"", &parts.headers),
        };
        Ok(Self(body.and_then(object)?))
    }
}

impl<S: Sync> FromRequest<S> for JsonObject {
    type Rejection = Error;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Error> {
        Self::take(&mut request.into_parts().0)
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use serde_json::json;

    use super::*;
    use crate::error::Refused;

    /// Passes a body through the parser of the outer layer to the extractor of a handler.
    async fn received(body: &[u8]) -> Result<Value, Error> {
        let mut request = Request::new(axum::body::Body::empty());
        let sent = Sent::parse(body, request.headers());
        request.extensions_mut().insert(sent);
        let JsonObject(object) = JsonObject::from_request(request, &()).await?;
        Ok(object)
    }

    #[tokio::test]
    async fn a_handler_receives_what_was_parsed() {
        assert_eq!(received(b"{\"a\":1}").await.ok(), Some(json!({"a": 1})));
        for (body, status, detail) in [
            (&b""[..], 400, "the body is empty"),
            (b"{", 400, "the body is not valid JSON"),
            (b"[{}]", 400, "the body must be a JSON object, not an array"),
            (&b" ".repeat(1024 * 1024 + 1), 413, "1048576"),
        ] {
            let error = received(body).await.expect_err("refused");
            let response = error.into_response();
            assert_eq!(response.status(), status, "{detail}");
            let Some(Refused { error, .. }) = response.extensions().get() else {
                panic!("no error in the response: {detail}")
            };
            assert!(error.to_string().contains(detail), "{error}");
        }
    }

    #[test]
    fn the_log_sees_any_json_and_nothing_else() {
        for (body, expected) in [("[1]", Some(json!([1]))), ("{", None), ("", None)] {
            let sent = Sent::parse(body.as_bytes(), &HeaderMap::new());
            assert_eq!(sent.json(), expected.as_ref(), "{body}");
        }
    }
}
