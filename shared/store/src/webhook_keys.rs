//! The keys of the webhooks of a tenant.

use crate::keys::Keys;
use crate::partition::Partition;

impl Keys<'_> {
    /// Returns the partition of webhooks. The sort key is the webhook's id.
    pub fn webhooks(self) -> Partition {
        self.partition("#H")
    }

    /// Returns the partition of the deliveries of a webhook, in order of time.
    pub fn webhook_deliveries(self, webhook: &str) -> Partition {
        self.partition(&format!("#HL#{webhook}"))
    }
}
