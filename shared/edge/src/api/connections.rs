//! Connections: one identity provider of the tenant each.

use axum::Json;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use rollcall_directory::{Connection as Stored, Provider};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::{Admin, Create, Delete, Read};
use super::fields::{Fields, Id, List, Params, created, limit, name, page};
use super::problem::Problem;

/// One identity provider.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Connection {
    /// Its id.
    id: String,
    /// What the admin calls it.
    #[schema(example = "Okta production")]
    name: String,
    /// Which product it is.
    provider: Provider,
    /// When it was made.
    created_at: Timestamp,
}

impl From<Stored> for Connection {
    fn from(connection: Stored) -> Self {
        Self {
            id: connection.id,
            name: connection.label,
            provider: connection.provider,
            created_at: connection.created_at,
        }
    }
}

/// A connection to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewConnection {
    /// What to call it.
    #[schema(example = "Okta production")]
    name: String,
    /// Which product it is.
    provider: Provider,
}

/// What to change of a connection; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectionChange {
    /// What to call it.
    name: Option<String>,
    /// Which product it is.
    provider: Option<Provider>,
}

/// Which page of the connections.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ConnectionsPage {
    /// Behind which connection the page starts.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    limit: Option<u32>,
}

/// Lists the connections, oldest first.
#[utoipa::path(get, path = "/api/v1/scim/connections", operation_id = "list_connections", tag = "connections", params(ConnectionsPage),
    responses((status = 200, body = List<Connection>)), security(("session" = ["provisioning:read"])))]
pub(super) async fn list(
    admin: Admin<Read>,
    Params(asked): Params<ConnectionsPage>,
) -> Result<Json<List<Connection>>, Problem> {
    let limit = limit(asked.limit)?;
    let all = admin.tenant.connections().await?;
    let after = asked.after.as_deref();
    let (connections, next) = page(all, |connection| &connection.id, after, limit);
    Ok(List::of(connections, next))
}

/// Makes a connection.
#[utoipa::path(post, path = "/api/v1/scim/connections", operation_id = "create_connection", tag = "connections", request_body = NewConnection,
    responses((status = 201, body = Connection)), security(("session" = ["provisioning:create"])))]
pub(super) async fn create(
    admin: Admin<Create>,
    Fields(new): Fields<NewConnection>,
) -> Result<Response, Problem> {
    let name = name("name", &new.name)?;
    let made = admin.tenant.create_connection(&name, new.provider).await?;
    let made = Connection::from(made);
    Ok(created(&format!("/scim/connections/{}", made.id), &made))
}

/// Reads a connection.
#[utoipa::path(get, path = "/api/v1/scim/connections/{id}", operation_id = "read_connection", tag = "connections",
    params(("id" = String, Path, description = "The connection's id")),
    responses((status = 200, body = Connection)), security(("session" = ["provisioning:read"])))]
pub(super) async fn read(admin: Admin<Read>, Id(id): Id) -> Result<Json<Connection>, Problem> {
    Ok(Json(admin.tenant.connection(&id).await?.into()))
}

/// Changes what a connection is called, or which product it is.
#[utoipa::path(patch, path = "/api/v1/scim/connections/{id}", operation_id = "change_connection", tag = "connections",
    request_body = ConnectionChange, params(("id" = String, Path, description = "The connection's id")),
    responses((status = 200, body = Connection)), security(("session" = ["provisioning:create"])))]
pub(super) async fn change(
    admin: Admin<Create>,
    Id(id): Id,
    Fields(change): Fields<ConnectionChange>,
) -> Result<Json<Connection>, Problem> {
    let name = change.name.as_deref().map(|given| name("name", given));
    let changed = admin
        .tenant
        .change_connection(&id, name.transpose()?, change.provider)
        .await?;
    Ok(Json(changed.into()))
}

/// Deletes a connection: its tokens are refused from the next request on; the people and groups it pushed stay.
#[utoipa::path(delete, path = "/api/v1/scim/connections/{id}", operation_id = "delete_connection", tag = "connections",
    params(("id" = String, Path, description = "The connection's id")),
    responses((status = 204)), security(("session" = ["provisioning:delete"])))]
pub(super) async fn delete(admin: Admin<Delete>, Id(id): Id) -> Result<StatusCode, Problem> {
    admin.tenant.delete_connection(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
