//! The way in and out: a portal link or an application's session becomes a cookie; signing out ends the session.
//!
//! A link opens once, so that looking at its address must not use it up: mail scanners and chat previews do that. The
//! page behind it asks, and a click opens (a script does it where there is one).

use askama::Template;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::Response;
use http::header::{HeaderName, HeaderValue, SET_COOKIE};
use jiff::Timestamp;
use rollcall_directory::{Directory, Purpose, TokenSecret};
use rollcall_edge::api::{Params, Problem, SignedIn};
use rollcall_edge::{CONSOLE_PATH, Root};
use serde::Deserialize;

use crate::assets;
use crate::frame::{go, show};
use crate::visitor::{Change, cookie};

/// The longest form, in bytes.
const MAX_FORM_BYTES: usize = 4 * 1024;
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// What an address to the console brings along.
#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    #[serde(default)]
    link: String,
}

#[derive(Template)]
#[template(path = "open.html")]
struct Open {
    console: String,
    style: String,
    icon: String,
    script: String,
    link: String,
}

/// Asks whether to open a link.
pub(crate) async fn ask(root: Root, Params(asked): Params<Link>) -> Result<Response, Problem> {
    if !is(Purpose::PortalLink, &asked.link) {
        return Err(no_good());
    }
    let console = format!("{}{CONSOLE_PATH}", root.mount());
    show(&Open {
        style: assets::address(&console, "style.css"),
        icon: assets::address(&console, "icon.svg"),
        script: assets::address(&console, "console.js"),
        console,
        link: asked.link,
    })
}

/// A portal link, or the session that an application has of the person.
#[derive(Debug, Default, Deserialize)]
struct Credential {
    #[serde(default)]
    link: String,
    #[serde(default)]
    session: String,
}

/// Opens the console. Whoever brings a good link or session is let in from wherever they come: an application posts
/// here too.
pub(crate) async fn open(
    State(directory): State<Directory>,
    root: Root,
    request: Request,
) -> Result<Response, Problem> {
    let body = to_bytes(request.into_body(), MAX_FORM_BYTES).await;
    let body = body.map_err(|_| Problem::unreadable("the form is too long"))?;
    let given: Credential = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    let (secret, ends) = if is(Purpose::Session, &given.session) {
        let session = directory.session(&given.session).await?;
        let session = session.ok_or_else(no_good)?;
        let secret = TokenSecret::parse(&given.session).ok_or_else(no_good)?;
        (secret, session.expires_at)
    } else {
        let opened = directory.open_portal_link(&given.link).await?;
        let opened = opened.ok_or_else(no_good)?;
        (opened.secret, opened.expires_at)
    };
    Ok(signed_in(&root, Some((&secret, ends))))
}

/// Nothing is asked of whoever signs out.
#[derive(Debug, Deserialize)]
pub(crate) struct Nothing {}

/// Ends the session.
pub(crate) async fn close(change: Change<SignedIn, Nothing>) -> Result<Response, Problem> {
    let visitor = &change.visitor;
    visitor.tenant().end_session(visitor.secret()).await?;
    let mut response = signed_in(visitor.root(), None);
    // Whoever sits down here next finds nothing that a script has kept (W3C Clear Site Data).
    let forget = HeaderValue::from_static("\"storage\"");
    response.headers_mut().insert(CLEAR_SITE_DATA, forget);
    Ok(response)
}

fn signed_in(root: &Root, session: Option<(&TokenSecret, Timestamp)>) -> Response {
    let mut response = go(&format!("{}{CONSOLE_PATH}", root.mount()));
    if let Ok(cookie) = HeaderValue::try_from(cookie(root, session)) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

fn is(purpose: Purpose, text: &str) -> bool {
    TokenSecret::parse(text).is_some_and(|secret| secret.purpose() == purpose)
}

fn no_good() -> Problem {
    Problem::forbidden(
        "this link was opened already, or its time is over. Open the console again from your application",
    )
}
