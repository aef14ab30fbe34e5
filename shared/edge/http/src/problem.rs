//! Problem documents (RFC 9457): the refusals that the API sends and pages show.

use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use rollcall_directory as directory;
use rollcall_scim as scim;
use serde::Serialize;

use crate::access_log::Fault;
use crate::body::Unreadable;

/// The media type of problem documents (RFC 9457 §6.1).
const PROBLEM_JSON: &str = "application/problem+json";
/// What every problem type begins with.
const TYPE_PREFIX: &str = "urn:rollcall:problem:";

/// A refusal or a failure.
#[derive(Clone, Debug)]
pub struct Problem {
    status: u16,
    kind: &'static str,
    detail: String,
    retry_after: Option<u32>,
    fault: Option<Arc<directory::Error>>,
}

/// A problem document as it is sent.
#[derive(Debug, Serialize)]
struct ProblemDocument<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
}

impl Problem {
    /// A problem of this kind: its type is `urn:rollcall:problem:` and the kind.
    pub fn new(status: u16, kind: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            detail: detail.into(),
            retry_after: None,
            fault: None,
        }
    }

    /// 400: a value that does not fit.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(400, "invalid-value", detail)
    }

    /// 400: a body or query string that cannot be read.
    pub fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(400, "invalid-syntax", detail)
    }

    /// 401: no valid credential.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(401, "unauthorized", detail)
    }

    /// 403: a valid credential that does not allow this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(403, "forbidden", detail)
    }

    /// 404: no such thing.
    pub fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(404, "not-found", format!("{what} does not exist"))
    }

    /// 409: a change that conflicts with another.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(409, "conflict", detail)
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The status in words.
    pub fn title(&self) -> &'static str {
        StatusCode::from_u16(self.status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("Error")
    }

    /// What is wrong and what to do about it.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Writes the document of the problem that an answer carries, if it carries one, as its body.
    #[must_use]
    pub fn write(mut response: Response, request_id: &str) -> Response {
        if let Some(problem) = response.extensions_mut().remove::<Self>() {
            let document = serde_json::to_string(&problem.document(request_id));
            *response.body_mut() = Body::from(document.unwrap_or_default());
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
            // The length is that of the empty body.
            headers.remove(CONTENT_LENGTH);
        }
        response
    }

    fn document<'a>(&'a self, request_id: &'a str) -> ProblemDocument<'a> {
        ProblemDocument {
            r#type: format!("{TYPE_PREFIX}{}", self.kind),
            title: self.title(),
            status: self.status,
            detail: &self.detail,
            instance: request_id,
        }
    }
}

impl From<scim::Error> for Problem {
    /// The same refusal in words that fit outside SCIM.
    fn from(error: scim::Error) -> Self {
        let (kind, detail) = match &error {
            scim::Error::NotFound { what } => {
                ("not-found", format!("{what} does not exist (any more)"))
            }
            scim::Error::Uniqueness { attribute } => (
                "conflict",
                format!(
                    "this `{attribute}` is taken, and stays so even after a deletion; choose another"
                ),
            ),
            scim::Error::Unauthorized => ("unauthorized", error.to_string()),
            scim::Error::Forbidden(_) => ("forbidden", error.to_string()),
            scim::Error::InvalidSyntax(_) => ("invalid-syntax", error.to_string()),
            scim::Error::InvalidFilter(_) => ("invalid-filter", error.to_string()),
            scim::Error::NoEndpoint(_) => ("not-found", error.to_string()),
            scim::Error::MethodNotAllowed => ("method-not-allowed", error.to_string()),
            scim::Error::PreconditionFailed => ("precondition-failed", error.to_string()),
            scim::Error::PayloadTooLarge { .. } => ("too-large", error.to_string()),
            scim::Error::TooManyRequests { .. } => ("too-many-requests", error.to_string()),
            scim::Error::Unavailable { .. } => ("unavailable", error.to_string()),
            scim::Error::NotImplemented { .. } => ("not-implemented", error.to_string()),
            scim::Error::Internal => ("internal", error.to_string()),
            _ => ("invalid-value", error.to_string()),
        };
        Self {
            retry_after: error.retry_after(),
            ..Self::new(error.status(), kind, detail)
        }
    }
}

impl From<directory::Error> for Problem {
    fn from(error: directory::Error) -> Self {
        let problem = Self::from(error.to_scim());
        let fault = error.is_fault().then(|| Arc::new(error));
        Self { fault, ..problem }
    }
}

impl From<Unreadable> for Problem {
    fn from(error: Unreadable) -> Self {
        scim::Error::from(error).into()
    }
}

impl IntoResponse for Problem {
    /// Everything but the body, which needs the request's id: [`Problem::write`] writes it.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if self.status == 401 {
            let challenge = HeaderValue::from_static("Bearer realm=\"rollcall\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if let Some(fault) = self.fault.clone() {
            response.extensions_mut().insert(Fault(fault));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Answers requests for endpoints that exist and do not take the method; the router adds `Allow`.
pub async fn unknown_method() -> Problem {
    scim::Error::MethodNotAllowed.into()
}
