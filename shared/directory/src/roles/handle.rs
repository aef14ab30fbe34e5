//! The handle on a tenant's roles.

use rollcall_store::Scope;

use crate::credentials::turn::{LongWork, Turn};

/// The roles of one tenant's people: mappings, roles given by hand, previews, reconciliation.
#[derive(Clone, Copy, Debug)]
pub struct Roles<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> Roles<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }

    /// Returns the tenant's turn at reconciling many people.
    pub(super) fn turn(self) -> Turn<'a> {
        Turn::of(self.scope, LongWork::Roles)
    }
}
