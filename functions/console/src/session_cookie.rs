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

/// Builds the cookie that holds a session until it ends. Without a session, the cookie expires at once.
pub(crate) fn cookie(root: &Root, session: Option<(&TokenSecret, Timestamp)>) -> String {
    let value = session.map(|(secret, _)| secret.expose().to_owned());
    let life = session.map(|(_, ends)| ends.as_second() - Timestamp::now().as_second());
    Cookie::build((cookie_name(root), value.unwrap_or_default()))
        .path(format!("{}{CONSOLE_PATH}", root.mount()))
        .http_only(true)
        .secure(root.is_secure())
        .same_site(SameSite::Lax)
        .max_age(cookie::time::Duration::seconds(
            life.unwrap_or_default().max(0),
        ))
        .to_string()
}

/// Reads the session from the request's cookie.
pub(crate) fn session_of(headers: &HeaderMap, root: &Root) -> Option<TokenSecret> {
    let cookies = headers.get_all(COOKIE).into_iter();
    cookies
        .filter_map(|header| header.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .filter(|cookie| cookie.name() == cookie_name(root))
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

/// Names the cookie. Browsers accept the `__Secure-` prefix over HTTPS only.
fn cookie_name(root: &Root) -> &'static str {
    match root.is_secure() {
        true => "__Secure-rollcall",
        false => "rollcall",
    }
}
