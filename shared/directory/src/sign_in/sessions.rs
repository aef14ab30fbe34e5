//! Sessions: opaque tokens, hashed at rest. Deactivating a person ends their sessions in the same transaction.
//!
//! A session identifies a person, and its secret names them. Each check decides from the stored person what they may do
//! (`check`). The session of a portal link has no person: it has the role that the application gave the link.

use std::cmp::Reverse;
use std::time::Duration;

use jiff::Timestamp;
use rollcall_model::{EventType, PortalLink, RoleId, Subject, USERS};
use rollcall_store::{
    Error, Expression, Guard, Key, Range, Scope, Transaction, from_item, now, text, to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::credentials::secret::{Purpose, TokenSecret};
use crate::journal::entry::Entry;
use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::sign_in::handle::SignIn;

/// How long a session lasts.
pub(super) const SESSION_LIFE: Duration = Duration::from_secs(12 * 3_600);
/// The maximum number of sessions that are listed for one person.
const MAX_LISTED: usize = 100;
/// The number of characters of a hash that are shown.
const SHOWN_OF_HASH: usize = 12;

/// A session or portal link as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SessionItem {
    /// The user's id; absent for a portal link, and for the session that it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<String>,
    /// The role of a session or link without a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) given_role: Option<RoleId>,
    /// The epoch of the person in which it began; absent for one that an earlier version opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<u64>,
    /// How often the person's identifiers had changed when it began; absent for one that an earlier version opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) renamings: Option<u64>,
    /// The link, or the link that opened the session. Absent for a person, and in items of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) link: Option<PortalLink>,
    began: Timestamp,
    pub(super) ends: Timestamp,
    /// For DynamoDB's time to live.
    expires: i64,
}

/// A valid session of a person, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonSession {
    /// The first 12 characters of its hash: enough to tell sessions apart, and useless to an attacker.
    pub id: String,
    /// When the person signed in.
    pub began_at: Timestamp,
    /// When the session expires.
    pub ends_at: Timestamp,
}

/// A new session or portal link with its plain text, which is available only here.
#[derive(Clone, Debug)]
pub struct IssuedSession {
    /// The plain text.
    pub secret: TokenSecret,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl SessionItem {
    /// Returns a session of a person that begins now, in their present epoch.
    pub(super) fn of_person(record: &Record) -> Self {
        Self {
            user: Some(record.id.clone()),
            epoch: Some(record.account.epoch),
            renamings: Some(record.identity.renamings),
            ..Self::lasting(SESSION_LIFE)
        }
    }

    /// Returns a portal link or the session that it opens, with the role that it gives.
    pub(super) fn of_link(link: PortalLink, given_role: Option<RoleId>, life: Duration) -> Self {
        Self {
            given_role,
            link: Some(link),
            ..Self::lasting(life)
        }
    }

    fn lasting(life: Duration) -> Self {
        let began = now();
        let ends = began + life;
        Self {
            user: None,
            given_role: None,
            epoch: None,
            renamings: None,
            link: None,
            began,
            ends,
            expires: ends.as_second(),
        }
    }

    /// Returns whether the session of this person is valid.
    pub(super) fn is_in_force(&self, record: &Record) -> bool {
        let is_kept = record.account.keeps_session(self.began, self.epoch);
        is_kept && record.effect().has_sessions() && self.ends > now()
    }
}

/// Returns a new session and the writes that open it.
pub(super) fn open_session(
    scope: &Scope,
    purpose: Purpose,
    item: &SessionItem,
) -> Result<(IssuedSession, Transaction), Error> {
    let secret = match &item.user {
        Some(user) => TokenSecret::generate_for(purpose, &scope.tenant, user),
        None => TokenSecret::generate(purpose, &scope.tenant),
    };
    let mut transaction = Transaction::default();
    let key = session_key(scope, &secret);
    transaction.put_if(to_item(&key, item)?, Expression::absent(), Guard::Stale);
    if let Some(user) = &item.user {
        let sort = format!("{:015}#{}", item.began.as_millisecond(), secret.hash().0);
        let pointer = json!({"expires": item.expires});
        transaction.put(to_item(&scope.keys().sessions_of(user).at(sort), &pointer)?);
    }
    let issued = IssuedSession {
        secret,
        expires_at: item.ends,
    };
    Ok((issued, transaction))
}

/// Returns the id of a session or portal link, which everybody may see: the beginning of its hash.
pub(super) fn shown_id(hash: &str) -> String {
    hash.chars().take(SHOWN_OF_HASH).collect()
}

pub(super) fn session_key(scope: &Scope, secret: &TokenSecret) -> Key {
    scope.keys().sessions().at(secret.hash().0)
}

/// Returns whether a secret claims to have this purpose in the tenant of the scope.
pub(super) fn is_from(scope: &Scope, secret: &TokenSecret, purpose: Purpose) -> bool {
    secret.purpose() == purpose && secret.claimed_tenant() == &scope.tenant
}

impl SignIn<'_> {
    /// Signs out: ends one session of `whom`, a person, or the tenant if a portal link opened it. A repetition is not noted.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn end_session(self, secret: &TokenSecret, whom: Subject) -> Result<(), Error> {
        let entry = Entry::new(self.scope, EventType::AuthLogout, whom);
        let mut transaction = Transaction::default();
        let key = session_key(self.scope, secret);
        transaction.delete_if(key, Expression::present(), Guard::Used);
        transaction.put(entry.to_item(self.scope.keys())?);
        self.scope.table.transact(&transaction).await.map(|_| ())
    }

    /// Lists the valid sessions among a person's latest 100, latest first.
    ///
    /// # Errors
    /// `404` when the person does not exist.
    pub async fn sessions_of(self, user: &str) -> Result<Vec<PersonSession>, Error> {
        let record = Resources::of(self.scope).record(&USERS, user).await?;
        self.sessions_in_force(&record).await
    }

    /// Lists the sessions of a person that was already read, as [`Self::sessions_of`] does.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn sessions_in_force(self, record: &Record) -> Result<Vec<PersonSession>, Error> {
        let range = Range::all(self.scope.keys().sessions_of(&record.id))
            .descending(true)
            .limit(MAX_LISTED);
        let pointers = self.scope.table.query(&range).await?.items;
        let hashes = pointers
            .iter()
            .filter_map(|item| text(item, "SK").ok()?.split_once('#'));
        let keys = hashes.map(|(_, hash)| self.scope.keys().sessions().at(hash));
        let mut sessions = Vec::new();
        for item in self.scope.table.batch_get(keys).await? {
            let hash = text(&item, "SK")?.to_owned();
            let session: SessionItem = from_item(item)?;
            if session.is_in_force(record) {
                sessions.push(PersonSession {
                    id: shown_id(&hash),
                    began_at: session.began,
                    ends_at: session.ends,
                });
            }
        }
        sessions.sort_by_key(|session| (Reverse(session.began_at), session.id.clone()));
        Ok(sessions)
    }
}
