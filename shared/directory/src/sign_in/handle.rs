//! The handle of the room.

use rollcall_store::Scope;

/// Sign-ins of one tenant's people, and their sessions.
#[derive(Clone, Copy, Debug)]
pub struct SignIn<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> SignIn<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }
}
