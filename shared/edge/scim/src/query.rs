//! Decodes query strings into ordered pairs, the same for every kind of event.

use axum::extract::FromRequestParts;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use rollcall_scim as scim;

use crate::error::Error;

/// The query parameters of a request, decoded.
///
/// REST API events carry the parameters decoded, and `lambda_http` encodes them again for the URI. Events of payload
/// format 2.0 carry the raw query string. In both cases, the URI contains a form-encoded string.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct QueryPairs(Vec<(String, String)>);

impl QueryPairs {
    /// Decodes a raw query string. `+` and `%20` are spaces, and a key can have no value (`?cursor`).
    ///
    /// # Errors
    ///
    /// `InvalidSyntax` when a percent sign does not start an escape, or when the decoded text is not UTF-8.
    pub(crate) fn parse(raw: &str) -> Result<Self, scim::Error> {
        raw.split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Ok((decode(name)?, decode(value)?))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Returns the last value of a parameter. Parameter names are case-insensitive.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

impl<S: Sync> FromRequestParts<S> for QueryPairs {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default())?)
    }
}

/// Decodes a text of a form: `+` is a space.
pub(crate) fn decode(text: &str) -> Result<String, scim::Error> {
    let text = text.replace('+', " ");
    let broken_escape = text.split('%').skip(1).any(|escape| {
        let digits = escape.as_bytes().get(..2);
        !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if broken_escape {
        return Err(invalid(
            "a `%` in the query string must start an escape such as `%20`; send a percent sign as `%25`",
        ));
    }
    match percent_decode_str(&text).decode_utf8() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err(invalid("the query string must be percent-encoded UTF-8")),
    }
}

fn invalid(detail: &str) -> scim::Error {
    scim::Error::InvalidSyntax(detail.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_pairs() {
        for (raw, expected) in [
            ("", vec![]),
            ("a=1&b=2", vec![("a", "1"), ("b", "2")]),
            ("a=1&a=2", vec![("a", "1"), ("a", "2")]),
            (
                "filter=userName+eq+%22a%2Bb%40x%22",
                vec![("filter", r#"userName eq "a+b@x""#)],
            ),
            (
                "filter=userName%20eq%20%22x%22",
                vec![("filter", r#"userName eq "x""#)],
            ),
            ("aadOptscim062020", vec![("aadOptscim062020", "")]),
            ("cursor&count=2", vec![("cursor", ""), ("count", "2")]),
            ("cursor=", vec![("cursor", "")]),
            ("&&a=1&", vec![("a", "1")]),
            ("a=b=c", vec![("a", "b=c")]),
            ("=x", vec![("", "x")]),
            ("a=%C3%A9", vec![("a", "é")]),
            ("%61=1", vec![("a", "1")]),
        ] {
            let expected = expected
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            assert_eq!(
                QueryPairs::parse(raw).map_err(|error| error.to_string()),
                Ok(QueryPairs(expected)),
                "{raw}"
            );
        }
    }

    #[test]
    fn refuses_broken_encodings() {
        for raw in [
            "a=%", "a=%2", "a=%zz", "a=100%", "%g1=1", "a=%FF", "a=%C3", "a=%+1",
        ] {
            let error = QueryPairs::parse(raw).expect_err(raw);
            assert_eq!(
                (error.status(), error.scim_type()),
                (400, Some("invalidSyntax")),
                "{raw}"
            );
        }
    }

    #[test]
    fn the_last_value_wins_without_regard_to_case() {
        let pairs = QueryPairs::parse("attributes=a&Attributes=b&count=1").unwrap();
        assert_eq!(pairs.get("attributes"), Some("b"));
        assert_eq!(pairs.get("COUNT"), Some("1"));
        assert_eq!(pairs.get("filter"), None);
    }
}
