//! Turns errors into responses: SCIM error bodies for the client, source chains for the log.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use rollcall_directory::{self as directory, Reason};
use rollcall_edge_http::{Fault, REASON_HEADER, Unreadable};
use rollcall_scim as scim;

use crate::json_response::json;

/// The error of a request: a refusal, or a fault of the service.
#[derive(Debug)]
pub(crate) struct Error(directory::Error);

/// The error that the client received. The response carries it to the tenant's request log as an extension.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) error: scim::Error,
    pub(crate) reason: Reason,
}

impl From<scim::Error> for Refused {
    fn from(error: scim::Error) -> Self {
        let reason = Reason::from(&error);
        Self { error, reason }
    }
}

impl Error {
    /// Whether the request is at fault in a way that says nothing about what is stored.
    pub(crate) fn is_bad_request(&self) -> bool {
        self.0.to_scim().status() == 400
    }
}

impl From<directory::Error> for Error {
    fn from(error: directory::Error) -> Self {
        Self(error)
    }
}

impl From<scim::Error> for Error {
    fn from(error: scim::Error) -> Self {
        Self(error.into())
    }
}

impl From<Unreadable> for Error {
    fn from(error: Unreadable) -> Self {
        scim::Error::from(error).into()
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = refusal_for(&self.0.to_scim(), self.0.reason());
        if self.0.is_fault() {
            response.extensions_mut().insert(Fault(Arc::new(self.0)));
        }
        response
    }
}

/// Returns the response for a SCIM error (RFC 7644 §3.12).
pub(crate) fn refusal(error: &scim::Error) -> Response {
    refusal_for(error, Reason::from(error))
}

fn refusal_for(error: &scim::Error, reason: Reason) -> Response {
    let mut response = json(error.status(), &error.to_json());
    if error.status() == 401 {
        // A 401 names the authentication scheme (RFC 7644 §2).
        response.headers_mut().insert(
            WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer realm=\"scim\""),
        );
    }
    if let Some(seconds) = error.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    // Not in the body: RFC 7644 §3.12 lists the members of an error.
    let code = HeaderValue::from_static(reason.as_str());
    response.headers_mut().insert(REASON_HEADER, code);
    response.extensions_mut().insert(reason);
    response.extensions_mut().insert(Refused {
        error: error.clone(),
        reason,
    });
    response
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use http::header::CONTENT_TYPE;
    use serde_json::Value;

    use super::*;

    async fn body_of(response: Response) -> Value {
        serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn every_error_is_a_scim_body() {
        for (error, status) in [
            (scim::Error::InvalidSyntax("x".to_owned()), 400),
            (scim::Error::PayloadTooLarge { limit: 1 }, 413),
            (scim::Error::Internal, 500),
        ] {
            let response = Error::from(error).into_response();
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()[CONTENT_TYPE], "application/scim+json");
            let reason = response.extensions().get::<Reason>().copied().unwrap();
            assert_eq!(response.headers()[REASON_HEADER], reason.as_str());
            let body = body_of(response).await;
            assert_eq!(body["status"], status.to_string());
            assert_eq!(
                body["schemas"][0],
                "urn:ietf:params:scim:api:messages:2.0:Error"
            );
        }
    }

    #[test]
    fn headers_say_what_to_do() {
        let busy = refusal(&scim::Error::Unavailable { retry_after: 2 });
        assert_eq!(busy.headers()[RETRY_AFTER], "2");
        let many = refusal(&scim::Error::TooManyRequests { retry_after: 60 });
        assert_eq!(
            (many.status().as_u16(), &many.headers()[RETRY_AFTER]),
            (429, &HeaderValue::from_static("60"))
        );
    }

    #[tokio::test]
    async fn faults_are_kept_for_the_log_and_from_the_client() {
        let response = Error::from(directory::Error::Corrupt("item 42".to_owned())).into_response();
        assert!(response.extensions().get::<Fault>().is_some());
        assert!(!body_of(response).await.to_string().contains("42"));
        let client = Error::from(scim::Error::InvalidSyntax("x".to_owned())).into_response();
        assert!(client.extensions().get::<Fault>().is_none());
    }
}
