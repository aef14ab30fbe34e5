//! The handle on a tenant's request log.

use rollcall_store::Scope;

/// The request log of one tenant: the requests of its identity providers, and the responses.
#[derive(Clone, Copy, Debug)]
pub struct RequestLog<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> RequestLog<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }
}
