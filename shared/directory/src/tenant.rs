//! A tenant's settings, and the handle through which everything of one tenant is done.

use rollcall_scim as scim;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Error;
use crate::journal::entry::Actor;
use crate::model::role::Role;
use crate::store::item::from_item;
use crate::store::keys::TenantId;
use crate::store::table::Table;

/// What happens to ids in a group write that name nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownMembers {
    /// They are left out, so that one stale id never blocks a whole group's sync.
    #[default]
    Skip,
    /// The request is refused with the id named, and nothing is applied.
    Reject,
}

/// Whether a role that somebody gave by hand outlasts a sign-in that groups decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ManualRoles {
    /// It stays, and the highest of all grants counts.
    #[default]
    Preserved,
    /// The groups of the next sign-in replace it, unless it is `owner`.
    OverwrittenAtLogin,
}

/// When changed memberships and mappings change roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleSync {
    /// At once.
    #[default]
    Immediate,
    /// At the person's next sign-in.
    AtLogin,
}

/// What decides the mapped role at a sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RouteBy {
    /// The `groups` claim of the assertion alone.
    Claim,
    /// The memberships that were pushed alone.
    Membership,
    /// The claim where it names a mapped group, else the memberships.
    #[default]
    ClaimThenMembership,
}

/// How many requests one token may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Requests per minute, sustained; at least 1.
    pub per_minute: u32,
    /// Requests that may come at once on top.
    pub burst: u32,
}

impl Default for RateLimit {
    /// Twice the 25 requests a second that Microsoft's gallery asks for.
    fn default() -> Self {
        Self {
            per_minute: 3_000,
            burst: 300,
        }
    }
}

/// What a tenant can decide for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Settings {
    /// The role of people whose first sign-in no group decides.
    pub sso_default_role: Option<Role>,
    /// See [`ManualRoles`].
    pub manual_roles: ManualRoles,
    /// See [`RoleSync`].
    pub role_sync: RoleSync,
    /// See [`RouteBy`].
    pub route_by: RouteBy,
    /// Whether people who are pushed get an invitation mail.
    pub invitations: bool,
    /// See [`UnknownMembers`].
    pub unknown_members: UnknownMembers,
    /// Of each token; none is unmetered.
    pub rate_limit: Option<RateLimit>,
    /// How long the journal and the request log are kept.
    pub retention_days: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sso_default_role: Some(Role::Member),
            manual_roles: ManualRoles::default(),
            role_sync: RoleSync::default(),
            route_by: RouteBy::default(),
            invitations: false,
            unknown_members: UnknownMembers::default(),
            rate_limit: Some(RateLimit::default()),
            retention_days: 365,
        }
    }
}

/// A tenant to be.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Its id, never changed and never used again.
    pub id: TenantId,
    /// What people call it.
    pub name: String,
    /// Its settings.
    pub settings: Settings,
}

/// A tenant as the table holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TenantItem {
    pub(crate) display_name: String,
    pub(crate) created_at: jiff::Timestamp,
    pub(crate) settings: Settings,
    /// Grows by one with every write.
    pub(crate) revision: u64,
}

/// One tenant, as one actor within one request sees it. Nothing reaches another tenant through it.
#[derive(Clone, Debug)]
pub struct Tenant {
    pub(crate) table: Table,
    pub(crate) id: TenantId,
    pub(crate) actor: Actor,
    pub(crate) request_id: String,
}

impl Tenant {
    /// The tenant's id.
    pub fn id(&self) -> &TenantId {
        &self.id
    }

    /// The tenant's settings.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn settings(&self) -> Result<Settings, Error> {
        Ok(self.stored().await?.settings)
    }

    /// The tenant's settings, and which revision of the tenant has them.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn settings_and_revision(&self) -> Result<(Settings, u64), Error> {
        let stored = self.stored().await?;
        Ok((stored.settings, stored.revision))
    }

    pub(crate) async fn stored(&self) -> Result<TenantItem, Error> {
        match self.table.get(&self.id.tenant_key()).await? {
            Some(item) => from_item(item),
            None => Err(scim::Error::NotFound {
                what: format!("tenant `{}`", self.id),
            }
            .into()),
        }
    }
}
