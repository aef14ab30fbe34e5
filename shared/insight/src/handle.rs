//! The handle on what the console shows of a tenant.

use rollcall_directory::Tenant;
use rollcall_store::Scope;

/// What the console shows of one tenant: lists, search, profiles, traffic, health.
#[derive(Clone, Copy, Debug)]
pub struct Insight<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) scope: &'a Scope,
}

impl<'a> Insight<'a> {
    /// Returns the handle for a tenant.
    pub fn of(tenant: &'a Tenant) -> Self {
        Self {
            tenant,
            scope: tenant.scope(),
        }
    }
}
