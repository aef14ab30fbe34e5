//! Authenticates the callers of the API: the application's backend with a service key, and people with a session.
//!
//! The function verifies both credentials itself, with strongly consistent reads: a revoked credential is refused from
//! the next request on, and so is a deactivated person. The one exception is `Introspector`. Only the session selects a person's tenant, never a header, a
//! path or a body. Permissions are part of the extractor's type. They are checked before the body is read, and a
//! handler cannot omit the check.

use std::fmt;
use std::marker::PhantomData;

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use rollcall_directory::{
    Directory, Origin, Permission, Purpose, Role, Session, Tenant, TenantId, TokenSecret, shown,
};
use rollcall_edge_http::{Problem, origin, request_id, sole_bearer};
use tracing::Span;

/// The application's backend.
pub(crate) struct Application {
    pub(crate) directory: Directory,
    /// The id of the service key.
    service_key: String,
    request_id: String,
    origin: Origin,
}

impl Application {
    /// Returns a tenant, with the application as the actor of every change.
    pub(crate) fn tenant(&self, id: &str) -> Result<Tenant, Problem> {
        let id: TenantId = id
            .parse()
            .map_err(|_| Problem::not_found(format!("tenant `{}`", shown(id))))?;
        Span::current().record("tenant", id.as_str());
        let tenant = self
            .directory
            .for_application(id, &self.service_key, &self.request_id);
        Ok(tenant.requested_from(self.origin.clone()))
    }
}

impl<S> FromRequestParts<S> for Application
where
    S: Send + Sync,
    Directory: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let directory = Directory::from_ref(state);
        let secret = secret(parts, Purpose::ServiceKey)?;
        match directory.service_keys().verify(secret.expose()).await? {
            Some(service_key) => Ok(Self {
                directory,
                service_key,
                request_id: request_id(parts),
                origin: origin(parts),
            }),
            None => Err(no_longer_good(Purpose::ServiceKey)),
        }
    }
}

/// The application's backend that introspects a session. Its service key may have been revoked up to five seconds ago.
pub(crate) struct Introspector {
    pub(crate) directory: Directory,
}

impl<S> FromRequestParts<S> for Introspector
where
    S: Send + Sync,
    Directory: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let directory = Directory::from_ref(state);
        let secret = secret(parts, Purpose::ServiceKey)?;
        let service_keys = directory.service_keys();
        match service_keys.verify_to_introspect(secret.expose()).await? {
            Some(_) => Ok(Self { directory }),
            None => Err(no_longer_good(Purpose::ServiceKey)),
        }
    }
}

/// A person in a session that passes the gate `G`.
pub struct Admin<G> {
    /// The person's tenant, with the person as the actor of every change.
    pub tenant: Tenant,
    /// The session.
    pub session: Session,
    /// The session's secret.
    pub secret: TokenSecret,
    gate: PhantomData<G>,
}

impl<G> Admin<G> {
    /// Returns the person's role. A session that has passed a gate with a permission has one; without a role,
    /// [`Role::Viewer`] is returned.
    pub fn role(&self) -> Role {
        self.session.role.unwrap_or(Role::Viewer)
    }
}

impl<G> fmt::Debug for Admin<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl<G: Gate> Admin<G> {
    /// Verifies the secret of a session and checks the gate `G`.
    ///
    /// # Errors
    /// 401 when the session is not in force, 403 when its role lacks the permission.
    pub async fn enter(
        directory: &Directory,
        secret: TokenSecret,
        parts: &Parts,
    ) -> Result<Self, Problem> {
        let session = directory.session(secret.expose()).await?;
        let session = session.ok_or_else(|| no_longer_good(Purpose::Session))?;
        Span::current().record("tenant", session.tenant.as_str());
        if let Some(permission) = G::PERMISSION {
            require(&session, permission)?;
        }
        let tenant = directory
            .for_session(&session, &request_id(parts))
            .requested_from(origin(parts));
        Ok(Self {
            tenant,
            session,
            secret,
            gate: PhantomData,
        })
    }
}

/// A requirement that a session must meet.
pub trait Gate: Send {
    /// The required permission. `None` if any session is enough.
    const PERMISSION: Option<Permission>;
}

macro_rules! gates {
    ($($(#[$doc:meta])* $gate:ident = $permission:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $gate;

        impl Gate for $gate {
            const PERMISSION: Option<Permission> = $permission;
        }
    )*};
}

gates! {
    /// Any session is enough.
    SignedIn = None;
    /// Requires `provisioning:read`.
    Read = Some(Permission::ProvisioningRead);
    /// Requires `provisioning:create`.
    Create = Some(Permission::ProvisioningCreate);
    /// Requires `provisioning:delete`.
    Delete = Some(Permission::ProvisioningDelete);
    /// Requires `sso:configure`.
    Configure = Some(Permission::SsoConfigure);
}

impl<S, G> FromRequestParts<S> for Admin<G>
where
    S: Send + Sync,
    G: Gate,
    Directory: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let secret = secret(parts, Purpose::Session)?;
        Self::enter(&Directory::from_ref(state), secret, parts).await
    }
}

fn require(session: &Session, permission: Permission) -> Result<(), Problem> {
    let role = session.role;
    if role.is_some_and(|role| role.permissions().contains(&permission)) {
        return Ok(());
    }
    let needed = permission.as_str();
    let has = match role {
        Some(role) => format!("the role `{role}` does not have it"),
        None => "a person without a role does not have it".to_owned(),
    };
    Err(Problem::forbidden(format!(
        "this requires the permission `{needed}`; {has}"
    )))
}

/// Returns the bearer token of the request, which must have this purpose.
///
/// # Errors
/// 401 when there is no bearer token or it cannot be parsed, 403 when it has another purpose.
fn secret(parts: &Parts, purpose: Purpose) -> Result<TokenSecret, Problem> {
    let shown = sole_bearer(parts).ok_or_else(|| {
        Problem::unauthorized(format!(
            "send `Authorization: Bearer` with {}",
            name(purpose)
        ))
    })?;
    match TokenSecret::parse(shown) {
        Some(secret) if secret.purpose() == purpose => Ok(secret),
        Some(other) => Err(Problem::forbidden(format!(
            "this endpoint takes {}, not {}",
            name(purpose),
            name(other.purpose())
        ))),
        None => Err(no_longer_good(purpose)),
    }
}

fn no_longer_good(purpose: Purpose) -> Problem {
    Problem::unauthorized(format!(
        "the bearer token is invalid, expired or revoked; send `Authorization: Bearer` with {}",
        name(purpose)
    ))
}

fn name(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Scim => "a SCIM token (`rcs_…`)",
        Purpose::Session => "a session (`rcx_…`)",
        Purpose::PortalLink => "a portal link (`rcl_…`)",
        Purpose::ServiceKey => "a service key (`rck_…`)",
    }
}
