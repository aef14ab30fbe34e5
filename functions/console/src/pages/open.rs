//! Signing in and out. A portal link or an application's session becomes a cookie; signing out ends the session.
//!
//! A link works once. Mail scanners and chat previews open its address, and some run scripts, so a GET must not use the
//! link up. It shows a page that names the tenant, and a click on that page signs the visitor in.
//!
//! Another site could send a browser here with its own link or session, so that the visitor sets up the wrong tenant.
//! Therefore only a form from a page of this origin signs in, and a visitor with another session must confirm first. An
//! application posts its session from another site, and browsers send no cookie with such a request. The response is
//! therefore a page that posts the session again.

use askama::Template;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::Response;
use http::header::{HeaderName, HeaderValue, SET_COOKIE};
use http::request::Parts;
use jiff::Timestamp;
use rollcall_directory::{Directory, Purpose, Role, Session, TokenSecret};
use rollcall_edge_api::{Params, SignedIn};
use rollcall_edge_http::{CONSOLE_PATH, Notes, Problem, Root, origin, request_id};
use serde::Deserialize;

use super::fields::NoFields;
use super::left_off;
use crate::assets;
use crate::brand::Look;
use crate::layout::{Section, redirect, render};
use crate::messages::t;
use crate::session_cookie::{cookie, form_token};
use crate::visitor::{Change, current_session, is_same_origin, note_stack};

/// The longest form, in bytes.
const MAX_FORM_BYTES: usize = 4 * 1024;
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// The query of a portal link's address.
#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    #[serde(default)]
    link: String,
}

/// A portal link, or a session that the application created for the person.
#[derive(Debug, Default, Deserialize)]
struct Credential {
    #[serde(default)]
    link: String,
    #[serde(default)]
    session: String,
    /// The form token of the browser's current session, sent when the visitor agrees to leave that session.
    #[serde(default)]
    form_token: String,
}

impl Credential {
    fn is_session(&self) -> bool {
        TokenSecret::parse_for(Purpose::Session, &self.session).is_some()
    }

    /// Reads the session that the credential leads to.
    async fn target(&self, directory: &Directory, parts: &Parts) -> Result<Session, Problem> {
        let to = match self.is_session() {
            true => directory.session(&self.session).await?,
            false => directory.portal_link(&self.link).await?,
        };
        if to.is_none() {
            note_stack(directory, &Notes::of(parts)).await;
        }
        to.ok_or_else(unusable_link)
    }

    /// Opens the credential, and returns the secret and the end of the session.
    async fn open(
        &self,
        directory: &Directory,
        target: &Session,
        parts: &Parts,
    ) -> Result<(TokenSecret, Timestamp), Problem> {
        if let Some(secret) = TokenSecret::parse_for(Purpose::Session, &self.session) {
            return Ok((secret, target.expires_at));
        }
        let opened = directory
            .open_portal_link(&self.link, &request_id(parts), origin(parts))
            .await?;
        let opened = opened.ok_or_else(unusable_link)?;
        Ok((opened.secret, opened.expires_at))
    }
}

/// A tenant, and the identity under which the visitor sees it.
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
    look: Look,
    script: String,
    /// The name and the value of the form's hidden field.
    field: &'static str,
    secret: String,
    form_token: String,
    target: Account,
    /// The account to which the browser is already signed in.
    other: Option<Account>,
    submits_itself: bool,
}

/// Asks for confirmation before a link is opened.
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
    let target = credential.target(&directory, &parts).await?;
    let other = other_session(&parts, &root, &directory, &target).await?;
    confirmation(&directory, &root, credential, &target, other).await
}

async fn confirmation(
    directory: &Directory,
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
        look: Look::of(&console, &directory.brand_of(&target.tenant).await?),
        script: assets::address(&console, "console.js"),
        console,
        field,
        secret,
        form_token: token.unwrap_or_default(),
        target: Account::of(target),
        // Opening does not use a session up.
        submits_itself: is_session && other.is_none(),
        other: other.map(|(_, session)| Account::of(&session)),
    })
}

/// The browser's current session, if it belongs to another tenant or person.
async fn other_session(
    parts: &Parts,
    root: &Root,
    directory: &Directory,
    target: &Session,
) -> Result<Option<(TokenSecret, Session)>, Problem> {
    let present = current_session(parts, root, directory).await?;
    Ok(present.filter(|(_, at)| (&at.tenant, &at.person) != (&target.tenant, &target.person)))
}

/// Signs the visitor in with a valid link or session, if a page of this origin sent it.
pub(crate) async fn open(
    State(directory): State<Directory>,
    root: Root,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_FORM_BYTES).await;
    let body = body.map_err(|_| Problem::unreadable(t("error-form-too-long").plain()))?;
    let credential: Credential = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    let target = credential.target(&directory, &parts).await?;
    let other = other_session(&parts, &root, &directory, &target).await?;
    let agreed = match &other {
        Some((secret, _)) => credential.form_token == form_token(secret),
        None => true,
    };
    if !agreed || !is_same_origin(&parts, &root) {
        return confirmation(&directory, &root, credential, &target, other).await;
    }
    let (secret, ends) = credential.open(&directory, &target, &parts).await?;
    let page = target.page.as_deref().and_then(Section::named);
    let page = match page {
        Some(section) => section.path().to_owned(),
        None => left_off::address_for(&parts.headers, &root, &target).unwrap_or_default(),
    };
    let mut response = redirect_with_cookie(&root, &page, Some((&secret, ends)));
    left_off::opened(&mut response, &root, &target);
    Ok(response)
}

/// Ends the session.
pub(crate) async fn close(change: Change<SignedIn, NoFields>) -> Result<Response, Problem> {
    let visitor = &change.visitor;
    visitor
        .tenant()
        .sign_in()
        .end_session(visitor.secret(), visitor.subject())
        .await?;
    let mut response = redirect_with_cookie(visitor.root(), "", None);
    // The next person at this computer must not find anything that a script stored (W3C Clear Site Data).
    let forget = HeaderValue::from_static("\"storage\"");
    response.headers_mut().insert(CLEAR_SITE_DATA, forget);
    left_off::closed(&mut response, visitor.root());
    Ok(response)
}

fn redirect_with_cookie(
    root: &Root,
    page: &str,
    session: Option<(&TokenSecret, Timestamp)>,
) -> Response {
    let mut response = redirect(&format!("{}{CONSOLE_PATH}{page}", root.mount()));
    if let Ok(cookie) = HeaderValue::try_from(cookie(root, session)) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

fn unusable_link() -> Problem {
    Problem::forbidden(t("error-link-unusable").plain())
}
