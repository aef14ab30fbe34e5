//! Every refusal of the protocol, with its HTTP status and `scimType` decided in one place.

use serde_json::{Value, json};

/// The URN of the SCIM error message (RFC 7644 §3.12).
pub const ERROR_URN: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// A request that cannot be answered as asked.
///
/// The `Display` text is the `detail` the client reads: it says what to do and holds nothing internal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The body is not JSON, or not the JSON structure the request needs.
    #[error("{0}")]
    InvalidSyntax(String),
    /// A required value is missing, or a value does not fit its attribute.
    #[error("{0}")]
    InvalidValue(String),
    /// The filter cannot be parsed, is too large, or compares what cannot be compared.
    #[error("{0}")]
    InvalidFilter(String),
    /// The `path` of a PATCH operation cannot be parsed.
    #[error("{0}")]
    InvalidPath(String),
    /// The `path` of a PATCH operation is missing or names nothing that could be changed.
    #[error("{0}")]
    NoTarget(String),
    /// The change is not compatible with the attribute's mutability.
    #[error("{0}")]
    Mutability(String),
    /// The request asks for more than the service does at once.
    #[error("{0}")]
    TooMany(String),
    /// The version of the protocol in the URL is not one that is spoken here.
    #[error("only SCIM 2.0 is spoken here, use a base URL that ends in `/scim/v2`")]
    InvalidVersion,
    /// Another resource of the tenant has the value already.
    #[error(
        "another resource has this `{attribute}` already, find it with a filter and update it instead"
    )]
    Uniqueness {
        /// The attribute whose value is taken, as in `userName`.
        attribute: String,
    },
    /// The addressed thing does not exist.
    #[error("{what} does not exist or was deleted, look it up again with a filter")]
    NotFound {
        /// What was addressed, as in ``User `2819c223` ``.
        what: String,
    },
    /// `If-Match` or `If-None-Match` does not hold.
    #[error("the resource has changed since it was read, read it again and repeat the change")]
    PreconditionFailed,
    /// The body is larger than the service takes.
    #[error("the request body is larger than {limit} bytes, send it in smaller parts")]
    PayloadTooLarge {
        /// The largest body, in bytes.
        limit: usize,
    },
    /// No bearer token, or one that is not valid (any more).
    #[error("send a valid bearer token in the `Authorization` header")]
    Unauthorized,
    /// The request may not be made, whoever makes it.
    #[error("{0}")]
    Forbidden(String),
    /// The path leads to no endpoint.
    #[error("{0}")]
    NoEndpoint(String),
    /// The path exists and does not know the method.
    #[error("this method is not available here, see the `Allow` header")]
    MethodNotAllowed,
    /// The operation is part of SCIM and is not offered.
    #[error("{what} is not offered by this service")]
    NotImplemented {
        /// What was asked for, as in `/Me`.
        what: String,
    },
    /// The caller sends faster than its rate.
    #[error("too many requests, try again in {retry_after} seconds")]
    TooManyRequests {
        /// Seconds until a request can succeed; the `Retry-After` header.
        retry_after: u32,
    },
    /// The service cannot answer now and will soon.
    #[error("the service is busy, try again in {retry_after} seconds")]
    Unavailable {
        /// Seconds until a request can succeed; the `Retry-After` header.
        retry_after: u32,
    },
    /// A fault of the service; what it was is in the service's log only.
    #[error("the service failed, try again, and give its operator the request id if it persists")]
    Internal,
}

impl Error {
    /// Returns the HTTP status.
    pub fn status(&self) -> u16 {
        self.code().0
    }

    /// Returns the `scimType` of RFC 7644 §3.12, where the status has one.
    pub fn scim_type(&self) -> Option<&'static str> {
        self.code().1
    }

    /// Returns the seconds of the `Retry-After` header, where the answer has one.
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Error::TooManyRequests { retry_after } | Error::Unavailable { retry_after } => {
                Some(*retry_after)
            }
            _ => None,
        }
    }

    /// Returns the error body of RFC 7644 §3.12.
    pub fn to_json(&self) -> Value {
        let mut body = json!({ "schemas": [ERROR_URN], "status": self.status().to_string() });
        if let Some(scim_type) = self.scim_type() {
            body["scimType"] = scim_type.into();
        }
        body["detail"] = self.to_string().into();
        body
    }

    fn code(&self) -> (u16, Option<&'static str>) {
        match self {
            Error::InvalidSyntax(_) => (400, Some("invalidSyntax")),
            Error::InvalidValue(_) => (400, Some("invalidValue")),
            Error::InvalidFilter(_) => (400, Some("invalidFilter")),
            Error::InvalidPath(_) => (400, Some("invalidPath")),
            Error::NoTarget(_) => (400, Some("noTarget")),
            Error::Mutability(_) => (400, Some("mutability")),
            Error::TooMany(_) => (400, Some("tooMany")),
            Error::InvalidVersion => (400, Some("invalidVers")),
            Error::Unauthorized => (401, None),
            Error::Forbidden(_) => (403, None),
            Error::NotFound { .. } | Error::NoEndpoint(_) => (404, None),
            Error::MethodNotAllowed => (405, None),
            Error::Uniqueness { .. } => (409, Some("uniqueness")),
            Error::PreconditionFailed => (412, None),
            Error::PayloadTooLarge { .. } => (413, None),
            Error::TooManyRequests { .. } => (429, None),
            Error::Internal => (500, None),
            Error::NotImplemented { .. } => (501, None),
            Error::Unavailable { .. } => (503, None),
        }
    }
}

/// Quotes text a client sent, shortened, for use in a `detail`.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("`{short}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: Error, status: &str, scim_type: Option<&str>) {
        let body = error.to_json();
        assert_eq!(body["schemas"], json!([ERROR_URN]));
        assert_eq!(body["status"], json!(status), "the status is a string");
        assert_eq!(body.get("scimType").and_then(Value::as_str), scim_type);
        assert!(!body["detail"].as_str().unwrap_or_default().is_empty());
    }

    #[test]
    fn bodies() {
        check(
            Error::InvalidFilter("x".into()),
            "400",
            Some("invalidFilter"),
        );
        check(Error::NoTarget("x".into()), "400", Some("noTarget"));
        check(Error::InvalidVersion, "400", Some("invalidVers"));
        let attribute = "userName".to_owned();
        check(Error::Uniqueness { attribute }, "409", Some("uniqueness"));
        let what = "User `1`".to_owned();
        check(Error::NotFound { what }, "404", None);
        check(Error::TooManyRequests { retry_after: 3 }, "429", None);
        check(Error::Internal, "500", None);
    }

    #[test]
    fn retry_after_goes_with_429_and_503() {
        assert_eq!(
            Error::TooManyRequests { retry_after: 3 }.retry_after(),
            Some(3)
        );
        assert_eq!(Error::Unavailable { retry_after: 1 }.retry_after(), Some(1));
        assert_eq!(Error::Internal.retry_after(), None);
    }

    #[test]
    fn quoted_text_is_bounded() {
        assert_eq!(quoted("abc"), "`abc`");
        assert!(quoted(&"ä".repeat(100_000)).len() < 200);
    }
}
