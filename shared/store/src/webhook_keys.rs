//! The keys of the webhooks of a tenant, and of those of the stack.

use rollcall_model::TenantId;

use crate::keys::Keys;
use crate::partition::{Key, Partition};
use crate::stack_keys::StackKeys;

/// The prefix of the partitions of the tenants for which a webhook of the stack is paused.
pub(crate) const PAUSED_FOR: &str = "S#HOOKSPAUSED#";

impl Keys<'_> {
    /// Returns whether this is the tenant's id.
    pub(crate) fn is_called(self, id: &str) -> bool {
        self.config().as_str().strip_prefix("T#") == Some(id)
    }

    /// Returns whether the sort key of a webhook that waits is one of the tenant.
    pub(crate) fn waits_in(self, sort: &str) -> bool {
        let tenant = sort.split('#').nth(1);
        tenant.is_some_and(|tenant| self.is_called(tenant))
    }

    /// Returns the partition of webhooks. The sort key is the webhook's id.
    pub fn webhooks(self) -> Partition {
        self.partition("#H")
    }

    /// Returns the partition of how far the webhooks of the stack are in the tenant. The sort key is the webhook's id.
    pub fn stack_webhooks(self) -> Partition {
        self.partition("#HP")
    }

    /// Returns the partition of the deliveries of a webhook, in order of time. A webhook of the stack can have the id of one
    /// of the tenant.
    pub fn webhook_deliveries(self, webhook: &str, of_stack: bool) -> Partition {
        let end = if of_stack { "#stack" } else { "" };
        self.partition(&format!("#HL#{webhook}{end}"))
    }
}

impl StackKeys {
    /// Returns the partition of the webhooks that wait to be called, of all tenants, in the order in which they are due.
    pub fn waiting_webhooks() -> Partition {
        Partition::stored("S#WEBHOOKS")
    }

    /// Returns the key of a webhook that waits. `due` is in milliseconds since 1970. Earlier versions skip those of the
    /// stack.
    pub fn waiting_webhook(due: i64, tenant: &TenantId, webhook: &str, of_stack: bool) -> Key {
        let end = if of_stack { "#stack" } else { "" };
        Self::waiting_webhooks().at(format!("{due:015}#{tenant}#{webhook}{end}"))
    }

    /// Returns the partition of the webhooks of the stack. The sort key is the webhook's id.
    pub fn webhooks() -> Partition {
        Partition::stored("S#HOOKS")
    }

    /// Returns the partition of the history of a webhook of the stack. The sort key is a UUIDv7.
    pub fn webhook_history(webhook: &str) -> Partition {
        Partition::stored(&format!("S#HOOKHISTORY#{webhook}"))
    }

    /// Returns the partition of the tenants for which a webhook of the stack is paused. The sort key is the tenant's id.
    pub fn paused_for(webhook: &str) -> Partition {
        Partition::stored(&format!("{PAUSED_FOR}{webhook}"))
    }
}
