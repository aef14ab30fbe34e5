//! Every error of the protocol, with its HTTP status and `scimType` in one place.

use serde_json::{Value, json};

use crate::limits::{CURSOR_TIMEOUT_SECONDS, bounded_detail};

/// The URN of the SCIM error message (RFC 7644 §3.12).
pub const ERROR_URN: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The reason why a request fails (RFC 7644 §3.12).
///
/// The `Display` text is the `detail` that the client reads. It tells the client what to do and reveals
/// no internals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The body is not JSON, or lacks the structure that the request needs.
    #[error("{0}")]
    InvalidSyntax(String),
    /// A required value is missing, or a value does not match its attribute.
    #[error("{0}")]
    InvalidValue(String),
    /// The filter cannot be parsed, exceeds a limit, or makes a comparison that its attribute does not
    /// support.
    #[error("{0}")]
    InvalidFilter(String),
    /// The `path` of a PATCH operation cannot be parsed.
    #[error("{0}")]
    InvalidPath(String),
    /// The `path` of a PATCH operation is missing, or selects no value that the operation can change.
    #[error("{0}")]
    NoTarget(String),
    /// The change violates the attribute's mutability.
    #[error("{0}")]
    Mutability(String),
    /// The request asks for more work than the service performs at once.
    #[error("{0}")]
    TooMany(String),
    /// The cursor was not made for this query of this client (RFC 9865 §2.1). The same text for all of them: it says
    /// nothing about the cursors of others.
    #[error(
        "the `cursor` is not one of this query; begin without a value of `cursor`, and repeat the query with each \
         `nextCursor` and otherwise the same parameters"
    )]
    InvalidCursor,
    /// The cursor is too old (RFC 9865 §2.1).
    #[error(
        "the `cursor` has expired, because the page before it was read more than {} minutes ago; begin again without a \
         value of `cursor`",
        CURSOR_TIMEOUT_SECONDS / 60
    )]
    ExpiredCursor,
    /// The `count` of a query by cursor is not a number (RFC 9865 §2.1).
    #[error("{0}")]
    InvalidCount(String),
    /// The URL names a protocol version that the service does not support.
    #[error("only SCIM 2.0 is supported, use a base URL that ends in `/scim/v2`")]
    InvalidVersion,
    /// Another resource of the tenant already has the value.
    #[error(
        "another resource already has this `{attribute}`, find it with a filter and update it instead"
    )]
    Uniqueness {
        /// The name of the attribute, such as `userName`.
        attribute: String,
    },
    /// The requested resource does not exist.
    #[error("{what} does not exist or was deleted, look it up again with a filter")]
    NotFound {
        /// The kind and the identifier of the resource, such as ``User `2819c223` ``.
        what: String,
    },
    /// The condition in `If-Match` or `If-None-Match` is false.
    #[error("the resource has changed since it was read; read it again and repeat the change")]
    PreconditionFailed,
    /// The body is larger than the service accepts.
    #[error("the request body is larger than {limit} bytes, send it in smaller parts")]
    PayloadTooLarge {
        /// The maximum size of a body, in bytes.
        limit: usize,
    },
    /// A bulk request has more operations than the service accepts.
    #[error("a bulk request can have at most {limit} operations, send several requests")]
    TooManyOperations {
        /// The maximum number of operations.
        limit: usize,
    },
    /// An operation of a bulk request refers to a resource that the request has not created (RFC 7644 §3.7.1).
    #[error("{0}")]
    Unresolved(String),
    /// The request has no bearer token, or its token is invalid or expired.
    #[error("send a valid bearer token in the `Authorization` header")]
    Unauthorized,
    /// The client is authenticated, but the service does not permit the request.
    #[error("{0}")]
    Forbidden(String),
    /// The service has no endpoint at the path.
    #[error("{0}")]
    NoEndpoint(String),
    /// The endpoint does not support the HTTP method.
    #[error("this method is not available here, see the `Allow` header")]
    MethodNotAllowed,
    /// The service does not implement this optional part of SCIM.
    #[error("{what} is not offered by this service")]
    NotImplemented {
        /// The requested feature, such as `/Me`.
        what: String,
    },
    /// The client exceeds its rate limit.
    #[error("too many requests, try again in {retry_after} seconds")]
    TooManyRequests {
        /// The number of seconds to wait before a retry, sent as the `Retry-After` header.
        retry_after: u32,
    },
    /// The requests of the client have read more than it may read in a while.
    #[error(
        "this token has read more than it may in a minute, try again in {retry_after} seconds; find users with `eq` by \
         `id`, `userName`, `externalId`, `displayName` or `emails.value` and groups by `id`, `displayName` or \
         `externalId`, because every other filter reads all of them; list without `sortBy`, and groups with \
         `excludedAttributes=members`"
    )]
    ReadTooMuch {
        /// The number of seconds to wait before a retry, sent as the `Retry-After` header.
        retry_after: u32,
    },
    /// The service cannot answer at the moment. A retry is likely to succeed.
    #[error("the service is busy, try again in {retry_after} seconds")]
    Unavailable {
        /// The number of seconds to wait before a retry, sent as the `Retry-After` header.
        retry_after: u32,
    },
    /// The service failed. Only its log has the cause.
    #[error("the service failed, try again, and give its operator the request id if it persists")]
    Internal,
}

impl Error {
    /// Returns the HTTP status code.
    pub fn status(&self) -> u16 {
        self.code().0
    }

    /// Returns the `scimType` (RFC 7644 §3.12), if the error has one.
    pub fn scim_type(&self) -> Option<&'static str> {
        self.code().1
    }

    /// Returns the value of the `Retry-After` header in seconds, if the response has one.
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Error::TooManyRequests { retry_after }
            | Error::ReadTooMuch { retry_after }
            | Error::Unavailable { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// Returns the body of the error response (RFC 7644 §3.12).
    pub fn to_json(&self) -> Value {
        let mut body = json!({ "schemas": [ERROR_URN], "status": self.status().to_string() });
        if let Some(scim_type) = self.scim_type() {
            body["scimType"] = scim_type.into();
        }
        body["detail"] = bounded_detail(self.to_string()).into();
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
            Error::InvalidCursor => (400, Some("invalidCursor")),
            Error::ExpiredCursor => (400, Some("expiredCursor")),
            Error::InvalidCount(_) => (400, Some("invalidCount")),
            Error::InvalidVersion => (400, Some("invalidVers")),
            Error::Unauthorized => (401, None),
            Error::Forbidden(_) => (403, None),
            Error::NotFound { .. } | Error::NoEndpoint(_) => (404, None),
            Error::MethodNotAllowed => (405, None),
            Error::Uniqueness { .. } => (409, Some("uniqueness")),
            Error::Unresolved(_) => (409, None),
            Error::PreconditionFailed => (412, None),
            Error::PayloadTooLarge { .. } | Error::TooManyOperations { .. } => (413, None),
            Error::TooManyRequests { .. } | Error::ReadTooMuch { .. } => (429, None),
            Error::Internal => (500, None),
            Error::NotImplemented { .. } => (501, None),
            Error::Unavailable { .. } => (503, None),
        }
    }
}

/// Quotes text from a client for a `detail`, shortened to a safe length.
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
        check(Error::InvalidCursor, "400", Some("invalidCursor"));
        check(Error::ExpiredCursor, "400", Some("expiredCursor"));
        check(Error::InvalidCount("x".into()), "400", Some("invalidCount"));
        let attribute = "userName".to_owned();
        check(Error::Uniqueness { attribute }, "409", Some("uniqueness"));
        let what = "User `1`".to_owned();
        check(Error::NotFound { what }, "404", None);
        check(Error::TooManyRequests { retry_after: 3 }, "429", None);
        check(Error::ReadTooMuch { retry_after: 3 }, "429", None);
        check(Error::Internal, "500", None);
    }

    #[test]
    fn retry_after_goes_with_429_and_503() {
        assert_eq!(
            Error::TooManyRequests { retry_after: 3 }.retry_after(),
            Some(3)
        );
        assert_eq!(Error::ReadTooMuch { retry_after: 9 }.retry_after(), Some(9));
        assert_eq!(Error::Unavailable { retry_after: 1 }.retry_after(), Some(1));
        assert_eq!(Error::Internal.retry_after(), None);
    }

    #[test]
    fn quoted_text_is_bounded() {
        assert_eq!(quoted("abc"), "`abc`");
        assert!(quoted(&"ä".repeat(100_000)).len() < 200);
    }
}
