//! The handle of the room.

use rollcall_store::Scope;

/// The request log of one tenant: what identity providers sent, and how it was answered.
#[derive(Clone, Copy, Debug)]
pub struct RequestLog<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> RequestLog<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }
}
