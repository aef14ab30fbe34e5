//! The caller's own session.

use axum::Json;
use http::StatusCode;
use jiff::Timestamp;
use rollcall_directory::{PersonSession, PortalSession, Session, SessionPerson, TenantId};
use rollcall_edge_http::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::application::ApplicationAt;
use crate::caller::{Access, Admin};
use crate::fields::{Id, Ids, List};
use crate::gate::{Configure, Read, Sessions, SignedIn};
use crate::role::{Role, roles};

/// The person of a session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionUser {
    /// The user's id.
    id: String,
    /// `userName`.
    user_name: String,
}

impl From<SessionPerson> for SessionUser {
    fn from(person: SessionPerson) -> Self {
        Self {
            id: person.id,
            user_name: person.user_name,
        }
    }
}

/// What a session in force allows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionDetails {
    /// The tenant.
    #[schema(value_type = String)]
    pub(crate) tenant: TenantId,
    /// The person; not there when a portal link opened the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<SessionUser>,
    /// The role that counts now.
    pub(crate) role: Option<Role>,
    /// All roles that count now, highest first.
    pub(crate) roles: Vec<Role>,
    /// What the roles allow: in this API and in the console, and in words of the application.
    pub(crate) permissions: Vec<String>,
    /// When the session ends by itself.
    pub(crate) expires_at: Timestamp,
}

impl From<Session> for SessionDetails {
    fn from(session: Session) -> Self {
        Self {
            tenant: session.tenant,
            user: session.person.map(SessionUser::from),
            role: session.role.map(Role::from),
            roles: roles(session.roles),
            permissions: session.permissions,
            expires_at: session.expires_at,
        }
    }
}

/// Reads the caller's session: the person, the role and the permissions.
#[utoipa::path(get, path = "/api/v1/sessions/current", operation_id = "read_session", tag = "sign-in",
    responses((status = 200, body = SessionDetails)), security(("session" = [])))]
pub(crate) async fn read(admin: Admin<SignedIn>) -> Json<SessionDetails> {
    Json(admin.session.into())
}

/// Signs out: the session ends at once.
#[utoipa::path(delete, path = "/api/v1/sessions/current", operation_id = "end_session", tag = "sign-in",
    responses((status = 204)), security(("session" = [])))]
pub(crate) async fn end(admin: Admin<SignedIn>) -> Result<StatusCode, Problem> {
    let whom = admin.session.subject();
    let sign_in = admin.tenant.sign_in();
    sign_in.end_session(&admin.secret, whom).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A session of a person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedSession {
    /// Its id, which is not a credential. The audit log names it.
    id: String,
    /// When the person signed in.
    began_at: Timestamp,
    /// When it ends by itself at the latest.
    expires_at: Timestamp,
}

impl From<PersonSession> for ListedSession {
    fn from(session: PersonSession) -> Self {
        Self {
            id: session.id,
            began_at: session.began_at,
            expires_at: session.ends_at,
        }
    }
}

/// Lists the sessions of a person that are in force, latest first, at most 100.
#[utoipa::path(get, path = "/api/v1/users/{id}/sessions", operation_id = "list_user_sessions", tag = "people",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, body = List<ListedSession>)), security(("session" = ["directory:read"])))]
pub(crate) async fn list_of_person(
    access: Access<Read>,
    Id(id): Id,
) -> Result<Json<List<ListedSession>>, Problem> {
    let sessions = access.tenant.sign_in().sessions_of(&id).await?;
    Ok(List::of(sessions, None))
}

/// Ends one session of a person.
#[utoipa::path(delete, path = "/api/v1/users/{id}/sessions/{session}", operation_id = "end_user_session", tag = "people",
    params(("id" = String, Path, description = "The user's id"), ("session" = String, Path, description = "The session's id")),
    responses((status = 204)), security(("session" = ["sso:configure"])))]
pub(crate) async fn end_of_person(
    access: Access<Configure>,
    Ids { id, session }: Ids,
) -> Result<StatusCode, Problem> {
    let sign_in = access.tenant.sign_in();
    sign_in.end_session_of(&id, &session, access.rank()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A portal link that can be opened, or a session that a link has opened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PortalSession)]
pub(crate) struct ListedLink {
    /// Its id, which is not a credential. The audit log names it.
    id: String,
    /// Whether it is a session. Otherwise it is a link that nobody has opened yet.
    opened: bool,
    /// The address of the person for whom the link was made.
    email: Option<String>,
    /// The role that it gives.
    role_id: Option<String>,
    /// When it was made or opened.
    began_at: Timestamp,
    /// When it ends by itself.
    expires_at: Timestamp,
}

impl From<PortalSession> for ListedLink {
    fn from(session: PortalSession) -> Self {
        Self {
            id: session.id,
            opened: session.is_opened,
            email: session.email,
            role_id: session.role.map(|role| role.to_string()),
            began_at: session.began_at,
            expires_at: session.ends_at,
        }
    }
}

/// Lists the portal links that can be opened and the sessions that links have opened, latest first, at most 100.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/portal-links", operation_id = "list_portal_links", tag = "sign-in",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, body = List<ListedLink>)), security(("service_key" = ["sessions:create"])))]
pub(crate) async fn list_links(
    at: ApplicationAt<Sessions>,
) -> Result<Json<List<ListedLink>>, Problem> {
    at.tenant.lifecycle().read().await?;
    Ok(List::of(at.tenant.sign_in().portal_sessions().await?, None))
}

/// Ends a portal link, or the session that a link has opened.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/portal-links/{id}", operation_id = "end_portal_link", tag = "sign-in",
    params(("tenant" = String, Path, description = "The tenant's id"), ("id" = String, Path, description = "The id in the list")),
    responses((status = 204)), security(("service_key" = ["sessions:create"])))]
pub(crate) async fn end_link(
    at: ApplicationAt<Sessions>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    at.tenant.sign_in().end_portal_session(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
