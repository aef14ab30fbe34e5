//! The handles on a tenant's resources and memberships.

use rollcall_store::Scope;

/// The users and groups of one tenant.
#[derive(Clone, Copy, Debug)]
pub struct Resources<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> Resources<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }
}

/// The memberships of one tenant: who is in which group.
#[derive(Clone, Copy, Debug)]
pub struct Members<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> Members<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }
}
