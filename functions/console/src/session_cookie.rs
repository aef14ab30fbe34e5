//! The cookie that holds a session, and the token that ties a form to that session.
//!
//! Scripts cannot read the cookie, and other sites cannot send it along.

use cookie::{Cookie, SameSite};
use http::HeaderMap;
use http::header::COOKIE;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{Purpose, TokenSecret};
use rollcall_edge_http::{CONSOLE_PATH, Root, Visit};
use sha2::{Digest, Sha256};

/// Builds the cookie that holds a session until it ends. Without a session, the cookie expires at once.
pub(crate) fn cookie(root: &Root, session: Option<(&TokenSecret, Timestamp)>) -> String {
    let value = session.map_or("", |(secret, _)| secret.expose());
    let life = session.map(|(_, ends)| ends.as_second() - Timestamp::now().as_second());
    cookie_of(root, (cookie_name(root), value), life.unwrap_or_default())
}

/// Reads the session from the request's cookie.
pub(crate) fn session_of(headers: &HeaderMap, root: &Root) -> Option<TokenSecret> {
    values(headers, &cookie_name(root))
        .filter_map(|value| TokenSecret::parse(&value))
        .find(|secret| secret.purpose() == Purpose::Session)
}

/// The values of the cookies with this name.
fn values(headers: &HeaderMap, name: &str) -> impl Iterator<Item = String> {
    let cookies = headers.get_all(COOKIE).into_iter();
    cookies
        .filter_map(|header| header.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .filter(move |cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
}

/// Builds the cookie that holds a sealed secret until its time is over. Browsers send it only to the page at this path below
/// `/console` and what is below it, and never for another site.
pub(crate) fn issued_cookie(
    root: &Root,
    path: &str,
    token: &str,
    (sealed, until): (&str, Timestamp),
) -> String {
    let life = until.as_second() - Timestamp::now().as_second();
    Cookie::build((issued_name(root, token), sealed))
        .path(format!("{}{CONSOLE_PATH}{path}", root.mount()))
        .http_only(true)
        .secure(root.is_secure())
        .same_site(SameSite::Strict)
        .max_age(cookie::time::Duration::seconds(life.max(0)))
        .to_string()
}

/// Reads the sealed secret of a token from the request's cookie.
pub(crate) fn issued_in(headers: &HeaderMap, root: &Root, token: &str) -> Option<String> {
    values(headers, &issued_name(root, token)).next()
}

/// The prefix `__Host-` would send it to every page.
fn issued_name(root: &Root, token: &str) -> String {
    match root.is_secure() {
        true => format!("__Secure-rollcall-issued-{token}"),
        false => format!("rollcall-issued-{token}"),
    }
}

/// Builds a cookie of this stack's console beside the session's. Without a value, the cookie expires at once.
pub(crate) fn own_cookie(root: &Root, name: &str, value: Option<(&str, SignedDuration)>) -> String {
    let life = value.map_or(0, |(_, life)| life.as_secs());
    let value = value.map_or("", |(value, _)| value);
    cookie_of(root, (own_name(root, name), value), life)
}

/// Reads a cookie of [`own_cookie`].
pub(crate) fn own_value(headers: &HeaderMap, root: &Root, name: &str) -> Option<String> {
    values(headers, &own_name(root, name)).next()
}

/// Names a cookie beside the session's. No mount gives the session's cookie such a name, which has a dot.
fn own_name(root: &Root, name: &str) -> String {
    format!("{}.{name}", cookie_name(root))
}

/// Builds a cookie that scripts cannot read, and that only this host sets.
fn cookie_of(root: &Root, (name, value): (String, &str), life: i64) -> String {
    // Browsers accept the prefix `__Host-` with this path only.
    let path = match root.is_secure() {
        true => "/".to_owned(),
        false => format!("{}{CONSOLE_PATH}", root.mount()),
    };
    Cookie::build((name, value))
        .path(path)
        .http_only(true)
        .secure(root.is_secure())
        .same_site(SameSite::Lax)
        .max_age(cookie::time::Duration::seconds(life.max(0)))
        .to_string()
}

/// Derives the token that every form of a session must carry. It reveals nothing about the session's secret.
///
/// An ordinary comparison is safe: a request without the session's cookie is refused before the tokens are compared.
pub(crate) fn form_token(session: &TokenSecret) -> String {
    let digest = Sha256::digest(format!("form:{}", session.expose()));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Derives the form token from a request's cookie, whatever the session allows.
pub(crate) fn form_token_of(visit: &Visit) -> Option<String> {
    session_of(&visit.headers, &visit.root).map(|session| form_token(&session))
}

/// Names the cookie. Browsers accept the `__Host-` prefix over HTTPS only, and only from this very host: no other host of
/// the domain can set it. Stacks that share a host have different mounts.
fn cookie_name(root: &Root) -> String {
    let mount = root
        .mount()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    match root.is_secure() {
        true => format!("__Host-rollcall{mount}"),
        false => "rollcall".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn root(url: &str) -> Root {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (host, path) = rest.split_once('/').unwrap();
        let request = Request::get(format!("/{path}"))
            .header("host", host)
            .header("x-forwarded-proto", scheme);
        Root::of(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn a_sealed_secret_goes_to_its_page_alone() {
        let ends = Timestamp::now() + jiff::SignedDuration::from_mins(10);
        let root = root("https://x.test/prod/console");
        let cookie = issued_cookie(&root, "/tokens", "t-1", ("1abc", ends)) + "; ";
        assert!(
            cookie.starts_with("__Secure-rollcall-issued-t-1=1abc; "),
            "{cookie}"
        );
        for part in [
            "Path=/prod/console/tokens; ",
            "Secure; ",
            "HttpOnly; ",
            "SameSite=Strict; ",
        ] {
            assert!(cookie.contains(part), "{part}: {cookie}");
        }
        let mut headers = HeaderMap::new();
        let sent = "a=b; __Secure-rollcall-issued-t-1=1abc";
        headers.insert(COOKIE, sent.parse().unwrap());
        assert_eq!(issued_in(&headers, &root, "t-1").as_deref(), Some("1abc"));
        assert_eq!(issued_in(&headers, &root, "t-2"), None);
    }

    #[test]
    fn a_cookie_that_another_host_of_the_domain_can_set_opens_nothing() {
        // It has the form of a secret.
        let secret = format!("rcx_acme_{:044}293h42", 0);
        for (url, name, opens) in [
            ("https://x.test/console", "__Host-rollcall", true),
            ("https://x.test/console", "__Secure-rollcall", false),
            ("https://x.test/console", "rollcall", false),
            ("https://x.test/prod/console", "__Host-rollcall-prod", true),
            ("https://x.test/prod/console", "__Host-rollcall", false),
            ("http://127.0.0.1:80/console", "rollcall", true),
        ] {
            let mut headers = HeaderMap::new();
            let sent = format!("{name}={secret}");
            headers.insert(COOKIE, sent.parse().unwrap());
            let read = session_of(&headers, &root(url));
            assert_eq!(read.is_some(), opens, "{url} {name}");
        }
    }

    #[test]
    fn only_this_host_sets_the_cookie() {
        for (url, begin, end) in [
            ("https://x.test/console", "__Host-rollcall=", "Path=/; "),
            (
                "https://x.test/prod/console",
                "__Host-rollcall-prod=",
                "Path=/; ",
            ),
            (
                "http://127.0.0.1:80/console",
                "rollcall=",
                "Path=/console; ",
            ),
        ] {
            let cookie = cookie(&root(url), None) + "; ";
            assert!(
                cookie.starts_with(begin) && cookie.contains(end),
                "{cookie}"
            );
            let is_secure = cookie.contains("Secure; ");
            assert_eq!(is_secure, url.starts_with("https"), "{cookie}");
            assert!(
                cookie.contains("HttpOnly; ") && !cookie.contains("Domain"),
                "{cookie}"
            );
        }
    }
}
