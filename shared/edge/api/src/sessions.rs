//! The caller's own session.

use axum::Json;
use http::StatusCode;
use jiff::Timestamp;
use rollcall_directory::{Session, SessionPerson, TenantId};
use rollcall_edge_http::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::Admin;
use crate::gate::SignedIn;
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
    admin.tenant.sign_in().end_session(&admin.secret).await?;
    Ok(StatusCode::NO_CONTENT)
}
