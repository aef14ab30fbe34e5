//! The keys of what belongs to the whole stack, not to a tenant: the list of tenants, the service keys, the erasures,
//! the hourly pass, the work in a restored table.

use rollcall_model::TenantId;

use crate::partition::{Key, Partition};

/// The keys of the items that belong to the whole stack, not to a tenant.
#[derive(Clone, Copy, Debug)]
pub struct StackKeys;

impl StackKeys {
    /// Returns the partition of the list of tenants. The sort key is the tenant's id.
    pub fn tenants() -> Partition {
        Partition::stored("S#TENANTS")
    }

    /// Returns the key of the roles of the stack.
    pub fn roles() -> Key {
        Partition::stored("S#ROLES").at("CATALOGUE")
    }

    /// Returns the key of the extension schemas of the stack.
    pub fn schemas() -> Key {
        Partition::stored("S#SCHEMAS").at("DECLARED")
    }

    /// Returns the partition of the branding of the stack and its logo.
    pub fn branding() -> Partition {
        Partition::stored("S#BRANDING")
    }

    /// Returns the partition of the history of the branding of the stack. The sort key is a UUIDv7.
    pub fn branding_history() -> Partition {
        Partition::stored("S#BRANDHISTORY")
    }

    /// Returns the partition of service keys. The sort key is the hash of the key.
    pub fn service_keys() -> Partition {
        Partition::stored("S#KEYS")
    }

    /// Returns the key of the erasure of a tenant. It stays when everything else of the tenant is gone.
    pub fn erasure(tenant: &TenantId) -> Key {
        Partition::stored("S#ERASURES").at(tenant.as_str())
    }

    /// Returns the partition of the erasures that are not finished. The sort key says whose.
    pub fn erasing() -> Partition {
        Partition::stored("S#ERASING")
    }

    /// Returns the partition of the marks and answers of requests of the stack with an idempotency key.
    pub fn repeats() -> Partition {
        Partition::stored("S#REPEATS")
    }

    /// Returns the key of the hourly pass that began last.
    pub fn pass() -> Key {
        Partition::stored("S#PASS").at("LAST")
    }

    /// Returns the key of how far a part of the hourly pass is.
    pub fn pass_part(part: u8) -> Key {
        Partition::stored("S#PASS").at(format!("PART#{part:02}"))
    }

    /// Returns the key of how far the work in a restored table is.
    pub fn reapplied() -> Key {
        Partition::stored("S#RESTORED").at("REAPPLIED")
    }

    /// Returns the partition of the history of service keys. The sort key is a UUIDv7.
    pub fn service_key_history() -> Partition {
        Partition::stored("S#KEYHISTORY")
    }
}
