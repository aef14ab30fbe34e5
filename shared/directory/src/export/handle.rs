//! The handle on the exports of a tenant.

use rollcall_store::Scope;

/// The exports of one tenant and of its people.
#[derive(Clone, Copy, Debug)]
pub struct Exports<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> Exports<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }
}
