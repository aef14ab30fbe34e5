//! The keys of the findings of a tenant, and of what the hourly pass remembers.

use crate::keys::Keys;
use crate::partition::{Key, Partition};

/// The sort key of the list of those whose mail was rejected.
pub const REJECTED_MAILS: &str = "REJECTED";

impl Keys<'_> {
    /// Returns the partition of the findings of the tenant. It has one item.
    pub fn all_findings(self) -> Partition {
        self.partition("#HF")
    }

    /// Returns the key of the findings that are open, that have closed lately, and that an admin has put off.
    pub fn findings(self) -> Key {
        self.all_findings().at("FINDINGS")
    }

    /// Returns the key of the list of those whose mail was rejected, beside the settings of the tenant.
    pub fn rejected_mails(self) -> Key {
        self.config().at(REJECTED_MAILS)
    }

    /// Returns the key of what the hourly pass remembers of the tenant.
    pub fn last_pass(self) -> Key {
        self.partition("#HC").at("PASS")
    }
}
