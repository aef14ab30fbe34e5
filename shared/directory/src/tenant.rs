//! The handle on one tenant, which gives access to the handles of the rooms.

use rollcall_model::{Kind, Origin, TenantId};
use rollcall_scim::{ResourceType, ResourceTypes};
use rollcall_store::{Error, Scope};

use crate::credentials::authenticate::Caller;
use crate::credentials::handle::Credentials;
use crate::credentials::repeats::{Repeat, RepeatKey, Repeated};
use crate::erasure::handle::Erasures;
use crate::export::handle::Exports;
use crate::findings::handle::Findings;
use crate::import::handle::Imports;
use crate::indexes::handle::Indexes;
use crate::journal::handle::Journal;
use crate::request_log::handle::RequestLog;
use crate::resources::handle::{Members, Resources};
use crate::roles::handle::Roles;
use crate::sign_in::handle::SignIn;
use crate::tenants::handle::{Lifecycle, TenantSettings};
use crate::tenants::rehearsal;
use crate::webhooks::handle::Webhooks;

/// A handle on one tenant, for one actor and one request. It gives no access to other tenants.
#[derive(Clone, Debug)]
pub struct Tenant {
    scope: Scope,
}

impl Tenant {
    pub(crate) fn of(scope: Scope) -> Self {
        Self { scope }
    }

    /// Returns the handle with the origin of the request, which the journal states for each change.
    #[must_use]
    pub fn requested_from(mut self, origin: Origin) -> Self {
        self.scope.origin = origin;
        self
    }

    /// Returns the handle for a push of this caller.
    pub(crate) fn pushed_by(mut self, caller: &Caller) -> Self {
        self.scope.deleted_people = caller.deleted_people;
        self.scope.at_ceiling = caller.at_ceiling;
        self.scope.observing = caller.observing;
        self
    }

    /// Returns the handle for resources of these types, which have the extensions that the tenant declares.
    pub(crate) fn with_types(mut self, types: ResourceTypes) -> Self {
        self.scope.types = types;
        self
    }

    /// Returns the types of resources, as [`Self::resource_type`] does.
    pub fn types(&self) -> ResourceTypes {
        self.scope.types
    }

    /// Returns the type of the resources of a kind, with the extensions that are declared if the handle was made for them.
    pub fn resource_type(&self, kind: &Kind) -> &'static ResourceType {
        self.scope.resource_type(kind)
    }

    /// Reads what is known of a request of the actor with an idempotency key.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn repeated(&self, key: &RepeatKey) -> Result<Repeated, Error> {
        let at = key.in_tenant(&self.scope.tenant, &self.scope.actor);
        key.look_up(&self.scope.table, at).await
    }

    /// Returns the handle for the first request with an idempotency key. Its first change carries the mark.
    #[must_use]
    pub fn attempting(mut self, repeat: &Repeat) -> Self {
        self.scope.table = self.scope.table.attempting(repeat.attempt());
        self
    }

    /// Returns a handle that only looks: it reads eventually consistently, which costs half, and does not write. What would
    /// write fails with an error of which [`Error::is_work`] says so, and is then done with this handle.
    #[must_use]
    pub fn looking(&self) -> Self {
        Self::of(self.scope.looking())
    }

    /// Begins a rehearsal: returns a throw-away copy of the tenant with its settings and this connection, which is the
    /// actor, but without its people. Nothing that happens in it reaches the tenant, a journal or the bus.
    ///
    /// # Errors
    /// `404` when the tenant or the connection does not exist.
    pub async fn rehearsal(&self, connection: &str) -> Result<Self, Error> {
        let connection = self.credentials().connection(connection).await?;
        let copy = rehearsal::begin(&self.scope, &connection, self.scope.types).await?;
        Ok(Self::of(copy))
    }

    /// Keeps the result of a rehearsal of this connection for ten minutes, and returns its id. It must have no secrets.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn keep_rehearsed(&self, connection: &str, result: &str) -> Result<String, Error> {
        rehearsal::keep(&self.scope, connection, result).await
    }

    /// Reads a result that [`Self::keep_rehearsed`] kept; `None` if there is none, or none any more.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn kept_rehearsed(
        &self,
        connection: &str,
        id: &str,
    ) -> Result<Option<String>, Error> {
        rehearsal::kept(&self.scope, connection, id).await
    }

    /// Deletes everything that a rehearsal wrote. In any other tenant, it does nothing.
    ///
    /// # Errors
    /// Only table errors. What is left then expires within an hour.
    pub async fn end_rehearsal(self) -> Result<(), Error> {
        self.scope.table.delete_fenced().await
    }

    /// Returns the tenant's id.
    pub fn id(&self) -> &TenantId {
        &self.scope.tenant
    }

    /// Returns the scope, for `rollcall-insight`. No other crate may use it.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Returns the handle on the journal: the audit log and the event feed.
    pub fn journal(&self) -> Journal<'_> {
        Journal::of(&self.scope)
    }

    /// Returns the handle on connections, their tokens and leases.
    pub fn credentials(&self) -> Credentials<'_> {
        Credentials::of(&self.scope)
    }

    /// Returns the handle on users and groups.
    pub fn resources(&self) -> Resources<'_> {
        Resources::of(&self.scope)
    }

    /// Returns the handle on memberships.
    pub fn members(&self) -> Members<'_> {
        Members::of(&self.scope)
    }

    /// Returns the handle on the indexes that the relay and the full pass write.
    pub fn indexes(&self) -> Indexes<'_> {
        Indexes::of(&self.scope)
    }

    /// Returns the handle on the request log.
    pub fn request_log(&self) -> RequestLog<'_> {
        RequestLog::of(&self.scope)
    }

    /// Returns the handle on roles and role mappings.
    pub fn roles(&self) -> Roles<'_> {
        Roles::of(&self.scope)
    }

    /// Returns the handle on sign-ins and sessions.
    pub fn sign_in(&self) -> SignIn<'_> {
        SignIn::of(&self.scope)
    }

    /// Returns the handle on webhooks.
    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks::of(&self.scope)
    }

    /// Returns the handle on what checks of the tenant found wrong.
    pub fn findings(&self) -> Findings<'_> {
        Findings::of(&self.scope)
    }

    /// Returns the handle on the erasures of the tenant and of its people.
    pub fn erasures(&self) -> Erasures<'_> {
        Erasures::of(&self.scope)
    }

    /// Returns the handle on the exports of the tenant and of its people.
    pub fn exports(&self) -> Exports<'_> {
        Exports::of(&self.scope)
    }

    /// Returns the handle on imports of what the application already has.
    pub fn imports(&self) -> Imports<'_> {
        Imports::of(&self.scope)
    }

    /// Returns the handle on the tenant's settings.
    pub fn settings(&self) -> TenantSettings<'_> {
        TenantSettings::of(&self.scope)
    }

    /// Returns the handle on the tenant's lifecycle: read, rename, delete.
    pub fn lifecycle(&self) -> Lifecycle<'_> {
        Lifecycle::of(&self.scope)
    }
}
