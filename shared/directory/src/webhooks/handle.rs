//! The handle on the webhooks of a tenant, or on how far a webhook of the stack is in it.

use rollcall_store::{Partition, Scope};

use crate::webhooks::stack_webhook::StackWebhook;

/// The webhooks of one tenant; or, as [`Webhooks::of_stack`] returns it, one webhook of the stack in this tenant.
#[derive(Clone, Copy, Debug)]
pub struct Webhooks<'a> {
    pub(super) scope: &'a Scope,
    /// The webhook of the stack; `None` for the tenant's own.
    pub(super) stack: Option<&'a StackWebhook>,
}

impl<'a> Webhooks<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope, stack: None }
    }

    /// Returns the handle on how far a webhook of the stack is in this tenant. Only turns and what
    /// [`Webhooks::ready`] begins use it; admins change the webhook by the handle of the stack.
    #[must_use]
    pub fn of_stack(self, webhook: &'a StackWebhook) -> Self {
        Self {
            stack: Some(webhook),
            ..self
        }
    }

    /// Returns the partition of what is stored for each webhook.
    pub(super) fn stored(self) -> Partition {
        match self.stack {
            Some(_) => self.scope.keys().stack_webhooks(),
            None => self.scope.keys().webhooks(),
        }
    }
}
