//! Checks a session: whether it is valid, whose it is, and which role counts now.
//!
//! One call reads the session, its person and the tenant, and another the mappings on which the person's role depends.
//! Every check reads the session and the person, so the end of a session, a deactivation and a change of groups or of a
//! role given by hand count at the next check. For introspection, the tenant and the mappings may be up to five seconds
//! old.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rollcall_model::{Actor, PortalLink, Role, RoleId, TenantId, USERS};
use rollcall_store::{Error, Scope, TenantItem, from_item, now};

use crate::cache::{Cache, Moment};
use crate::credentials::secret::{Purpose, TokenSecret};
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
    /// When the session expires.
    pub expires_at: Timestamp,
}

impl Session {
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
}

/// Tenants and mappings that checks have read.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    tenants: Cache<TenantId, TenantItem>,
    /// By tenant and group. `None` for a group without a mapping.
    mappings: Cache<(TenantId, String), Option<Mapping>>,
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
        // An empty memory: everything is read.
        self.recent_session(secret, &Memory::default()).await
    }

    /// Returns the session as [`Self::session`] does, but uses the tenant and the mappings of the memory, which are at
    /// most five seconds old.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn recent_session(
        self,
        secret: &TokenSecret,
        memory: &Memory,
    ) -> Result<Option<Session>, Error> {
        let Some(stored) = self.stored_session(secret, memory).await? else {
            return Ok(None);
        };
        let Stored {
            item,
            record,
            tenant,
        } = stored;
        if item.user.is_none() {
            return Ok(Some(session_of_link(self.scope, secret, item, tenant)));
        }
        let Some(record) = record.filter(|record| item.is_in_force(record)) else {
            return Ok(None);
        };
        let groups = decide::role_groups(&record);
        let mappings = by_group(&self.recent_mappings(&groups, memory).await?);
        Ok(Some(Session {
            id: shown_id(&secret.hash().0),
            link: None,
            tenant: self.scope.tenant.clone(),
            tenant_name: tenant.display_name,
            role: decide::effective_role(&record, &tenant.settings, &mappings),
            person: Some(SessionPerson {
                user_name: record.user_name()?,
                id: record.id,
            }),
            expires_at: item.ends,
        }))
    }

    /// Reads a session that has not expired, its person and its tenant. Returns `None` if there is no such session, or
    /// the tenant was deleted.
    async fn stored_session(
        self,
        secret: &TokenSecret,
        memory: &Memory,
    ) -> Result<Option<Stored>, Error> {
        if !is_from(self.scope, secret, Purpose::Session) {
            return Ok(None);
        }
        let keys = self.scope.keys();
        let person = |user: &str| keys.resource(&USERS, user);
        let named = secret.claimed_person();
        let before = Moment::now();
        let recent = memory.tenants.get(&self.scope.tenant, before);
        let wanted = [
            Some(session_key(self.scope, secret)),
            named.as_deref().map(person),
            recent.is_none().then(|| keys.tenant()),
        ];
        let mut found = self.scope.table.find(wanted.into_iter().flatten()).await?;
        let item = found.take(&session_key(self.scope, secret));
        let item = item.map(from_item::<SessionItem>).transpose()?;
        let Some(item) = item.filter(|item| item.ends > now()) else {
            return Ok(None);
        };
        let tenant = match recent {
            Some(tenant) => tenant,
            None => {
                let Some(read) = found.take(&keys.tenant()) else {
                    return Ok(None);
                };
                let tenant = TenantItem::from_item(read)?;
                let id = self.scope.tenant.clone();
                memory.tenants.put(id, tenant.clone(), before);
                tenant
            }
        };
        let record = match &item.user {
            None => None,
            Some(user) if named.as_ref() == Some(user) => found.take(&person(user)),
            // The secret is from a version whose secrets do not name the person.
            Some(user) => self.scope.table.get(&person(user)).await?,
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
    Session {
        id: shown_id(&secret.hash().0),
        link: item.link,
        tenant: scope.tenant.clone(),
        tenant_name: tenant.display_name,
        person: None,
        role: item.given_role.as_ref().and_then(RoleId::role),
        expires_at: item.ends,
    }
}
