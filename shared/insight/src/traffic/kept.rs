//! The stored digest of the request log, which each call of [`Insight::digest`] brings up to date.
//!
//! So requests of identity providers do not pay for the digest. Each call reads a bounded number of log entries after a
//! cursor. Entries older than [`SETTLES`] are added to the stored digest, the others only to the result, because an
//! entry may be written a little after one with a later id. The write is conditional, so no request counts twice. A
//! call whose write fails still has a correct result, and the next call reads what the other one wrote.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::LoggedRequest;
use rollcall_store::{
    Error, Expression, Guard, Item, Range, Transaction, from_item, just_after, now, text, to_item,
};
use serde::{Deserialize, Serialize};

use crate::handle::Insight;
use crate::traffic::digest::{Digest, Milestones};
use crate::traffic::failures::{RepeatedFailure, in_order};
use crate::traffic::quirks::{Counted, count};
use crate::traffic::tally::{Counts, HOURS_KEPT, Tally};

/// After this time, no entry is still on its way into the log, whose writer gives up after a second, or into the journal,
/// whose writer gives up before its function ends.
pub(crate) const SETTLES: SignedDuration = SignedDuration::from_secs(30);
/// The maximum number of requests that one call reads.
const MAX_LOOKED_AT: usize = 2_000;
/// The maximum number of connections whose quirks one call counts, because one transaction stores them.
const MAX_COUNTED: usize = 50;
/// Requests read per query.
const READ_AT_ONCE: usize = 500;
/// Entries older than this are skipped if a call does not reach the end of the log.
const LOOKS_BACK: SignedDuration = SignedDuration::from_hours(8 * 24);

/// The stored digest, without the hours.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// Increases by one with every write.
    revision: u64,
    /// The id of the last request in the digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    behind: Option<String>,
    /// The end of a range of the log that was skipped. Earlier versions did not store it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    skipped_until: Option<Timestamp>,
    connections: BTreeMap<String, Milestones>,
    failures: Vec<RepeatedFailure>,
}

/// The hours of one day that had traffic.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Day {
    /// The counts, by hours since 1970.
    hours: BTreeMap<String, Counts>,
    expires: i64,
}

/// The sums, the position in the log up to which they count, and the days to write.
#[derive(Clone, Debug, Default)]
struct Book {
    revision: u64,
    behind: Option<String>,
    skipped_until: Option<Timestamp>,
    tally: Tally,
    changed_days: BTreeSet<i64>,
    /// How the requests that this call added were read, by connection.
    quirks: BTreeMap<String, Counted>,
}

impl Book {
    fn of(items: Vec<Item>) -> Result<Self, Error> {
        let mut book = Self::default();
        for item in items {
            if text(&item, "SK")?.starts_with("DAY#") {
                for (hour, counts) in from_item::<Day>(item)?.hours {
                    let hour = hour.parse().map_err(Error::corrupt)?;
                    book.tally.hours.insert(hour, counts);
                }
                continue;
            }
            let kept: Kept = from_item(item)?;
            book.revision = kept.revision;
            book.behind = kept.behind;
            book.skipped_until = kept.skipped_until;
            book.tally.connections = kept.connections;
            book.tally.failures = kept.failures;
            // Earlier versions stored targets with unsorted parameters.
            for failure in &mut book.tally.failures {
                failure.target = in_order(&failure.target);
            }
        }
        Ok(book)
    }

    fn fold(&mut self, request: &LoggedRequest) {
        let hour = self.tally.fold(request);
        self.changed_days.insert(hour.div_euclid(24));
        if !request.readings.is_empty() {
            let connection = self.quirks.entry(request.connection_id.clone());
            count(connection.or_default(), request);
        }
        self.behind = Some(request.id.clone());
    }

    /// Returns whether the request does not fit into what one call counts.
    fn is_full_for(&self, request: &LoggedRequest) -> bool {
        !request.readings.is_empty()
            && self.quirks.len() >= MAX_COUNTED
            && !self.quirks.contains_key(&request.connection_id)
    }

    fn kept(&self) -> Kept {
        Kept {
            revision: self.revision + 1,
            behind: self.behind.clone(),
            skipped_until: self.skipped_until,
            connections: self.tally.connections.clone(),
            failures: self.tally.failures.clone(),
        }
    }

    fn day(&self, day: i64) -> Day {
        let hours = self.tally.hours.range(day * 24..(day + 1) * 24);
        Day {
            hours: hours
                .map(|(hour, counts)| (hour.to_string(), *counts))
                .collect(),
            expires: (day + 1) * 86_400 + HOURS_KEPT.as_secs(),
        }
    }
}

impl Insight<'_> {
    /// Returns the digest of the request log. Reads a bounded part of the new entries; [`Digest::complete`] shows
    /// whether that was all.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn digest(self) -> Result<Digest, Error> {
        Ok(self.read_digest().await?.0)
    }

    /// Returns the digest, and the requests in it that are not stored yet.
    pub(super) async fn read_digest(self) -> Result<(Digest, Vec<LoggedRequest>), Error> {
        let kept = self
            .scope
            .table
            .query_all(Range::all(self.scope.keys().digest()))
            .await?;
        let mut book = Book::of(kept)?;
        let (began, now) = (book.behind.clone(), now());
        let (unsettled, complete) = self.read_on(&mut book, now).await?;
        if book.behind != began {
            self.keep(&mut book, now).await?;
        }
        let mut tally = book.tally;
        for request in &unsettled {
            tally.fold(request);
        }
        let digest = Digest {
            skipped_until: book.skipped_until,
            ..tally.digest(complete, now)
        };
        Ok((digest, unsettled))
    }

    /// Adds the settled requests to the book. Returns the others, and whether the end of the log was reached.
    async fn read_on(
        self,
        book: &mut Book,
        now: Timestamp,
    ) -> Result<(Vec<LoggedRequest>, bool), Error> {
        let mut unsettled: Vec<LoggedRequest> = Vec::new();
        let mut behind = book.behind.clone();
        let mut looked_at = 0;
        while looked_at < MAX_LOOKED_AT {
            let range = Range::all(self.scope.keys().requests())
                .after(behind)
                .limit(READ_AT_ONCE);
            let page = self.scope.table.query(&range).await?;
            looked_at += page.items.len();
            for item in page.items {
                // One that cannot be read counts as none, so that it does not hide the others.
                let Ok(request) = LoggedRequest::from_item(item) else {
                    continue;
                };
                if unsettled.is_empty() && book.is_full_for(&request) {
                    return Ok((unsettled, false));
                }
                if unsettled.is_empty() && request.at < now - SETTLES {
                    book.fold(&request);
                } else {
                    unsettled.push(request);
                }
            }
            behind = page.next;
            if behind.is_none() {
                return Ok((unsettled, true));
            }
        }
        let from = now - LOOKS_BACK;
        let start = just_after(from);
        if book.behind.as_ref().is_some_and(|behind| *behind < start) {
            book.behind = Some(start);
            book.skipped_until = Some(from);
        }
        Ok((unsettled, false))
    }

    /// Stores the settled requests, unless another call has stored some since the digest was read.
    async fn keep(self, book: &mut Book, now: Timestamp) -> Result<(), Error> {
        book.tally.forget_before(now);
        let partition = self.scope.keys().digest();
        let unchanged = match book.revision {
            0 => Expression::absent(),
            revision => Expression::at_revision(revision),
        };
        let mut transaction = Transaction::default();
        let item = to_item(&partition.at("KEPT"), &book.kept())?;
        transaction.put_if(item, unchanged, Guard::Stale);
        for day in &book.changed_days {
            let day_item = book.day(*day);
            if !day_item.hours.is_empty() {
                let key = partition.at(format!("DAY#{day}"));
                transaction.put(to_item(&key, &day_item)?);
            }
        }
        for item in self.counted_quirks(&book.quirks, now).await? {
            transaction.put(item);
        }
        self.scope.table.transact(&transaction).await.map(|_| ())
    }
}
