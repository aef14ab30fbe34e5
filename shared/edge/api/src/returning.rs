//! People who are no longer there: how they come back, and how others get what they had.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use rollcall_directory::Directory;
use rollcall_edge_http::Problem;

use crate::caller::Access;
use crate::fate::explained;
use crate::fields::Id;
use crate::gate::Configure;
use crate::people::Person;

/// Restores a deleted person: active, with the same id and groups, and the attributes of before. A role that was given by
/// hand stays withheld until the person signs in with the subject of before, or this is called again. Somebody who was
/// not deleted stays as they are. Nobody restores a person who ranks above them. After a 503, the person may be back: the same
/// request again answers with them, also under its `Idempotency-Key`, with which it gives no role back.
#[utoipa::path(post, path = "/api/v1/users/{id}/restore", operation_id = "restore_user", tag = "people",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, body = Person)), security(("session" = ["sso:configure"])))]
pub(crate) async fn restore(
    State(directory): State<Directory>,
    access: Access<Configure>,
    Id(id): Id,
) -> Result<Json<Person>, Problem> {
    let (giver, gives_back) = (access.rank(), access.rank_to_give_back());
    // Whoever comes back claims the unique values of before.
    let tenant = directory.with_schemas(access.tenant).await?;
    let restored = tenant.roles().restore(&id, giver, gives_back).await;
    if let Err(error) = restored {
        return Err(explained(&tenant, &id, error).await);
    }
    Ok(Json(tenant.roles().person(&id).await?.into()))
}

/// Admits others as new. If the person was deleted, whoever signs in with an identifier or a subject of theirs is
/// somebody new. If not, an e-mail address alone no longer means the person. Nobody does that to a person who ranks above
/// them.
#[utoipa::path(post, path = "/api/v1/users/{id}/admit-as-new", operation_id = "admit_as_new", tag = "people",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 204)), security(("session" = ["sso:configure"])))]
pub(crate) async fn admit_as_new(
    access: Access<Configure>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let people = access.tenant.resources();
    match people.admit_as_new(&id, access.rank()).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(explained(&access.tenant, &id, error).await),
    }
}
