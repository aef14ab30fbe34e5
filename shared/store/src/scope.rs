//! One tenant as one actor within one request sees it.

use std::sync::Arc;

use rollcall_model::{Actor, Settings, TenantId, shown};
use rollcall_scim as scim;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::item::{Item, carry_over, from_item, to_item};
use crate::keys::Keys;
use crate::table::Table;
use crate::transaction::{Expression, Guard, Transaction};

/// What every room takes: the table, the tenant, who acts, and within which request. Nothing reaches another tenant
/// through it.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The table.
    pub table: Table,
    /// The tenant.
    pub tenant: TenantId,
    /// Who acts.
    pub actor: Actor,
    /// The id of the request.
    pub request_id: String,
}

/// A tenant as the table holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TenantItem {
    /// Its name.
    pub display_name: String,
    /// When it was created.
    pub created_at: jiff::Timestamp,
    /// Its settings.
    pub settings: Settings,
    /// Grows by one with every write.
    pub revision: u64,
    /// Set once its deletion has begun: from then on nothing new is issued.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleting: bool,
    /// The item as it was read.
    #[serde(skip)]
    raw: Arc<Item>,
}

impl TenantItem {
    /// Returns a tenant that was never stored before.
    pub fn new(display_name: String, created_at: jiff::Timestamp, settings: Settings) -> Self {
        Self {
            display_name,
            created_at,
            settings,
            revision: 1,
            deleting: false,
            raw: Arc::default(),
        }
    }

    /// Reads a stored tenant.
    ///
    /// # Errors
    /// When the item is not a tenant's.
    pub fn from_item(item: Item) -> Result<Self, Error> {
        let raw = Arc::new(item.clone());
        Ok(Self {
            raw,
            ..from_item(item)?
        })
    }

    /// Returns the item to store, with what this version of the code does not know of the one that was read.
    ///
    /// # Errors
    /// None in practice: a tenant serialises to an object.
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

impl Scope {
    /// Returns the keys of the tenant.
    pub fn keys(&self) -> Keys<'_> {
        Keys::of(&self.tenant)
    }

    /// Reads the tenant.
    ///
    /// # Errors
    /// `404` when it was deleted.
    pub async fn stored_tenant(&self) -> Result<TenantItem, Error> {
        match self.table.get(&self.keys().tenant()).await? {
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
    /// `404` when the tenant was deleted.
    pub async fn settings(&self) -> Result<Settings, Error> {
        Ok(self.stored_tenant().await?.settings)
    }

    /// Adds the condition that the tenant exists and is not being deleted: what is issued must not outlive it.
    pub fn check_alive(&self, transaction: &mut Transaction) {
        let alive = Expression::new("attribute_exists(PK) AND attribute_not_exists(deleting)");
        transaction.check(self.keys().tenant(), alive, Guard::Gone);
    }

    /// Commits a transaction for whose items nobody else competes.
    ///
    /// # Errors
    /// [`Error::Busy`] when somebody did all the same.
    pub async fn commit(&self, transaction: &Transaction) -> Result<(), Error> {
        match self.table.transact(transaction).await?.is_empty() {
            true => Ok(()),
            false => Err(Error::Busy(None)),
        }
    }
}
