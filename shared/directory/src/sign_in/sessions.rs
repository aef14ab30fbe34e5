//! Sessions: opaque, hashed at rest, over with the very write that deactivates the person.
//!
//! A session of a person says who they are; what they may do is decided at each look from the person as stored. A
//! session of a portal link belongs to nobody: it carries the role that the application gave it.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::credentials::secret::{Purpose, TokenSecret};
use crate::error::Error;
use crate::journal::entry::{Actor, Entry};
use crate::model::kind::USERS;
use crate::model::role::Role;
use crate::resources::record::{Record, now};
use crate::resources::writes::{State, subject};
use crate::roles::decide::PersonState;
use crate::roles::mappings::by_group;
use crate::store::item::{from_item, text, to_item};
use crate::store::keys::{Key, TenantId};
use crate::store::table::Range;
use crate::store::transaction::{Expression, Guard, Transaction};
use crate::tenant::{Tenant, TenantItem};

/// How long a session lasts.
pub(crate) const SESSION_LIFE: Duration = Duration::from_secs(12 * 3_600);
/// How long a portal link can be opened.
pub(crate) const PORTAL_LINK_LIFE: Duration = Duration::from_secs(10 * 60);
/// How long what a portal link opened lasts.
pub(crate) const PORTAL_SESSION_LIFE: Duration = Duration::from_secs(2 * 3_600);
/// Sessions of one person that are listed.
const MAX_LISTED: usize = 100;
/// Characters of a hash that are shown.
const SHOWN_OF_HASH: usize = 12;
/// How often a write starts over before the table counts as busy.
const MAX_TURNS: usize = 20;

/// A session or portal link as the table holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SessionItem {
    /// The person; none for what a portal link opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    /// The role, where there is no person to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) given_role: Option<Role>,
    pub(crate) began: Timestamp,
    pub(crate) ends: Timestamp,
    /// For DynamoDB's time to live.
    expires: i64,
}

/// A session that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The tenant.
    pub tenant: TenantId,
    /// What people call the tenant.
    pub tenant_name: String,
    /// The person, unless a portal link opened the session.
    pub person: Option<SessionPerson>,
    /// The role that counts now.
    pub role: Option<Role>,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// The person a session belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionPerson {
    /// The user's id.
    pub id: String,
    /// The user's name.
    pub user_name: String,
}

/// A session of a person that is in force, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonSession {
    /// The beginning of its hash: enough to tell sessions apart, and of no use to anybody.
    pub id: String,
    /// When the person signed in.
    pub began_at: Timestamp,
    /// When it ends by itself.
    pub ends_at: Timestamp,
}

/// A new session or link, with the only showing of its plain text.
#[derive(Clone, Debug)]
pub struct IssuedSession {
    /// The plain text.
    pub secret: TokenSecret,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

impl SessionItem {
    pub(crate) fn new(user: Option<String>, given_role: Option<Role>, life: Duration) -> Self {
        let began = now();
        let ends = began + life;
        Self {
            user,
            given_role,
            began,
            ends,
            expires: ends.as_second(),
        }
    }

    /// Whether a session of this person is in force.
    fn is_in_force(&self, record: &Record) -> bool {
        let over = record
            .standing
            .sessions_over_at
            .is_some_and(|over| self.began <= over);
        !over && record.state() != PersonState::Inactive && self.ends > now()
    }
}

impl Tenant {
    pub(crate) fn session_key(&self, secret: &TokenSecret) -> Key {
        self.id.sessions().at(secret.hash().0)
    }

    /// The writes of a new session.
    pub(crate) fn open_session(
        &self,
        purpose: Purpose,
        item: &SessionItem,
    ) -> Result<(IssuedSession, Transaction), Error> {
        let secret = TokenSecret::generate(purpose, &self.id);
        let mut transaction = Transaction::default();
        let key = self.session_key(&secret);
        transaction.put_if(to_item(&key, item)?, Expression::absent(), Guard::Stale);
        if let Some(user) = &item.user {
            let sort = format!("{:015}#{}", item.began.as_millisecond(), secret.hash().0);
            let pointer = json!({"expires": item.expires});
            transaction.put(to_item(&self.id.sessions_of(user).at(sort), &pointer)?);
        }
        Ok((
            IssuedSession {
                secret,
                expires_at: item.ends,
            },
            transaction,
        ))
    }

    /// A link that opens the console once, with this role.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn issue_portal_link(&self, role: Role) -> Result<IssuedSession, Error> {
        let item = SessionItem::new(None, Some(role), PORTAL_LINK_LIFE);
        let (issued, mut transaction) = self.open_session(Purpose::PortalLink, &item)?;
        transaction.put(
            self.entry("portal_link.created", self.own_subject())
                .to_item(&self.id)?,
        );
        self.stored().await?;
        self.commit(&transaction).await?;
        Ok(issued)
    }

    /// Turns a portal link into a session; the link is used up in the same transaction.
    ///
    /// # Errors
    /// Only those of the table; `None` when the link is no good (any more).
    pub async fn redeem_portal_link(
        &self,
        link: &TokenSecret,
    ) -> Result<Option<IssuedSession>, Error> {
        let Some(item) = self.session_item(link, Purpose::PortalLink).await? else {
            return Ok(None);
        };
        let session = SessionItem::new(None, item.given_role, PORTAL_SESSION_LIFE);
        let (issued, mut transaction) = self.open_session(Purpose::Session, &session)?;
        transaction.delete_if(self.session_key(link), Expression::present(), Guard::Stale);
        // Nothing but the link says who it is that opens it.
        let entry = Entry {
            actor: Actor::PortalLink,
            ..self.entry("portal_link.opened", self.own_subject())
        };
        transaction.put(entry.to_item(&self.id)?);
        let committed = self.table.transact(&transaction).await?.is_empty();
        Ok(committed.then_some(issued))
    }

    /// Ends one session.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn end_session(&self, secret: &TokenSecret) -> Result<(), Error> {
        let mut transaction = Transaction::default();
        transaction.delete(self.session_key(secret));
        self.commit(&transaction).await
    }

    /// The sessions of a person that are in force, latest first; of very many, the latest hundred.
    ///
    /// # Errors
    /// `404` when there is no such person.
    pub async fn sessions_of(&self, user: &str) -> Result<Vec<PersonSession>, Error> {
        self.sessions_in_force(&self.record(&USERS, user).await?)
            .await
    }

    pub(crate) async fn sessions_in_force(
        &self,
        record: &Record,
    ) -> Result<Vec<PersonSession>, Error> {
        let range = Range::all(self.id.sessions_of(&record.id))
            .descending(true)
            .limit(MAX_LISTED);
        let hashes = self.table.query(&range).await?.items;
        let hashes = hashes
            .iter()
            .filter_map(|item| text(item, "SK").ok()?.split_once('#'));
        let keys = hashes.map(|(_, hash)| self.id.sessions().at(hash));
        let mut sessions = Vec::new();
        for item in self.table.batch_get(keys).await? {
            let hash = text(&item, "SK")?.to_owned();
            let session: SessionItem = from_item(item)?;
            if session.is_in_force(record) {
                sessions.push(PersonSession {
                    id: hash.chars().take(SHOWN_OF_HASH).collect(),
                    began_at: session.began,
                    ends_at: session.ends,
                });
            }
        }
        sessions.sort_by_key(|session| (std::cmp::Reverse(session.began_at), session.id.clone()));
        Ok(sessions)
    }

    /// Ends every session that a person has now, each at its next check. They may sign in again.
    ///
    /// # Errors
    /// `404` when there is no such person.
    pub async fn end_sessions_of(&self, user: &str) -> Result<(), Error> {
        for _ in 0..MAX_TURNS {
            let record = self.record(&USERS, user).await?;
            let mut after = record.clone();
            after.revision += 1;
            after.standing.sessions_over_at = Some(now());
            let mut transaction = self.person_write(&record, &after)?;
            let whose = subject(&USERS, &State::of(&USERS, &record)?);
            transaction.put(self.entry("user.sessions_ended", whose).to_item(&self.id)?);
            if self.committed(&transaction, &USERS).await? {
                return Ok(());
            }
        }
        Err(Error::Busy(None))
    }

    async fn session_item(
        &self,
        secret: &TokenSecret,
        purpose: Purpose,
    ) -> Result<Option<SessionItem>, Error> {
        if secret.purpose() != purpose || secret.claimed_tenant() != &self.id {
            return Ok(None);
        }
        let item = self.table.get(&self.session_key(secret)).await?;
        let item = item.map(from_item::<SessionItem>).transpose()?;
        Ok(item.filter(|item| item.ends > now()))
    }

    /// The session, if it is in force: decided from consistent reads of the session, the person and the mappings.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn session(&self, secret: &TokenSecret) -> Result<Option<Session>, Error> {
        let Some(item) = self.session_item(secret, Purpose::Session).await? else {
            return Ok(None);
        };
        let Some(user) = &item.user else {
            return self.session_of_nobody(&item).await;
        };
        let Some((record, tenant)) = self.person_and_tenant(user).await? else {
            return Ok(None);
        };
        if !item.is_in_force(&record) {
            return Ok(None);
        }
        let mappings = by_group(&self.mappings_of(&record.role_groups()).await?);
        let role = record.effective_role(&tenant.settings, &mappings);
        let person = SessionPerson {
            id: record.id.clone(),
            user_name: user_name(&record)?,
        };
        Ok(Some(Session {
            tenant: self.id.clone(),
            tenant_name: tenant.display_name,
            person: Some(person),
            role,
            expires_at: item.ends,
        }))
    }

    /// The session that a portal link would open, if it can be opened; looking does not use it up.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn portal_link(&self, link: &TokenSecret) -> Result<Option<Session>, Error> {
        match self.session_item(link, Purpose::PortalLink).await? {
            Some(item) => self.session_of_nobody(&item).await,
            None => Ok(None),
        }
    }

    /// What a portal link opens: it lives as long as the tenant does.
    async fn session_of_nobody(&self, item: &SessionItem) -> Result<Option<Session>, Error> {
        let tenant = self.table.get(&self.id.tenant_key()).await?;
        let tenant = tenant.map(from_item::<TenantItem>).transpose()?;
        Ok(tenant.map(|tenant| Session {
            tenant: self.id.clone(),
            tenant_name: tenant.display_name,
            person: None,
            role: item.given_role,
            expires_at: item.ends,
        }))
    }
}

pub(crate) fn user_name(record: &Record) -> Result<String, Error> {
    let resource = record.resource(&USERS)?;
    Ok(resource
        .get(USERS.unique)
        .and_then(|name| name.as_str())
        .unwrap_or_default()
        .to_owned())
}
