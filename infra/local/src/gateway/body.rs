//! Reads a request's body, up to API Gateway's maximum size.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::template::ResponseType;

/// How much of a body that is too large is still read, as a multiple of the limit. A client whose connection closes
/// while it is sending would not read the error.
const PATIENCE: usize = 10;

/// Reads the whole body.
///
/// # Errors
///
/// `RequestTooLarge` when the body is larger than `limit`, `BadRequestParameters` when it is incomplete.
pub(super) async fn read(mut body: Body, limit: usize) -> Result<Bytes, ResponseType> {
    let mut read = BytesMut::new();
    let mut size = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ResponseType::BadRequestParameters)?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        size = size.saturating_add(data.len());
        if size <= limit {
            read.extend_from_slice(&data);
        } else if size > limit.saturating_mul(PATIENCE) {
            break;
        }
    }
    if size > limit {
        Err(ResponseType::RequestTooLarge)
    } else {
        Ok(read.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bodies_have_a_limit() {
        for (size, expected) in [
            (0, Ok(0)),
            (10, Ok(10)),
            (11, Err(ResponseType::RequestTooLarge)),
            (500, Err(ResponseType::RequestTooLarge)),
        ] {
            let body = Body::from(vec![b'x'; size]);
            assert_eq!(
                read(body, 10).await.map(|bytes| bytes.len()),
                expected,
                "{size}"
            );
        }
    }
}
