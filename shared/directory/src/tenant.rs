//! The handle on one tenant: it hands out the handles of the rooms.

use rollcall_model::TenantId;
use rollcall_store::Scope;

use crate::credentials::handle::Credentials;
use crate::journal::handle::Journal;
use crate::request_log::handle::RequestLog;
use crate::resources::handle::{Members, Resources};
use crate::roles::handle::Roles;
use crate::sign_in::handle::SignIn;
use crate::tenants::handle::{Lifecycle, TenantSettings};

/// One tenant, as one actor within one request sees it. Nothing reaches another tenant through it.
#[derive(Clone, Debug)]
pub struct Tenant {
    scope: Scope,
}

impl Tenant {
    pub(crate) fn of(scope: Scope) -> Self {
        Self { scope }
    }

    /// Returns the tenant's id.
    pub fn id(&self) -> &TenantId {
        &self.scope.tenant
    }

    /// The scope, for the crate that analyses what this one stores. No other crate may use it.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The journal: audit log and event feed.
    pub fn journal(&self) -> Journal<'_> {
        Journal::of(&self.scope)
    }

    /// Connections, their tokens, and leases.
    pub fn credentials(&self) -> Credentials<'_> {
        Credentials::of(&self.scope)
    }

    /// Users and groups.
    pub fn resources(&self) -> Resources<'_> {
        Resources::of(&self.scope)
    }

    /// Memberships.
    pub fn members(&self) -> Members<'_> {
        Members::of(&self.scope)
    }

    /// The request log.
    pub fn request_log(&self) -> RequestLog<'_> {
        RequestLog::of(&self.scope)
    }

    /// Roles and role mappings.
    pub fn roles(&self) -> Roles<'_> {
        Roles::of(&self.scope)
    }

    /// Sign-ins and sessions.
    pub fn sign_in(&self) -> SignIn<'_> {
        SignIn::of(&self.scope)
    }

    /// The tenant's settings.
    pub fn settings(&self) -> TenantSettings<'_> {
        TenantSettings::of(&self.scope)
    }

    /// The life of the tenant: renamed, deleted.
    pub fn lifecycle(&self) -> Lifecycle<'_> {
        Lifecycle::of(&self.scope)
    }
}
