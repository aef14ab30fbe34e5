//! The handle on a tenant's journal.

use rollcall_store::Scope;

/// The journal of one tenant: the audit log that admins read, and the event feed that the application reads.
#[derive(Clone, Copy, Debug)]
pub struct Journal<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> Journal<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }
}
