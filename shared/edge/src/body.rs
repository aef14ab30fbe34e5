//! Request bodies: one JSON object of bounded size.

use axum::body::{Body, to_bytes};
use axum::extract::FromRequest;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use rollcall_scim as scim;
use rollcall_scim::limits::MAX_BODY_BYTES;
use serde_json::Value;

use crate::error::Error;

/// The JSON object in a request's body.
///
/// This code takes the stance: what parses as JSON is JSON, whatever `Content-Type` says. Identity providers send
/// `application/scim+json`, `application/json`, charsets, nothing at all, and, by hand with `curl -d`, a form's type.
#[derive(Debug)]
pub(crate) struct JsonObject(pub(crate) Value);

impl<S: Sync> FromRequest<S> for JsonObject {
    type Rejection = Error;

    async fn from_request(request: axum::extract::Request, _state: &S) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let bytes = read(body).await?;
        Ok(Self(parse(&bytes, &parts.headers)?))
    }
}

async fn read(body: Body) -> Result<bytes::Bytes, scim::Error> {
    // The body is in memory already, so a failure to read it can only be the limit.
    to_bytes(body, MAX_BODY_BYTES)
        .await
        .map_err(|_| scim::Error::PayloadTooLarge {
            limit: MAX_BODY_BYTES,
        })
}

fn parse(bytes: &[u8], headers: &HeaderMap) -> Result<Value, scim::Error> {
    // A byte order mark may be ignored (RFC 8259 §8.1).
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(invalid("the body is empty; send a JSON object".to_owned()));
    }
    match serde_json::from_slice(bytes) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(value) => Err(invalid(format!(
            "the body must be a JSON object, not {}",
            kind_of(&value)
        ))),
        // The message names a position and never repeats the body.
        Err(error) => Err(invalid(format!(
            "the body is not valid JSON: {error}{}",
            hint(headers)
        ))),
    }
}

/// A word on the content type, for bodies that turn out not to be JSON.
fn hint(headers: &HeaderMap) -> &'static str {
    let declared = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let says_json = declared.is_empty() || declared.to_ascii_lowercase().contains("json");
    if says_json {
        ""
    } else {
        "; its `Content-Type` should be `application/scim+json`"
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn invalid(detail: String) -> scim::Error {
    scim::Error::InvalidSyntax(detail)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn parsed(body: &[u8]) -> Result<Value, scim::Error> {
        parse(body, &HeaderMap::new())
    }

    #[test]
    fn reads_objects() {
        for (body, expected) in [
            (&b"{}"[..], json!({})),
            (b" \n{\"a\":1}\r\n", json!({"a": 1})),
            (b"\xEF\xBB\xBF{\"a\":1}", json!({"a": 1})),
            (b"{\"a\":1,\"a\":2}", json!({"a": 2})),
            ("{\"é\":\"\\u00e9\"}".as_bytes(), json!({"é": "é"})),
        ] {
            assert_eq!(
                parsed(body).ok(),
                Some(expected),
                "{}",
                String::from_utf8_lossy(body)
            );
        }
    }

    #[test]
    fn refuses_everything_else_with_invalid_syntax() {
        let deep = [
            b"{\"a\":".repeat(100_000),
            b"1".to_vec(),
            b"}".repeat(100_000),
        ]
        .concat();
        for body in [
            &b""[..],
            b"  \n",
            b"\xEF\xBB\xBF",
            b"{",
            b"{\"a\":1",
            b"{\"a\":1}x",
            b"{a:1}",
            b"[]",
            b"[{}]",
            b"null",
            b"1",
            b"\"x\"",
            b"true",
            b"{\"a\":\"\xFF\"}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":1e999}",
            b"\xFF\xFE{\x00}\x00",
            b"userName=x&active=true",
            &deep,
            &b"[".repeat(100_000),
        ] {
            let error = parsed(body).expect_err("refused");
            assert_eq!(
                (error.status(), error.scim_type()),
                (400, Some("invalidSyntax"))
            );
        }
    }

    #[test]
    fn says_where_and_not_what() {
        let error = parsed(b"{\n \"password\": hunter2 }")
            .expect_err("refused")
            .to_string();
        assert!(error.contains("line 2 column"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn hints_at_a_wrong_content_type() {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/xml"))]);
        assert!(
            parse(b"<User/>", &headers)
                .expect_err("refused")
                .to_string()
                .contains("Content-Type")
        );
        assert!(parse(b"{}", &headers).is_ok());
    }

    #[tokio::test]
    async fn the_size_is_bounded() {
        let exactly = Body::from(vec![b' '; MAX_BODY_BYTES]);
        assert!(read(exactly).await.is_ok());
        let error = read(Body::from(vec![b' '; MAX_BODY_BYTES + 1]))
            .await
            .expect_err("refused");
        assert_eq!(error.status(), 413);
    }
}
