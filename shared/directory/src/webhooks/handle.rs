//! The handle on the webhooks of a tenant.

use rollcall_store::Scope;

/// The webhooks of one tenant.
#[derive(Clone, Copy, Debug)]
pub struct Webhooks<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> Webhooks<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }
}
