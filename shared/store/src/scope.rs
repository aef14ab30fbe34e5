//! The scope of an operation: one tenant, one actor, one request.

use std::collections::BTreeSet;
use std::sync::Arc;

use rollcall_model::{
    Actor, AtCeiling, Catalogue, Ceilings, DeletedPeople, Kind, Origin, RateLimit, RoleDefinition,
    SessionBounds, Settings, TenantId, WebhookTargets, sha256_hex, shown,
};
use rollcall_scim::{self as scim, ResourceType, ResourceTypes};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::item::{Item, carry_over, from_item, to_item};
use crate::key_ring::KeyRing;
use crate::keys::Keys;
use crate::table::Table;
use crate::transaction::{Expression, Guard, Transaction};

/// The context of every operation of the rooms: the table, the tenant, the actor and the request id. It gives no access
/// to other tenants.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The table.
    pub table: Table,
    /// The keys of the stack.
    pub key_ring: KeyRing,
    /// The tenant.
    pub tenant: TenantId,
    /// The actor.
    pub actor: Actor,
    /// Where the request came from. Empty for what Rollcall does by itself.
    pub origin: Origin,
    /// The id of the request.
    pub request_id: String,
    /// The operator's bounds of sessions.
    pub session_bounds: SessionBounds,
    /// What a push of somebody who was deleted does, if the request is one of an identity provider.
    pub deleted_people: DeletedPeople,
    /// What the tenant has as much of as the operator allows, if the request is one of an identity provider.
    pub at_ceiling: AtCeiling,
    /// Whether the request is one of a connection that is only observed: what it says takes no effect.
    pub observing: bool,
    /// The types of resources, with the extensions that are declared if the request needs them.
    pub types: ResourceTypes,
    /// Where webhooks may lead.
    pub webhook_targets: WebhookTargets,
    /// Whether the stack sends mail.
    pub sends_mail: bool,
}

/// The stored item of a tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TenantItem {
    /// Its name.
    pub display_name: String,
    /// When it was created.
    pub created_at: jiff::Timestamp,
    /// Its settings.
    pub settings: Settings,
    /// The operator's limit for the requests of all tokens and sessions together, and of service keys that are bound to the
    /// tenant; `None` is unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_ceiling: Option<RateLimit>,
    /// The operator's other limits.
    #[serde(default, skip_serializing_if = "Ceilings::is_empty")]
    pub ceilings: Ceilings,
    /// Which of them were reached when they were last counted.
    #[serde(default, skip_serializing_if = "AtCeiling::is_empty")]
    pub at_ceiling: AtCeiling,
    /// Increases by one with every write.
    pub revision: u64,
    /// Whether its deletion has begun. From then on, nothing is issued in the tenant.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleting: bool,
    /// When it was last checked that every mapped group is in the list of its external id. Earlier versions do not
    /// store it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups_listed_at: Option<jiff::Timestamp>,
    /// When everybody whose owner the journal tells had one. Earlier versions do not note owners.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owners_known_at: Option<jiff::Timestamp>,
    /// The person up to whom that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owners_known_behind: Option<String>,
    /// When every group whose owner the journal tells had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_owners_known_at: Option<jiff::Timestamp>,
    /// The group up to which that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_owners_known_behind: Option<String>,
    /// The tenant's only connection; `None` if there are none or several, or if it is not known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sole_connection: Option<String>,
    /// The connections that are only observed, and those that were deleted while they were: what they said takes no
    /// effect. The connections themselves and the tenant's meter have copies.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub observing: BTreeSet<String>,
    /// Those of them that were deleted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub observed_gone: BTreeSet<String>,
    /// How often a role was given by hand or by a group. A change of the roles is conditional on it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub grants: u64,
    /// How many findings were open when the last check or an admin changed that, without those that are put off. The pages of
    /// the console show it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub open_findings: u64,
    /// The version of the tenant's extension schemas; 0 if there are none. They are an item of their own.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub schemas: u64,
    /// The version of the stack's extension schemas that the tenant has; 0 if there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stack_schemas: u64,
    /// The tenant's roles, its own or a copy of those of the stack; empty for the default ones. The settings carry
    /// them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<RoleDefinition>,
    /// The hash of `roles`, if they are a copy. After a roll-back, an earlier version may have defined others, and then
    /// the hash differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    roles_inherited: Option<String>,
    /// The item as it was read; empty for a new tenant.
    #[serde(skip)]
    raw: Arc<Item>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl TenantItem {
    /// Creates a tenant that is not stored yet.
    pub fn new(display_name: String, created_at: jiff::Timestamp, settings: Settings) -> Self {
        Self {
            display_name,
            created_at,
            settings,
            request_ceiling: None,
            ceilings: Ceilings::default(),
            at_ceiling: AtCeiling::default(),
            revision: 1,
            deleting: false,
            // It has no groups yet.
            groups_listed_at: Some(created_at),
            owners_known_at: Some(created_at),
            owners_known_behind: None,
            group_owners_known_at: Some(created_at),
            group_owners_known_behind: None,
            sole_connection: None,
            observing: BTreeSet::new(),
            observed_gone: BTreeSet::new(),
            grants: 0,
            open_findings: 0,
            schemas: 0,
            stack_schemas: 0,
            roles: Vec::new(),
            roles_inherited: None,
            raw: Arc::default(),
        }
    }

    /// Deserialises a stored tenant.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when the item is not a tenant.
    pub fn from_item(item: Item) -> Result<Self, Error> {
        let raw = Arc::new(item.clone());
        let mut tenant: Self = from_item(item)?;
        tenant.settings.roles = Catalogue::stored(&tenant.roles);
        Ok(Self { raw, ..tenant })
    }

    /// Returns whether the tenant has the roles of the stack, and none of its own.
    pub fn inherits_roles(&self) -> bool {
        self.roles.is_empty() || self.roles_inherited == Some(hash_of(&self.roles))
    }

    /// Gives the tenant roles of its own.
    pub fn define_roles(&mut self, roles: Catalogue) {
        self.roles = match roles.is_default() {
            true => Vec::new(),
            false => roles.definitions(),
        };
        self.roles_inherited = None;
        self.settings.roles = roles;
    }

    /// Gives the tenant a copy of the stack's roles.
    pub fn inherit_roles(&mut self, roles: Catalogue) {
        self.define_roles(roles);
        self.roles_inherited = (!self.roles.is_empty()).then(|| hash_of(&self.roles));
    }

    /// Serialises the tenant to an item. Keeps the attributes of the item as read that this version of the code does
    /// not know.
    ///
    /// # Errors
    /// None in practice, because a tenant serialises to an object.
    pub fn to_item(&self, keys: Keys<'_>) -> Result<Item, Error> {
        let mut item = to_item(&keys.tenant(), self)?;
        if !self.raw.is_empty() {
            let before: Self = from_item((*self.raw).clone())?;
            let before = to_item(&keys.tenant(), &before)?;
            carry_over(&self.raw, &before, &mut item, &["settings"]);
        }
        Ok(item)
    }
}

fn hash_of(roles: &[RoleDefinition]) -> String {
    sha256_hex(&serde_json::json!(roles).to_string())
}

impl Scope {
    /// Returns the keys of the tenant.
    pub fn keys(&self) -> Keys<'_> {
        Keys::of(&self.tenant)
    }

    /// Returns the scope with a handle on the table that reads eventually consistently and does not write.
    #[must_use]
    pub fn looking(&self) -> Self {
        Self {
            table: self.table.looking(),
            ..self.clone()
        }
    }

    /// Returns the connection whose request it is, if that is only observed.
    pub fn observer(&self) -> Option<&str> {
        self.actor.connection().filter(|_| self.observing)
    }

    /// Returns the type of the resources of a kind, with the extensions that are declared.
    pub fn resource_type(&self, kind: &Kind) -> &'static ResourceType {
        match kind.has_members() {
            true => self.types.groups,
            false => self.types.users,
        }
    }

    /// Reads the tenant.
    ///
    /// # Errors
    /// `404` when the tenant does not exist.
    pub async fn stored_tenant(&self) -> Result<TenantItem, Error> {
        self.tenant_in(self.table.get(&self.keys().tenant()).await?)
    }

    /// Reads the tenant, unless its deletion has begun.
    ///
    /// # Errors
    /// `404` when the tenant does not exist or is being deleted.
    pub async fn living_tenant(&self) -> Result<TenantItem, Error> {
        self.living(self.stored_tenant().await?)
    }

    /// Returns the tenant, unless its deletion has begun.
    ///
    /// # Errors
    /// `404` when it is being deleted.
    pub fn living(&self, tenant: TenantItem) -> Result<TenantItem, Error> {
        match tenant.deleting {
            true => self.tenant_in(None),
            false => Ok(tenant),
        }
    }

    /// Deserialises the tenant's item, if there is one.
    ///
    /// # Errors
    /// `404` when there is none.
    pub fn tenant_in(&self, item: Option<Item>) -> Result<TenantItem, Error> {
        match item {
            Some(item) => TenantItem::from_item(item),
            None => Err(scim::Error::NotFound {
                what: format!("tenant `{}`", shown(self.tenant.as_str())),
            }
            .into()),
        }
    }

    /// Reads the tenant's settings.
    ///
    /// # Errors
    /// `404` when the tenant does not exist.
    pub async fn settings(&self) -> Result<Settings, Error> {
        Ok(self.stored_tenant().await?.settings)
    }

    /// Adds the condition that the tenant exists and is not being deleted, so that nothing issued outlives it.
    pub fn check_alive(&self, transaction: &mut Transaction) {
        let alive = Expression::new("attribute_exists(PK) AND attribute_not_exists(deleting)");
        transaction.check(self.keys().tenant(), alive, Guard::Gone);
    }

    /// Adds an update of the tenant, on the condition that it exists and is not being deleted.
    pub fn update_alive(&self, transaction: &mut Transaction, set: Expression) {
        let alive = Expression::new("attribute_exists(PK) AND attribute_not_exists(deleting)");
        transaction.update_if(self.keys().tenant(), set, alive, Guard::Gone);
    }

    /// Commits a transaction whose items have no concurrent writers.
    ///
    /// # Errors
    /// [`Error::Busy`] when a condition does not hold, because there was a concurrent writer after all.
    pub async fn commit(&self, transaction: &Transaction) -> Result<(), Error> {
        match self.table.transact(transaction).await?.is_empty() {
            true => Ok(()),
            false => Err(Error::Busy(None)),
        }
    }
}
