//! Request paths: where each surface is mounted, and the one spelling in which each endpoint is routed.

/// Where SCIM is served, below the mount (a stage name or a custom domain's base path mapping).
pub const BASE_PATH: &str = "/scim/v2";
/// Where the API for the application and for admins is served, below the same mount.
pub const API_PATH: &str = "/api/v1";
/// Where the console for a customer's admins is served, below the same mount.
pub const CONSOLE_PATH: &str = "/console";

/// Pages are the only surface that this crate has itself.
pub(crate) const CONSOLE: Marker = Marker::new(CONSOLE_PATH);

/// The first segments of a surface's paths. The mount is what precedes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marker {
    path: &'static str,
    otherwise: Option<&'static str>,
}

impl Marker {
    /// Marks paths that begin like this one.
    pub const fn new(path: &'static str) -> Self {
        Self {
            path,
            otherwise: None,
        }
    }

    /// Marks paths that begin like this one where the first is nowhere in a path.
    #[must_use]
    pub const fn or(self, path: &'static str) -> Self {
        Self {
            otherwise: Some(path),
            ..self
        }
    }
}

/// Brings a path to the spelling that the routes are written in.
///
/// Clients join a base URL and an endpoint with too many slashes (`/scim/v2//Users`) or end the path with one (`/Users/`),
/// and a custom domain may put a base path mapping in front. API Gateway decodes characters that a URI cannot hold; they
/// are encoded again, so that the router takes any path.
pub fn normalise(path: &str, marker: Marker) -> String {
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

/// What precedes the marker in a path: empty, or for example `/prod`.
pub(crate) fn mount(path: &str, marker: Marker) -> &str {
    path.strip_suffix(below_mount(path, marker))
        .unwrap_or_default()
        .trim_end_matches('/')
}

/// The non-empty segments of a path.
pub fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// The path from the marker on, or all of it where it has no marker.
fn below_mount(path: &str, marker: Marker) -> &str {
    let start = start_of(path, marker.path)
        .or_else(|| marker.otherwise.and_then(|marker| start_of(path, marker)));
    start.map_or(path, |start| &path[start..])
}

/// Where a marker begins in a path, with the slash in front of it.
///
/// A base path mapping may have the marker's own name (`/console/console/people`). No surface has a path in which its
/// one-segment marker follows itself, so the last of such a row is the marker.
fn start_of(path: &str, marker: &str) -> Option<usize> {
    let segments: Vec<_> = located_segments(path).collect();
    let marker: Vec<_> = self::segments(marker).collect();
    let matches = |window: &[(usize, &str)]| window.iter().map(|(_, segment)| segment).eq(&marker);
    let first = segments.windows(marker.len()).position(matches)?;
    let repeated = match marker[..] {
        [one] => {
            let following = segments[first + 1..].iter();
            following.take_while(|(_, segment)| *segment == one).count()
        }
        _ => 0,
    };
    let (start, _) = segments[first + repeated];
    Some(start.saturating_sub(1))
}

/// The non-empty segments of a path, and at which byte each starts.
fn located_segments(path: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut next = 0;
    path.split('/')
        .map(move |segment| {
            let start = next;
            next += segment.len() + 1;
            (start, segment)
        })
        .filter(|(_, segment)| !segment.is_empty())
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

    const SCIM: Marker = Marker::new(BASE_PATH).or("/scim");
    const API: Marker = Marker::new(API_PATH);

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
            ("/scim/scim/v2/Users", "/scim/v2/Users"),
            ("/scim//scim//v2", "/scim/v2"),
            ("/scim/scim/v1/Users", "/scim/v1/Users"),
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
            let normalise = |path: &str| normalise(path, SCIM);
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
            ("/api//v1/users", "/api/v1/users", ""),
            ("/api/v1", "/api/v1", ""),
            ("/api/v2/users", "/api/v2/users", ""),
        ] {
            assert_eq!(normalise(path, API), expected, "{path}");
            assert_eq!(mount(path, API), before, "{path}");
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
            ("/scim/scim/v2/Users", "/scim"),
            ("/scim/v2/scim/v2", ""),
            ("/Users", ""),
            ("/scimmer/scim", "/scimmer"),
            ("", ""),
        ] {
            assert_eq!(mount(path, SCIM), expected, "{path}");
        }
    }

    #[test]
    fn a_mapping_may_be_called_like_the_console() {
        for (path, expected, before) in [
            ("/console", "/console", ""),
            ("/console/people/console", "/console/people/console", ""),
            ("/console/console", "/console", "/console"),
            ("/console//console/people", "/console/people", "/console"),
            ("/prod/console/open", "/console/open", "/prod"),
        ] {
            assert_eq!(normalise(path, CONSOLE), expected, "{path}");
            assert_eq!(mount(path, CONSOLE), before, "{path}");
        }
    }
}
