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
            && connection.is_none_or(|id| entry.asked_by() == Some(id))
            && self.from.is_none_or(|from| entry.at >= from)
            && self.to.is_none_or(|to| entry.at <= to)
    }
}

/// Returns whether the entry deletes somebody who was out already. A deactivation that is held says `active: false` of
/// somebody who is in, so that the document decides only where an earlier version did not store more.
fn was_inactive(entry: &Entry) -> bool {
    if let Some(was_in) = entry.was_in {
        return !was_in;
    }
    let before = entry.before.as_deref().unwrap_or_default();
    let before: serde_json::Value = serde_json::from_str(before).unwrap_or_default();
    entry.is(EventType::UserDeleted) && before["active"] == false
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Rows: whether they were in, what the document said, and whether they had left before.
    #[test]
    fn what_was_stored_of_a_deletion_says_who_was_out() {
        for (was_in, active, expected) in [
            (None, json!(true), false),
            (None, json!(null), false),
            (None, json!(false), true),
            (Some(true), json!(false), false),
            (Some(false), json!(true), true),
        ] {
            let entry = json!({
                "SK": "e", "type": "user.deleted", "at": "2026-11-25T10:00:00Z", "actor": {"type": "system"},
                "request_id": "r", "subject": {"type": "user", "id": "u", "name": "ada"},
                "before": json!({ "active": active }).to_string(), "was_in": was_in,
            });
            let entry: Entry = serde_json::from_value(entry).unwrap();
            assert_eq!(was_inactive(&entry), expected, "{entry:?}");
        }
    }

    #[test]
    fn what_an_earlier_version_held_has_no_time() {
        let entry = json!({
            "SK": "e", "type": "user.deleted", "at": "2026-11-25T10:00:00Z", "actor": {"type": "system"},
            "request_id": "r", "received_at": "2026-11-25T09:59:59Z", "held": {"connection": "c"},
            "subject": {"type": "user", "id": "u", "name": "ada"},
        });
        let entry: Entry = serde_json::from_value(entry).unwrap();
        let asked = (entry.asked_at(), entry.asked_by(), entry.asked_in());
        assert_eq!(asked, (None, Some("c"), "r"));
        let of_c = DepartureQuery {
            connection: Some("c".to_owned()),
            ..DepartureQuery::default()
        };
        assert!(of_c.selects(&entry));
    }
}
