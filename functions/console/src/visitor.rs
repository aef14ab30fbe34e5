//! Identifies the visitor of a page and checks who may change something.
//!
//! The session cookie is enough to look. A change needs more: it must come from a page of this origin, and from a form
//! that was made for this session.

use axum::body::to_bytes;
use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use http::header::{HeaderName, ORIGIN};
use http::request::Parts;
use rollcall_directory::{
    Brand, Catalogue, Directory, FormId, Permission, Role, Session, SessionUse, Subject, Tenant,
    TokenSecret,
};
use rollcall_edge_api::{Admin, Gate, check_session};
use rollcall_edge_http::{CONSOLE_PATH, Notes, Problem, Root};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::brand::Look;
use crate::layout::{Layout, Section};
use crate::messages::t;
use crate::session_cookie::{form_token, session_of};

/// The longest form, in bytes.
const MAX_FORM_BYTES: usize = 64 * 1024;
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A person whose session passes the gate `G`.
#[derive(Debug)]
pub(crate) struct Visitor<G> {
    admin: Admin<G>,
    root: Root,
    brand: Brand,
}

impl<G: Gate> Visitor<G> {
    /// The tenant, with the visitor as the actor of every change.
    pub(crate) fn tenant(&self) -> &Tenant {
        &self.admin.tenant
    }

    pub(crate) fn role(&self) -> Role {
        self.admin.role()
    }

    /// How often the visitor's identifiers had changed when the session began.
    pub(crate) fn renamings(&self) -> Option<u64> {
        self.admin.renamings()
    }

    /// The role above which the visitor gives nothing back.
    pub(crate) fn rank_to_give_back(&self) -> Role {
        self.admin.rank_to_give_back()
    }

    /// Checks that the visitor has a permission.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), Problem> {
        check_session(&self.admin.session, Some(permission))
    }

    /// Whether the visitor has a permission.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.require(permission).is_ok()
    }

    /// Checks that the visitor may give this role to somebody.
    pub(crate) async fn check_gives(&self, role: Option<Role>) -> Result<(), Problem> {
        self.admin.check_gives(role).await
    }

    /// The roles of the tenant.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.admin.session.catalogue
    }

    pub(crate) fn root(&self) -> &Root {
        &self.root
    }

    /// Whose session it is.
    pub(crate) fn subject(&self) -> Subject {
        self.admin.session.subject()
    }

    /// The session's secret, which is needed to end the session.
    pub(crate) fn secret(&self) -> &TokenSecret {
        &self.admin.secret
    }

    /// The console's path, for links on its pages.
    pub(crate) fn console(&self) -> String {
        format!("{}{CONSOLE_PATH}", self.root.mount())
    }

    /// The full address of a path below `/console`, for use outside a page.
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}{CONSOLE_PATH}{path}", self.root.as_str())
    }

    /// The token that each of the visitor's forms must carry.
    pub(crate) fn form_token(&self) -> String {
        form_token(&self.admin.secret)
    }

    /// The layout of one of the visitor's pages.
    pub(crate) fn layout(&self, section: Section) -> Layout {
        let session = &self.admin.session;
        let console = self.console();
        let look = Look::of(&console, &self.brand);
        Layout {
            console,
            section,
            tenant: session.tenant_name.clone(),
            user_name: session
                .person
                .as_ref()
                .map(|person| person.user_name.clone()),
            role: session.role,
            read_only: session.read_only,
            return_url: session.return_url.clone().or(look.return_url.clone()),
            look,
            permissions: session
                .roles
                .iter()
                .flat_map(|role| role.permissions())
                .collect(),
            form_token: self.form_token(),
            form_id: FormId::fresh(),
            open_findings: usize::try_from(session.open_findings).unwrap_or(usize::MAX),
            notice: None,
            refusal: None,
        }
    }

    async fn enter(parts: &Parts, directory: &Directory, by: SessionUse) -> Result<Self, Problem> {
        let root = Root::of(parts);
        let secret =
            session_of(&parts.headers, &root).ok_or_else(|| Problem::unauthorized("no session"))?;
        let notes = Notes::of(parts);
        let noted = |brand: Brand| notes.note(brand);
        let admin = Admin::enter_page(directory, (secret, by), parts, noted).await;
        if admin
            .as_ref()
            .err()
            .is_some_and(|refused| refused.status() == 401)
        {
            note_stack(directory, &notes).await;
        }
        Ok(Self {
            admin: admin?,
            root,
            brand: notes.get().unwrap_or_default(),
        })
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
        check_no_form(parts)?;
        Self::enter(parts, &Directory::from_ref(state), SessionUse::ByPerson).await
    }
}

/// Checks that a page is only read. A form must go through `Change`: a handler that extracts another visitor by mistake must
/// not work.
fn check_no_form(parts: &Parts) -> Result<(), Problem> {
    match parts.method.is_safe() {
        true => Ok(()),
        false => Err(Problem::forbidden(t("error-not-a-form").plain())),
    }
}

/// A [`Visitor`] whose page asks for news by itself, which does not keep the session from ending.
#[derive(Debug)]
pub(crate) struct Poll<G>(pub(crate) Visitor<G>);

impl<S, G> FromRequestParts<S> for Poll<G>
where
    S: Send + Sync,
    G: Gate,
    Directory: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        check_no_form(parts)?;
        let visitor = Visitor::enter(parts, &Directory::from_ref(state), SessionUse::ByPage).await;
        visitor.map(Self)
    }
}

/// Whether htmx asks for a part of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IsPart(pub(crate) bool);

impl<S: Send + Sync> FromRequestParts<S> for IsPart {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self(parts.headers.contains_key("hx-request")))
    }
}

/// A form sent from one of our pages by a person whose session passes the gate `G`.
#[derive(Debug)]
pub(crate) struct Change<G, T> {
    pub(crate) visitor: Visitor<G>,
    pub(crate) form: T,
}

#[derive(Deserialize)]
struct FormToken {
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
        let visitor =
            Visitor::enter(&parts, &Directory::from_ref(state), SessionUse::ByPerson).await?;
        if !is_same_origin(&parts, &visitor.root) {
            return Err(Problem::forbidden(t("error-other-site").plain()));
        }
        let body = to_bytes(body, MAX_FORM_BYTES)
            .await
            .map_err(|_| Problem::unreadable(t("error-form-too-long").plain()))?;
        let sent: Option<FormToken> = serde_urlencoded::from_bytes(&body).ok();
        if sent.is_none_or(|sent| sent.form_token != visitor.form_token()) {
            return Err(Problem::forbidden(t("error-other-session").plain()));
        }
        // The text of the parser is for its users.
        let form = serde_urlencoded::from_bytes(&body)
            .map_err(|_| Problem::invalid(t("error-form-unreadable").plain()))?;
        Ok(Self { visitor, form })
    }
}

/// Notes how pages look that belong to no tenant, for the error page. Without that, it is neutral.
pub(crate) async fn note_stack(directory: &Directory, notes: &Notes) {
    if let Ok(brand) = directory.brand_of_stack().await {
        notes.note(brand);
    }
}

/// Reads the browser's current session, if it is still valid.
pub(crate) async fn current_session(
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

/// Checks that a page of this origin made the request. A browser that sends neither header still sends the form token.
pub(crate) fn is_same_origin(parts: &Parts, root: &Root) -> bool {
    let header = |name: HeaderName| parts.headers.get(name).map(|value| value.as_bytes());
    match (header(FETCH_SITE), header(ORIGIN)) {
        (Some(site), _) => site == b"same-origin",
        (None, Some(origin)) => origin == root.origin().as_bytes(),
        (None, None) => true,
    }
}
