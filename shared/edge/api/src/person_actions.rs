//! What admins do about who one person is: block, unblock, end sessions, bind anew, confirm, merge, delete. Nobody does
//! this to somebody who ranks above them.
//!
//! What an answer tells of the person is read before the change, so no answer fails after it.

use axum::Json;
use http::StatusCode;
use rollcall_edge_http::Problem;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::caller::{Access, OwnOr};
use crate::fields::{Fields, Id};
use crate::gate::Configure;
use crate::people::Person;

/// Blocks a person: they cannot sign in, their sessions are over and they have no role, whatever the identity provider
/// says. It ends when somebody unblocks them, or when the identity provider sets `active` from false to true.
#[utoipa::path(post, path = "/api/v1/users/{id}/block", operation_id = "block_user", tag = "people",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, body = Person)), security(("session" = ["sso:configure"])))]
pub(crate) async fn block(access: Access<Configure>, Id(id): Id) -> Result<Json<Person>, Problem> {
    let outlook = access.tenant.roles().outlook(&id).await?;
    let blocked = access.tenant.sign_in().block(&id, access.rank()).await?;
    Ok(Json(outlook.person(&blocked)?.into()))
}

/// Ends the block of a person. Whoever the identity provider has deactivated stays inactive.
#[utoipa::path(post, path = "/api/v1/users/{id}/unblock", operation_id = "unblock_user", tag = "people",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, body = Person)), security(("session" = ["sso:configure"])))]
pub(crate) async fn unblock(
    access: Access<Configure>,
    Id(id): Id,
) -> Result<Json<Person>, Problem> {
    let outlook = access.tenant.roles().outlook(&id).await?;
    let unblocked = access.tenant.sign_in().unblock(&id, access.rank()).await?;
    Ok(Json(outlook.person(&unblocked)?.into()))
}

/// Ends every session of a person. They can sign in again.
#[utoipa::path(post, path = "/api/v1/users/{id}/sessions/end", operation_id = "end_user_sessions", tag = "people",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 204)), security(("session" = ["sso:configure"])))]
pub(crate) async fn end_sessions(
    access: Access<Configure>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let sign_in = access.tenant.sign_in();
    sign_in.end_sessions_of(&id, access.rank()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets the subjects that are bound to a person, and ends their sessions. The next sign-in that means them binds its
/// subject.
#[utoipa::path(post, path = "/api/v1/users/{id}/bind-anew", operation_id = "bind_user_anew", tag = "people",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, body = Person)), security(("session" = ["sso:configure"])))]
pub(crate) async fn bind_anew(
    access: Access<Configure>,
    Id(id): Id,
) -> Result<Json<Person>, Problem> {
    let outlook = access.tenant.roles().outlook(&id).await?;
    let sign_in = access.tenant.sign_in();
    let free = sign_in.bind_anew(&id, access.rank()).await?;
    Ok(Json(outlook.person(&free)?.into()))
}

/// Confirms that the present user name and external id of a person are theirs. Those of somebody with a role of their own
/// are confirmed by the application, by another owner, or by the person in a session from before the change. People need
/// no permission to confirm their own.
#[utoipa::path(post, path = "/api/v1/users/{id}/confirm", operation_id = "confirm_user", tag = "people",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 200, body = Person)), security(("session" = ["sso:configure"])))]
pub(crate) async fn confirm(
    OwnOr(access): OwnOr<Configure>,
    Id(id): Id,
) -> Result<Json<Person>, Problem> {
    let outlook = access.tenant.roles().outlook(&id).await?;
    let sign_in = access.tenant.sign_in();
    let renamings = access.renamings();
    let confirmed = sign_in.confirm(&id, access.rank(), renamings).await?;
    Ok(Json(outlook.person(&confirmed)?.into()))
}

/// The person that an account is merged into.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Merge {
    /// The id of somebody whom an identity provider pushed.
    into: String,
}

/// Closes an account that only came from sign-in into a person who was pushed. Its sessions end, and its roles do not
/// move. Its subjects move if that person has neither a subject nor a role that was given by hand. Only an owner or the
/// application merges two with different external ids, or with different subjects in one connection.
#[utoipa::path(post, path = "/api/v1/users/{id}/merge", operation_id = "merge_user", tag = "people", request_body = Merge,
    params(("id" = String, Path, description = "The id of the account that is closed")),
    responses((status = 200, body = Person)), security(("session" = ["sso:configure"])))]
pub(crate) async fn merge(
    access: Access<Configure>,
    Id(id): Id,
    Fields(merge): Fields<Merge>,
) -> Result<Json<Person>, Problem> {
    let outlook = access.tenant.roles().outlook(&merge.into).await?;
    let sign_in = access.tenant.sign_in();
    let merged = sign_in.merge(&id, &merge.into, access.rank()).await?;
    Ok(Json(outlook.person(&merged)?.into()))
}

/// Deletes a person, also one whom no identity provider sends any more. Nobody signs in with their identifiers, unless
/// an identity provider pushes them again.
#[utoipa::path(delete, path = "/api/v1/users/{id}", operation_id = "delete_user", tag = "people",
    params(("id" = String, Path, description = "The user's id")),
    responses((status = 204)), security(("session" = ["sso:configure"])))]
pub(crate) async fn delete(access: Access<Configure>, Id(id): Id) -> Result<StatusCode, Problem> {
    let sign_in = access.tenant.sign_in();
    sign_in.delete_person(&id, access.rank()).await?;
    Ok(StatusCode::NO_CONTENT)
}
