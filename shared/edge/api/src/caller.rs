//! Authenticates the callers of the API: the application's backend with a service key, and people with a session.
//!
//! | extractor | who may call |
//! |---|---|
//! | [`Access`] | both: a service key where the path names a tenant, and a session elsewhere |
//! | [`Application`](crate::application::Application) | a service key |
//! | [`Admin`] | a session |
//!
//! The function verifies both credentials itself, with strongly consistent reads: a revoked credential is refused from
//! the next request on, and so is a deactivated person. The one exception is
//! [`Introspector`](crate::application::Introspector). Only the session selects a person's tenant, never a header, a
//! path or a body. What the caller must be allowed to do is part of the extractor's type. It is checked before the body is
//! read, and a handler cannot omit the check.

use std::fmt;
use std::marker::PhantomData;

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use rollcall_directory::{
    Brand, Catalogue, Directory, KeyScope, Permission, Purpose, Reason, Role, ServiceKey, Session,
    SessionUse, Tenant, TenantId, TokenSecret, shown,
};
use rollcall_edge_http::{Payer, Problem, origin, request_id, sole_bearer};
use tracing::Span;

use crate::door;
use crate::fields::segment;
use crate::gate::{Gate, SignedIn, check_key, check_reach, check_session};
use crate::idempotency_key::claim;
use crate::toll::{check_paid, check_reads, count_request, ends_itself};

/// A caller who passes the gate `G` by one of the two doors.
pub(crate) struct Access<G> {
    /// The tenant, with the caller as the actor of every change.
    pub(crate) tenant: Tenant,
    /// The roles of the tenant.
    pub(crate) roles: Catalogue,
    rank: Role,
    renamings: Option<u64>,
    /// For a session that a portal link opened: whether the link is for the first owner.
    first_owner: Option<bool>,
    is_application: bool,
    gate: PhantomData<G>,
}

impl<G> Access<G> {
    /// Returns the role above which the caller can neither give nor take roles. The application stands
    /// above everybody, unless its key has certain scopes only.
    pub(crate) fn rank(&self) -> Role {
        self.rank
    }

    /// Returns whether the caller is the application itself, with a service key.
    pub(crate) fn is_application(&self) -> bool {
        self.is_application
    }

    /// Returns how often the identifiers of a person in a session had changed when it began; `None` for anybody else.
    pub(crate) fn renamings(&self) -> Option<u64> {
        self.renamings
    }

    /// Checks that the caller is an owner, or the application with a key that can open a session of an owner.
    ///
    /// # Errors
    /// 403 when it is somebody else.
    pub(crate) fn check_owner(&self, to: &str) -> Result<(), Problem> {
        match self.rank.is_owner() {
            true => Ok(()),
            false => Err(Problem::forbidden(format!(
                "only the application or an owner can {to}"
            ))),
        }
    }

    /// Returns the path of a resource by the door that the caller used, from its path for sessions; both are relative
    /// to `/api/v1`.
    pub(crate) fn path(&self, path: &str) -> String {
        match self.is_application {
            true => format!("/tenants/{}{}", self.tenant.id(), door::below_tenant(path)),
            false => path.to_owned(),
        }
    }
}

impl<G> Access<G> {
    /// Checks that the caller may let a group or a setting give this role.
    ///
    /// # Errors
    /// 403 when the role ranks above the caller.
    pub(crate) fn check_below(&self, role: Option<Role>) -> Result<(), Problem> {
        check_below(role, self.rank)
    }

    /// Returns the role above which the caller gives nothing back. What a portal link opened makes nobody an owner again.
    pub(crate) fn rank_to_give_back(&self) -> Role {
        match self.first_owner {
            Some(_) => self.rank.min(Role::BelowOwner),
            None => self.rank,
        }
    }

    /// Checks that the caller may give this role to somebody.
    ///
    /// # Errors
    /// 403 when a portal link opened the session, and a group cannot give the role.
    pub(crate) async fn check_gives(&self, role: Option<Role>) -> Result<(), Problem> {
        match self.first_owner {
            // A role above the caller's own is refused in any case.
            Some(first_owner) if !role.is_some_and(|role| role.outranks(self.rank)) => {
                check_link_gives(&self.tenant, first_owner, role).await
            }
            _ => Ok(()),
        }
    }
}

/// Checks that somebody of the rank `giver` may let a group or a setting give this role. Neither gives the owner's role,
/// which is refused as such.
///
/// # Errors
/// 403 when the role ranks above theirs.
pub fn check_below(role: Option<Role>, giver: Role) -> Result<(), Problem> {
    match role.filter(|role| !role.is_owner() && role.outranks(giver)) {
        Some(role) => Err(Problem::new(
            Reason::RoleAboveGiver,
            format!("only somebody who has the role `{role}` or a higher one can let it be given"),
        )),
        None => Ok(()),
    }
}

/// Checks that what a portal link opened may give this role.
async fn check_link_gives(
    tenant: &Tenant,
    first_owner: bool,
    role: Option<Role>,
) -> Result<(), Problem> {
    let Some(role) = role.filter(|role| !role.is_mappable()) else {
        return Ok(());
    };
    if first_owner && !tenant.roles().has_owner().await? {
        return Ok(());
    }
    Err(Problem::forbidden(format!(
        "a portal link gives no `{role}`, unless it is marked `first_owner` and there is no owner yet; sign in as \
         someone who has the role"
    )))
}

impl<S, G> FromRequestParts<S> for Access<G>
where
    S: Send + Sync,
    G: Gate,
    Directory: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if !door::names_tenant(parts) {
            return Ok(Admin::<G>::from_request_parts(parts, state).await?.into());
        }
        let directory = Directory::from_ref(state);
        let scope = G::PERMISSION.map(KeyScope::Permission);
        let key = service_key(&directory, parts, scope).await?;
        for permission in G::ALSO {
            check_key(&key, Some(KeyScope::Permission(*permission)))?;
        }
        let tenant = named_tenant(&directory, &key, parts).await?;
        // Nothing else guarantees that the tenant exists and is not being deleted. A session does.
        let read = tenant.lifecycle().read_living().await?;
        // The other keys are the operator's own.
        if key.tenant.is_some() && read.request_ceiling.is_some() {
            count_request(&tenant).await?;
        }
        let roles = read.settings.roles;
        Ok(Self {
            tenant: claim(parts, tenant).await?,
            roles,
            rank: rank_of(&key),
            renamings: None,
            first_owner: None,
            is_application: true,
            gate: PhantomData,
        })
    }
}

impl<G: Gate, H> From<Admin<G>> for Access<H> {
    fn from(admin: Admin<G>) -> Self {
        let (rank, renamings) = (admin.role(), admin.renamings());
        let session = admin.session;
        let is_link = session.person.is_none();
        Self {
            tenant: admin.tenant,
            roles: session.catalogue,
            rank,
            renamings,
            first_owner: is_link.then_some(session.first_owner),
            is_application: false,
            gate: PhantomData,
        }
    }
}

/// A caller who passes the gate `G`, or the person whom the path names, in a session of their own.
pub(crate) struct OwnOr<G>(pub(crate) Access<G>);

impl<S, G> FromRequestParts<S> for OwnOr<G>
where
    S: Send + Sync,
    G: Gate,
    Directory: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if door::names_tenant(parts) {
            return Access::from_request_parts(parts, state).await.map(Self);
        }
        let admin = Admin::<SignedIn>::from_request_parts(parts, state).await?;
        let named = segment(parts, "id").await?;
        let person = admin.session.person.as_ref();
        if person.is_none_or(|person| person.id != named) {
            check_session(&admin.session, G::PERMISSION)?;
        }
        Ok(Self(admin.into()))
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

impl<G: Gate> Admin<G> {
    /// Returns the role whose rank counts: the highest one that allows what the gate demands, because the rank of one role
    /// does not extend the permission of another. Behind a gate without a permission, that is the role that changes roles,
    /// or else the highest. Without a role, [`Role::Viewer`] is returned.
    pub fn role(&self) -> Role {
        let demanded = G::PERMISSION.unwrap_or(Permission::SsoConfigure);
        let mut roles = self.session.roles.iter();
        let role = roles.find(|role| role.allows(demanded)).copied();
        role.or(self.session.role).unwrap_or(Role::Viewer)
    }

    /// Returns the role above which the session gives nothing back. What a portal link opened makes nobody an owner again.
    pub fn rank_to_give_back(&self) -> Role {
        match self.session.person {
            Some(_) => self.role(),
            None => self.role().min(Role::BelowOwner),
        }
    }

    /// Returns how often the person's identifiers had changed when the session began, if it has a person.
    pub fn renamings(&self) -> Option<u64> {
        self.session.person.as_ref()?.renamings
    }
}

impl<G: Gate> Admin<G> {
    /// Checks that the session may give this role to somebody.
    ///
    /// # Errors
    /// 403 when a portal link opened the session, and a group cannot give the role.
    pub async fn check_gives(&self, role: Option<Role>) -> Result<(), Problem> {
        match self.session.person {
            Some(_) => Ok(()),
            // A role above the caller's own is refused in any case.
            None if role.is_some_and(|role| role.outranks(self.role())) => Ok(()),
            None => check_link_gives(&self.tenant, self.session.first_owner, role).await,
        }
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
    /// 401 when the session is not in force, 403 when its role lacks the permission, 429 when the tenant is over its limit of
    /// requests or the session over its budget of reads.
    pub async fn enter(
        directory: &Directory,
        secret: TokenSecret,
        parts: &Parts,
    ) -> Result<Self, Problem> {
        let session = directory.session(secret.expose()).await?;
        Self::admitted(directory, session, secret, parts).await
    }

    /// Verifies the secret of a session as [`Self::enter`] does. `noted` learns how pages of its tenant look, as soon as the
    /// session is known to be in force, so that a refusal can look so, too. `by` says whether this is a use of the session.
    ///
    /// # Errors
    /// Those of [`Self::enter`].
    pub async fn enter_page(
        directory: &Directory,
        (secret, by): (TokenSecret, SessionUse),
        parts: &Parts,
        noted: impl FnOnce(Brand),
    ) -> Result<Self, Problem> {
        let seen = directory.session_of_page(secret.expose(), by).await?;
        let session = seen.map(|(session, brand)| {
            noted(brand);
            session
        });
        Self::admitted(directory, session, secret, parts).await
    }

    async fn admitted(
        directory: &Directory,
        session: Option<Session>,
        secret: TokenSecret,
        parts: &Parts,
    ) -> Result<Self, Problem> {
        let session = session.ok_or_else(|| no_longer_good(Purpose::Session))?;
        Span::current().record("tenant", session.tenant.as_str());
        let tenant = directory
            .for_session(&session, &request_id(parts))
            .requested_from(origin(parts));
        // Also what is refused for another reason counts.
        if session.has_request_ceiling && !ends_itself(parts) {
            count_request(&tenant).await?;
        }
        check_session(&session, G::PERMISSION)?;
        check_reads(&session, parts)?;
        check_paid(&session, parts)?;
        for permission in G::ALSO {
            check_session(&session, Some(*permission))?;
        }
        Payer::name(parts, &tenant, &secret, session.read_budget);
        Ok(Self {
            tenant,
            session,
            secret,
            gate: PhantomData,
        })
    }
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
        let mut admin = Self::enter(&Directory::from_ref(state), secret, parts).await?;
        admin.tenant = claim(parts, admin.tenant).await?;
        Ok(admin)
    }
}

/// Verifies the service key of the request.
///
/// # Errors
/// 401 when it is not valid, 403 when it lacks the scope.
pub(crate) async fn service_key(
    directory: &Directory,
    parts: &Parts,
    scope: Option<KeyScope>,
) -> Result<ServiceKey, Problem> {
    let secret = secret(parts, Purpose::ServiceKey)?;
    let key = directory.service_keys().verify(secret.expose()).await?;
    let key = key.ok_or_else(|| no_longer_good(Purpose::ServiceKey))?;
    check_key(&key, scope)?;
    Ok(key)
}

/// Returns the role above which a service key can neither give nor take roles: the highest one if the key can open a
/// session with it, and otherwise every role but that.
fn rank_of(key: &ServiceKey) -> Role {
    match key.has(KeyScope::Sessions) {
        true => Role::Owner,
        false => Role::BelowOwner,
    }
}

/// Returns the tenant in the path, with the application as the actor.
///
/// # Errors
/// 404 when it is not the id of a tenant, 403 when the key is bound to another one. Whether the tenant exists is not
/// checked.
pub(crate) async fn named_tenant(
    directory: &Directory,
    key: &ServiceKey,
    parts: &mut Parts,
) -> Result<Tenant, Problem> {
    let named = segment(parts, door::TENANT).await?;
    let id: TenantId = named
        .parse()
        .map_err(|_| Problem::not_found(format!("tenant `{}`", shown(&named))))?;
    check_reach(key, Some(&id))?;
    Span::current().record("tenant", id.as_str());
    let tenant = directory.for_application(id, &key.id, &request_id(parts));
    Ok(tenant.requested_from(origin(parts)))
}

/// Returns the bearer token of the request, which must have this purpose.
///
/// # Errors
/// 401 when there is no bearer token or it cannot be parsed, 403 when it has another purpose.
pub(crate) fn secret(parts: &Parts, purpose: Purpose) -> Result<TokenSecret, Problem> {
    let shown = sole_bearer(parts).ok_or_else(|| {
        Problem::unauthorized(format!(
            "send `Authorization: Bearer` with {}",
            name(purpose)
        ))
    })?;
    match TokenSecret::parse(shown) {
        Some(secret) if secret.purpose() == purpose => Ok(secret),
        Some(other) => Err(Problem::forbidden(format!(
            "this endpoint takes {}, not {}{}",
            name(purpose),
            name(other.purpose()),
            other_door(purpose, other.purpose()),
        ))),
        None => Err(no_longer_good(purpose)),
    }
}

/// Returns a hint for a caller with the credential of the other door.
fn other_door(wanted: Purpose, given: Purpose) -> &'static str {
    match (wanted, given) {
        (Purpose::Session, Purpose::ServiceKey) => {
            "; those for service keys are below `/api/v1/tenants/{tenant}`"
        }
        (Purpose::ServiceKey, Purpose::Session) => {
            "; those for sessions have no tenant in their paths"
        }
        _ => "",
    }
}

pub(crate) fn no_longer_good(purpose: Purpose) -> Problem {
    Problem::unauthorized(format!(
        "the bearer token is invalid, expired or revoked; send `Authorization: Bearer` with {}",
        name(purpose)
    ))
}

fn name(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Scim => "a SCIM token (`rcs_…`)",
        Purpose::OauthClient => "the secret of an OAuth client (`rco_…`)",
        Purpose::Session => "a session (`rcx_…`)",
        Purpose::PortalLink => "a portal link (`rcl_…`)",
        Purpose::ServiceKey => "a service key (`rck_…`)",
    }
}
