//! The cookie that holds a session, and the token that ties a form to that session.
//!
//! Scripts cannot read the cookie, and other sites cannot send it along.

use cookie::{Cookie, SameSite};
use http::HeaderMap;
use http::header::COOKIE;
use jiff::Timestamp;
use rollcall_directory::{Purpose, TokenSecret};
use rollcall_edge_http::{CONSOLE_PATH, Root, Visit};
use sha2::{Digest, Sha256};

/// The name that an earlier version gave the cookie over HTTPS. It is read for one release more.
const EARLIER_NAME: &str = "__Secure-rollcall";

/// Builds the cookie that holds a session until it ends. Without a session, the cookie expires at once.
pub(crate) fn cookie(root: &Root, session: Option<(&TokenSecret, Timestamp)>) -> String {
    let value = session.map(|(secret, _)| secret.expose().to_owned());
    // Browsers accept the prefix `__Host-` with this path only.
    let path = match root.is_secure() {
        true => "/".to_owned(),
        false => format!("{}{CONSOLE_PATH}", root.mount()),
    };
    let life = session.map(|(_, ends)| ends.as_second() - Timestamp::now().as_second());
    Cookie::build((cookie_name(root), value.unwrap_or_default()))
        .path(path)
        .http_only(true)
        .secure(root.is_secure())
        .same_site(SameSite::Lax)
        .max_age(cookie::time::Duration::seconds(
            life.unwrap_or_default().max(0),
        ))
        .to_string()
}

/// Reads the session from the request's cookie, or from the one that an earlier version set.
pub(crate) fn session_of(headers: &HeaderMap, root: &Root) -> Option<TokenSecret> {
    let earlier = root.is_secure().then_some(EARLIER_NAME);
    let own = session_in(headers, &cookie_name(root));
    own.or_else(|| session_in(headers, earlier?))
}

fn session_in(headers: &HeaderMap, name: &str) -> Option<TokenSecret> {
    let cookies = headers.get_all(COOKIE).into_iter();
    cookies
        .filter_map(|header| header.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .filter(|cookie| cookie.name() == name)
        .filter_map(|cookie| TokenSecret::parse(cookie.value()))
        .find(|secret| secret.purpose() == Purpose::Session)
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
