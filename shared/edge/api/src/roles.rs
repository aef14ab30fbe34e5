//! The role catalogue: of the stack, and of a tenant.

use axum::Json;
use jiff::Timestamp;
use rollcall_directory as directory;
use rollcall_directory::{Catalogue, RoleDefinition, StackCatalogue, shown};
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::application::{Application, ApplicationAt};
use crate::caller::Access;
use crate::fields::Fields;
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
    /// Whether the stack has no such role any more. Whoever still has it keeps it; nobody else gets it.
    retired: bool,
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
            retired: role.retired,
        }
    }
}

pub(crate) fn listed(roles: &Catalogue) -> Vec<CatalogueRole> {
    let listed = roles.definitions().into_iter().zip(roles.roles());
    let listed = listed.map(|(role, known)| CatalogueRole::of(role, known));
    listed.collect()
}

/// The roles of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TenantRoles {
    /// The roles, lowest first.
    items: Vec<CatalogueRole>,
    /// Whether they are those of the stack, because the tenant has none of its own.
    inherited: bool,
}

impl From<(Catalogue, bool)> for TenantRoles {
    fn from((roles, inherited): (Catalogue, bool)) -> Self {
        let items = listed(&roles);
        Self { items, inherited }
    }
}

/// Lists the roles there are, lowest first.
#[utoipa::path(get, path = "/api/v1/scim/roles", operation_id = "list_roles", tag = "roles",
    responses((status = 200, body = TenantRoles)), security(("session" = ["sso:configure"])))]
pub(crate) async fn list(access: Access<Configure>) -> Result<Json<TenantRoles>, Problem> {
    let roles = access.tenant.settings().roles().await?;
    Ok(Json(roles.into()))
}

/// A role to define.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCatalogueRole {
    /// Its id: at most 32 lower-case letters, digits, `_` and `-`.
    #[schema(example = "editor")]
    id: String,
    /// Its name for display: at most 64 bytes in UTF-8, without spaces at its ends.
    #[schema(example = "Editor")]
    name: String,
    /// What it is for.
    #[serde(default)]
    description: String,
    /// Its rank, 1 to 999: of several roles, the highest counts. That of `owner` is 1000.
    #[schema(minimum = 1, maximum = 1000)]
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
    /// What it allows. `directory:read`, `directory:pick`, `provisioning:read`, `provisioning:create`,
    /// `provisioning:delete`,
    /// `sso:configure`, `logs:read`, `settings:write` and `webhooks:manage` count in this API and in the console; all
    /// others are words of the application. They are read back sorted.
    #[serde(default)]
    permissions: Vec<String>,
    /// Ignored, so that roles can be sent as they were read.
    #[serde(rename = "mappable")]
    _mappable: Option<bool>,
    /// Whether the role is one that the stack has no more. Nobody can define such a role.
    #[serde(default)]
    retired: bool,
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
            retired: false,
        }
    }
}

/// Roles, in any order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCatalogue {
    /// All roles, at most 30 with `owner`, which is added if it is missing, and 8,000 bytes. None at all: for a tenant, the
    /// roles of the stack; for the stack, the default roles.
    items: Vec<NewCatalogueRole>,
    /// Whether the tenant has the roles of the stack, as it can be read. `items` then do not count.
    #[serde(default)]
    inherited: bool,
    /// Ignored, so that the roles of the stack can be sent as they were read.
    #[serde(rename = "changed_at")]
    _changed_at: Option<Timestamp>,
    /// Ignored, so that the roles of the stack can be sent as they were read.
    #[serde(rename = "applied_at")]
    _applied_at: Option<Timestamp>,
}

/// The ranks of roles; the last one is the owner's.
const RANKS: std::ops::RangeInclusive<u16> = 1..=1_000;

impl NewCatalogue {
    /// Returns the roles; `None` if the request names none.
    fn defined(self) -> Result<Option<Catalogue>, Problem> {
        if let Some(role) = self.items.iter().find(|role| !RANKS.contains(&role.rank)) {
            return Err(Problem::invalid(format!(
                "the `rank` of the role `{}` must be {} to {}",
                shown(&role.id),
                RANKS.start(),
                RANKS.end()
            )));
        }
        if self.inherited {
            return Ok(None);
        }
        if let Some(role) = self.items.iter().find(|role| role.retired) {
            return Err(Problem::invalid(format!(
                "the role `{}` is `retired`: the stack no longer has it; leave it out",
                shown(&role.id)
            )));
        }
        if let Some(role) = self.items.iter().find(|it| it.name.trim() != it.name) {
            return Err(Problem::invalid(format!(
                "the `name` of the role `{}` must not begin or end with a space: it is read back as it was put",
                shown(&role.id)
            )));
        }
        let roles: Vec<RoleDefinition> = self.items.into_iter().map(RoleDefinition::from).collect();
        match roles.is_empty() {
            true => Ok(None),
            false => Catalogue::define(roles).map(Some).map_err(Problem::invalid),
        }
    }
}

/// Replaces the roles of a tenant. Everybody's roles are decided again, and events say whose have changed. A role that
/// is still given cannot be left out: 409 `role_in_use` says by what.
#[utoipa::path(put, path = "/api/v1/tenants/{tenant}/roles", operation_id = "define_roles_of_tenant", tag = "roles",
    request_body = NewCatalogue, params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, body = TenantRoles),
        (status = 409, description = "`role_in_use`: a role that would vanish is still given.")),
    security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn define(
    at: ApplicationAt<Tenants>,
    Fields(new): Fields<NewCatalogue>,
) -> Result<Json<TenantRoles>, Problem> {
    let roles = new.defined()?;
    let defined = at.tenant.settings().define_roles(roles.as_ref()).await?;
    Ok(Json(defined.into()))
}

/// The roles of the stack: those of every tenant without roles of its own.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StackRoles {
    /// The roles, lowest first.
    items: Vec<CatalogueRole>,
    /// When they were last changed; null for the default roles.
    changed_at: Option<Timestamp>,
    /// When all these tenants had them. Null while some do not have them yet, and for the default roles.
    applied_at: Option<Timestamp>,
}

impl From<StackCatalogue> for StackRoles {
    fn from(stack: StackCatalogue) -> Self {
        Self {
            items: listed(&stack.roles),
            changed_at: stack.changed_at,
            applied_at: stack.applied_at,
        }
    }
}

/// Reads the roles of the stack, lowest first.
#[utoipa::path(get, path = "/api/v1/roles", operation_id = "read_stack_roles", tag = "roles",
    responses((status = 200, body = StackRoles)), security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn read_of_stack(
    application: Application<Tenants>,
) -> Result<Json<StackRoles>, Problem> {
    let stack = application.directory.stack_roles().read().await?;
    Ok(Json(stack.into()))
}

/// Replaces the roles of the stack. Tenants without roles of their own get them within minutes, and `applied_at` says when
/// all have them. Everybody's roles are then decided again, and events say whose have changed. A role that is left out and
/// still in use in a tenant stays there for those who have it, as `retired`, until nobody has it.
#[utoipa::path(put, path = "/api/v1/roles", operation_id = "define_stack_roles", tag = "roles", request_body = NewCatalogue,
    responses((status = 200, body = StackRoles)), security(("service_key" = ["tenants:manage"])))]
pub(crate) async fn define_of_stack(
    application: Application<Tenants>,
    Fields(new): Fields<NewCatalogue>,
) -> Result<Json<StackRoles>, Problem> {
    let roles = new.defined()?.unwrap_or_default();
    let (key, request_id) = application.ids();
    let stack = application.directory.stack_roles();
    let stack = stack.define(&roles, key, request_id).await?;
    Ok(Json(stack.into()))
}
