//! The extension schemas of the stack, which every tenant has.
//!
//! Each tenant has a copy, so whoever reads a tenant's schemas reads these, and nobody reads this item besides. A change
//! writes the item alone. A pass, which a schedule starts every few minutes, then renews the copies.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use rollcall_model::TenantId;
use rollcall_scim::Declaration;
use rollcall_store::{
    Error, Expression, Guard, Keys, StackKeys, Table, TenantItem, Transaction, from_item, now,
    number, retry_stale, string, to_item,
};
use serde::{Deserialize, Serialize};

use crate::tenants::declarations::{declared, parsed, text, withdrawn};

/// After this time, a pass looks at all tenants again: at those that were created during a change.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(55);

/// The extension schemas of the stack, and how far they have got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackSchemas {
    /// The schemas.
    pub declarations: Vec<Declaration>,
    /// When they were last changed; `None` if they never were.
    pub changed_at: Option<Timestamp>,
    /// When all tenants had them; `None` if some do not yet.
    pub applied_at: Option<Timestamp>,
    /// The last change, if there was one.
    pub(crate) change: Option<StackSchemasItem>,
}

/// The schemas of the stack as they are stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StackSchemasItem {
    declarations: String,
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

impl StackSchemas {
    fn of(item: Option<StackSchemasItem>) -> Result<Self, Error> {
        match item {
            None => Ok(Self::default()),
            Some(item) => Ok(Self {
                declarations: parsed(&item.declarations)?,
                changed_at: Some(item.changed_at),
                applied_at: item.applied_at,
                change: Some(item),
            }),
        }
    }

    /// Returns how often they were changed.
    pub(crate) fn version(&self) -> u64 {
        self.change.as_ref().map_or(0, |change| change.version)
    }

    /// Returns whether a pass has something to do.
    pub fn is_due(&self) -> bool {
        let looked_at = self.change.as_ref().map(|change| change.looked_at);
        let is_old = |at: Timestamp| now().duration_since(at) > LOOK_AGAIN_AFTER;
        looked_at.is_some_and(|at| at.is_none_or(is_old))
    }
}

/// The handle on the extension schemas of the stack.
#[derive(Clone, Copy, Debug)]
pub struct SchemasOfStack<'a> {
    table: &'a Table,
}

impl<'a> SchemasOfStack<'a> {
    pub(crate) fn of(table: &'a Table) -> Self {
        Self { table }
    }

    /// Reads the schemas of the stack.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn read(self) -> Result<StackSchemas, Error> {
        let item = self.table.get(&StackKeys::schemas()).await?;
        StackSchemas::of(item.map(from_item).transpose()?)
    }

    /// Declares a schema of the stack, or changes it, as this service key in this request. The tenants follow later.
    ///
    /// # Errors
    /// As for a schema of a tenant.
    pub async fn declare(
        self,
        new: &Declaration,
        service_key: &str,
        request_id: &str,
    ) -> Result<StackSchemas, Error> {
        retry_stale(|_| async move {
            let before = self.read().await?;
            let after = declared(&before.declarations, new, &[])?;
            if after == before.declarations {
                return Ok(Some(before));
            }
            self.write(&before, &after, service_key, request_id).await
        })
        .await
    }

    /// Ends the declaration of a schema of the stack. Returns `false` if there is none with this URN.
    ///
    /// # Errors
    /// `409` when the schema hides values.
    pub async fn withdraw(
        self,
        urn: &str,
        service_key: &str,
        request_id: &str,
    ) -> Result<bool, Error> {
        retry_stale(|_| async move {
            let before = self.read().await?;
            let Some(after) = withdrawn(&before.declarations, urn)? else {
                return Ok(Some(false));
            };
            let written = self.write(&before, &after, service_key, request_id);
            Ok(written.await?.map(|_| true))
        })
        .await
    }

    async fn write(
        self,
        before: &StackSchemas,
        after: &[Declaration],
        service_key: &str,
        request_id: &str,
    ) -> Result<Option<StackSchemas>, Error> {
        let item = StackSchemasItem {
            declarations: text(after)?,
            version: before.version() + 1,
            changed_at: now(),
            service_key: service_key.to_owned(),
            request_id: request_id.to_owned(),
            applied_at: None,
            looked_at: None,
        };
        let as_read = match before.version() {
            0 => Expression::absent(),
            version => at_version(version),
        };
        let mut transaction = Transaction::default();
        let stored = to_item(&StackKeys::schemas(), &item)?;
        transaction.put_if(stored, as_read, Guard::Stale);
        match self.table.transact(&transaction).await?.is_empty() {
            true => StackSchemas::of(Some(item)).map(Some),
            false => Ok(None),
        }
    }

    /// Returns those of these tenants that do not have these schemas yet, and those that are unreadable.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn behind(
        self,
        stack: &StackSchemas,
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
                Some(Ok(item)) => item.stack_schemas < stack.version() && !item.deleting,
                // Whoever gives the tenant its schemas reports that.
                Some(Err(_)) => true,
                None => false,
            };
            if is_behind {
                behind.push(tenant.clone());
            }
        }
        Ok(behind)
    }

    /// Notes that a pass over all tenants with these schemas has ended. Does nothing if they have changed since.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn note_applied(self, stack: &StackSchemas) -> Result<(), Error> {
        let at = string(&now().to_string());
        let noted =
            Expression::new("SET looked_at = :at, applied_at = if_not_exists(applied_at, :at)")
                .with(":at", at);
        let mut transaction = Transaction::default();
        let same = at_version(stack.version());
        transaction.update_if(StackKeys::schemas(), noted, same, Guard::Gone);
        self.table.transact(&transaction).await.map(|_| ())
    }
}

fn at_version(version: u64) -> Expression {
    Expression::new("version = :version").with(":version", number(version))
}
