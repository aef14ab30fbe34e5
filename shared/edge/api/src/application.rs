//! The application's backend as a caller: for the whole stack, for the tenant in the path, and for introspection.

use std::marker::PhantomData;

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use rollcall_directory::{
    Directory, Introspection, KeyChanger, KeyScope, Origin, Permission, Purpose, ServiceKey,
    Session, Tenant, TenantId, TokenSecret,
};
use rollcall_edge_http::{Problem, origin, request_id};

use crate::caller::{named_tenant, no_longer_good, secret, service_key};
use crate::gate::{KeyGate, check_key, check_reach, lacks_scope};
use crate::idempotency_key::{claim, claim_in_stack};
use crate::toll::count_request;

/// The application's backend with a service key for the whole stack that passes the gate `G`.
pub(crate) struct Application<G> {
    pub(crate) directory: Directory,
    pub(crate) key: ServiceKey,
    request_id: String,
    origin: Origin,
    gate: PhantomData<G>,
}

impl<G> Application<G> {
    /// Returns the ids of the service key and of the request, for what belongs to no tenant.
    pub(crate) fn ids(&self) -> (&str, &str) {
        (&self.key.id, &self.request_id)
    }

    /// Returns a tenant, which need not exist, with the application as the actor of every change.
    pub(crate) fn tenant(&self, id: TenantId) -> Tenant {
        let (directory, key) = (&self.directory, &self.key.id);
        let tenant = directory.for_application(id, key, &self.request_id);
        tenant.requested_from(self.origin.clone())
    }

    /// Returns the application as it stands in the history of the service keys.
    pub(crate) fn changer(&self) -> KeyChanger {
        KeyChanger {
            by_key: Some(self.key.id.clone()),
            request_id: Some(self.request_id.clone()),
            origin: self.origin.clone(),
        }
    }
}

impl<S, G> FromRequestParts<S> for Application<G>
where
    S: Send + Sync,
    G: KeyGate,
    Directory: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let directory = Directory::from_ref(state);
        let key = service_key(&directory, parts, Some(G::SCOPE)).await?;
        check_reach(&key, None)?;
        Ok(Self {
            directory: claim_in_stack(parts, directory, &key.id).await?,
            key,
            request_id: request_id(parts),
            origin: origin(parts),
            gate: PhantomData,
        })
    }
}

/// The application's backend as [`Application`], and the tenant in the path, which need not exist. The application is
/// the actor of every change.
pub(crate) struct ApplicationAt<G> {
    pub(crate) tenant: Tenant,
    key: ServiceKey,
    gate: PhantomData<G>,
}

impl<S, G> FromRequestParts<S> for ApplicationAt<G>
where
    S: Send + Sync,
    G: KeyGate,
    Directory: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let directory = Directory::from_ref(state);
        let key = service_key(&directory, parts, Some(G::SCOPE)).await?;
        let tenant = named_tenant(&directory, &key, parts).await?;
        // The other keys are the operator's own.
        if key.tenant.is_some() {
            count_request(&tenant).await?;
        }
        Ok(Self {
            tenant: claim(parts, tenant).await?,
            key,
            gate: PhantomData,
        })
    }
}

impl<G> ApplicationAt<G> {
    /// Checks that the key has these permissions as well.
    ///
    /// # Errors
    /// 403 when it lacks one of them.
    pub(crate) fn check(&self, permissions: &[Permission]) -> Result<(), Problem> {
        let mut scopes = permissions.iter().copied().map(KeyScope::Permission);
        scopes.try_for_each(|scope| check_key(&self.key, Some(scope)))
    }
}

/// The application's backend that introspects a session. Its service key is not verified yet: that happens in the same
/// read as the introspection, and may be up to five seconds old.
pub(crate) struct Introspector {
    directory: Directory,
    key: TokenSecret,
}

impl Introspector {
    /// Verifies the service key and introspects a session.
    ///
    /// # Errors
    /// 401 when the service key is not good, 403 when it lacks the scope.
    pub(crate) async fn introspect(&self, session: &str) -> Result<Option<Session>, Problem> {
        match self
            .directory
            .introspect(self.key.expose(), session)
            .await?
        {
            Introspection::KeyRefused => Err(no_longer_good(Purpose::ServiceKey)),
            Introspection::ScopeMissing => Err(lacks_scope(KeyScope::Introspection)),
            Introspection::Inactive => Ok(None),
            Introspection::Active(session) => Ok(Some(*session)),
        }
    }
}

impl<S> FromRequestParts<S> for Introspector
where
    S: Send + Sync,
    Directory: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Self {
            directory: Directory::from_ref(state),
            key: secret(parts, Purpose::ServiceKey)?,
        })
    }
}
