//! Checks a session: whether it is valid, whose it is, and which role counts now.
//!
//! One call reads the session, its person and the tenant, and another the mappings on which the person's role depends. For
//! introspection, the first call reads the service key too.
//! Every check reads the session and the person, so the end of a session, a deactivation and a change of groups or of a
//! role given by hand count at the next check. For introspection, the tenant and the mappings may be up to five seconds
//! old, unless the application may remember the result: a remembered result is asked for again because of an event, and
//! what is read after an event must not be older than it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rollcall_model::{
    Actor, Brand, Catalogue, KeyScope, Permission, PortalLink, Role, Settings, Subject, TenantId,
    USERS,
};
use rollcall_store::{Error, Found, Key, Scope, TenantItem, brand_in, brand_keys, from_item, now};

use crate::cache::{Cache, Moment};
use crate::credentials::secret::{Purpose, TokenSecret};
use crate::credentials::service_key::ServiceKey;
use crate::credentials::service_keys::PresentedKey;
use crate::resources::record::Record;
use crate::roles::decide;
use crate::roles::handle::Roles;
use crate::roles::mappings::{Mapping, by_group};
use crate::sign_in::handle::SignIn;
use crate::sign_in::sessions::{SessionItem, is_from, session_key, shown_id};

/// A valid session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The id, as lists of sessions and the journal show it.
    pub id: String,
    /// The tenant.
    pub tenant: TenantId,
    /// The tenant's name.
    pub tenant_name: String,
    /// The person, unless a portal link opened the session.
    pub person: Option<SessionPerson>,
    /// The portal link that opened the session. `None` in sessions of people, and in those that earlier versions opened.
    pub link: Option<PortalLink>,
    /// The effective role now.
    pub role: Option<Role>,
    /// All roles now, highest first.
    pub roles: Vec<Role>,
    /// What the roles allow: in Rollcall, and in words of the application.
    pub permissions: Vec<String>,
    /// The roles of the tenant.
    pub catalogue: Catalogue,
    /// Whether the portal link that opened it lets its holder make somebody an owner while the tenant has none.
    pub first_owner: bool,
    /// The address of the application to which the portal link that opened it leads back.
    pub return_url: Option<String>,
    /// The page that the portal link opens, by its name in the API; only before it is opened.
    pub page: Option<String>,
    /// Whether it changes nothing: it is support access.
    pub read_only: bool,
    /// How many findings of the tenant are open, as far as the last check knows.
    pub open_findings: u64,
    /// When the session expires.
    pub expires_at: Timestamp,
    /// For how many seconds from now the application may remember all this, by the tenant's setting.
    pub cache_seconds: u32,
    /// Whether the operator bounds the requests of the tenant. Then each request of the session counts against that.
    pub has_request_ceiling: bool,
    /// How many read units its requests may consume per minute.
    pub read_budget: u32,
    /// The seconds until it has paid for what its requests have read, if it has not.
    pub reads_wait: Option<u32>,
}

impl Session {
    /// Returns whose session it is: the person, or the tenant if a portal link opened the session.
    pub fn subject(&self) -> Subject {
        match &self.person {
            Some(person) => Subject::new("user", &person.id, &person.user_name),
            None => Subject::tenant(&self.tenant),
        }
    }

    /// Returns whether one of the roles has the permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.roles.iter().any(|role| role.allows(permission))
    }

    /// Returns whoever uses the session.
    pub(crate) fn actor(&self) -> Actor {
        match &self.person {
            Some(person) => Actor::person(&person.id, &self.id),
            None => Actor::portal_link(self.link.clone().unwrap_or_default(), &self.id),
        }
    }
}

/// The person that a session belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionPerson {
    /// The user's id.
    pub id: String,
    /// The user's name.
    pub user_name: String,
    /// How often the user's identifiers had changed when the session began. `None` in sessions that earlier versions
    /// opened.
    pub renamings: Option<u64>,
}

/// Whether checking a session is a use of it, which keeps an idle one from ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionUse {
    /// The person does something.
    ByPerson,
    /// A page asks for news by itself. That keeps no session.
    ByPage,
}

/// The result of an introspection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Introspection {
    /// The service key is not good, or no longer.
    KeyRefused,
    /// The service key does not have the scope.
    ScopeMissing,
    /// The session is not valid.
    Inactive,
    /// The session is valid.
    Active(Box<Session>),
}

impl Introspection {
    /// Returns the refusal of a service key, if it is not good or does not have the scope.
    pub(crate) fn refused(key: Option<&ServiceKey>) -> Option<Self> {
        match key {
            None => Some(Self::KeyRefused),
            Some(key) if !key.has(KeyScope::Introspection) => Some(Self::ScopeMissing),
            Some(_) => None,
        }
    }
}

impl From<Option<Session>> for Introspection {
    fn from(session: Option<Session>) -> Self {
        session.map_or(Self::Inactive, |session| Self::Active(Box::new(session)))
    }
}

/// Tenants and mappings that checks have read.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    tenants: Cache<TenantId, TenantItem>,
    /// By tenant and group. `None` for a group without a mapping.
    mappings: Cache<(TenantId, String), Option<Mapping>>,
}

/// What the first call of a check reads, and what it need not read.
struct First {
    before: Moment,
    session: Key,
    /// The person that the secret names, and the key of their record.
    person: Option<(String, Key)>,
    /// The tenant, if the memory has it.
    tenant: Option<TenantItem>,
}

/// A session, and the person and the tenant that it belongs to.
struct Stored {
    item: SessionItem,
    /// `None` if the session has no person, or the person was deleted.
    record: Option<Record>,
    tenant: TenantItem,
}

impl SignIn<'_> {
    /// Returns the session if it is valid. Decides from strongly consistent reads of the session, the person, the
    /// tenant and the mappings.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn session(self, secret: &TokenSecret) -> Result<Option<Session>, Error> {
        let by = SessionUse::ByPerson;
        let seen = self.session_and(secret, by, None).await?;
        Ok(seen.map(|(session, _)| session))
    }

    /// Returns the session as [`Self::session`] does, and how pages of the tenant look, which the same call reads. Notes a
    /// use only by the person.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn session_of_page(
        self,
        secret: &TokenSecret,
        by: SessionUse,
    ) -> Result<Option<(Session, Brand)>, Error> {
        let keys = brand_keys(&self.scope.tenant);
        let seen = self.session_and(secret, by, Some(keys)).await?;
        Ok(seen.map(|(session, mut found)| (session, brand_in(&mut found, &self.scope.tenant))))
    }

    /// Returns the session if it is valid, and what else was read with it.
    async fn session_and(
        self,
        secret: &TokenSecret,
        by: SessionUse,
        more: Option<[Key; 2]>,
    ) -> Result<Option<(Session, Found)>, Error> {
        if !is_from(self.scope, secret, Purpose::Session) {
            return Ok(None);
        }
        // An empty memory: everything is read.
        let memory = Memory::default();
        let first = self.first(secret, &memory);
        let wanted = self.wanted(&first).chain(more.into_iter().flatten());
        let mut found = self.scope.table.find(wanted).await?;
        let session = self
            .checked((secret, by), first, &mut found, &memory)
            .await?;
        Ok(session.map(|session| (session, found)))
    }

    /// Returns the session as [`Self::session`] does, but uses the tenant and the mappings of the memory, which are at
    /// most five seconds old, if the application may not remember the result. Without a good service key, it says
    /// nothing about the session.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn introspect(
        self,
        key: PresentedKey<'_>,
        secret: &TokenSecret,
        memory: &Memory,
    ) -> Result<Introspection, Error> {
        let first = self.first(secret, memory);
        let wanted = self.wanted(&first).chain(key.wanted());
        let mut found = self.scope.table.find(wanted).await?;
        let key = key.verified(&mut found).await?;
        if let Some(refused) = Introspection::refused(key.as_ref()) {
            return Ok(refused);
        }
        // A session of another tenant does not exist for a key that is bound to one.
        if key.is_some_and(|key| !key.reaches(&self.scope.tenant)) {
            return Ok(Introspection::Inactive);
        }
        let by = SessionUse::ByPerson;
        let session = self
            .checked((secret, by), first, &mut found, memory)
            .await?;
        // Support access is for the console and the API of Rollcall, and not for the application.
        Ok(session.filter(|session| !session.read_only).into())
    }

    async fn checked(
        self,
        (secret, by): (&TokenSecret, SessionUse),
        first: First,
        found: &mut Found,
        memory: &Memory,
    ) -> Result<Option<Session>, Error> {
        let Some(stored) = self.stored_session(first, found, memory).await? else {
            return Ok(None);
        };
        let Stored {
            item,
            record,
            tenant,
        } = stored;
        if item.user.is_none() && !self.reaches_addressee(&item).await? {
            return Ok(None);
        }
        if item.user.is_none() {
            return Ok(Some(session_of_link(self.scope, secret, item, tenant)));
        }
        let (limits, now) = (self.scope.session_bounds.limits(&tenant.settings), now());
        let Some(record) = record.filter(|record| item.is_in_force(record)) else {
            return Ok(None);
        };
        if item.is_over_by(limits, now) {
            return Ok(None);
        }
        if by == SessionUse::ByPerson && item.is_to_be_noted(limits, now) {
            self.note_use(secret, now).await?;
        }
        let cache_seconds = remembered(&tenant.settings, item.ends_by(limits));
        let groups = decide::role_groups(&record);
        let catalogue = tenant.settings.roles.clone();
        let nothing = Memory::default();
        let memory = if cache_seconds > 0 { &nothing } else { memory };
        let mappings = by_group(&self.recent_mappings(&groups, memory).await?, &catalogue);
        let roles = decide::effective_roles(&record, &tenant.settings, &mappings);
        let read_budget = tenant.ceilings.read_units_per_minute();
        Ok(Some(Session {
            has_request_ceiling: tenant.request_ceiling.is_some(),
            read_budget,
            reads_wait: item.seconds_of_reads(read_budget),
            id: shown_id(&secret.hash().0),
            link: None,
            tenant: self.scope.tenant.clone(),
            tenant_name: tenant.display_name,
            role: roles.first().copied(),
            permissions: catalogue.permissions_of(&roles),
            roles,
            catalogue,
            first_owner: false,
            return_url: None,
            page: None,
            read_only: false,
            open_findings: tenant.open_findings,
            person: Some(SessionPerson {
                user_name: record.user_name()?,
                id: record.id,
                renamings: item.renamings,
            }),
            cache_seconds,
            expires_at: item.ends,
        }))
    }

    fn first(self, secret: &TokenSecret, memory: &Memory) -> First {
        let before = Moment::now();
        let keys = self.scope.keys();
        let person = secret.claimed_person();
        First {
            before,
            session: session_key(self.scope, secret),
            person: person.map(|user| (user.clone(), keys.resource(&USERS, &user))),
            tenant: memory.tenants.get(&self.scope.tenant, before),
        }
    }

    fn wanted(self, first: &First) -> impl Iterator<Item = Key> + use<> {
        let tenant = first.tenant.is_none().then(|| self.scope.keys().tenant());
        let person = first.person.as_ref().map(|(_, key)| key.clone());
        [Some(first.session.clone()), person, tenant]
            .into_iter()
            .flatten()
    }

    /// Returns a session that has not expired, its person and its tenant. Returns `None` if there is no such session, or
    /// the tenant was deleted or is being deleted.
    async fn stored_session(
        self,
        first: First,
        found: &mut Found,
        memory: &Memory,
    ) -> Result<Option<Stored>, Error> {
        let item = found.take(&first.session);
        let item = item.map(from_item::<SessionItem>).transpose()?;
        let Some(item) = item.filter(|item| item.ends > now()) else {
            return Ok(None);
        };
        let tenant = match first.tenant {
            Some(tenant) => tenant,
            None => {
                let Some(read) = found.take(&self.scope.keys().tenant()) else {
                    return Ok(None);
                };
                let tenant = TenantItem::from_item(read)?;
                // The settings of a tenant that lets the application remember sessions are read each time.
                if tenant.settings.cache_seconds == 0 {
                    let id = self.scope.tenant.clone();
                    memory.tenants.put(id, tenant.clone(), first.before);
                }
                tenant
            }
        };
        if tenant.deleting {
            return Ok(None);
        }
        let record = match (&item.user, &first.person) {
            (None, _) => None,
            (Some(user), Some((named, key))) if named == user => found.take(key),
            // The secret is from a version whose secrets do not name the person.
            (Some(user), _) => {
                let key = self.scope.keys().resource(&USERS, user);
                self.scope.table.get(&key).await?
            }
        };
        let record = record.map(Record::from_item).transpose()?;
        Ok(Some(Stored {
            item,
            record,
            tenant,
        }))
    }

    /// Returns the mappings of these groups. Reads only those that the memory lacks.
    async fn recent_mappings(
        self,
        groups: &BTreeSet<String>,
        memory: &Memory,
    ) -> Result<Vec<Mapping>, Error> {
        let before = Moment::now();
        let key = |group: &str| (self.scope.tenant.clone(), group.to_owned());
        let mut mappings = Vec::new();
        let mut unknown = BTreeSet::new();
        for group in groups {
            match memory.mappings.get(&key(group), before) {
                Some(mapping) => mappings.extend(mapping),
                None => _ = unknown.insert(group.clone()),
            }
        }
        let read = Roles::of(self.scope).mappings_of(&unknown).await?;
        for group in &unknown {
            let mapping = read.iter().find(|mapping| mapping.group == *group);
            memory.mappings.put(key(group), mapping.cloned(), before);
        }
        mappings.extend(read);
        Ok(mappings)
    }
}

/// Returns the session that a portal link opens or has opened.
pub(super) fn session_of_link(
    scope: &Scope,
    secret: &TokenSecret,
    item: SessionItem,
    tenant: TenantItem,
) -> Session {
    let cache_seconds = remembered(&tenant.settings, item.ends);
    let read_budget = tenant.ceilings.read_units_per_minute();
    let reads_wait = item.seconds_of_reads(read_budget);
    let catalogue = tenant.settings.roles;
    let support = item.support.as_ref().map(|terms| terms.role.clone());
    let role = item.given_role.or(support);
    let role = role.and_then(|id| catalogue.role(&id));
    let roles: Vec<Role> = role.into_iter().collect();
    Session {
        has_request_ceiling: tenant.request_ceiling.is_some(),
        read_budget,
        reads_wait,
        id: shown_id(&secret.hash().0),
        link: item.link,
        tenant: scope.tenant.clone(),
        tenant_name: tenant.display_name,
        person: None,
        role,
        permissions: catalogue.permissions_of(&roles),
        roles,
        catalogue,
        first_owner: item.first_owner,
        return_url: item.return_url,
        page: item.page,
        read_only: item.support.is_some(),
        open_findings: tenant.open_findings,
        expires_at: item.ends,
        cache_seconds,
    }
}

/// Returns for how many seconds a session that ends, or must be used, by then may be remembered.
fn remembered(settings: &Settings, ends: Timestamp) -> u32 {
    let left = ends.as_second() - now().as_second();
    settings
        .cache_seconds
        .min(u32::try_from(left).unwrap_or_default())
}
