//! Where a visitor left off when the session ended, so that a new link leads back there.
//!
//! Two cookies of the browser remember it: one says for whom the console was opened last, until somebody signs out; the
//! other one has the address that was asked for without a session. A link leads there only if it is for the same tenant and
//! the same person, and has no page of its own.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{HeaderValue, REFERER, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use jiff::SignedDuration;
use rollcall_directory::Session;
use rollcall_edge_http::{CONSOLE_PATH, Root};
use sha2::{Digest, Sha256};

use super::fields::query_string;
use super::language::below;
use crate::session_cookie::{own_cookie, own_value};

/// The cookie with the address.
const ADDRESS: &str = "at";
/// The cookie that says for whom the console was opened last.
const OPENED_FOR: &str = "for";
/// How long an address is remembered.
const ADDRESS_LIFE: SignedDuration = SignedDuration::from_hours(1);
/// How long it is remembered for whom the console was opened, which is longer than any session that ends by itself.
const OPENED_FOR_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The longest address that is remembered, in bytes.
const MAX_ADDRESS_BYTES: usize = 1024;
/// The fields of an address that say what was just done.
const OF_ONE_VISIT: [&str; 4] = ["done", "issued", "since", "saved"];
/// What is no page to come back to: it signs in or out, or is a file.
const NO_PAGES: [&str; 4] = ["/open", "/close", "/language", "/assets"];

/// Remembers the address when the answer is that there is no session.
pub(crate) async fn remember(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let (root, asked) = (Root::of(&parts), asked_for(&parts));
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if response.status() == StatusCode::UNAUTHORIZED
        && let Some(asked) = asked
    {
        let value = query_string(&[("to", &asked)]);
        let cookie = own_cookie(&root, ADDRESS, Some((&value, ADDRESS_LIFE)));
        append(&mut response, &cookie);
    }
    response
}

/// The page of the console that was asked for, or the one with the form that was sent, below the console's path.
fn asked_for(parts: &Parts) -> Option<String> {
    if parts.headers.contains_key("hx-request") {
        return None;
    }
    let address = match parts.method == Method::GET {
        true => parts.uri.path_and_query()?.as_str().to_owned(),
        false => {
            let from = parts.headers.get(REFERER)?.to_str().ok()?;
            from.strip_prefix(Root::of(parts).as_str())?.to_owned()
        }
    };
    page_at(address.strip_prefix(CONSOLE_PATH)?)
}

/// Returns an address below the console's path without what belongs to one visit; `None` if no page can be there.
fn page_at(address: &str) -> Option<String> {
    let is_short = address.len() <= MAX_ADDRESS_BYTES;
    let address = Some(below(address)).filter(|below| is_short && !below.is_empty())?;
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let is_no_page = |other: &&str| {
        let rest = path.strip_prefix(*other);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if path.starts_with("//") || path.ends_with("/export") || NO_PAGES.iter().any(is_no_page) {
        return None;
    }
    let pairs = form_urlencoded::parse(query.as_bytes());
    let kept = pairs.filter(|(name, _)| !OF_ONE_VISIT.contains(&&**name));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .finish();
    Some(match query.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{query}"),
    })
}

/// The address below the console's path to which this new session leads back.
pub(super) fn address_for(headers: &HeaderMap, root: &Root, session: &Session) -> Option<String> {
    let opened_for = own_value(headers, root, OPENED_FOR)?;
    if opened_for != mark(session) {
        return None;
    }
    let value = own_value(headers, root, ADDRESS)?;
    let mut pairs = form_urlencoded::parse(value.as_bytes());
    let (_, address) = pairs.find(|(name, _)| name == "to")?;
    // Whatever set the cookie, it leads to a page of this console.
    page_at(&address)
}

/// Remembers for whom the console is open now, and forgets the address.
pub(super) fn opened(response: &mut Response, root: &Root, session: &Session) {
    let mark = mark(session);
    let opened_for = own_cookie(root, OPENED_FOR, Some((&mark, OPENED_FOR_LIFE)));
    append(response, &opened_for);
    append(response, &own_cookie(root, ADDRESS, None));
}

/// Forgets everything: who signs out has not left off.
pub(super) fn closed(response: &mut Response, root: &Root) {
    for name in [OPENED_FOR, ADDRESS] {
        append(response, &own_cookie(root, name, None));
    }
}

/// Names the tenant and the person of a session, and reveals neither.
fn mark(session: &Session) -> String {
    let person = session.person.as_ref().map(|person| person.id.as_str());
    let named = format!(
        "opened-for\n{}\n{}",
        session.tenant,
        person.unwrap_or_default()
    );
    let digest = Sha256::digest(named);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn append(response: &mut Response, cookie: &str) {
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_console_are_come_back_to() {
        for (address, expected) in [
            ("/people/1?after=2&done=saved", Some("/people/1?after=2")),
            ("/settings?done=settings-saved", Some("/settings")),
            ("/connections/1?issued=2", Some("/connections/1")),
            ("?a=b", Some("?a=b")),
            ("/opening", Some("/opening")),
            ("", None),
            ("/open?link=rcl_x", None),
            ("/open", None),
            ("/close", None),
            ("/assets/x.css", None),
            ("/activity/export?format=csv", None),
            ("//evil.example", None),
            ("/../api", None),
            ("/%2e%2e/api", None),
            ("/\\evil.example", None),
            (".evil.example", None),
            ("@evil.example", None),
            ("https://evil.example", None),
            ("/people\r\nset-cookie: x", None),
        ] {
            assert_eq!(page_at(address).as_deref(), expected, "{address}");
        }
        assert_eq!(page_at(&format!("/{}", "x".repeat(2_000))), None);
    }
}
