//! The `Authorization` header: one bearer token, or nothing.

/// Takes the token out of an `Authorization` header value (RFC 6750 §2.1); the scheme is caseless (RFC 9110 §11.1).
///
/// The token is returned as it stands; whether it is one of ours is the directory's to say.
pub fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once([' ', '\t'])?;
    let token = token.trim();
    let one_token = !token.is_empty()
        && token
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b',');
    (scheme.eq_ignore_ascii_case("Bearer") && one_token).then_some(token)
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
}
