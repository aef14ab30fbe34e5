//! Who left: the entries that tell of the end of somebody's access, newest first, and what proves them.

use jiff::Timestamp;
use rollcall_model::EventType;
use rollcall_store::Error;

use crate::journal::audit::Indexed;
use crate::journal::entry::Entry;
use crate::journal::handle::Journal;
use crate::journal::read_back::{LogRange, read_back};

/// The conditions of a query of who left. All are optional.
#[derive(Clone, Debug, Default)]
pub struct DepartureQuery {
    /// Only who left at or after this time.
    pub from: Option<Timestamp>,
    /// Only who left at or before this time.
    pub to: Option<Timestamp>,
    /// Only whom a request of this connection ended.
    pub connection: Option<String>,
    /// Only entries after this cursor, which an earlier page returned.
    pub after: Option<String>,
    /// The maximum number of entries.
    pub limit: usize,
}

/// The last event of the feed at a time. With its hash, a verification of the feed shows later that nothing before it was
/// changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedSeal {
    /// The sequence number of the last event; 0 before the first.
    pub sequence: u64,
    /// Its hash, in hexadecimal; `None` if an earlier version gave it its place.
    pub hash: Option<String>,
}

impl Journal<'_> {
    /// Reads who was deactivated, blocked or deleted, newest first: the entries, and the cursor of the next page; `None` if
    /// the whole period was searched. The deletion of somebody who was inactive already ends nothing, and is left out.
    ///
    /// The entries are found in an index. What it lacks is read from the journal: each call reads a bounded number of
    /// entries, so a page can be short or even empty although another page follows.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn departures(
        self,
        query: &DepartureQuery,
    ) -> Result<(Vec<Entry>, Option<String>), Error> {
        let range = LogRange {
            from: query.from,
            to: query.to,
            after: query.after.as_ref(),
            limit: query.limit,
        };
        let keys = self.scope.keys();
        let wanted = |entry: &Entry| query.selects(entry);
        let coverage = self.coverage().await?;
        match coverage.filter(|coverage| coverage.has_departures()) {
            Some(coverage) => {
                let indexed = Indexed::of(&coverage, coverage.left_since);
                let index = keys.departures();
                self.indexed(range, &index, &indexed, wanted).await
            }
            None => read_back(self.scope, keys.journal(), range, wanted).await,
        }
    }

    /// Returns whether the history of one person is found in an index.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn has_histories(self) -> Result<bool, Error> {
        Ok(self.coverage().await?.is_some())
    }

    /// Returns the last event of the feed and its hash.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn seal(self) -> Result<FeedSeal, Error> {
        let head = self.head().await?;
        Ok(FeedSeal {
            sequence: head.given,
            hash: head.hash().filter(|hash| !hash.is_empty()),
        })
    }
}

impl DepartureQuery {
    fn selects(&self, entry: &Entry) -> bool {
        let connection = self.connection.as_deref();
        EventType::of(&entry.action).is_some_and(EventType::ends_access)
            && !was_inactive(entry)
            && connection.is_none_or(|id| entry.actor.connection() == Some(id))
            && self.from.is_none_or(|from| entry.at >= from)
            && self.to.is_none_or(|to| entry.at <= to)
    }
}

/// Returns whether the entry deletes somebody who was inactive.
fn was_inactive(entry: &Entry) -> bool {
    let before = entry.before.as_deref().unwrap_or_default();
    let before: serde_json::Value = serde_json::from_str(before).unwrap_or_default();
    entry.is(EventType::UserDeleted) && before["active"] == false
}
