//! The handle on a tenant's sign-ins and sessions.

use rollcall_store::Scope;

/// The sign-ins and sessions of one tenant's people.
#[derive(Clone, Copy, Debug)]
pub struct SignIn<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> SignIn<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }
}
