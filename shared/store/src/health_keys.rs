//! The key of the findings of a tenant.

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
}
