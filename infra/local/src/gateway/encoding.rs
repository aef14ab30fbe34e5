//! Percent-encoding, as strict as in API Gateway: text that cannot be decoded is a bad request.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The characters that are not encoded in a path: `pchar` (RFC 3986 §3.3), and the slashes between segments.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// Decodes a text. Returns `None` if an escape is invalid or the result is not UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    let whole = |escape: &str| {
        escape
            .as_bytes()
            .get(..2)
            .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    };
    if !text.split('%').skip(1).all(whole) {
        return None;
    }
    percent_decode_str(text)
        .decode_utf8()
        .ok()
        .map(|decoded| decoded.into_owned())
}

/// Returns the canonical form of a path: decoded as in API Gateway, where `%2F` becomes a slash, and encoded again
/// where necessary. Returns `None` if it cannot be decoded.
pub(super) fn canonical_path(path: &str) -> Option<String> {
    decode(path).map(|decoded| utf8_percent_encode(&decoded, PATH).to_string())
}

/// Decodes the parameters of a query string. `+` is a space, and a key can have no value. Returns `None` if a parameter
/// cannot be decoded.
pub(super) fn query_pairs(query: &str) -> Option<Vec<(String, String)>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((
                decode(&name.replace('+', " "))?,
                decode(&value.replace('+', " "))?,
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_spelling() {
        for (path, expected) in [
            ("/scim/v2/Users", Some("/scim/v2/Users")),
            ("/scim/v2//Users/", Some("/scim/v2//Users/")),
            ("/%55sers", Some("/Users")),
            ("/Users%2F1", Some("/Users/1")),
            ("/a%20b%3F%23%25", Some("/a%20b%3F%23%25")),
            ("/a\"b|c{d}", Some("/a%22b%7Cc%7Bd%7D")),
            ("/é", Some("/%C3%A9")),
            ("/urn%3Aietf:x", Some("/urn:ietf:x")),
            ("/%", None),
            ("/%2", None),
            ("/%zz", None),
            ("/%+1", None),
            ("/%FF", None),
        ] {
            assert_eq!(canonical_path(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn query_strings_are_decoded() {
        for (query, expected) in [
            ("", Some(vec![])),
            ("a=1&a=2&&b", Some(vec![("a", "1"), ("a", "2"), ("b", "")])),
            (
                "filter=userName+eq%20%22a%2Bb%22",
                Some(vec![("filter", "userName eq \"a+b\"")]),
            ),
            ("a=b=c", Some(vec![("a", "b=c")])),
            ("a=%", None),
            ("%zz=1", None),
            ("a=%C3", None),
        ] {
            let expected: Option<Vec<_>> = expected.map(|pairs| {
                pairs
                    .into_iter()
                    .map(|(k, v)| (k.to_owned(), v.to_owned()))
                    .collect()
            });
            assert_eq!(query_pairs(query), expected, "{query}");
        }
    }
}
