//! The base URL under which the client reached SCIM: `meta.location` begins with it.

use std::convert::Infallible;
use std::fmt;

use axum::extract::FromRequestParts;
use http::request::Parts;
use rollcall_edge_http::{BASE_PATH, root};

use crate::surface::MARKER;

/// The base URL as the client has it configured, without a trailing slash: `https://host/stage/scim/v2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// The base URL of a request.
    pub(crate) fn of(parts: &Parts) -> Self {
        Self(format!("{}{BASE_PATH}", root(parts, MARKER)))
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<S: Sync> FromRequestParts<S> for BaseUrl {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
