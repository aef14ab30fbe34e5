//! The variable segment of a path: an id, the URN of a schema, or the name of a resource type.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

use crate::path::segments;

/// The last segment of the path, decoded.
///
/// A segment that does not decode to UTF-8 stays encoded. No resource has such a name.
#[derive(Clone, Debug)]
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let decoded = Path::<String>::from_request_parts(parts, state)
            .await
            .map(|Path(text)| text);
        Ok(Self(decoded.unwrap_or_else(|_| {
            segments(parts.uri.path())
                .last()
                .unwrap_or_default()
                .to_owned()
        })))
    }
}
