//! Pushed groups: their roles and members, and the progress after a mapping has changed.

use axum::Json;
use jiff::Timestamp;
use rollcall_directory as directory;
use rollcall_directory::{Progress, shown};
use rollcall_edge_http::Problem;
use rollcall_insight::{GroupSummary, Insight};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Access;
use crate::fields::{Fields, Id, List, Params, limit, nullable};
use crate::gate::{Configure, Read};
use crate::people::{Person, states};
use crate::role::{Permission, Role as RoleId};

/// A group and the role it gives.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleMapping {
    group: Group,
    /// The role its members get; null for none.
    role_id: Option<RoleId>,
}

/// A pushed group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Group {
    /// Its id.
    id: String,
    /// What people call it.
    display_name: String,
    /// The identity provider's id of it.
    external_id: Option<String>,
    /// How many members it has.
    member_count: u64,
}

impl From<GroupSummary> for RoleMapping {
    fn from(group: GroupSummary) -> Self {
        Self {
            role_id: group.role.map(RoleId::from),
            group: Group {
                id: group.id,
                display_name: group.display_name,
                external_id: group.external_id,
                member_count: group.member_count,
            },
        }
    }
}

/// The query of the list of groups.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GroupsPage {
    /// `next` of the page before.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    limit: Option<u32>,
}

/// Lists the pushed groups with the role of each, in order of their names.
#[utoipa::path(get, path = "/api/v1/scim/groups/role-mappings", operation_id = "list_role_mappings", tag = "roles", params(GroupsPage),
    responses((status = 200, body = List<RoleMapping>)), security(("session" = ["sso:configure"])))]
pub(crate) async fn list_mappings(
    access: Access<Configure>,
    Params(asked): Params<GroupsPage>,
) -> Result<Json<List<RoleMapping>>, Problem> {
    let limit = limit(asked.limit)?;
    let (groups, next) = Insight::of(&access.tenant)
        .groups(asked.after, limit)
        .await?;
    Ok(List::of(groups, next))
}

/// The role that a group gives to its members.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMapping {
    /// The role; null to clear the mapping. `owner` cannot be given by a group.
    #[serde(deserialize_with = "nullable")]
    #[schema(required = true)]
    role_id: Option<RoleId>,
}

/// Maps a group to a role, or clears its mapping. The roles of its members change at once, unless the tenant's settings
/// say otherwise; the events about it follow.
#[utoipa::path(put, path = "/api/v1/scim/groups/{id}/role-mapping", operation_id = "set_role_mapping", tag = "roles", request_body = NewMapping,
    params(("id" = String, Path, description = "The group's id")),
    responses((status = 200, body = RoleMapping)), security(("session" = ["sso:configure"])))]
pub(crate) async fn map(
    access: Access<Configure>,
    Id(group): Id,
    Fields(mapping): Fields<NewMapping>,
) -> Result<Json<RoleMapping>, Problem> {
    let role = mapping.role_id.map(Into::into);
    access.tenant.roles().map_group(&group, role).await?;
    Ok(Json(
        Insight::of(&access.tenant).group(&group).await?.into(),
    ))
}

/// A role of the catalogue.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CatalogueRole)]
pub(crate) struct Role {
    /// Its id.
    id: RoleId,
    /// Its rank: of several roles, the highest counts.
    rank: usize,
    /// What it allows in this API and in the console.
    permissions: Vec<Permission>,
    /// Whether a group may be mapped to it.
    mappable: bool,
}

/// Lists the roles there are, lowest first.
#[utoipa::path(get, path = "/api/v1/scim/roles", operation_id = "list_roles", tag = "roles",
    responses((status = 200, body = List<Role>)), security(("session" = ["sso:configure"])))]
pub(crate) async fn list_roles(_access: Access<Configure>) -> Json<List<Role>> {
    let ranked = directory::Role::ALL.into_iter().enumerate();
    let roles = ranked.map(|(rank, role)| Role {
        id: role.into(),
        rank,
        permissions: Permission::of(role),
        mappable: role.is_mappable(),
    });
    List::of(roles.collect::<Vec<_>>(), None)
}

/// The query of the list of a group's members.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MembersPage {
    /// Only members in these states: `active`, `invited`, `inactive`, separated by commas. All unless given.
    state: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    limit: Option<u32>,
}

/// Lists the members of a group with their states.
#[utoipa::path(get, path = "/api/v1/scim/groups/{id}/members", operation_id = "list_group_members", tag = "people",
    params(("id" = String, Path, description = "The group's id"), MembersPage),
    responses((status = 200, body = List<Person>)), security(("session" = ["provisioning:read"])))]
pub(crate) async fn list_members(
    access: Access<Read>,
    Id(group): Id,
    Params(asked): Params<MembersPage>,
) -> Result<Json<List<Person>>, Problem> {
    let (states, limit) = (states(asked.state.as_deref())?, limit(asked.limit)?);
    let (people, next) = Insight::of(&access.tenant)
        .group_people(&group, &states, asked.after, limit)
        .await?;
    Ok(List::of(people, next))
}

/// The progress of the work that follows a changed mapping.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reconciliation {
    /// The group.
    group_id: String,
    /// When it began.
    started_at: Timestamp,
    /// How many members the group had then.
    people: u64,
    /// How many of them have been processed.
    looked_at: u64,
    /// When it finished. Null while it is running.
    finished_at: Option<Timestamp>,
}

impl From<Progress> for Reconciliation {
    fn from(progress: Progress) -> Self {
        Self {
            group_id: progress.group,
            started_at: progress.started_at,
            people: progress.people,
            looked_at: progress.looked_at,
            finished_at: progress.finished_at,
        }
    }
}

/// Reads the progress of announcing role changes since the group's mapping last changed. The roles themselves have
/// already changed, unless the tenant's settings say otherwise.
#[utoipa::path(get, path = "/api/v1/scim/groups/{id}/reconciliation", operation_id = "read_reconciliation", tag = "roles",
    params(("id" = String, Path, description = "The group's id")),
    responses((status = 200, body = Reconciliation)), security(("session" = ["sso:configure"])))]
pub(crate) async fn reconciliation(
    access: Access<Configure>,
    Id(group): Id,
) -> Result<Json<Reconciliation>, Problem> {
    match access.tenant.roles().reconciliation(&group).await? {
        Some(progress) => Ok(Json(progress.into())),
        None => Err(Problem::not_found(format!(
            "a reconciliation of group `{}`",
            shown(&group)
        ))),
    }
}
