//! Where somebody who opened a portal link goes back to: addresses of the application, by an allow-list of origins. Pure.

/// The longest address, in bytes.
pub const MAX_RETURN_URL: usize = 2_000;
/// The longest origin, in bytes.
pub const MAX_ORIGIN: usize = 280;
/// The hosts that may be without TLS: those of a local run.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Returns whether a text is an origin to which people can be sent back: `https://` and a host in lower case, with or
/// without a port, and nothing else. `http://` is only for this machine.
pub fn is_return_origin(text: &str) -> bool {
    let (host_and_port, is_secure) =
        match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (rest, true),
            (None, Some(rest)) => (rest, false),
            (None, None) => return false,
        };
    let (host, port) = match host_and_port.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (host_and_port, None),
    };
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let is_host = LOCAL.contains(&host) || (!host.is_empty() && host.bytes().all(is_plain));
    let is_port = port.is_none_or(|port| {
        port.parse::<u16>().is_ok_and(|number| number > 0)
            && port.bytes().all(|byte| byte.is_ascii_digit())
    });
    text.len() <= MAX_ORIGIN && is_host && is_port && (is_secure || LOCAL.contains(&host))
}

/// Returns whether a text is an address for a link: an origin as of [`is_return_origin`], followed by a path, a query or
/// nothing.
pub(crate) fn is_link(text: &str) -> bool {
    let scheme = text.find("://").map_or(0, |at| at + 3);
    let rest = text.get(scheme..).unwrap_or_default();
    let length = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let origin = text.get(..scheme + length).unwrap_or_default();
    is_return_origin(origin) && may_return_to(text, &[origin.to_owned()])
}

/// Returns whether somebody may be sent to this address: one of the origins, followed by a path, a query or nothing.
pub fn may_return_to(url: &str, origins: &[String]) -> bool {
    // After an origin in full, nothing can change the host: neither a port, nor a name before `@`, nor a backslash.
    let is_below = |origin: &String| {
        let rest = url.strip_prefix(origin.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    };
    let is_printable = url.bytes().all(|byte| byte.is_ascii_graphic());
    url.len() <= MAX_RETURN_URL && is_printable && origins.iter().any(is_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_have_a_host_and_nothing_else() {
        for (text, expected) in [
            ("https://app.example.com", true),
            ("https://app.example.com:8443", true),
            ("http://localhost:3000", true),
            ("http://127.0.0.1", true),
            ("http://[::1]:3000", true),
            ("http://app.example.com", false),
            ("https://app.example.com/", false),
            ("https://App.example.com", false),
            ("https://user@app.example.com", false),
            ("https://app.example.com:", false),
            ("https://app.example.com:0", false),
            ("https://app.example.com:+1", false),
            ("https://*.example.com", false),
            ("https://", false),
            ("javascript:alert(1)", false),
            ("", false),
        ] {
            assert_eq!(is_return_origin(text), expected, "{text}");
        }
    }

    #[test]
    fn only_addresses_of_an_origin_are_returned_to() {
        let origins = ["https://app.example.com".to_owned()];
        for (url, expected) in [
            ("https://app.example.com", true),
            ("https://app.example.com/settings/sso?x=1#y", true),
            ("https://app.example.com?x", true),
            ("https://app.example.com.evil.test/", false),
            ("https://app.example.com:8443/", false),
            ("https://app.example.com@evil.test/", false),
            ("https://app.example.com\\@evil.test/", false),
            ("https://app.example.com/ x", false),
            ("https://app.example.com/\r\nx", false),
            ("http://app.example.com/", false),
            ("//app.example.com/", false),
            ("javascript:alert(1)", false),
            ("", false),
        ] {
            assert_eq!(may_return_to(url, &origins), expected, "{url}");
        }
        let long = format!("https://app.example.com/{}", "x".repeat(MAX_RETURN_URL));
        assert!(!may_return_to(&long, &origins));
        assert!(!may_return_to("https://app.example.com/", &[]));
    }
}
