//! Who is looking at a page, and who may change something by it.
//!
//! A session is held in a cookie that scripts cannot read and other sites cannot send along. A change needs more: it
//! must come from a page of this origin, and from a form that was made for this very session.

use axum::body::to_bytes;
use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use cookie::{Cookie, SameSite};
use http::HeaderMap;
use http::header::{COOKIE, HeaderName, ORIGIN};
use http::request::Parts;
use jiff::Timestamp;
use rollcall_directory::{Directory, FormId, Purpose, Role, Session, Tenant, TokenSecret};
use rollcall_edge_api::{Admin, Gate};
use rollcall_edge_http::{CONSOLE_PATH, Problem, Root, Visit};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::frame::{Frame, Section};

/// The longest form, in bytes.
const MAX_FORM_BYTES: usize = 64 * 1024;
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Somebody whose session allows what `G` asks for, looking.
#[derive(Debug)]
pub(crate) struct Visitor<G> {
    admin: Admin<G>,
    root: Root,
}

impl<G: Gate> Visitor<G> {
    /// Their tenant, acted upon by them.
    pub(crate) fn tenant(&self) -> &Tenant {
        &self.admin.tenant
    }

    pub(crate) fn role(&self) -> Role {
        self.admin.role()
    }

    pub(crate) fn root(&self) -> &Root {
        &self.root
    }

    /// The session's secret, to end it.
    pub(crate) fn secret(&self) -> &TokenSecret {
        &self.admin.secret
    }

    /// Where the console is, as links on its pages name it.
    pub(crate) fn console(&self) -> String {
        format!("{}{CONSOLE_PATH}", self.root.mount())
    }

    /// The whole address of a path behind `/console`, to be followed from outside of a page.
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}{CONSOLE_PATH}{path}", self.root.as_str())
    }

    /// What a form of theirs must carry.
    pub(crate) fn form_token(&self) -> String {
        form_token(&self.admin.secret)
    }

    /// What surrounds a page of theirs.
    pub(crate) fn frame(&self, section: Section) -> Frame {
        let session = &self.admin.session;
        Frame {
            console: self.console(),
            section,
            tenant: session.tenant_name.clone(),
            who: session
                .person
                .as_ref()
                .map(|person| person.user_name.clone()),
            role: session.role,
            form_token: self.form_token(),
            form_id: FormId::fresh(),
            notice: None,
        }
    }

    async fn enter(parts: &Parts, directory: &Directory) -> Result<Self, Problem> {
        let root = Root::of(parts);
        let secret =
            session_of(&parts.headers, &root).ok_or_else(|| Problem::unauthorized("no session"))?;
        let admin = Admin::enter(directory, secret, parts).await?;
        Ok(Self { admin, root })
    }
}

impl<S, G> FromRequestParts<S> for Visitor<G>
where
    S: Send + Sync,
    G: Gate,
    Directory: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if !parts.method.is_safe() {
            // Only `Change` may be asked for by a form: a page that forgot it must not work.
            return Err(Problem::forbidden("this cannot be asked for by a form"));
        }
        Self::enter(parts, &Directory::from_ref(state)).await
    }
}

/// A form that somebody whose session allows what `G` asks for has sent from a page of ours.
#[derive(Debug)]
pub(crate) struct Change<G, T> {
    pub(crate) visitor: Visitor<G>,
    pub(crate) form: T,
}

#[derive(Deserialize)]
struct Token {
    form_token: String,
}

impl<S, G, T> FromRequest<S> for Change<G, T>
where
    S: Send + Sync,
    G: Gate,
    T: DeserializeOwned,
    Directory: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let visitor = Visitor::enter(&parts, &Directory::from_ref(state)).await?;
        if !is_from_here(&parts, &visitor.root) {
            return Err(Problem::forbidden(
                "this was asked for by another site, nothing was changed",
            ));
        }
        let body = to_bytes(body, MAX_FORM_BYTES)
            .await
            .map_err(|_| Problem::unreadable("the form is too long"))?;
        let sent: Option<Token> = serde_urlencoded::from_bytes(&body).ok();
        if sent.is_none_or(|sent| sent.form_token != visitor.form_token()) {
            return Err(Problem::forbidden(
                "this form was made for another session, nothing was changed; load the page again",
            ));
        }
        let form = serde_urlencoded::from_bytes(&body)
            .map_err(|error| Problem::invalid(error.to_string()))?;
        Ok(Self { visitor, form })
    }
}

/// The session that the browser has already, if it is in force.
pub(crate) async fn present(
    parts: &Parts,
    root: &Root,
    directory: &Directory,
) -> Result<Option<(TokenSecret, Session)>, Problem> {
    let Some(secret) = session_of(&parts.headers, root) else {
        return Ok(None);
    };
    let session = directory.session(secret.expose()).await?;
    Ok(session.map(|session| (secret, session)))
}

/// Whether a browser says that a page of this origin made the request; those that say nothing send the form's token.
pub(crate) fn is_from_here(parts: &Parts, root: &Root) -> bool {
    let header = |name: HeaderName| parts.headers.get(name).map(|value| value.as_bytes());
    match (header(FETCH_SITE), header(ORIGIN)) {
        (Some(site), _) => site == b"same-origin",
        (None, Some(origin)) => origin == root.origin().as_bytes(),
        (None, None) => true,
    }
}

/// What a form must carry: it can be made of the session's secret alone, and tells nothing of it.
///
/// Comparing it byte by byte gives nothing away that helps: without the session's cookie nobody gets to compare.
pub(crate) fn form_token(session: &TokenSecret) -> String {
    let digest = Sha256::digest(format!("form:{}", session.expose()));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The cookie's name; browsers take one of this prefix over HTTPS only.
fn cookie_name(root: &Root) -> &'static str {
    match root.is_secure() {
        true => "__Secure-rollcall",
        false => "rollcall",
    }
}

/// What a form of whoever made a request must carry, whatever their session allows.
pub(crate) fn form_token_of(visit: &Visit) -> Option<String> {
    session_of(&visit.headers, &visit.root).map(|session| form_token(&session))
}

/// The session that the request's cookie names.
fn session_of(headers: &HeaderMap, root: &Root) -> Option<TokenSecret> {
    let cookies = headers.get_all(COOKIE).into_iter();
    cookies
        .filter_map(|header| header.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .filter(|cookie| cookie.name() == cookie_name(root))
        .filter_map(|cookie| TokenSecret::parse(cookie.value()))
        .find(|secret| secret.purpose() == Purpose::Session)
}

/// The cookie that holds a session until it ends, or ends it now.
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
