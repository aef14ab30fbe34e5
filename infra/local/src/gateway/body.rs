//! Reading a request's body, up to what API Gateway takes.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::template::ResponseType;

/// How much of a body that is too large is still read, as a multiple of the limit. A client that is cut off while it is
/// sending never reads why.
const PATIENCE: usize = 10;

/// The whole body.
///
/// # Errors
///
/// When it is larger than the limit, or breaks off.
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
