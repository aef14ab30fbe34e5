//! The session one is in.

use axum::Json;
use http::StatusCode;
use rollcall_directory::SessionPerson;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::{Admin, SignedIn};
use super::problem::Problem;
use super::sign_in::SessionDetails;

/// The person of a session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionUser {
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

/// Says who one is and what one may do.
#[utoipa::path(get, path = "/api/v1/sessions/current", operation_id = "read_session", tag = "sign-in",
    responses((status = 200, body = SessionDetails)), security(("session" = [])))]
pub(super) async fn read(admin: Admin<SignedIn>) -> Json<SessionDetails> {
    Json(admin.session.into())
}

/// Signs out: the session ends at once.
#[utoipa::path(delete, path = "/api/v1/sessions/current", operation_id = "end_session", tag = "sign-in",
    responses((status = 204)), security(("session" = [])))]
pub(super) async fn end(admin: Admin<SignedIn>) -> Result<StatusCode, Problem> {
    admin.tenant.end_session(&admin.secret).await?;
    Ok(StatusCode::NO_CONTENT)
}
