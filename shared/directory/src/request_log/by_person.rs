//! Finds the requests about a person without reading the log: those that failed or changed nothing by an index that is
//! written with their entries, the others through the journal. What was logged before the index began is searched for in
//! the log itself.
//!
//! The place of a request in this order is the id of its entry, or that of the change in the journal: both sort by time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use rollcall_store::{
    BoundedPage, Error, Partition, QueryPage, Range, from_item, just_after, now, text, to_item,
};
use serde::{Deserialize, Serialize};

use crate::journal::entry::{AuditQuery, Entry};
use crate::journal::handle::Journal;
use crate::journal::read_back::{MAX_READ, READ_AT_ONCE, readable};
use crate::request_log::handle::RequestLog;
use crate::request_log::log::{LoggedRequest, RequestQuery};
use crate::request_log::named::hash_of;

/// What a cursor begins with that leads on in the order of this file. Any other leads on in the log.
const PLACE: char = 'p';
/// A request is logged when it is answered, and API Gateway does not wait longer than this for the answer.
const ANSWERED_WITHIN: SignedDuration = SignedDuration::from_secs(30);
/// Functions of an earlier version, which know no index, may run for so long after an upgrade.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);
/// If no pass has seen the index for so long, an earlier version may have logged requests without it.
const UNSEEN: SignedDuration = SignedDuration::from_hours(2);
/// A pass that follows another one so soon has nothing to note.
const SEEN: SignedDuration = SignedDuration::from_mins(30);
/// Entries of the log that are read at once to find the one of a change.
const NEARBY: usize = 50;
/// How often more of them are read.
const MAX_NEARBY: usize = 20;

/// What the index of requests covers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Coverage {
    /// Since when it is complete; absent if it has been since the first request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    complete_since: Option<Timestamp>,
    /// When a pass of a version that knows the index last looked.
    seen_at: Timestamp,
}

impl Coverage {
    /// Returns the id of the log up to which the index may lack entries.
    fn floor(&self) -> Option<String> {
        self.complete_since.map(just_after)
    }
}

/// A request with its place.
type Placed = (String, LoggedRequest);

/// What one read has found, and the cursor of the next one.
struct Found {
    requests: Vec<Placed>,
    looked_at: usize,
    next: Option<String>,
}

impl RequestLog<'_> {
    /// Returns what the index covers; `None` if there is none yet.
    ///
    /// # Errors
    /// Only table errors.
    pub(super) async fn coverage(self) -> Result<Option<Coverage>, Error> {
        let key = self.scope.keys().requests_indexed();
        let item = self.scope.table.get(&key).await?;
        item.map(from_item).transpose()
    }

    /// Notes since when the index of requests by person is complete, unless the tenant was deleted. The hourly pass does so.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn note_indexed(self) -> Result<(), Error> {
        let at = now();
        let complete_since = match self.coverage().await? {
            Some(known) if at.duration_since(known.seen_at) < SEEN => return Ok(()),
            Some(known) if at.duration_since(known.seen_at) < UNSEEN => known.complete_since,
            _ => {
                let first = Range::all(self.scope.keys().requests()).limit(1);
                let is_empty = self.scope.table.query(&first).await?.items.is_empty();
                (!is_empty).then_some(at + OVERLAP)
            }
        };
        let coverage = Coverage {
            complete_since,
            seen_at: at,
        };
        let key = self.scope.keys().requests_indexed();
        self.scope.put_if_alive(to_item(&key, &coverage)?).await
    }

    /// Reads the requests about a person with this id, who is called by these values, newest first. Returns the requests
    /// and the cursor of the next page.
    ///
    /// # Errors
    /// Only table errors.
    pub(super) async fn by_person(
        self,
        query: &RequestQuery,
        (id, values): (&str, &[String]),
        coverage: &Coverage,
    ) -> Result<(Vec<LoggedRequest>, Option<String>), Error> {
        let begin = query.after.clone();
        let begin = begin.or_else(|| query.to.map(|to| format!("{PLACE}{}", just_after(to))));
        let mut page = BoundedPage::new(begin, query.limit, MAX_READ);
        while !page.is_done() {
            let behind = page.behind();
            let place = behind.as_deref().map(|cursor| cursor.strip_prefix(PLACE));
            let found = match place {
                Some(None) => self.in_log(query, values, behind).await?,
                place => {
                    let place = place.flatten();
                    let indexed = self.indexed(query, (id, values), coverage, place);
                    indexed.await?
                }
            };
            // Each part has looked whether the person is meant.
            let wanted = |placed: &Placed| placed.1.answers(query, &[]);
            let requests = found.requests.into_iter().filter(wanted);
            page.take(requests, found.looked_at, found.next);
        }
        let (found, next) = page.page(|(place, _)| place);
        Ok((
            found.into_iter().map(|(_, request)| request).collect(),
            next,
        ))
    }

    /// Reads on in the log.
    async fn in_log(
        self,
        query: &RequestQuery,
        values: &[String],
        behind: Option<String>,
    ) -> Result<Found, Error> {
        let range = Range::all(self.scope.keys().requests())
            .descending(true)
            .after(behind)
            .limit(READ_AT_ONCE);
        let QueryPage { items, next } = self.scope.table.query(&range).await?;
        let looked_at = items.len();
        let requests = items.into_iter().map(LoggedRequest::from_item);
        let requests = readable(self.scope, requests);
        let oldest = requests.last().map(|request| request.at);
        let is_over = oldest.is_some_and(|oldest| query.from > Some(oldest));
        Ok(Found {
            looked_at,
            next: next.filter(|_| !is_over),
            requests: requests
                .into_iter()
                .filter(|request| request.is_about(values))
                .map(|request| (request.id.clone(), request))
                .collect(),
        })
    }

    /// Reads on in the index and in the journal, from this place on.
    async fn indexed(
        self,
        query: &RequestQuery,
        (id, values): (&str, &[String]),
        coverage: &Coverage,
        behind: Option<&str>,
    ) -> Result<Found, Error> {
        let behind = behind.map(str::to_owned);
        let at_once = READ_AT_ONCE.min(query.limit.saturating_add(1));
        let (failed, (changes, next_change)) = futures::try_join!(
            self.in_index(query, values, coverage, (&behind, at_once)),
            self.changes_of(query, id, coverage, (&behind, at_once)),
        )?;
        let (failed, next_failed) = failed;
        // Whatever is older than what one of them has read comes with the next read.
        let next_is_change = next_change.is_some();
        let cut = next_failed.max(next_change);
        let is_read = |place: &str| cut.as_deref().is_none_or(|cut| place >= cut);
        let (failed, changes): (Vec<_>, Vec<_>) = (
            failed.into_iter().filter(|id| is_read(id)).collect(),
            changes
                .into_iter()
                .filter(|entry| is_read(&entry.id))
                .collect(),
        );
        let looked_at = match changes.is_empty() && next_is_change {
            // The journal was searched in vain, as far as one call does so.
            true => MAX_READ,
            false => failed.len() + changes.len(),
        };
        let mut requests = self.logged(failed).await?;
        requests.retain(|(_, request)| request.is_about(values));
        requests.extend(self.logged_changes(changes, coverage, behind).await?);
        requests.sort_by(|one, other| Reverse(&one.0).cmp(&Reverse(&other.0)));
        let floor = coverage.floor().filter(|_| {
            let since = coverage.complete_since;
            query.from.is_none_or(|from| Some(from) < since)
        });
        Ok(Found {
            requests: requests
                .into_iter()
                .map(|(place, request)| (format!("{PLACE}{place}"), request))
                .collect(),
            looked_at,
            next: cut.map(|cut| format!("{PLACE}{cut}")).or(floor),
        })
    }

    /// Reads the ids of entries that the index has for these values. Returns the place up to which all are read, if there
    /// may be more.
    async fn in_index(
        self,
        query: &RequestQuery,
        values: &[String],
        coverage: &Coverage,
        (behind, at_once): (&Option<String>, usize),
    ) -> Result<(BTreeSet<String>, Option<String>), Error> {
        let keys = self.scope.keys();
        let by_value = values
            .iter()
            .map(|value| keys.requests_naming(&hash_of(value)));
        let partitions: BTreeSet<Partition> =
            by_value.chain([keys.requests_naming_many()]).collect();
        let just_before = |at: Timestamp| at.checked_sub(SignedDuration::from_millis(20));
        let from = query
            .from
            .map(|from| just_after(just_before(from).unwrap_or(from)));
        let floor = coverage.floor().max(from);
        // As in the log, nothing is left then.
        if behind.is_some() && *behind <= floor {
            return Ok((BTreeSet::new(), None));
        }
        let reads = partitions.into_iter().map(async |partition| {
            let range = match &floor {
                Some(floor) => Range::above(partition, &**floor),
                None => Range::all(partition),
            };
            let range = range.descending(true).after(behind.clone()).limit(at_once);
            self.scope.table.query(&range).await
        });
        let (mut ids, mut next) = (BTreeSet::new(), None);
        for page in try_join_all(reads).await? {
            for item in &page.items {
                ids.insert(text(item, "SK")?.to_owned());
            }
            next = next.max(page.next);
        }
        Ok((ids, next))
    }

    /// Reads the changes of the person that identity providers have made.
    async fn changes_of(
        self,
        query: &RequestQuery,
        id: &str,
        coverage: &Coverage,
        (behind, at_once): (&Option<String>, usize),
    ) -> Result<(Vec<Entry>, Option<String>), Error> {
        // What was changed before can have been logged since.
        let begun = |at: Timestamp| at.checked_sub(ANSWERED_WITHIN).unwrap_or(at);
        let query = AuditQuery {
            subject: Some(id.to_owned()),
            from: coverage.complete_since.max(query.from).map(begun),
            after: behind.clone(),
            limit: at_once,
            ..AuditQuery::default()
        };
        let (entries, next) = Journal::of(self.scope).audit(&query).await?;
        let by_token = |entry: &Entry| entry.actor.kind() == "token";
        Ok((entries.into_iter().filter(by_token).collect(), next))
    }

    /// Reads entries of the log by their ids.
    async fn logged(self, ids: Vec<String>) -> Result<Vec<Placed>, Error> {
        let log = self.scope.keys().requests();
        let found = self
            .scope
            .table
            .batch_get(ids.into_iter().map(|id| log.at(id)));
        let requests = found.await?.into_iter().map(LoggedRequest::from_item);
        let requests = readable(self.scope, requests).into_iter();
        Ok(requests.map(|it| (it.id.clone(), it)).collect())
    }

    /// Finds the entries of the log of these changes, each once.
    async fn logged_changes(
        self,
        changes: Vec<Entry>,
        coverage: &Coverage,
        behind: Option<String>,
    ) -> Result<Vec<Placed>, Error> {
        let last = match &behind {
            Some(place) => self.change(place).await?,
            None => None,
        };
        let floor = coverage.floor();
        let changes = last.into_iter().chain(changes).map(async |entry| {
            let logged = self.logged_change(&entry).await?;
            Ok::<_, Error>((entry.id, logged))
        });
        let mut found: BTreeMap<String, (String, LoggedRequest)> = BTreeMap::new();
        for (place, logged) in try_join_all(changes).await? {
            if let Some(logged) = logged.filter(|it| Some(&it.id) > floor.as_ref()) {
                // The changes are sorted: the newest one of a request is its place.
                let key = logged.id.clone();
                found.entry(key).or_insert((place, logged));
            }
        }
        let is_new = |placed: &Placed| behind_is_other(&behind, placed);
        Ok(found.into_values().filter(is_new).collect())
    }

    /// Reads the entry of the journal at a place; `None` if the place is another one.
    async fn change(self, place: &str) -> Result<Option<Entry>, Error> {
        let key = self.scope.keys().journal().at(place);
        let item = self.scope.table.get(&key).await?;
        item.map(from_item).transpose()
    }

    /// Finds the entry of the log of a change. The same function writes both, one shortly after the other.
    async fn logged_change(self, entry: &Entry) -> Result<Option<LoggedRequest>, Error> {
        let before = entry.at.checked_sub(SignedDuration::from_millis(2));
        let mut after = Some(just_after(before.unwrap_or(entry.at)));
        for _ in 0..MAX_NEARBY {
            let range = Range::all(self.scope.keys().requests())
                .after(after)
                .limit(NEARBY);
            let page = self.scope.table.query(&range).await?;
            let requests = page.items.into_iter().map(LoggedRequest::from_item);
            for request in readable(self.scope, requests) {
                if request.request_id == entry.request_id && !request.changes.is_empty() {
                    return Ok(Some(request));
                }
                if request.at.duration_since(entry.at) > ANSWERED_WITHIN {
                    return Ok(None);
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(None)
    }
}

/// Returns whether a request has another place than the one that was last returned.
fn behind_is_other(behind: &Option<String>, (place, _): &Placed) -> bool {
    behind.as_ref() != Some(place)
}
