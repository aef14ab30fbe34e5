//! What Lambda and API Gateway can return: responses of at most 6 MB, with a compressed body as Base64.

use axum::body::{Body, HttpBody};
use http::Response;
use http::header::CONTENT_ENCODING;

/// Lambda's limit on a response.
const MAX_PAYLOAD_BYTES: u64 = 6 * 1024 * 1024;

/// Returns whether a response can be returned. How much longer a text becomes when it is escaped is not counted.
pub(super) fn fits(response: &Response<Body>, is_binary: bool) -> bool {
    let size = response.body().size_hint().lower();
    match response.headers().contains_key(CONTENT_ENCODING) {
        // `lambda_http` encodes such a body as Base64. API Gateway decodes it only if it is declared as binary.
        true => is_binary && size.div_ceil(3) * 4 <= MAX_PAYLOAD_BYTES,
        false => size <= MAX_PAYLOAD_BYTES,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn responses_have_a_limit() {
        let limit = usize::try_from(MAX_PAYLOAD_BYTES).unwrap();
        for (size, gzip, is_binary, expected) in [
            (0, false, false, true),
            (limit, false, true, true),
            (limit + 1, false, true, false),
            (limit / 4 * 3, true, true, true),
            (limit / 4 * 3 + 1, true, true, false),
            (1, true, false, false),
        ] {
            let mut response = Response::new(Body::from(vec![b'x'; size]));
            if gzip {
                let gzip = HeaderValue::from_static("gzip");
                response.headers_mut().insert(CONTENT_ENCODING, gzip);
            }
            assert_eq!(fits(&response, is_binary), expected, "{size} {gzip}");
        }
    }
}
