//! Reads a request body: one JSON object of limited size.

use axum::body::to_bytes;
use axum::extract::Request;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use rollcall_scim::limits::MAX_BODY_BYTES;
use rollcall_scim::{self as scim, Reading};
use serde_json::Value;
use serde_json::error::Category;

/// The reason why a body cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The body is larger than [`MAX_BODY_BYTES`].
    TooLarge,
    /// The body is not a JSON object. The text is the error message.
    Invalid(String),
}

impl From<Unreadable> for scim::Error {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::TooLarge => Self::PayloadTooLarge {
                limit: MAX_BODY_BYTES,
            },
            Unreadable::Invalid(detail) => Self::InvalidSyntax(detail),
        }
    }
}

/// Reads the JSON object in a request's body. `media_type` is the one that clients should send, for the error.
///
/// # Errors
///
/// Those of [`json`] and [`object`].
pub async fn read(request: Request, media_type: &str) -> Result<Value, Unreadable> {
    let (parts, body) = request.into_parts();
    // The body is already in memory, so this fails only at the limit.
    let bytes = to_bytes(body, MAX_BODY_BYTES).await;
    object(json(
        &bytes.map_err(|_| Unreadable::TooLarge)?,
        &parts.headers,
        media_type,
    )?)
}

/// Parses a body as any JSON value.
///
/// This code takes the stance: the body decides, not `Content-Type`. Identity providers send `application/scim+json`,
/// `application/json`, either with a charset, or no type at all. `curl -d` sends the type of a form. `media_type` is the one
/// that clients should send, for the error.
///
/// # Errors
///
/// [`Unreadable`] when the body is too large, empty, or not JSON.
pub fn json(bytes: &[u8], headers: &HeaderMap, media_type: &str) -> Result<Value, Unreadable> {
    if bytes.len() > MAX_BODY_BYTES {
        return Err(Unreadable::TooLarge);
    }
    // A byte order mark may be ignored (RFC 8259 §8.1).
    let bytes = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => {
            Reading::ByteOrderMarkDropped.note();
            rest
        }
        None => bytes,
    };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(empty());
    }
    let body = serde_json::from_slice(bytes).map_err(|error| {
        Unreadable::Invalid(format!(
            "the body is not valid JSON: {}{}",
            place(&error),
            hint(headers, media_type)
        ))
    })?;
    if !declares_json(headers) {
        Reading::ContentTypeIgnored.note();
    }
    Ok(body)
}

/// Returns the parsed body if it is an object.
///
/// # Errors
///
/// [`Unreadable`] when the body is another JSON value.
pub fn object(body: Value) -> Result<Value, Unreadable> {
    match body {
        Value::Object(_) => Ok(body),
        _ => Err(Unreadable::Invalid(format!(
            "the body must be a JSON object, not {}",
            kind_of(&body)
        ))),
    }
}

fn empty() -> Unreadable {
    Unreadable::Invalid("the body is empty; send a JSON object".to_owned())
}

/// Returns where JSON cannot be parsed. The text of the parser is for its users, and the body is not repeated.
fn place(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Eof => "it ends before it is complete".to_owned(),
        _ => format!(
            "see line {}, column {}",
            error.line(),
            error.column().max(1)
        ),
    }
}

/// Returns a hint for a body that is not JSON and whose `Content-Type` does not name JSON either.
fn hint(headers: &HeaderMap, media_type: &str) -> String {
    if declares_json(headers) {
        String::new()
    } else {
        format!("; its `Content-Type` should be `{media_type}`")
    }
}

/// Returns whether `Content-Type` names JSON, or nothing.
fn declares_json(headers: &HeaderMap) -> bool {
    let declared = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    declared.is_empty() || declared.to_ascii_lowercase().contains("json")
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

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    const MEDIA_TYPE: &str = "application/json";

    fn parsed(body: &[u8]) -> Result<Value, scim::Error> {
        Ok(json(body, &HeaderMap::new(), MEDIA_TYPE).and_then(object)?)
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
        assert!(error.contains("line 2, column"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn hints_at_a_wrong_content_type() {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/xml"))]);
        for media_type in [MEDIA_TYPE, "application/scim+json"] {
            let error = json(b"<User/>", &headers, media_type).map_err(scim::Error::from);
            let error = error.expect_err("refused").to_string();
            let hint = format!("its `Content-Type` should be `{media_type}`");
            assert!(error.contains(&hint), "{error}");
            assert!(json(b"{}", &headers, media_type).is_ok());
        }
    }

    #[tokio::test]
    async fn the_size_is_bounded() {
        let object_of = |size: usize| format!("{{}}{}", " ".repeat(size - 2));
        for (size, status) in [(MAX_BODY_BYTES, None), (MAX_BODY_BYTES + 1, Some(413))] {
            let status_of = |error: Unreadable| scim::Error::from(error).status();
            let parsed = json(object_of(size).as_bytes(), &HeaderMap::new(), MEDIA_TYPE);
            assert_eq!(parsed.map_err(status_of).err(), status, "{size}");
            let read = read(Request::new(object_of(size).into()), MEDIA_TYPE).await;
            assert_eq!(read.map_err(status_of).err(), status, "{size}");
        }
    }
}
