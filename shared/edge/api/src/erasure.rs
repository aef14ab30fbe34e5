//! The erasure of a deleted tenant, and of a person: ordered here, done in the background, and followed here.

use axum::Json;
use http::StatusCode;
use jiff::Timestamp;
use rollcall_directory as directory;
use rollcall_directory::shown;
use rollcall_edge_http::Problem;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::application::ApplicationAt;
use crate::audit::Actor;
use crate::caller::Access;
use crate::fields::{Id, check_user_id};
use crate::gate::{Delete, Tenants};

/// An erasure. It names nobody other than by an id, and stays when it is finished.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Erasure {
    state: ErasureState,
    /// When it was ordered.
    requested_at: Timestamp,
    /// Who ordered it. Of a person, only the id is kept.
    #[schema(value_type = Actor)]
    requested_by: Value,
    /// When it begins. A tenant that is deleted is erased a week later, unless somebody orders it earlier.
    due_at: Timestamp,
    /// When it ended.
    finished_at: Option<Timestamp>,
    /// How many items of the table were removed so far.
    removed: u64,
    /// How many entries and events about others, or in the feed, were cleaned so far of what they said.
    cleaned: u64,
    /// How many identifiers of the person were too many to be searched for in the logs: 0 unless they had thousands.
    left_out: u64,
}

/// How far an erasure is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ErasureState {
    /// It begins at `due_at`.
    Scheduled,
    /// It is being done.
    Running,
    /// Nothing is left.
    Finished,
}

impl From<directory::Erasure> for Erasure {
    fn from(erasure: directory::Erasure) -> Self {
        let state = match erasure.finished_at {
            Some(_) => ErasureState::Finished,
            None if erasure.due_at > Timestamp::now() => ErasureState::Scheduled,
            None => ErasureState::Running,
        };
        Self {
            state,
            requested_at: erasure.requested_at,
            requested_by: json!(erasure.requested_by),
            due_at: erasure.due_at,
            finished_at: erasure.finished_at,
            removed: erasure.removed,
            cleaned: erasure.cleaned,
            left_out: erasure.left_out,
        }
    }
}

/// Orders that everything of a deleted tenant is erased now. What stays is that its id was used, and this erasure.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/erasure", operation_id = "erase_tenant", tag = "tenants",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 202, body = Erasure)), security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn erase_tenant(
    at: ApplicationAt<Tenants>,
) -> Result<(StatusCode, Json<Erasure>), Problem> {
    let erasure = at.tenant.erasures().order().await?;
    Ok((StatusCode::ACCEPTED, Json(erasure.into())))
}

/// Reads how far the erasure of a deleted tenant is.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/erasure", operation_id = "read_tenant_erasure", tag = "tenants",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, body = Erasure)), security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn read_of_tenant(at: ApplicationAt<Tenants>) -> Result<Json<Erasure>, Problem> {
    let what = || format!("erasure of the tenant `{}`", at.tenant.id());
    found(at.tenant.erasures().read(None).await?, what)
}

/// Orders that everything about a person is erased, and deletes them first if that was not done: nothing is left of them in
/// the directory, the audit log, the request log, the console's indexes and digests, and the content of the feed. Only the
/// application and owners can order it.
///
/// The logs are searched by all that identified the person in their history: the id, `userName`, `externalId`, addresses,
/// phone numbers, `employeeNumber`, and the values that an extension schema declares unique. Searches of users by exactly a
/// name of theirs, a part of it or a word of it are removed as well, also where they meant a namesake. An identifier of less
/// than three characters counts as part of other entries alone.
#[utoipa::path(post, path = "/api/v1/users/{id}/erasure", operation_id = "erase_user", tag = "people",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 202, body = Erasure)), security(("session" = ["provisioning:delete"])))]
pub(crate) async fn erase_person(
    access: Access<Delete>,
    Id(id): Id,
) -> Result<(StatusCode, Json<Erasure>), Problem> {
    access.check_owner("have everything about a person erased")?;
    check_user_id(&id)?;
    let erasures = access.tenant.erasures();
    let erasure = erasures.order_of_person(&id, access.rank()).await?;
    Ok((StatusCode::ACCEPTED, Json(erasure.into())))
}

/// Reads how far the erasure of a person is.
#[utoipa::path(get, path = "/api/v1/users/{id}/erasure", operation_id = "read_user_erasure", tag = "people",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, body = Erasure)), security(("session" = ["provisioning:delete"])))]
pub(crate) async fn read_of_person(
    access: Access<Delete>,
    Id(id): Id,
) -> Result<Json<Erasure>, Problem> {
    check_user_id(&id)?;
    let what = || format!("erasure of the user `{}`", shown(&id));
    found(access.tenant.erasures().read(Some(&id)).await?, what)
}

fn found(
    erasure: Option<directory::Erasure>,
    what: impl Fn() -> String,
) -> Result<Json<Erasure>, Problem> {
    match erasure {
        Some(erasure) => Ok(Json(erasure.into())),
        None => Err(Problem::not_found(what())),
    }
}
