//! Pushed groups: their roles and members, and the progress after a mapping has changed.

use axum::Json;
use jiff::Timestamp;
use rollcall_directory::{Catalogue, Progress, shown};
use rollcall_edge_http::Problem;
use rollcall_insight::{GroupFilter, GroupSummary, Insight};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Access;
use crate::fields::{Fields, Id, List, Params, limit};
use crate::gate::{Configure, Read};
use crate::people::{Person, states};
use crate::person_parts::{Attributes, Parts};
use crate::role::{Role, named};
use crate::settings::given;

/// A group and the role it gives.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleMapping {
    group: Group,
    /// The role its members get, or the highest of several; null for none.
    role_id: Option<Role>,
    /// All roles its members get, highest first.
    role_ids: Vec<Role>,
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

impl RoleMapping {
    fn of(group: GroupSummary, roles: &Catalogue) -> Self {
        let known = group.roles.iter().filter_map(|id| roles.role(id));
        let role_ids: Vec<Role> = known.map(Role::from).collect();
        Self {
            role_id: role_ids.first().cloned(),
            role_ids,
            group: Group {
                id: group.id,
                display_name: group.display_name,
                external_id: group.external_id,
                member_count: group.member_count,
            },
        }
    }
}

/// A pushed group and the roles it gives.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupDetails {
    #[serde(flatten)]
    group: Group,
    /// The role its members get, or the highest of several; null for none.
    role_id: Option<Role>,
    /// All roles its members get, highest first.
    role_ids: Vec<Role>,
    /// Its attributes as they were pushed, by their SCIM names: `displayName`, `externalId`, and those of an extension
    /// below its URN, also those that SCIM never returns. Only with `include=attributes`, and in a snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>)]
    attributes: Option<Attributes>,
}

impl GroupDetails {
    pub(crate) fn of(mut group: GroupSummary, roles: &Catalogue, parts: Parts) -> Self {
        let attributes = parts.attributes(std::mem::take(&mut group.attributes));
        let mapping = RoleMapping::of(group, roles);
        Self {
            group: mapping.group,
            role_id: mapping.role_id,
            role_ids: mapping.role_ids,
            attributes,
        }
    }
}

/// The query of a search for groups.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GroupSearch {
    /// Only groups whose name begins with this text, without regard to case.
    text: Option<String>,
    /// A part of each group to show beside the others: `attributes`.
    #[param(pattern = "^attributes$")]
    include: Option<String>,
    /// `next` of the page before, for an hour.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// The query of one group.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GroupQuery {
    /// A part of the group to show beside the others: `attributes`.
    #[param(pattern = "^attributes$")]
    include: Option<String>,
}

/// Lists groups in order of their names.
#[utoipa::path(get, path = "/api/v1/scim/groups", operation_id = "list_groups", tag = "people", params(GroupSearch),
    responses((status = 200, body = List<GroupDetails>)), security(("session" = ["directory:read"])))]
pub(crate) async fn list(
    access: Access<Read>,
    Params(asked): Params<GroupSearch>,
) -> Result<Json<List<GroupDetails>>, Problem> {
    let (limit, parts) = (
        limit(asked.limit)?,
        Parts::of_groups(asked.include.as_deref())?,
    );
    let text = asked.text.unwrap_or_default();
    let (insight, list) = (Insight::of(&access.tenant), format!("groups\n{text}"));
    let after = insight.place(&list, asked.after.as_deref()).await?;
    let (groups, next) = insight
        .search_groups(&text, GroupFilter::All, after, limit)
        .await?;
    let next = insight.cursor(&list, next).await?;
    let groups = groups.into_iter();
    let groups = groups.map(|group| GroupDetails::of(group, &access.roles, parts));
    let groups: Vec<GroupDetails> = groups.collect();
    parts.check_size(&groups)?;
    Ok(List::of(groups, next))
}

/// Reads one group.
#[utoipa::path(get, path = "/api/v1/scim/groups/{id}", operation_id = "read_group", tag = "people",
    params(("id" = String, Path, description = "The group's id"), GroupQuery),
    responses((status = 200, body = GroupDetails)), security(("session" = ["directory:read"])))]
pub(crate) async fn read(
    access: Access<Read>,
    Id(group): Id,
    Params(asked): Params<GroupQuery>,
) -> Result<Json<GroupDetails>, Problem> {
    let parts = Parts::of_groups(asked.include.as_deref())?;
    let group = Insight::of(&access.tenant).group(&group).await?;
    Ok(Json(GroupDetails::of(group, &access.roles, parts)))
}

/// The query of the list of groups.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GroupsPage {
    /// `next` of the page before, for an hour.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// Lists the pushed groups with the role of each, in order of their names.
#[utoipa::path(get, path = "/api/v1/scim/groups/role-mappings", operation_id = "list_role_mappings", tag = "roles", params(GroupsPage),
    responses((status = 200, body = List<RoleMapping>)), security(("session" = ["sso:configure"])))]
pub(crate) async fn list_mappings(
    access: Access<Configure>,
    Params(asked): Params<GroupsPage>,
) -> Result<Json<List<RoleMapping>>, Problem> {
    let limit = limit(asked.limit)?;
    let (insight, list) = (Insight::of(&access.tenant), "role mappings");
    let after = insight.place(list, asked.after.as_deref()).await?;
    let (groups, next) = insight.groups(after, limit).await?;
    let next = insight.cursor(list, next).await?;
    let mappings = groups.into_iter();
    let mappings = mappings.map(|group| RoleMapping::of(group, &access.roles));
    Ok(List::of(mappings.collect::<Vec<_>>(), next))
}

/// The roles that a group gives to its members: `role_id` for one, or `role_ids` for several.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMapping {
    /// The role; null to clear the mapping. `owner` cannot be given by a group.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Role>)]
    role_id: Option<Option<Role>>,
    /// The roles; none to clear the mapping.
    role_ids: Option<Vec<Role>>,
}

/// Maps a group to one or more roles, or clears its mapping. The roles of its members change at once, unless the
/// tenant's settings say otherwise; the events about it follow. Nobody adds or takes away a role above their own.
#[utoipa::path(put, path = "/api/v1/scim/groups/{id}/role-mapping", operation_id = "set_role_mapping", tag = "roles", request_body = NewMapping,
    params(("id" = String, Path, description = "The group's id")),
    responses((status = 200, body = RoleMapping)), security(("session" = ["sso:configure"])))]
pub(crate) async fn map(
    access: Access<Configure>,
    Id(group): Id,
    Fields(mapping): Fields<NewMapping>,
) -> Result<Json<RoleMapping>, Problem> {
    let roles = named(mapping.role_id, mapping.role_ids, &access.roles)?;
    let (mappings, rank) = (access.tenant.roles(), access.rank());
    // Read before the change, so that no answer fails after it.
    let mut seen = Insight::of(&access.tenant).group(&group).await?;
    seen.roles = mappings.map_group_by(&group, roles, rank).await?.roles;
    Ok(Json(RoleMapping::of(seen, &access.roles)))
}

/// The query of the list of a group's members.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MembersPage {
    /// Only members in these states: `active`, `invited`, `inactive`, separated by commas. All unless given.
    #[param(pattern = r"^(active|invited|inactive|,|\s)*$")]
    state: Option<String>,
    /// `next` of the page before, for an hour.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// Lists the members of a group with their states.
#[utoipa::path(get, path = "/api/v1/scim/groups/{id}/members", operation_id = "list_group_members", tag = "people",
    params(("id" = String, Path, description = "The group's id"), MembersPage),
    responses((status = 200, body = List<Person>)), security(("session" = ["directory:read"])))]
pub(crate) async fn list_members(
    access: Access<Read>,
    Id(group): Id,
    Params(asked): Params<MembersPage>,
) -> Result<Json<List<Person>>, Problem> {
    let (states, limit) = (states(asked.state.as_deref())?, limit(asked.limit)?);
    let (insight, list) = (
        Insight::of(&access.tenant),
        format!("members\n{group}\n{states:?}"),
    );
    let after = insight.place(&list, asked.after.as_deref()).await?;
    let (people, next) = insight.group_people(&group, &states, after, limit).await?;
    let next = insight.cursor(&list, next).await?;
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
