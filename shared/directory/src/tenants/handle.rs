//! The handles on a tenant's lifecycle and settings.

use rollcall_store::Scope;

/// The lifecycle of one tenant: read, changed, deleted.
#[derive(Clone, Copy, Debug)]
pub struct Lifecycle<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> Lifecycle<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }
}

/// The settings of one tenant.
#[derive(Clone, Copy, Debug)]
pub struct TenantSettings<'a> {
    pub(super) scope: &'a Scope,
}

impl<'a> TenantSettings<'a> {
    pub(crate) fn of(scope: &'a Scope) -> Self {
        Self { scope }
    }
}
