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
use rollcall_edge_api::{Params, SignedIn};
use rollcall_edge_http::{CONSOLE_PATH, Problem, Root};
use serde::Deserialize;

use crate::assets;
use crate::frame::{go, show};
use crate::visitor::{Change, cookie, form_token, is_from_here, present};

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
    async fn to(&self, directory: &Directory) -> Result<Session, Problem> {
        let to = match self.is_session() {
            true => directory.session(&self.session).await?,
            false => directory.portal_link(&self.link).await?,
        };
        to.ok_or_else(no_good)
    }

    /// Opens it: the session to be had from now on, and when it ends.
    async fn open(
        &self,
        directory: &Directory,
        to: &Session,
    ) -> Result<(TokenSecret, Timestamp), Problem> {
        if let Some(secret) = TokenSecret::parse_for(Purpose::Session, &self.session) {
            return Ok((secret, to.expires_at));
        }
        let opened = directory.open_portal_link(&self.link).await?;
        let opened = opened.ok_or_else(no_good)?;
        Ok((opened.secret, opened.expires_at))
    }
}

/// Whose console it is, and as whom one looks at it.
struct Place {
    tenant_name: String,
    who: Option<String>,
    role: Option<Role>,
}

impl Place {
    fn of(session: &Session) -> Self {
        let person = session.person.as_ref();
        Self {
            tenant_name: session.tenant_name.clone(),
            who: person.map(|person| person.user_name.clone()),
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
    to: Place,
    /// Where the browser is signed in already.
    other: Option<Place>,
    submits_itself: bool,
}

/// Asks whether to open a link.
pub(crate) async fn ask(
    State(directory): State<Directory>,
    root: Root,
    Params(asked): Params<Link>,
    parts: Parts,
) -> Result<Response, Problem> {
    let given = Credential {
        link: asked.link,
        ..Credential::default()
    };
    let to = given.to(&directory).await?;
    let other = elsewhere(&parts, &root, &directory, &to).await?;
    ask_for(&root, given, &to, other)
}

fn ask_for(
    root: &Root,
    given: Credential,
    to: &Session,
    other: Option<(TokenSecret, Session)>,
) -> Result<Response, Problem> {
    let console = format!("{}{CONSOLE_PATH}", root.mount());
    let is_session = given.is_session();
    let (field, secret) = match is_session {
        true => ("session", given.session),
        false => ("link", given.link),
    };
    let token = other.as_ref().map(|(secret, _)| form_token(secret));
    show(&Open {
        style: assets::address(&console, "style.css"),
        icon: assets::address(&console, "icon.svg"),
        script: assets::address(&console, "console.js"),
        console,
        field,
        secret,
        form_token: token.unwrap_or_default(),
        to: Place::of(to),
        // A session is not used up by being opened.
        submits_itself: is_session && other.is_none(),
        other: other.map(|(_, session)| Place::of(&session)),
    })
}

/// The session that the browser has already, where it is another tenant's or another person's.
async fn elsewhere(
    parts: &Parts,
    root: &Root,
    directory: &Directory,
    to: &Session,
) -> Result<Option<(TokenSecret, Session)>, Problem> {
    let present = present(parts, root, directory).await?;
    Ok(present.filter(|(_, at)| (&at.tenant, &at.person) != (&to.tenant, &to.person)))
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
    let given: Credential = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    let to = given.to(&directory).await?;
    let other = elsewhere(&parts, &root, &directory, &to).await?;
    let agreed = match &other {
        Some((secret, _)) => given.form_token == form_token(secret),
        None => true,
    };
    if !agreed || !is_from_here(&parts, &root) {
        return ask_for(&root, given, &to, other);
    }
    let (secret, ends) = given.open(&directory, &to).await?;
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

fn no_good() -> Problem {
    Problem::forbidden(
        "this link was opened already, or its time is over. Open the console again from your application",
    )
}
