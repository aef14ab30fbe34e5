//! Request paths: where SCIM is mounted, and the one spelling under which each endpoint is routed.

/// Where SCIM is served, below the mount (a stage name or a custom domain's base path mapping).
pub const BASE_PATH: &str = "/scim/v2";
/// Where the API for the application and for admins is served, below the same mount.
pub const API_PATH: &str = "/api/v1";
/// Where the console for a customer's admins is served, below the same mount.
pub const CONSOLE_PATH: &str = "/console";

/// By what the paths of a function are told from the mount in front of them: the first segments they all have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marker(&'static str);

impl Marker {
    /// `/scim`: whatever the version, so that a wrong one can be told.
    pub(crate) const SCIM: Self = Self("scim");
    /// `/api/v1`.
    pub(crate) const API: Self = Self("api/v1");
    /// `/console`.
    pub(crate) const CONSOLE: Self = Self("console");
}

/// Brings a path to the spelling that the routes are written in.
///
/// Clients join a base URL and an endpoint with too many slashes (`/scim/v2//Users`) or end it with one (`/Users/`), and
/// a custom domain may put a base path mapping in front. Characters that a URI cannot hold, which API Gateway decoded,
/// are encoded again, so that the router takes any path.
pub(crate) fn normalise(path: &str, marker: Marker) -> String {
    let mut normal = String::with_capacity(path.len() + 1);
    for segment in segments(below_mount(path, marker)) {
        normal.push('/');
        push_encoded(&mut normal, segment);
    }
    if normal.is_empty() {
        "/".to_owned()
    } else {
        normal
    }
}

/// What stands before `/scim/…` or `/api/v1` in a path: empty, or the likes of `/prod`.
pub(crate) fn mount(path: &str, marker: Marker) -> &str {
    path.strip_suffix(below_mount(path, marker))
        .unwrap_or_default()
        .trim_end_matches('/')
}

/// The non-empty segments of a path.
pub(crate) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// The path from the marker on, or all of it where the marker is nowhere.
fn below_mount(path: &str, Marker(marker): Marker) -> &str {
    path.match_indices(marker)
        .map(|(at, _)| (at, at + marker.len()))
        .find(|&(start, end)| {
            path[..start].ends_with('/') && (end == path.len() || path[end..].starts_with('/'))
        })
        .map_or(path, |(start, _)| &path[start - 1..])
}

fn push_encoded(path: &mut String, segment: &str) {
    let bytes = segment.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        let escape = byte == b'%'
            && bytes[at + 1..]
                .iter()
                .take(2)
                .filter(|byte| byte.is_ascii_hexdigit())
                .count()
                == 2;
        if escape || byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(percent_encoding::percent_encode_byte(byte));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_per_endpoint() {
        for (path, expected) in [
            ("/scim/v2/Users", "/scim/v2/Users"),
            ("/scim/v2/Users/", "/scim/v2/Users"),
            ("/scim/v2//Users", "/scim/v2/Users"),
            ("/scim/v2//Users//id-1/", "/scim/v2/Users/id-1"),
            ("//scim//v2//Users", "/scim/v2/Users"),
            ("/scim/v2", "/scim/v2"),
            ("/scim/v2/", "/scim/v2"),
            ("/prod/scim/v2/Users", "/scim/v2/Users"),
            ("/Users/scim", "/scim"),
            ("/Users", "/Users"),
            ("/scimitar/v2", "/scimitar/v2"),
            ("", "/"),
            ("///", "/"),
            (
                "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
                "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
            ),
            ("/scim/v2/Users/a b\"<é", "/scim/v2/Users/a%20b%22%3C%C3%A9"),
            ("/scim/v2/Users/%41%zz%", "/scim/v2/Users/%41%25zz%25"),
            ("/scim/v2/Users/?#", "/scim/v2/Users/%3F%23"),
        ] {
            let normalise = |path: &str| normalise(path, Marker::SCIM);
            assert_eq!(normalise(path), expected, "{path}");
            assert!(normalise(path).parse::<http::Uri>().is_ok(), "{path}");
            assert_eq!(normalise(&normalise(path)), expected, "{path} twice");
        }
    }

    #[test]
    fn the_api_has_a_marker_of_its_own() {
        for (path, expected, before) in [
            ("/api/v1/scim/roles", "/api/v1/scim/roles", ""),
            ("/prod/api/v1//tenants/", "/api/v1/tenants", "/prod"),
            ("/api/api/v1/users", "/api/v1/users", "/api"),
            ("/api/v1", "/api/v1", ""),
            ("/api/v2/users", "/api/v2/users", ""),
        ] {
            assert_eq!(normalise(path, Marker::API), expected, "{path}");
            assert_eq!(mount(path, Marker::API), before, "{path}");
        }
    }

    #[test]
    fn the_mount_is_what_stands_before_scim() {
        for (path, expected) in [
            ("/scim/v2/Users", ""),
            ("/prod/scim/v2/Users", "/prod"),
            ("/prod//scim/v2", "/prod"),
            ("/a/b/scim/v2", "/a/b"),
            ("/dev/scim/v2/x/scim/v2", "/dev"),
            ("/Users", ""),
            ("/scimmer/scim", "/scimmer"),
            ("", ""),
        ] {
            assert_eq!(mount(path, Marker::SCIM), expected, "{path}");
        }
    }
}
