//! Role mappings by the name of the group, also before the group is pushed. They can be put again and again.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use rollcall_directory as directory;
use rollcall_directory::Catalogue;
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Access;
use crate::fields::{Fields, List, Params};
use crate::gate::Configure;
use crate::role::{Role, named, roles};

/// The roles that a group gives its members, by the name of the group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NamedMapping {
    /// The name of the group: as it was put, or as the identity provider spells it once the group is pushed.
    group_name: String,
    /// The id of the group; null while it is not pushed. Its members get the roles as soon as it is.
    group_id: Option<String>,
    /// All roles its members get, highest first.
    role_ids: Vec<Role>,
}

impl NamedMapping {
    fn of(mapping: directory::NamedMapping, catalogue: &Catalogue) -> Self {
        let known = mapping.roles.iter().filter_map(|id| catalogue.role(id));
        Self {
            group_name: mapping.name,
            group_id: mapping.group,
            role_ids: roles(known),
        }
    }
}

/// The roles that a group gives its members, as they can be read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DesiredMapping {
    /// The roles; none to clear the mapping. `owner` cannot be given by a group.
    role_ids: Vec<Role>,
    /// Ignored, so that a mapping can be sent as it was read. The name in the query counts.
    #[serde(rename = "group_name")]
    _group_name: Option<String>,
    /// Ignored, so that a mapping can be sent as it was read.
    #[serde(rename = "group_id")]
    _group_id: Option<String>,
}

/// The group of a mapping.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GroupName {
    /// The name of the group, without regard to case.
    #[param(min_length = 1, max_length = 500, pattern = r"\S")]
    name: String,
}

/// Reads the roles of the group with this name, or those that await it. A group without roles has no `role_ids`; if there
/// is no such group and no roles await it, also after they were cleared, the answer is 404.
#[utoipa::path(get, path = "/api/v1/scim/groups/role-mapping", operation_id = "read_named_mapping", tag = "roles", params(GroupName),
    responses((status = 200, body = NamedMapping)), security(("session" = ["sso:configure"])))]
pub(crate) async fn read(
    access: Access<Configure>,
    Params(group): Params<GroupName>,
) -> Result<Json<NamedMapping>, Problem> {
    let mapping = access.tenant.roles().mapping_by_name(&group.name).await?;
    Ok(Json(NamedMapping::of(mapping, &access.roles)))
}

/// Maps the group with this name to these roles, also before it is pushed: the roles then await it. The same request again
/// changes nothing. No `role_ids` clear the mapping: nothing awaits the name then, and it is not found until a group has it.
/// Nobody adds or takes away a role above their own.
#[utoipa::path(put, path = "/api/v1/scim/groups/role-mapping", operation_id = "put_named_mapping", tag = "roles",
    request_body = DesiredMapping, params(GroupName),
    responses((status = 200, body = NamedMapping, description = "It is as asked"),
        (status = 201, body = NamedMapping, description = "The group had no roles before")),
    security(("session" = ["sso:configure"])))]
pub(crate) async fn put(
    access: Access<Configure>,
    Params(group): Params<GroupName>,
    Fields(desired): Fields<DesiredMapping>,
) -> Result<Response, Problem> {
    let wanted = named(None, Some(desired.role_ids), &access.roles)?;
    let mappings = access.tenant.roles();
    let rank = access.rank();
    // No read follows the change, so no answer fails after it.
    let (mapping, is_new) = mappings.map_name_by(&group.name, &wanted, rank).await?;
    let status = match is_new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    let read = Json(NamedMapping::of(mapping, &access.roles));
    Ok((status, read).into_response())
}

/// Lists the mappings of groups that are not pushed yet, by name: at most 1,000.
#[utoipa::path(get, path = "/api/v1/scim/groups/role-mappings/awaited", operation_id = "list_awaited_mappings", tag = "roles",
    responses((status = 200, body = List<NamedMapping>)), security(("session" = ["sso:configure"])))]
pub(crate) async fn list_awaited(
    access: Access<Configure>,
) -> Result<Json<List<NamedMapping>>, Problem> {
    let awaited = access.tenant.roles().awaited_mappings().await?.into_iter();
    let awaited = awaited.map(|mapping| NamedMapping::of(mapping, &access.roles));
    Ok(List::of(awaited.collect::<Vec<_>>(), None))
}
