//! The handle on a tenant's indexes.

use rollcall_store::Scope;

/// The indexes of one tenant.
#[derive(Clone, Copy, Debug)]
pub struct Indexes<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> Indexes<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }
}
