//! The offboarding report: who left in a period, when the request arrived that said so, and when their access ended.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::stored::{Record, list_cursor, list_place};
use rollcall_directory::{Actor, AuditQuery, DepartureQuery, Entry};
use rollcall_model::{RoleId, USERS};
use rollcall_store::Error;

use crate::evidence::departed::had;
use crate::evidence::made::{Made, Place};
use crate::handle::Insight;

/// People on one page: for each, their history is read.
const MAX_PEOPLE: usize = 50;
/// Histories read at the same time.
const AT_ONCE: usize = 8;
/// Entries about one person that are looked at. If there are more, it is not known what they had.
const MAX_HISTORY: usize = 100;
/// How long after somebody left the change of their role is looked for. It usually takes seconds.
const ROLE_FOLLOWS_WITHIN: SignedDuration = SignedDuration::from_hours(2);

/// The conditions of a report.
#[derive(Clone, Debug, Default)]
pub struct OffboardingQuery {
    /// Only who left at or after this time.
    pub from: Option<Timestamp>,
    /// Only who left at or before this time.
    pub to: Option<Timestamp>,
    /// Only whom a request of this connection ended.
    pub connection: Option<String>,
}

/// Somebody whose access ended.
#[derive(Clone, Debug)]
pub struct Departure {
    /// The id of the journal entry.
    pub id: String,
    /// The sequence number of its event, once it has one.
    pub sequence: Option<u64>,
    /// The type of the change: `user.deactivated`, `user.deleted` or `user.blocked`.
    pub action: String,
    /// The user's id.
    pub user: String,
    /// `userName` when they left.
    pub user_name: String,
    /// `displayName` now; `None` if they have none or were deleted.
    pub display_name: Option<String>,
    /// Their highest role before; `None` if they had none or it is not known.
    pub role: Option<RoleId>,
    /// When API Gateway received the request that said so, also if that was held; `None` if an earlier version stored the
    /// entry or held the change, or Rollcall did it by itself.
    pub received_at: Option<Timestamp>,
    /// When their access ended: in the same transaction, their sessions did.
    pub ended_at: Timestamp,
    /// The sign-ins whose sessions had not ended; `None` if that is not known.
    pub sessions_ended: Option<u64>,
    /// Who ended it: of a held change, whoever let it take effect.
    pub actor: Actor,
    /// The connection whose request said so, also if that was held; `None` for another actor.
    pub connection: Option<String>,
    /// The id of the request that said so.
    pub request_id: String,
}

impl Departure {
    /// Returns the time from the arrival of the request to the end of access, in seconds; `None` if the arrival is not known.
    pub fn seconds(&self) -> Option<f64> {
        let received = self.received_at?;
        let milliseconds = self.ended_at.as_millisecond() - received.as_millisecond();
        Some(milliseconds.max(0) as f64 / 1_000.0)
    }
}

/// A page of a report, newest first.
#[derive(Clone, Debug)]
pub struct OffboardingPage {
    /// Who left.
    pub departures: Vec<Departure>,
    /// The names of connections, by id.
    pub connections: BTreeMap<String, String>,
    /// The cursor of the next page; `None` once the whole period was searched.
    pub next: Option<String>,
    /// How far the period was searched; `None` if it was searched whole.
    pub looked_back_to: Option<Timestamp>,
    /// When the report was made.
    pub made: Made,
}

impl Insight<'_> {
    /// Reads the page of an offboarding report that starts at a cursor; the first page without one. A page has at most 50
    /// people and reads a bounded number of entries, so it can be short or even empty although another page follows.
    ///
    /// # Errors
    /// `404` when the tenant was deleted; `invalidCursor` and `expiredCursor`.
    pub async fn offboarding(
        self,
        query: &OffboardingQuery,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<OffboardingPage, Error> {
        let bound_to = format!("offboarding\n{query:?}");
        let Place { made, behind } = match cursor {
            Some(cursor) => list_place(self.scope, &bound_to, cursor).await?,
            None => self.begin_evidence().await?,
        };
        let journal = self.tenant.journal();
        let wanted = DepartureQuery {
            from: query.from,
            to: query.to,
            connection: query.connection.clone(),
            after: behind,
            limit: limit.min(MAX_PEOPLE),
        };
        let (entries, behind) = journal.departures(&wanted).await?;
        let used = entries.iter();
        let used = used.filter_map(|entry| entry.asked_by().map(str::to_owned));
        let connections = self.connection_names(used.collect()).await?;
        let looked_back_to = behind.as_deref().and_then(time_of);
        let next = match behind {
            Some(_) => {
                let made = made.clone();
                Some(list_cursor(self.scope, &bound_to, &Place { made, behind }).await?)
            }
            None => None,
        };
        Ok(OffboardingPage {
            departures: self.departures(entries).await?,
            connections,
            next,
            looked_back_to,
            made,
        })
    }

    /// Adds to the entries what people had and what they are called.
    async fn departures(self, entries: Vec<Entry>) -> Result<Vec<Departure>, Error> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = entries.iter().map(|it| it.subject.id.clone()).collect();
        let people = self.tenant.resources().records(&USERS, &ids).await?;
        let people: BTreeMap<&str, &Record> =
            people.iter().map(|it| (it.id.as_str(), it)).collect();
        let settings = self.scope.settings().await?;
        let lasts = self.tenant.sign_in().longest_session(&settings);
        let lasts = SignedDuration::from_mins(i64::from(lasts));
        let has_histories = self.tenant.journal().has_histories().await?;
        let around: Vec<AuditQuery> = entries.iter().map(|it| history_of(it, lasts)).collect();
        let histories: Vec<Option<Vec<Entry>>> = stream::iter(around)
            .map(|query| async move {
                match has_histories {
                    true => self.history(&query).await,
                    false => Ok(None),
                }
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let one = |(entry, history): (Entry, Option<Vec<Entry>>)| {
            let had = history.map(|history| had(&history, &entry.id));
            let person = people.get(entry.subject.id.as_str());
            Ok(Departure {
                display_name: match person {
                    Some(person) => person.text(&USERS, "displayName")?,
                    None => None,
                },
                role: had.as_ref().and_then(|had| had.role.clone()),
                sessions_ended: had.map(|had| had.sessions),
                received_at: entry.asked_at(),
                connection: entry.asked_by().map(str::to_owned),
                request_id: entry.asked_in().to_owned(),
                id: entry.id,
                sequence: entry.sequence,
                action: entry.action,
                user: entry.subject.id,
                user_name: entry.subject.name,
                ended_at: entry.at,
                actor: entry.actor,
            })
        };
        entries.into_iter().zip(histories).map(one).collect()
    }

    /// Reads the entries about a person around the one that ended their access; `None` if there are too many.
    async fn history(self, query: &AuditQuery) -> Result<Option<Vec<Entry>>, Error> {
        let (entries, next) = self.tenant.journal().audit(query).await?;
        Ok(next.is_none().then_some(entries))
    }
}

/// Returns the query of the entries about a person around the one that ended their access. A session lasts at most `lasts`.
fn history_of(entry: &Entry, lasts: SignedDuration) -> AuditQuery {
    AuditQuery {
        subject: Some(entry.subject.id.clone()),
        from: entry.at.checked_sub(lasts).ok(),
        to: entry.at.checked_add(ROLE_FOLLOWS_WITHIN).ok(),
        limit: MAX_HISTORY,
        ..AuditQuery::default()
    }
}

/// Returns the time in the id of an entry, or in a place between two.
fn time_of(id: &str) -> Option<Timestamp> {
    let digits: String = id.chars().filter(|char| *char != '-').take(12).collect();
    let milliseconds = i64::from_str_radix(&digits, 16).ok()?;
    Timestamp::from_millisecond(milliseconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_time() {
        let at = time_of("019acf58-5f80-7000-8000-000000000000");
        assert_eq!(at.map(Timestamp::as_millisecond), Some(0x019a_cf58_5f80));
        assert_eq!(time_of("x"), None);
    }
}
