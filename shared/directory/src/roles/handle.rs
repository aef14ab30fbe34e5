//! The handle of the room.

use rollcall_store::Scope;

/// The roles of one tenant's people: decided, mapped, given by hand, announced.
#[derive(Clone, Copy, Debug)]
pub struct Roles<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> Roles<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }
}
