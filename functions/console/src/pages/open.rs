//! The way in and out: a portal link or an application's session becomes a cookie; signing out ends the session.
//!
//! A link opens once, so that looking at its address must not use it up: mail scanners and chat previews do that, and
//! some run scripts. The page behind it says whose console it opens, and a click opens.
//!
//! Another site could send a browser here with a link or session of its own choosing, and have somebody set up the
//! wrong tenant. So only a page of this origin opens, and whoever is signed in already is asked first. An application
//! posts a session from elsewhere; browsers send no cookie along with that, so the page that answers sends it again.

use askama::Template;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::Response;
use http::header::{HeaderName, HeaderValue, SET_COOKIE};
use http::request::Parts;
use jiff::Timestamp;
use rollcall_directory::{Directory, Purpose, Role, Session, TokenSecret};
use rollcall_edge::api::{Params, Problem, SignedIn};
use rollcall_edge::{CONSOLE_PATH, Root};
use serde::Deserialize;

use super::fields::NoFields;
use crate::assets;
use crate::layout::{redirect, render};
use crate::session_cookie::{cookie, form_token};
use crate::visitor::{Change, current_session, is_same_origin};

/// The longest form, in bytes.
const MAX_FORM_BYTES: usize = 4 * 1024;
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// What an address to the console brings along.
#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    #[serde(default)]
    link: String,
}

/// A portal link, or the session that an application has of the person.
#[derive(Debug, Default, Deserialize)]
struct Credential {
    #[serde(default)]
    link: String,
    #[serde(default)]
    session: String,
    /// That of the session which the browser has, once its owner has agreed to leave it.
    #[serde(default)]
    form_token: String,
}

impl Credential {
    fn is_session(&self) -> bool {
        TokenSecret::parse_for(Purpose::Session, &self.session).is_some()
    }

    /// What it would open.
    async fn session(&self, directory: &Directory) -> Result<Session, Problem> {
        let to = match self.is_session() {
            true => directory.session(&self.session).await?,
            false => directory.portal_link(&self.link).await?,
        };
        to.ok_or_else(unusable_link)
    }

    /// Opens it: the session to be had from now on, and when it ends.
    async fn open(
        &self,
        directory: &Directory,
        target: &Session,
    ) -> Result<(TokenSecret, Timestamp), Problem> {
        if let Some(secret) = TokenSecret::parse_for(Purpose::Session, &self.session) {
            return Ok((secret, target.expires_at));
        }
        let opened = directory.open_portal_link(&self.link).await?;
        let opened = opened.ok_or_else(unusable_link)?;
        Ok((opened.secret, opened.expires_at))
    }
}

/// Whose console it is, and as whom one looks at it.
struct Account {
    tenant_name: String,
    user_name: Option<String>,
    role: Option<Role>,
}

impl Account {
    fn of(session: &Session) -> Self {
        let person = session.person.as_ref();
        Self {
            tenant_name: session.tenant_name.clone(),
            user_name: person.map(|person| person.user_name.clone()),
            role: session.role,
        }
    }
}

#[derive(Template)]
#[template(path = "open.html")]
struct Open {
    console: String,
    style: String,
    icon: String,
    script: String,
    /// The field that the form sends, and what it holds.
    field: &'static str,
    secret: String,
    form_token: String,
    target: Account,
    /// Where the browser is signed in already.
    other: Option<Account>,
    submits_itself: bool,
}

/// Asks whether to open a link.
pub(crate) async fn confirm(
    State(directory): State<Directory>,
    root: Root,
    Params(params): Params<Link>,
    parts: Parts,
) -> Result<Response, Problem> {
    let credential = Credential {
        link: params.link,
        ..Credential::default()
    };
    let target = credential.session(&directory).await?;
    let other = other_session(&parts, &root, &directory, &target).await?;
    confirmation(&root, credential, &target, other)
}

fn confirmation(
    root: &Root,
    credential: Credential,
    target: &Session,
    other: Option<(TokenSecret, Session)>,
) -> Result<Response, Problem> {
    let console = format!("{}{CONSOLE_PATH}", root.mount());
    let is_session = credential.is_session();
    let (field, secret) = match is_session {
        true => ("session", credential.session),
        false => ("link", credential.link),
    };
    let token = other.as_ref().map(|(secret, _)| form_token(secret));
    render(&Open {
        style: assets::address(&console, "style.css"),
        icon: assets::address(&console, "icon.svg"),
        script: assets::address(&console, "console.js"),
        console,
        field,
        secret,
        form_token: token.unwrap_or_default(),
        target: Account::of(target),
        // A session is not used up by being opened.
        submits_itself: is_session && other.is_none(),
        other: other.map(|(_, session)| Account::of(&session)),
    })
}

/// The session that the browser has already, where it is another tenant's or another person's.
async fn other_session(
    parts: &Parts,
    root: &Root,
    directory: &Directory,
    target: &Session,
) -> Result<Option<(TokenSecret, Session)>, Problem> {
    let present = current_session(parts, root, directory).await?;
    Ok(present.filter(|(_, at)| (&at.tenant, &at.person) != (&target.tenant, &target.person)))
}

/// Opens the console for whoever brings a good link or session, by a page of this origin.
pub(crate) async fn open(
    State(directory): State<Directory>,
    root: Root,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_FORM_BYTES).await;
    let body = body.map_err(|_| Problem::unreadable("the form is too long"))?;
    let credential: Credential = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    let target = credential.session(&directory).await?;
    let other = other_session(&parts, &root, &directory, &target).await?;
    let agreed = match &other {
        Some((secret, _)) => credential.form_token == form_token(secret),
        None => true,
    };
    if !agreed || !is_same_origin(&parts, &root) {
        return confirmation(&root, credential, &target, other);
    }
    let (secret, ends) = credential.open(&directory, &target).await?;
    Ok(redirect_with_cookie(&root, Some((&secret, ends))))
}

/// Ends the session.
pub(crate) async fn close(change: Change<SignedIn, NoFields>) -> Result<Response, Problem> {
    let visitor = &change.visitor;
    visitor.tenant().end_session(visitor.secret()).await?;
    let mut response = redirect_with_cookie(visitor.root(), None);
    // Whoever sits down here next finds nothing that a script has kept (W3C Clear Site Data).
    let forget = HeaderValue::from_static("\"storage\"");
    response.headers_mut().insert(CLEAR_SITE_DATA, forget);
    Ok(response)
}

fn redirect_with_cookie(root: &Root, session: Option<(&TokenSecret, Timestamp)>) -> Response {
    let mut response = redirect(&format!("{}{CONSOLE_PATH}", root.mount()));
    if let Ok(cookie) = HeaderValue::try_from(cookie(root, session)) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

fn unusable_link() -> Problem {
    Problem::forbidden(
        "this link was opened already, or its time is over. Open the console again from your application",
    )
}
