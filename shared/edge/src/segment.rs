//! The variable segment of a path: an id, a schema's URN, a resource type's name.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

use crate::path::segments;

/// The last segment of the path, decoded.
///
/// One that is no UTF-8 when decoded stays as it was written, and so names something that does not exist.
pub(crate) struct Segment(pub(crate) String);

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
