//! Refusals of the API: problem documents (RFC 9457), worded in this one place.

use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use rollcall_directory as directory;
use rollcall_scim as scim;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Error, Fault};
use crate::path::API_PATH;

/// The media type of problem documents (RFC 9457 §6.1).
const PROBLEM_JSON: &str = "application/problem+json";
/// What every problem type begins with.
const TYPE_PREFIX: &str = "urn:rollcall:problem:";

/// What ends a request before its time.
#[derive(Clone, Debug)]
pub struct Problem {
    status: u16,
    kind: &'static str,
    detail: String,
    retry_after: Option<u32>,
    fault: Option<Arc<directory::Error>>,
}

/// A problem document (RFC 9457): what every answer of status 400 or more holds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument {
    /// Which kind of problem it is; the same for the same kind, whatever the words.
    #[schema(example = "urn:rollcall:problem:not-found")]
    r#type: String,
    /// The status in words.
    #[schema(example = "Not Found")]
    title: String,
    /// The status of the answer.
    #[schema(example = 404)]
    status: u16,
    /// What is wrong and what to do about it.
    detail: String,
    /// The id of the request, as the logs have it.
    instance: String,
}

impl Problem {
    fn new(status: u16, kind: &'static str, detail: impl Into<String>) -> Self {
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

    /// 401: nobody, or nobody any more.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(401, "unauthorized", detail)
    }

    /// 403: somebody who may not.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(403, "forbidden", detail)
    }

    /// 403: a person who was deactivated wants in.
    pub(crate) fn inactive() -> Self {
        Self::new(
            403,
            "person-inactive",
            "this person was deactivated by the identity provider, and cannot sign in until they are active again",
        )
    }

    /// 404: no such thing.
    pub fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(404, "not-found", format!("{what} does not exist"))
    }

    /// 409: something else was done meanwhile.
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

    fn document(&self, request_id: &str) -> ProblemDocument {
        ProblemDocument {
            r#type: format!("{TYPE_PREFIX}{}", self.kind),
            title: self.title().to_owned(),
            status: self.status,
            detail: self.detail.clone(),
            instance: request_id.to_owned(),
        }
    }
}

impl From<scim::Error> for Problem {
    /// The same refusal in the API's words: what SCIM's say of filters and schemas does not help here.
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

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        error.into_inner().into()
    }
}

impl IntoResponse for Problem {
    /// Everything but the body, which wants the request's id: `finish` writes it.
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

/// The last touch on every answer: the body of a problem, and that nobody keeps copies of tokens.
pub(crate) fn finish(mut response: Response, request_id: &str) -> Response {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let document = serde_json::to_string(&problem.document(request_id));
        *response.body_mut() = Body::from(document.unwrap_or_default());
        let media_type = HeaderValue::from_static(PROBLEM_JSON);
        response.headers_mut().insert(CONTENT_TYPE, media_type);
        // What axum says of the empty body is no longer true.
        response.headers_mut().remove(http::header::CONTENT_LENGTH);
    }
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, no_store);
    response
}

/// Answers for paths that lead nowhere.
pub(crate) async fn unknown_endpoint() -> Problem {
    let detail =
        format!("there is no such endpoint; `{API_PATH}/openapi.json` lists those there are");
    Problem::new(404, "not-found", detail)
}

/// Answers for endpoints that exist and do not take the method; the router adds `Allow`.
pub(crate) async fn unknown_method() -> Problem {
    scim::Error::MethodNotAllowed.into()
}
