//! The keys of the findings of a tenant, and of what the hourly pass remembers.

use crate::keys::Keys;
use crate::partition::{Key, Partition};

impl Keys<'_> {
    /// Returns the partition of the findings of the tenant. It has one item.
    pub fn all_findings(self) -> Partition {
        self.partition("#HF")
    }

    /// Returns the key of the findings that are open, that have closed lately, and that an admin has put off.
    pub fn findings(self) -> Key {
        self.all_findings().at("FINDINGS")
    }

    /// Returns the key of what the hourly pass remembers of the tenant.
    pub fn last_pass(self) -> Key {
        self.partition("#HC").at("PASS")
    }
}
