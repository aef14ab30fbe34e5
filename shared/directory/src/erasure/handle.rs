//! The handle on a tenant's erasures.

use rollcall_store::Scope;

/// The erasures of one tenant: its own, and those of its people.
#[derive(Clone, Copy, Debug)]
pub struct Erasures<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> Erasures<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }
}
