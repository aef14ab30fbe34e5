//! Content negotiation: SCIM's own media type, unless the client accepts only plain JSON; and whether it reads gzip.

use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_ENCODING};
use rollcall_scim::Reading;

/// The media type of SCIM bodies (RFC 7644 §8.1).
pub const SCIM_JSON: &str = "application/scim+json";
/// The media type for clients that accept nothing else, such as OneLogin.
pub const PLAIN_JSON: &str = "application/json";

/// Returns the content type of the response.
///
/// An `Accept` header that allows neither media type does not lead to 406: the clients that send one read JSON anyway.
pub(crate) fn content_type(headers: &HeaderMap) -> &'static str {
    let ranges: Vec<&str> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter(|range| is_wanted(range))
        .map(|range| range.split(';').next().unwrap_or_default().trim())
        .filter(|range| !range.is_empty())
        .collect();
    let names = |media_type: &str| {
        ranges
            .iter()
            .any(|range| range.eq_ignore_ascii_case(media_type))
    };
    let any_json = names(SCIM_JSON) || names("application/*") || names("*/*");
    let plain_only = names(PLAIN_JSON) && !any_json;
    if !ranges.is_empty() && !plain_only && !any_json {
        Reading::AcceptIgnored.note();
    }
    if plain_only { PLAIN_JSON } else { SCIM_JSON }
}

/// Returns whether the client reads gzip (RFC 9110 §12.5.3).
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter();
    let codings = lines.filter_map(|value| value.to_str().ok());
    let codings: Vec<&str> = codings.flat_map(|value| value.split(',')).collect();
    let wanted = |names: &[&str]| {
        codings.iter().find_map(|coding| {
            let name = coding.split(';').next().unwrap_or_default().trim();
            let named = names.iter().any(|one| name.eq_ignore_ascii_case(one));
            named.then(|| is_wanted(coding))
        })
    };
    let gzip = wanted(&["gzip", "x-gzip"]);
    gzip.or_else(|| wanted(&["*"])).unwrap_or(false)
}

/// Returns whether the client accepts a media range or a coding. `q=0` means that it does not (RFC 9110 §12.4.2).
fn is_wanted(range: &str) -> bool {
    let quality = range.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("q")
            .then(|| value.trim().parse::<f32>().ok())
            .flatten()
    });
    quality != Some(0.0)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn plain_json_only_where_nothing_else_is_named() {
        for (accept, expected) in [
            (&[][..], SCIM_JSON),
            (&["application/scim+json"], SCIM_JSON),
            (&["application/scim+json; charset=utf-8"], SCIM_JSON),
            (&["application/json"], PLAIN_JSON),
            (&["Application/JSON; charset=utf-8"], PLAIN_JSON),
            (&["application/json;q=0.9, text/plain"], PLAIN_JSON),
            (&["application/json, application/scim+json"], SCIM_JSON),
            (&["application/json", "application/scim+json"], SCIM_JSON),
            (&["application/json, application/scim+json;q=0"], PLAIN_JSON),
            (&["application/json, text/plain, */*"], SCIM_JSON),
            (&["application/json, */*;q=0"], PLAIN_JSON),
            (&["application/json;q=0"], SCIM_JSON),
            (&["application/*"], SCIM_JSON),
            (&["*/*"], SCIM_JSON),
            (&["text/html"], SCIM_JSON),
            (&[""], SCIM_JSON),
            (&[";;,,;q=,"], SCIM_JSON),
        ] {
            let headers = accept
                .iter()
                .map(|value| (ACCEPT, HeaderValue::from_static(value)));
            let mut map = HeaderMap::new();
            headers.for_each(|(name, value)| _ = map.append(name, value));
            assert_eq!(content_type(&map), expected, "{accept:?}");
        }
    }

    #[test]
    fn gzip_is_for_those_who_read_it() {
        for (accept, expected) in [
            (None, false),
            (Some(""), false),
            (Some("gzip"), true),
            (Some("br, GZIP;q=0.5"), true),
            (Some("x-gzip"), true),
            (Some("deflate, br"), false),
            (Some("identity"), false),
            (Some("*"), true),
            (Some("*;q=0"), false),
            (Some("gzip;q=0, *"), false),
            (Some("*;q=0, gzip"), true),
        ] {
            let mut map = HeaderMap::new();
            if let Some(accept) = accept {
                map.insert(ACCEPT_ENCODING, HeaderValue::from_static(accept));
            }
            assert_eq!(accepts_gzip(&map), expected, "{accept:?}");
        }
    }
}
