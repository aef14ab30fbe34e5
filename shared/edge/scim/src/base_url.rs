//! The base URL at which the client reached SCIM. `meta.location` begins with it.

use std::convert::Infallible;
use std::fmt;

use axum::extract::FromRequestParts;
use http::request::Parts;
use rollcall_edge_http::{BASE_PATH, Marker, root};

/// The marker of SCIM's paths. It also finds the mount of a path with another version, so that the error can name the
/// supported version.
pub(crate) const MARKER: Marker = Marker::new(BASE_PATH).or("/scim");

/// The path of bulk requests, as it is routed.
pub(crate) const BULK_PATH: &str = "/scim/v2/Bulk";
/// The path of the token endpoint, as it is routed.
pub(crate) const TOKEN_PATH: &str = "/scim/v2/oauth/token";

/// The base URL as it is configured in the client, without a trailing slash: `https://host/stage/scim/v2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Returns the base URL of a request.
    pub(crate) fn of(parts: &Parts) -> Self {
        Self(format!("{}{BASE_PATH}", root(parts, MARKER)))
    }

    /// Returns the URL as text.
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

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn a_mapping_may_be_called_scim() {
        for (path, expected) in [
            ("/scim/v2/Users", "https://x.test/scim/v2"),
            ("/scim/scim/v2/Users", "https://x.test/scim/scim/v2"),
            ("/scim/Users", "https://x.test/scim/v2"),
        ] {
            let request = Request::get(path).header("host", "x.test");
            let (parts, ()) = request.body(()).expect("a request").into_parts();
            assert_eq!(BaseUrl::of(&parts).as_str(), expected, "{path}");
        }
    }
}
