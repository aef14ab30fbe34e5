//! Fits responses into what Lambda can return: as they are, else compressed, else as an error that says what to do.
//!
//! A group of 100,000 members is about 20 MB of JSON, and about 2 MB compressed. What fits as it is stays as it is, so
//! no other response costs the time to compress it. `lambda_http` encodes a compressed body as Base64, and API Gateway
//! decodes it again, because the template declares every media type as binary. Without that declaration, clients would
//! receive the Base64.

use std::io::Write;

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{HeaderValue, StatusCode};
use rollcall_directory::Effects;
use rollcall_scim as scim;

use crate::error::Error;
use crate::negotiation::accepts_gzip;

/// The most bytes of a body in Lambda's response, in which it is a string of JSON. Lambda's limit is 6 MB for the whole
/// response; the rest is for the headers.
pub(crate) const MAX_PAYLOAD_BYTES: usize = 6_000_000;

/// Answers a request with a response that Lambda can return.
pub(crate) async fn fit(request: Request, next: Next) -> Response {
    let gzip = accepts_gzip(request.headers());
    let response = next.run(request).await;
    let size = response.body().size_hint().exact();
    // Escaping makes a body at most twice as long.
    if size.is_some_and(|size| size <= MAX_PAYLOAD_BYTES as u64 / 2) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return Error::from(scim::Error::Internal).into_response();
    };
    fitted(Response::from_parts(parts, ()), body, gzip)
}

fn fitted(response: Response<()>, body: Bytes, gzip: bool) -> Response {
    if escaped_bytes(&body) <= MAX_PAYLOAD_BYTES {
        return response.map(|()| Body::from(body));
    }
    match gzip.then(|| compressed(&body)) {
        Some(Ok(body)) if base64_bytes(&body) <= MAX_PAYLOAD_BYTES => {
            let mut response = response.map(|()| Body::from(body));
            let headers = response.headers_mut();
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
            headers.remove(CONTENT_LENGTH);
            response
        }
        _ if response.extensions().get::<Effects>().is_some() => without_body(response),
        _ => refused(gzip),
    }
}

/// Returns the response of a write without the resource, which the client can read by itself: the write is done, so an
/// error would be wrong (RFC 7644 §3.5.2 allows 204).
fn without_body(mut response: Response<()>) -> Response {
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    for name in [CONTENT_LENGTH, CONTENT_TYPE] {
        response.headers_mut().remove(name);
    }
    response.map(|()| Body::empty())
}

/// Returns the error for a response that is too large.
fn refused(gzip: bool) -> Response {
    let accept = if gzip {
        ""
    } else {
        "; accept it compressed (`Accept-Encoding: gzip`)"
    };
    let detail = format!(
        "the response would be larger than the 6 MB that the service can return{accept}; leave out the members of groups \
         with `excludedAttributes=members`, ask `/Groups` whether somebody is a member with the filter \
         `id eq \"…\" and members[value eq \"…\"]`, or list the people of a group, page by page, with the filter \
         `groups.value eq \"…\"` on `/Users`"
    );
    Error::from(scim::Error::TooMany(detail)).into_response()
}

/// Compresses a body as fast as possible: the time of a function is short, and ids do not compress much better.
fn compressed(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

/// Returns the bytes that a body of JSON takes as a string of JSON: quotes and backslashes are escaped.
pub(crate) fn escaped_bytes(body: &[u8]) -> usize {
    let escaped = body.iter().filter(|byte| matches!(byte, b'"' | b'\\'));
    body.len() + escaped.count()
}

fn base64_bytes(body: &[u8]) -> usize {
    body.len().div_ceil(3) * 4
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use http::header::ETAG;

    use super::*;

    fn answered(body: &[u8], gzip: bool) -> Response {
        let mut response = Response::new(());
        let etag = HeaderValue::from_static("W/\"7\"");
        response.headers_mut().insert(ETAG, etag);
        fitted(response, Bytes::copy_from_slice(body), gzip)
    }

    async fn bytes_of(response: Response) -> Bytes {
        to_bytes(response.into_body(), usize::MAX).await.unwrap()
    }

    #[tokio::test]
    async fn what_fits_stays_as_it_is() {
        let quotes = vec![b'"'; MAX_PAYLOAD_BYTES / 2];
        for gzip in [true, false] {
            let response = answered(&quotes, gzip);
            assert!(response.headers().get(CONTENT_ENCODING).is_none());
            assert_eq!(bytes_of(response).await, quotes);
        }
    }

    #[tokio::test]
    async fn what_does_not_fit_is_compressed() {
        let quotes = vec![b'"'; MAX_PAYLOAD_BYTES / 2 + 1];
        let response = answered(&quotes, true);
        assert_eq!(response.headers()[CONTENT_ENCODING], "gzip");
        assert_eq!(response.headers()[ETAG], "W/\"7\"");
        let mut decoded = Vec::new();
        let body = bytes_of(response).await;
        GzDecoder::new(&body[..]).read_to_end(&mut decoded).unwrap();
        assert_eq!(decoded, quotes);
    }

    #[test]
    fn a_write_that_does_not_fit_is_done() {
        let mut response = Response::new(());
        response.extensions_mut().insert(Effects::default());
        let body = Bytes::from(vec![b'"'; MAX_PAYLOAD_BYTES]);
        let response = fitted(response, body, false);
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        assert!(response.extensions().get::<Effects>().is_some());
    }

    #[tokio::test]
    async fn what_does_not_fit_at_all_is_refused() {
        // Bytes without a pattern.
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .take(MAX_PAYLOAD_BYTES)
        .collect();
        for (gzip, says_gzip) in [(true, false), (false, true)] {
            let response = answered(&noise, gzip);
            assert_eq!(response.status(), StatusCode::BAD_REQUEST);
            let body = bytes_of(response).await;
            let text = String::from_utf8_lossy(&body);
            assert!(text.contains("excludedAttributes=members"), "{text}");
            assert!(text.contains("groups.value eq"), "{text}");
            assert_eq!(text.contains("Accept-Encoding"), says_gzip, "{text}");
        }
    }
}
