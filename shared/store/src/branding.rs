//! The stored branding of the stack and of tenants, and how pages read both of them at once.

use jiff::Timestamp;
use rollcall_model::{Brand, Branding, TenantId};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::found::Found;
use crate::item::{Item, from_item, to_item};
use crate::keys::Keys;
use crate::partition::{Key, Partition};
use crate::stack_keys::StackKeys;

/// The sort key of a branding in its partition.
const RECORD: &str = "BRAND";

/// A branding as it is stored. Its logo is an item of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrandingItem {
    /// The branding.
    pub branding: Branding,
    /// Increases by one with every change.
    pub version: u64,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// The id of the service key that changed it. For a tenant, the journal has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_key: Option<String>,
    /// The id of the request that changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl BrandingItem {
    /// Returns the key of the branding of a partition.
    pub fn key(partition: &Partition) -> Key {
        partition.at(RECORD)
    }

    /// Returns the key of a logo in a partition. A key with another digest finds nothing.
    pub fn logo_key(partition: &Partition, digest: &str) -> Key {
        partition.at(format!("LOGO#{digest}"))
    }

    /// Serialises the branding to an item of the partition.
    ///
    /// # Errors
    /// None in practice, because a branding serialises to an object.
    pub fn to_item(&self, partition: &Partition) -> Result<Item, Error> {
        to_item(&Self::key(partition), self)
    }
}

/// Returns the keys of what pages and mails of a tenant must read to know how they look.
pub fn brand_keys(tenant: &TenantId) -> [Key; 2] {
    [StackKeys::branding(), Keys::of(tenant).branding()].map(|at| BrandingItem::key(&at))
}

/// Takes the brand of a tenant from the items with its [`brand_keys`].
pub fn brand_in(found: &mut Found, tenant: &TenantId) -> Brand {
    let [stack, own] = brand_keys(tenant).map(|key| stored_branding(found.take(&key)));
    Brand::of_tenant(tenant, own, stack)
}

/// Returns the branding of an item. What a newer version has stored in a way that this one cannot read counts as none, so
/// that the pages of this version can be shown.
pub fn stored_branding(item: Option<Item>) -> Branding {
    let read = item.map(from_item::<BrandingItem>).transpose();
    read.ok()
        .flatten()
        .map(|item| item.branding)
        .unwrap_or_default()
}
