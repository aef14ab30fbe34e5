//! Request paths: where each surface is served, and the normal form in which paths are routed.

/// The path of SCIM, below the mount. A mount is a stage name or a custom domain's base path mapping.
pub const BASE_PATH: &str = "/scim/v2";
/// The path of the API for the application and for admins, below the same mount.
pub const API_PATH: &str = "/api/v1";
/// The path of the console for a customer's admins, below the same mount.
pub const CONSOLE_PATH: &str = "/console";

/// The marker of pages, the only surface in this crate.
pub(crate) const CONSOLE: Marker = Marker::new(CONSOLE_PATH);

/// The first segments of a surface's paths. What precedes them is the mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marker {
    path: &'static str,
    otherwise: Option<&'static str>,
}

impl Marker {
    /// Returns a marker for paths that begin with `path`.
    pub const fn new(path: &'static str) -> Self {
        Self {
            path,
            otherwise: None,
        }
    }

    /// Returns a marker that looks for `path` if a request path does not contain the first one.
    #[must_use]
    pub const fn or(self, path: &'static str) -> Self {
        Self {
            otherwise: Some(path),
            ..self
        }
    }
}

/// Returns a path in the form in which the routes are written: without the mount and without empty segments.
///
/// Some clients join a base URL and an endpoint with too many slashes (`/scim/v2//Users`) or add one at the end
/// (`/Users/`), and a custom domain can put a base path mapping in front. API Gateway decodes characters that a URI
/// cannot contain. They are encoded again, so that every path is a valid URI.
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

/// Returns what precedes the marker in a path: empty, or for example `/prod`.
pub(crate) fn mount(path: &str, marker: Marker) -> &str {
    path.strip_suffix(below_mount(path, marker))
        .unwrap_or_default()
        .trim_end_matches('/')
}

/// Returns the non-empty segments of a path.
pub fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// Returns the path from the marker on, or the whole path if it has no marker.
fn below_mount(path: &str, marker: Marker) -> &str {
    let start = start_of(path, marker.path)
        .or_else(|| marker.otherwise.and_then(|marker| start_of(path, marker)));
    start.map_or(path, |start| &path[start..])
}

/// Returns the byte offset at which a marker begins in a path, including the slash in front of it.
///
/// A base path mapping can have the same name as the marker (`/console/console/people`). No surface has a path in which
/// its one-segment marker follows itself, so the last of several in a row is the marker.
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

/// Returns the non-empty segments of a path, each with the byte offset at which it starts.
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
