//! Sessions: opaque tokens, hashed at rest. Deactivating a person ends their sessions in the same transaction.
//!
//! A session identifies a person, and its secret names them. Each check decides from the stored person what they may do
//! (`check`). The session of a portal link has no person: it has the role that the application gave the link.

use std::cmp::Reverse;
use std::time::Duration;

use jiff::Timestamp;
use rollcall_model::{PortalLink, RoleId, SessionLimits, Settings, USERS};
use rollcall_store::{
    Error, Expression, Guard, Key, Range, Scope, Transaction, from_item, now, text, to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::credentials::secret::{Purpose, TokenSecret};
use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::sign_in::handle::SignIn;

/// Takes the place of the person in the list of portal links and their sessions. It is no id.
pub(super) const NOBODY: &str = "-";
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
    /// The person with the address for whom the link was made. The link and its session end with theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) addressee: Option<Addressee>,
    /// Whether the holder may make somebody an owner while the tenant has none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) first_owner: bool,
    /// The address of the application to which the pages of the link's session lead back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) return_url: Option<String>,
    /// The page that the link opens, by its name in the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) page: Option<String>,
    /// If the link is mailed, the address where links open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) opens_at: Option<String>,
    /// The terms of support access, which only reads. Such an item has no `given_role`: earlier versions give it none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) support: Option<SupportTerms>,
    pub(super) began: Timestamp,
    /// When it was last checked, roughly, if the tenant ends sessions that nobody uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seen: Option<Timestamp>,
    pub(super) ends: Timestamp,
    /// The time from which the next request is allowed, in microseconds since 1970, as far as it depends on what earlier
    /// ones have read. Sessions that never read much do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reads_allow_at: Option<i64>,
    /// The budget by which that time was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reads_budget: Option<u32>,
    /// For DynamoDB's time to live.
    expires: i64,
}

/// What an operator may do, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportTerms {
    /// The role whose pages and answers the operator reads.
    pub role: RoleId,
    /// Why.
    pub reason: String,
}

/// The person for whom a portal link was made, in their epoch at that time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Addressee {
    pub(super) id: String,
    epoch: u64,
}

impl Addressee {
    pub(super) fn of(record: &Record) -> Self {
        Self {
            id: record.id.clone(),
            epoch: record.account.epoch,
        }
    }

    /// Returns whether nothing has ended the person or their sessions since then.
    pub(super) fn is_in_force(&self, record: &Record) -> bool {
        !record.is_out() && record.account.epoch == self.epoch
    }
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

/// A portal link that can be opened, or a valid session that a link has opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalSession {
    /// The first 12 characters of its hash.
    pub id: String,
    /// Whether it is a session. Otherwise it is a link that nobody has opened yet.
    pub is_opened: bool,
    /// The address of the person for whom the link was made, if the application named one.
    pub email: Option<String>,
    /// The id of the link that opened it.
    pub link_id: Option<String>,
    /// The role that it gives.
    pub role: Option<RoleId>,
    /// The terms, if it is support access.
    pub support: Option<SupportTerms>,
    /// When it was made or opened.
    pub began_at: Timestamp,
    /// When it expires.
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

impl IssuedSession {
    /// Returns its id, as lists and the journal show it. It is not a credential.
    pub fn id(&self) -> String {
        shown_id(&self.secret.hash().0)
    }
}

impl SessionItem {
    /// Returns a session of a person that begins now, in their present epoch.
    pub(super) fn of_person(record: &Record, limits: SessionLimits) -> Self {
        Self {
            user: Some(record.id.clone()),
            epoch: Some(record.account.epoch),
            renamings: Some(record.identity.renamings),
            ..Self::lasting(minutes(limits.minutes))
        }
    }

    /// Returns whether the session of a person has lasted, or gone unused, longer than is allowed now.
    pub(super) fn is_over_by(&self, limits: SessionLimits, now: Timestamp) -> bool {
        let is_past = |from: Timestamp, limit: u32| from + minutes(limit) <= now;
        let idle = limits.idle_minutes;
        is_past(self.began, limits.minutes)
            || idle.is_some_and(|limit| is_past(self.last_seen(), limit))
    }

    /// Returns whether the use of the session must be noted, so that it does not end as unused. Only every so often, so
    /// that most checks write nothing.
    pub(super) fn is_to_be_noted(&self, limits: SessionLimits, now: Timestamp) -> bool {
        let idle = limits.idle_minutes;
        idle.is_some_and(|idle| self.last_seen() + minutes(idle) / 4 <= now)
    }

    /// Returns when the session of a person ends, or its use must have been noted so that it does not end as unused.
    pub(super) fn ends_by(&self, limits: SessionLimits) -> Timestamp {
        let idle = limits.idle_minutes;
        let noted = idle.map(|idle| now() + minutes(idle) / 4);
        let ends = self.ends.min(self.began + minutes(limits.minutes));
        noted.map_or(ends, |noted| ends.min(noted))
    }

    fn last_seen(&self) -> Timestamp {
        self.seen.unwrap_or(self.began)
    }

    /// Returns a portal link, with the role that it gives.
    pub(super) fn of_link(link: PortalLink, given_role: RoleId, life: Duration) -> Self {
        Self {
            given_role: Some(given_role),
            link: Some(link),
            ..Self::lasting(life)
        }
    }

    /// Returns the session that this portal link opens.
    pub(super) fn opened(&self, link: PortalLink, life: Duration) -> Self {
        Self {
            given_role: self.given_role.clone(),
            addressee: self.addressee.clone(),
            first_owner: self.first_owner,
            return_url: self.return_url.clone(),
            support: self.support.clone(),
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
            addressee: None,
            first_owner: false,
            return_url: None,
            page: None,
            opens_at: None,
            support: None,
            began,
            seen: None,
            ends,
            reads_allow_at: None,
            reads_budget: None,
            expires: ends.as_second(),
        }
    }

    /// Returns whether the session of this person is valid.
    pub(super) fn is_in_force(&self, record: &Record) -> bool {
        let is_kept = record.account.keeps_session(self.began, self.epoch);
        let is_trusted = self.renamings.unwrap_or_default() >= record.identity.sessions_since;
        is_kept && is_trusted && record.effect().has_sessions() && self.ends > now()
    }
}

/// Returns minutes as a duration.
pub(super) fn minutes(number: u32) -> Duration {
    Duration::from_secs(u64::from(number) * 60)
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
    open_with(scope, secret, item)
}

/// Returns a new session with this secret and the writes that open it.
pub(super) fn open_with(
    scope: &Scope,
    secret: TokenSecret,
    item: &SessionItem,
) -> Result<(IssuedSession, Transaction), Error> {
    let mut transaction = Transaction::default();
    let key = session_key(scope, &secret);
    transaction.put_if(to_item(&key, item)?, Expression::absent(), Guard::Stale);
    let whose = item.user.as_deref().unwrap_or(NOBODY);
    let sort = format!("{:015}#{}", item.began.as_millisecond(), secret.hash().0);
    let pointer = json!({"expires": item.expires});
    transaction.put(to_item(
        &scope.keys().sessions_of(whose).at(sort),
        &pointer,
    )?);
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
    /// Lists the valid sessions among a person's latest 100, latest first.
    ///
    /// # Errors
    /// `404` when the person does not exist.
    pub async fn sessions_of(self, user: &str) -> Result<Vec<PersonSession>, Error> {
        let record = Resources::of(self.scope).record(&USERS, user).await?;
        let settings = self.scope.settings().await?;
        self.sessions_in_force(&record, &settings).await
    }

    /// Lists the sessions of a person that was already read, as [`Self::sessions_of`] does.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn sessions_in_force(
        self,
        record: &Record,
        settings: &Settings,
    ) -> Result<Vec<PersonSession>, Error> {
        let limits = self.scope.session_bounds.limits(settings);
        let (stored, now) = (self.latest(&record.id).await?.into_iter(), now());
        let mut sessions: Vec<PersonSession> = stored
            .filter(|(_, session)| session.is_in_force(record))
            .filter(|(_, session)| !session.is_over_by(limits, now))
            .map(|(hash, session)| PersonSession {
                id: shown_id(&hash),
                began_at: session.began,
                ends_at: session.ends,
            })
            .collect();
        sessions.sort_by_key(|session| (Reverse(session.began_at), session.id.clone()));
        Ok(sessions)
    }

    /// Returns for how long a session lasts at most with these settings, in minutes.
    pub fn longest_session(self, settings: &Settings) -> u32 {
        self.scope.session_bounds.limits(settings).minutes
    }

    /// Lists the portal links that can still be opened, and the valid sessions that links have opened, latest first, at
    /// most 100. Links of earlier versions are not listed.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn portal_sessions(self) -> Result<Vec<PortalSession>, Error> {
        let stored = self.with_support().await?.into_iter();
        let mut sessions: Vec<PortalSession> = stored
            .filter(|(_, session)| session.ends > now())
            .map(|(hash, session)| {
                let link = session.link.unwrap_or_default();
                PortalSession {
                    id: shown_id(&hash),
                    is_opened: link.id.is_some(),
                    email: link.email,
                    link_id: link.id,
                    role: match &session.support {
                        Some(terms) => Some(terms.role.clone()),
                        None => session.given_role,
                    },
                    support: session.support,
                    began_at: session.began,
                    ends_at: session.ends,
                }
            })
            .collect();
        sessions.sort_by_key(|session| (Reverse(session.began_at), session.id.clone()));
        Ok(sessions)
    }

    /// Reads the latest sessions of a person, or of nobody, with their hashes.
    pub(super) async fn latest(self, whose: &str) -> Result<Vec<(String, SessionItem)>, Error> {
        Ok(self.page_of(whose, None).await?.0)
    }

    /// Reads a page of sessions, latest first, with their hashes and the place of the next page.
    pub(super) async fn page_of(
        self,
        whose: &str,
        after: Option<String>,
    ) -> Result<(Vec<(String, SessionItem)>, Option<String>), Error> {
        let range = Range::all(self.scope.keys().sessions_of(whose))
            .descending(true)
            .after(after)
            .limit(MAX_LISTED);
        let read = self.scope.table.query(&range).await?;
        let pointers = read.items;
        let hashes = pointers
            .iter()
            .filter_map(|item| text(item, "SK").ok()?.split_once('#'));
        let keys = hashes.map(|(_, hash)| self.scope.keys().sessions().at(hash));
        let mut sessions = Vec::new();
        for item in self.scope.table.batch_get(keys).await? {
            sessions.push((text(&item, "SK")?.to_owned(), from_item(item)?));
        }
        Ok((sessions, read.next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_end_by_the_settings_of_now() {
        let mut item = SessionItem::lasting(minutes(720));
        let limits = |minutes, idle_minutes| SessionLimits {
            minutes,
            idle_minutes,
        };
        let after = |count| item.began + minutes(count);
        for (life, idle, at, is_over, is_noted) in [
            (720, None, 600, false, false),
            (60, None, 59, false, false),
            (60, None, 60, true, false),
            (720, Some(20), 4, false, false),
            (720, Some(20), 5, false, true),
            (720, Some(20), 20, true, true),
        ] {
            let limits = limits(life, idle);
            assert_eq!(item.is_over_by(limits, after(at)), is_over, "{at}");
            assert_eq!(item.is_to_be_noted(limits, after(at)), is_noted, "{at}");
        }
        let later = after(30);
        item.seen = Some(after(15));
        assert!(!item.is_over_by(limits(720, Some(20)), later));
    }
}
