//! The role catalogue of a tenant.

use axum::Json;
use rollcall_directory as directory;
use rollcall_directory::{Catalogue, RoleDefinition};
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::caller::{Access, ApplicationAt};
use crate::fields::{Fields, List};
use crate::gate::{Configure, Tenants};
use crate::role::Role;

/// A role of the catalogue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CatalogueRole {
    /// Its id.
    id: Role,
    /// Its name for display.
    name: String,
    /// What it is for.
    description: String,
    /// Its rank: of several roles, the highest counts.
    rank: u16,
    /// What it allows: in this API and in the console, and in words of the application.
    permissions: Vec<String>,
    /// Whether a group may be mapped to it.
    by_mapping: bool,
    /// Whether it may be given by hand.
    by_hand: bool,
    /// Whether it may be the `sso_default_role` of the tenant.
    by_default: bool,
    /// The same as `by_mapping`.
    mappable: bool,
}

impl CatalogueRole {
    fn of(role: RoleDefinition, known: directory::Role) -> Self {
        Self {
            id: known.into(),
            name: role.name,
            description: role.description,
            rank: role.rank,
            permissions: role.permissions,
            by_mapping: role.by_mapping,
            by_hand: role.by_hand,
            by_default: role.by_default,
            mappable: role.by_mapping,
        }
    }
}

fn list_of(roles: &Catalogue) -> Json<List<CatalogueRole>> {
    let listed = roles.definitions().into_iter().zip(roles.roles());
    let listed = listed.map(|(role, known)| CatalogueRole::of(role, known));
    List::of(listed.collect::<Vec<_>>(), None)
}

/// Lists the roles there are, lowest first.
#[utoipa::path(get, path = "/api/v1/scim/roles", operation_id = "list_roles", tag = "roles",
    responses((status = 200, body = List<CatalogueRole>)), security(("session" = ["sso:configure"])))]
pub(crate) async fn list(access: Access<Configure>) -> Json<List<CatalogueRole>> {
    list_of(&access.roles)
}

/// A role to define.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCatalogueRole {
    /// Its id: at most 32 lower-case letters, digits, `_` and `-`.
    #[schema(example = "editor", pattern = "^[a-z0-9_-]{1,32}$")]
    id: String,
    /// Its name for display.
    #[schema(example = "Editor")]
    name: String,
    /// What it is for.
    #[serde(default)]
    description: String,
    /// Its rank, 1 to 999: of several roles, the highest counts. That of `owner` is 1000.
    #[schema(minimum = 1, maximum = 999)]
    rank: u16,
    /// Whether a group may be mapped to it.
    #[serde(default)]
    by_mapping: bool,
    /// Whether it may be given by hand.
    #[serde(default)]
    by_hand: bool,
    /// Whether it may be the `sso_default_role` of the tenant.
    #[serde(default)]
    by_default: bool,
    /// What it allows. `directory:read`, `provisioning:read`, `provisioning:create`, `provisioning:delete`,
    /// `sso:configure`, `logs:read` and `settings:write` count in this API and in the console; all others are words of
    /// the application.
    #[serde(default)]
    permissions: Vec<String>,
}

impl From<NewCatalogueRole> for RoleDefinition {
    fn from(role: NewCatalogueRole) -> Self {
        Self {
            id: role.id,
            name: role.name,
            description: role.description,
            rank: role.rank,
            by_mapping: role.by_mapping,
            by_hand: role.by_hand,
            by_default: role.by_default,
            permissions: role.permissions,
        }
    }
}

/// The roles of a tenant, in any order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCatalogue {
    /// All roles of the tenant. `owner` is added if it is missing. None at all for the default roles.
    items: Vec<NewCatalogueRole>,
}

/// Replaces the roles of a tenant. Everybody's roles are decided again, and events say whose have changed. A role that
/// is still given cannot be left out: 409 `role_in_use` says by what.
#[utoipa::path(put, path = "/api/v1/tenants/{tenant}/roles", operation_id = "define_roles_of_tenant", tag = "roles",
    request_body = NewCatalogue, params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, body = List<CatalogueRole>),
        (status = 409, description = "`role_in_use`: a role that would vanish is still given.")),
    security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn define(
    at: ApplicationAt<Tenants>,
    Fields(new): Fields<NewCatalogue>,
) -> Result<Json<List<CatalogueRole>>, Problem> {
    let roles: Vec<RoleDefinition> = new.items.into_iter().map(RoleDefinition::from).collect();
    let roles = match roles.is_empty() {
        true => Catalogue::default(),
        false => Catalogue::define(roles).map_err(Problem::invalid)?,
    };
    let defined = at.tenant.settings().define_roles(&roles).await?;
    Ok(list_of(&defined))
}
