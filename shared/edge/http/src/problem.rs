//! Problem documents (RFC 9457): the errors that the API sends and pages show.

use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use rollcall_directory::{self as directory, Reason};
use rollcall_scim as scim;
use serde::Serialize;

use crate::access_log::Fault;
use crate::body::Unreadable;
use crate::problem_type::ProblemType;

/// The media type of problem documents (RFC 9457 §6.1).
const PROBLEM_JSON: &str = "application/problem+json";
/// The header of SCIM errors with the reason code. Problem documents have it as a member.
pub const REASON_HEADER: &str = "rollcall-reason";

/// An error response: a refusal, or a fault of the service.
#[derive(Clone, Debug)]
pub struct Problem {
    reason: Reason,
    detail: String,
    retry_after: Option<u32>,
    merged_into: Option<String>,
    next: Option<String>,
    fault: Option<Arc<directory::Error>>,
}

/// The JSON body of a problem (RFC 9457 §3).
#[derive(Debug, Serialize)]
struct ProblemDocument<'a> {
    r#type: String,
    reason: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_into: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
}

impl Problem {
    /// Returns a problem. The reason decides the status and the type.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: scim::limits::bounded_detail(detail.into()),
            retry_after: None,
            merged_into: None,
            next: None,
            fault: None,
        }
    }

    /// Returns a 400 for an invalid value.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(Reason::InvalidValue, detail)
    }

    /// Returns a 400 for a body or query string that cannot be parsed.
    pub fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(Reason::InvalidSyntax, detail)
    }

    /// Returns a 401 for a missing or invalid credential.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(Reason::NotAuthenticated, detail)
    }

    /// Returns a 403 for a valid credential without the required permission.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(Reason::Forbidden, detail)
    }

    /// Returns a 404. The detail is `what` followed by "does not exist".
    pub fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(Reason::NotFound, format!("{what} does not exist"))
    }

    /// Returns a 404 for an account that was closed into this person.
    pub fn merged_into(person: &str) -> Self {
        let detail = format!("this account was closed; its name went to the user `{person}`");
        Self {
            merged_into: Some(person.to_owned()),
            ..Self::new(Reason::AccountMerged, detail)
        }
    }

    /// Returns a 410 for a cursor that has no place in the feed any more. `next` is the cursor with which to go on.
    pub fn gone(reason: Reason, detail: impl Into<String>, next: String) -> Self {
        Self {
            next: Some(next),
            ..Self::new(reason, detail)
        }
    }

    /// Returns a 409 for a change that conflicts with another one.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(Reason::Conflict, detail)
    }

    /// Returns the problem with the number of seconds after which the client can try again; 0 for none.
    #[must_use]
    pub fn after(self, seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds).filter(|seconds| *seconds > 0),
            ..self
        }
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> u16 {
        ProblemType::of(self.reason).status()
    }

    /// Returns the reason code.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// Returns the standard phrase for the status, such as "Not Found".
    pub fn title(&self) -> &'static str {
        ProblemType::of(self.reason).title()
    }

    /// Returns what is wrong and how to solve it.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Writes the body of a response that carries a problem as an extension. Other responses stay as they are.
    ///
    /// The `type` of the document begins with `root`, and `request_id` becomes its `instance`.
    #[must_use]
    pub fn write(mut response: Response, root: &str, request_id: &str) -> Response {
        if let Some(problem) = response.extensions_mut().remove::<Self>() {
            let document = serde_json::to_string(&problem.document(root, request_id));
            *response.body_mut() = Body::from(document.unwrap_or_default());
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
            // The length is that of the empty body.
            headers.remove(CONTENT_LENGTH);
        }
        response
    }

    /// Returns the problem for an error, with texts that fit outside SCIM.
    fn worded(reason: Reason, error: &scim::Error) -> Self {
        let detail = match error {
            scim::Error::NotFound { what } => format!("{what} does not exist or was deleted"),
            scim::Error::Uniqueness { attribute } => format!(
                "this `{attribute}` is in use, or was used before and cannot be reused; choose another"
            ),
            scim::Error::InvalidCursor => {
                "`after` is not the `next` of a page of this list, with these parameters, in this tenant; begin without it"
                    .to_owned()
            }
            scim::Error::ExpiredCursor => {
                "`after` has expired, because the page before was read more than an hour ago; begin without it"
                    .to_owned()
            }
            _ => error.to_string(),
        };
        Self {
            retry_after: error.retry_after(),
            ..Self::new(reason, detail)
        }
    }

    fn document<'a>(&'a self, root: &str, request_id: &'a str) -> ProblemDocument<'a> {
        ProblemDocument {
            r#type: ProblemType::of(self.reason).url(root),
            reason: self.reason.as_str(),
            title: self.title(),
            status: self.status(),
            detail: &self.detail,
            instance: request_id,
            merged_into: self.merged_into.as_deref(),
            next: self.next.as_deref(),
        }
    }
}

impl From<scim::Error> for Problem {
    fn from(error: scim::Error) -> Self {
        Self::worded(Reason::from(&error), &error)
    }
}

impl From<directory::Error> for Problem {
    fn from(error: directory::Error) -> Self {
        let problem = Self::worded(error.reason(), &error.to_scim());
        let next = match &error {
            directory::Error::NotInFeed { next, .. } => Some(next.to_string()),
            _ => None,
        };
        let fault = error.is_fault().then(|| Arc::new(error));
        Self {
            fault,
            next,
            ..problem
        }
    }
}

impl From<Unreadable> for Problem {
    fn from(error: Unreadable) -> Self {
        scim::Error::from(error).into()
    }
}

impl IntoResponse for Problem {
    /// Builds the response without its body. [`Problem::write`] writes the body, because it needs the request's id.
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if self.status() == 401 {
            let challenge = HeaderValue::from_static("Bearer realm=\"rollcall\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if let Some(fault) = self.fault.clone() {
            response.extensions_mut().insert(Fault(fault));
        }
        response.extensions_mut().insert(self.reason);
        response.extensions_mut().insert(self);
        response
    }
}

/// Answers requests with a method that the endpoint does not support. The router adds the `Allow` header.
pub async fn unknown_method() -> Problem {
    scim::Error::MethodNotAllowed.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_that_has_expired_is_gone() {
        for (error, status) in [
            (scim::Error::InvalidCursor, 400),
            (scim::Error::ExpiredCursor, 410),
        ] {
            let problem = Problem::from(error);
            assert_eq!(problem.status(), status);
            assert!(
                problem.detail().starts_with("`after`"),
                "{}",
                problem.detail()
            );
        }
    }
}
