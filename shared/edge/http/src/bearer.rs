//! Reads the bearer token from the `Authorization` header.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;

/// Returns the token in the value of an `Authorization` header (RFC 6750 §2.1).
///
/// The scheme is case-insensitive (RFC 9110 §11.1). Returns `None` for another scheme, and for anything but exactly one
/// token. The directory decides whether the token is valid.
pub fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once([' ', '\t'])?;
    let token = token.trim();
    let one_token = !token.is_empty()
        && token
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b',');
    (scheme.eq_ignore_ascii_case("Bearer") && one_token).then_some(token)
}

/// Returns the bearer token of a request that has exactly one `Authorization` header.
pub fn sole_bearer(parts: &Parts) -> Option<&str> {
    sole_bearer_of(&parts.headers)
}

/// Returns the bearer token in the headers of a request, as [`sole_bearer`] does.
pub fn sole_bearer_of(headers: &HeaderMap) -> Option<&str> {
    let mut headers = headers.get_all(AUTHORIZATION).iter();
    match (headers.next(), headers.next()) {
        (Some(header), None) => bearer(header.to_str().ok()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_one_bearer_token() {
        for (header, expected) in [
            ("Bearer abc", Some("abc")),
            ("bearer abc", Some("abc")),
            ("BEARER  abc ", Some("abc")),
            (" Bearer\tabc", Some("abc")),
            ("Bearer", None),
            ("Bearer ", None),
            ("abc", None),
            ("Basic abc", None),
            ("Bearerabc", None),
            ("Bearer a b", None),
            ("Bearer a,Bearer b", None),
            ("Bearer a, Bearer b", None),
            ("Bearer é", None),
            ("", None),
        ] {
            assert_eq!(bearer(header), expected, "{header:?}");
        }
    }

    #[test]
    fn two_authorization_headers_are_none() {
        let request = |values: &[&str]| {
            let mut request = http::Request::builder();
            for value in values {
                request = request.header(AUTHORIZATION, *value);
            }
            request.body(()).expect("a request").into_parts().0
        };
        assert_eq!(sole_bearer(&request(&["Bearer a"])), Some("a"));
        assert_eq!(sole_bearer(&request(&["Bearer a", "Bearer a"])), None);
        assert_eq!(sole_bearer(&request(&[])), None);
    }
}
