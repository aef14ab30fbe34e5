//! The handle on a tenant's credentials.

use rollcall_store::Scope;

/// The credentials of one tenant: its connections, their tokens, and leases on work that must be done once.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> Credentials<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }
}
