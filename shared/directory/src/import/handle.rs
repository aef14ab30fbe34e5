//! The handle on the imports of a tenant.

use rollcall_store::Scope;

/// The imports of one tenant.
#[derive(Clone, Copy, Debug)]
pub struct Imports<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> Imports<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }
}
