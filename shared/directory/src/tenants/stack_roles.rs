//! The roles of the stack: those of every tenant that has none of its own.
//!
//! Each of these tenants has a copy, so whoever reads a tenant reads its roles, and nobody reads this item besides. A
//! change writes the item alone. A pass, which a schedule starts every few minutes, then renews the copies, and the event
//! of each tenant decides the roles of its people again. So no function uses an earlier catalogue for longer than that.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use rollcall_model::{Catalogue, RoleDefinition, TenantId};
use rollcall_store::{
    Error, Expression, Guard, Keys, StackKeys, Table, TenantItem, Transaction, from_item, now,
    number, retry_stale, string, to_item,
};
use serde::{Deserialize, Serialize};

/// After this time, a pass looks at all tenants again: at roles that are no longer in use, and at tenants that were
/// created during a change.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(55);

/// The roles of the stack, and how far they have got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackCatalogue {
    /// The roles.
    pub roles: Catalogue,
    /// When they were last changed; `None` if they never were.
    pub changed_at: Option<Timestamp>,
    /// When all tenants without roles of their own had them; `None` if some do not yet.
    pub applied_at: Option<Timestamp>,
    /// The last change, if there was one.
    pub(crate) change: Option<StackRolesItem>,
}

/// The roles of the stack as they are stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StackRolesItem {
    /// The roles; empty for the default ones.
    #[serde(default)]
    roles: Vec<RoleDefinition>,
    /// Increases by one with every change.
    version: u64,
    changed_at: Timestamp,
    /// The id of the service key that changed them.
    pub(crate) service_key: String,
    /// The id of the request that changed them.
    pub(crate) request_id: String,
    /// When all tenants had them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    applied_at: Option<Timestamp>,
    /// When a pass last ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    looked_at: Option<Timestamp>,
}

impl From<Option<StackRolesItem>> for StackCatalogue {
    fn from(item: Option<StackRolesItem>) -> Self {
        match item {
            None => Self::default(),
            Some(item) => Self {
                roles: Catalogue::stored(&item.roles),
                changed_at: Some(item.changed_at),
                applied_at: item.applied_at,
                change: Some(item),
            },
        }
    }
}

impl StackCatalogue {
    /// Returns whether a pass has something to do.
    pub fn is_due(&self) -> bool {
        let looked_at = self.change.as_ref().map(|change| change.looked_at);
        let is_old = |at: Timestamp| now().duration_since(at) > LOOK_AGAIN_AFTER;
        looked_at.is_some_and(|at| at.is_none_or(is_old))
    }
}

/// The handle on the roles of the stack.
#[derive(Clone, Copy, Debug)]
pub struct StackRoles<'a> {
    table: &'a Table,
}

impl<'a> StackRoles<'a> {
    pub(crate) fn of(table: &'a Table) -> Self {
        Self { table }
    }

    /// Reads the roles of the stack.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn read(self) -> Result<StackCatalogue, Error> {
        stack_roles(self.table).await
    }

    /// Replaces the roles of the stack, as this service key in this request. The tenants follow later.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn define(
        self,
        roles: &Catalogue,
        service_key: &str,
        request_id: &str,
    ) -> Result<StackCatalogue, Error> {
        retry_stale(|_| async move {
            let before = self.read().await?;
            if before.change.is_some() && before.roles == *roles {
                return Ok(Some(before));
            }
            let read = before.change.map(|change| change.version);
            let item = StackRolesItem {
                roles: match roles.is_default() {
                    true => Vec::new(),
                    false => roles.definitions(),
                },
                version: read.unwrap_or_default() + 1,
                changed_at: now(),
                service_key: service_key.to_owned(),
                request_id: request_id.to_owned(),
                applied_at: None,
                looked_at: None,
            };
            let as_read = read.map_or_else(Expression::absent, at_version);
            let mut transaction = Transaction::default();
            transaction.put_if(to_item(&StackKeys::roles(), &item)?, as_read, Guard::Stale);
            let written = self.table.transact(&transaction).await?.is_empty();
            Ok(written.then(|| Some(item).into()))
        })
        .await
    }

    /// Returns those of these tenants that have no roles of their own, and not yet these, and those that are unreadable.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn behind(
        self,
        stack: &StackCatalogue,
        tenants: &[TenantId],
    ) -> Result<Vec<TenantId>, Error> {
        let keys: HashMap<_, _> = tenants
            .iter()
            .map(|tenant| (tenant, Keys::of(tenant).tenant()))
            .collect();
        let mut found = self.table.find(keys.values().cloned()).await?;
        let mut behind = Vec::new();
        for tenant in tenants {
            let item = keys.get(tenant).and_then(|key| found.take(key));
            let is_behind = match item.map(TenantItem::from_item) {
                Some(Ok(item)) => item.inherits_roles() && item.settings.roles != stack.roles,
                // Whoever gives the tenant its roles reports that.
                Some(Err(_)) => true,
                None => false,
            };
            if is_behind {
                behind.push(tenant.clone());
            }
        }
        Ok(behind)
    }

    /// Notes that a pass over all tenants with these roles has ended. Does nothing if they have changed since.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn note_applied(self, stack: &StackCatalogue) -> Result<(), Error> {
        let Some(change) = &stack.change else {
            return Ok(());
        };
        let at = string(&now().to_string());
        let noted =
            Expression::new("SET looked_at = :at, applied_at = if_not_exists(applied_at, :at)")
                .with(":at", at);
        let mut transaction = Transaction::default();
        let same = at_version(change.version);
        transaction.update_if(StackKeys::roles(), noted, same, Guard::Gone);
        self.table.transact(&transaction).await.map(|_| ())
    }
}

/// Reads the roles of the stack.
pub(crate) async fn stack_roles(table: &Table) -> Result<StackCatalogue, Error> {
    let item = table.get(&StackKeys::roles()).await?;
    Ok(item.map(from_item).transpose()?.into())
}

fn at_version(version: u64) -> Expression {
    Expression::new("version = :version").with(":version", number(version))
}
