//! Who calls the API: the application's backend with a service key, or a person in a session.
//!
//! The function itself verifies both, by consistent reads: a credential that was revoked a moment ago is refused now, and
//! so is a person who was deactivated. The session alone decides a person's tenant: no header, path or body does.
//! Permissions are part of the extractor's type, so that they are checked before a body is read, and cannot be
//! forgotten.

use std::fmt;
use std::marker::PhantomData;

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use rollcall_directory::{
    Directory, Permission, Purpose, Role, Session, Tenant, TenantId, TokenSecret,
};
use rollcall_edge_http::{Problem, request_id, sole_bearer};
use tracing::Span;

/// The application's backend.
pub(crate) struct Application {
    pub(crate) directory: Directory,
    request_id: String,
}

impl Application {
    /// A tenant, acted upon by the application.
    pub(crate) fn tenant(&self, id: &str) -> Result<Tenant, Problem> {
        let id: TenantId = id
            .parse()
            .map_err(|_| Problem::not_found(format!("tenant `{id}`")))?;
        Span::current().record("tenant", id.as_str());
        Ok(self.directory.for_application(id, &self.request_id))
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
            Some(_) => Ok(Self {
                directory,
                request_id: request_id(parts),
            }),
            None => Err(no_longer_good(Purpose::ServiceKey)),
        }
    }
}

/// A person in a session that allows what `G` asks for.
pub struct Admin<G> {
    /// Their tenant, acted upon by them.
    pub tenant: Tenant,
    /// The session.
    pub session: Session,
    /// The session's secret.
    pub secret: TokenSecret,
    gate: PhantomData<G>,
}

impl<G> Admin<G> {
    /// Their role; a session that passed a gate has one.
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
    /// Admits the secret of a valid session that allows what `G` asks for.
    ///
    /// # Errors
    /// 401 for a session that is over, 403 for one that does not allow it.
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
        let person = session.person.as_ref().map(|person| person.id.as_str());
        let tenant = directory.for_person(session.tenant.clone(), person, &request_id(parts));
        Ok(Self {
            tenant,
            session,
            secret,
            gate: PhantomData,
        })
    }
}

/// What a session must allow.
pub trait Gate: Send {
    /// The permission; none where being signed in is enough.
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
    /// Being signed in is enough.
    SignedIn = None;
    /// `provisioning:read`.
    Read = Some(Permission::ProvisioningRead);
    /// `provisioning:create`.
    Create = Some(Permission::ProvisioningCreate);
    /// `provisioning:delete`.
    Delete = Some(Permission::ProvisioningDelete);
    /// `sso:configure`.
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
        Some(role) => format!("the role `{role}` has not"),
        None => "somebody without a role has not".to_owned(),
    };
    Err(Problem::forbidden(format!(
        "this needs the permission `{needed}`, which {has}"
    )))
}

/// The secret in the request, if it has this purpose.
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
        "this is not, or no longer, valid; send `Authorization: Bearer` with {}",
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
