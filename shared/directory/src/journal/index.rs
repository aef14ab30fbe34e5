//! The index of journal entries by subject and by request, and of those about the end of somebody's access, and the mark that says which entries it has.
//!
//! The relay adds an entry after the entry has its place in the feed, so writers do not pay for the index. The mark
//! names the events that the index has, an interval of sequence numbers. The relay extends the interval at its end only
//! if nothing is missing in between. So the index can lag, because the relay failed or an earlier version ran, but it
//! never claims too much: readers take from the journal itself what the index lacks, and the full pass adds it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rollcall_model::{EventType, is_id};
use rollcall_scim::fold;
use rollcall_store::{
    Error, Expression, Guard, Item, Key, Keys, Range, Transaction, Updated, from_item, now, number,
    string, to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::journal::feed::{Event, sequence_of};
use crate::journal::handle::Journal;
use crate::journal::read_back::readable;

/// Events that the full pass adds at once.
const FILLED_AT_ONCE: usize = 200;

/// Which events the index of journal entries has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Coverage {
    /// The sequence number of the first event of the interval that the index has without gaps.
    pub(crate) filled_to: u64,
    /// The sequence number of the last event of that interval.
    pub(crate) followed_to: u64,
    /// The time of the latest event of that interval.
    pub(crate) latest_at: Timestamp,
    /// The time after which the index has everything up to the end of the interval; absent once it has everything
    /// before the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) complete_since: Option<Timestamp>,
    /// The end of the interval as versions wrote it that index people by their roles. If it is another one, an earlier
    /// version has added events since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) roles_to: Option<u64>,
    /// The end of the interval as versions wrote it that index who left. If it is another one, an earlier version has added
    /// events since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left_to: Option<u64>,
    /// The time after which the index has everybody who left, up to the end of the interval; absent if it has everybody
    /// from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left_since: Option<Timestamp>,
    /// The entries that the relay has set aside, so that the index can lack them although it has later ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) waiting: Vec<String>,
}

impl Coverage {
    /// Returns whether the index has the event with this sequence number.
    pub(crate) fn has(&self, sequence: u64) -> bool {
        (self.filled_to..=self.followed_to).contains(&sequence)
    }

    /// Returns whether every event of the interval was added by a version that indexes people by their roles.
    pub(crate) fn has_roles(&self) -> bool {
        self.roles_to == Some(self.followed_to)
    }

    /// Returns whether the last events were added by a version that indexes who left.
    pub(crate) fn has_departures(&self) -> bool {
        self.left_to == Some(self.followed_to)
    }
}

/// What became of a note about what the index has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noted {
    /// The index begins with it.
    Begun,
    /// It is noted, or the index lacks events before it.
    Done,
    /// There is no index and no feed any more: the tenant is erased.
    Gone,
}

/// Only the part of the feed's head that says which sequence number was given last.
#[derive(Debug, Deserialize)]
struct Given {
    given: u64,
}

/// An event as the feed stores it.
#[derive(Debug, Deserialize)]
struct KeptEvent {
    event: String,
    expires: i64,
}

/// Returns the keys of the index items of an event: one for each item that it is about, one for its request, and one if it
/// ended somebody's access.
///
/// Queries by subject use the index only for ids. So a name is indexed only if it looks like an id.
fn keys_of(keys: Keys<'_>, event: &Event) -> BTreeSet<Key> {
    // An entry with several changes has several events, whose ids begin with the entry's.
    let entry = event.id.split('.').next().unwrap_or_default();
    if !is_id(entry) {
        // The content was erased.
        return BTreeSet::new();
    }
    let ends_access = EventType::of(&event.kind).is_some_and(EventType::ends_access);
    let name = fold(&event.subject.name);
    let member = event.after.as_ref().map(|after| &after["member"]);
    let member = member.and_then(Value::as_str).unwrap_or_default();
    [&*event.subject.id, &name, member]
        .into_iter()
        .filter(|subject| is_id(subject))
        .map(|subject| keys.entries_about(subject).at(entry))
        .chain([keys.entries_of_request(&event.request_id).at(entry)])
        .chain(ends_access.then(|| keys.departures().at(entry)))
        .collect()
}

impl Journal<'_> {
    /// Returns what the index covers; `None` if there is no index yet.
    pub(crate) async fn coverage(self) -> Result<Option<Coverage>, Error> {
        let key = self.scope.keys().entries_indexed();
        let item = self.scope.table.get(&key).await?;
        item.map(from_item).transpose()
    }

    /// Adds the entries of events to the index. `expires` is when they expire, in seconds since 1970. Adding them again
    /// changes nothing.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn index(self, events: &[Event], expires: i64) -> Result<(), Error> {
        let keys = self.scope.keys();
        let unique: BTreeSet<Key> = events.iter().flat_map(|it| keys_of(keys, it)).collect();
        self.index_at(unique.into_iter().map(|key| (key, expires)))
            .await
    }

    /// Takes entries of events off the index again, because the tenant was erased meanwhile.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn unindex(self, events: &[Event]) -> Result<(), Error> {
        let keys = self.scope.keys();
        let unique: BTreeSet<Key> = events.iter().flat_map(|it| keys_of(keys, it)).collect();
        let unique = unique.into_iter().collect();
        self.scope.table.batch_delete(unique).await
    }

    async fn index_at(self, keys: impl Iterator<Item = (Key, i64)>) -> Result<(), Error> {
        let items = keys.map(|(key, expires)| to_item(&key, &json!({"expires": expires})));
        let items = items.collect::<Result<Vec<Item>, Error>>()?;
        self.scope.table.batch_put(items).await
    }

    /// Notes that the index has these events, which follow the event `before` without a gap. If the index lacks events
    /// before them, it notes nothing. `known` is the coverage that was read.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn cover(
        self,
        known: Option<&Coverage>,
        before: u64,
        events: &[Event],
    ) -> Result<Noted, Error> {
        let Some(last) = events.last().map(|event| event.sequence) else {
            return Ok(Noted::Done);
        };
        let times = events.iter().map(|event| event.occurred_at);
        let latest = times.max().unwrap_or_else(now);
        let Some(known) = known else {
            let begun = Coverage {
                filled_to: before + 1,
                followed_to: last,
                latest_at: latest,
                complete_since: (before > 0).then(now),
                roles_to: Some(last),
                left_to: Some(last),
                left_since: (before > 0).then(now),
                waiting: Vec::new(),
            };
            return self.begin(&begun).await;
        };
        // Once an earlier version has added events, the full pass looks at the roles of everybody again.
        let (roles, only) = match known.has_roles() {
            true => (", roles_to = :last", " AND roles_to = followed_to"),
            false => ("", ""),
        };
        // Who left while an earlier version added events is not indexed, so the index of them begins again.
        let (left, still) = match known.has_departures() {
            true => ("left_to = :last", " AND left_to = followed_to"),
            false => ("left_to = :last, left_since = :now", ""),
        };
        let set = format!("SET followed_to = :last, latest_at = :latest{roles}, {left}");
        let mut set = Expression::new(set)
            .with(":last", number(last))
            .with(":latest", string(&latest.max(known.latest_at).to_string()));
        if !known.has_departures() {
            set = set.with(":now", string(&now().to_string()));
        }
        let follows = format!("followed_to >= :before AND followed_to < :last{only}{still}");
        let follows = Expression::new(follows).with(":before", number(before));
        match self.note(&set, &follows).await? {
            Updated::Absent => Ok(Noted::Gone),
            Updated::Done(_) | Updated::Unchanged(_) => Ok(Noted::Done),
        }
    }

    async fn note(self, set: &Expression, condition: &Expression) -> Result<Updated, Error> {
        let key = self.scope.keys().entries_indexed();
        self.scope.table.update_if(&key, set, condition).await
    }

    /// Stores what a new index covers, unless there is one already. An index begins only while there is a feed.
    async fn begin(self, begun: &Coverage) -> Result<Noted, Error> {
        let mut set = Expression::new(
            "SET filled_to = :filled, followed_to = :followed, latest_at = :latest, roles_to = :followed, left_to = :followed",
        )
        .with(":filled", number(begun.filled_to))
        .with(":followed", number(begun.followed_to))
        .with(":latest", string(&begun.latest_at.to_string()));
        if let Some(since) = begun.complete_since {
            set = set
                .then(", complete_since = :since, left_since = :since")
                .with(":since", string(&since.to_string()));
        }
        let keys = self.scope.keys();
        let mut transaction = Transaction::default();
        let absent = Expression::absent();
        transaction.update_if(keys.entries_indexed(), set, absent, Guard::Stale);
        transaction.check(keys.event_head(), Expression::present(), Guard::Gone);
        let failed = self.scope.table.transact(&transaction).await?;
        Ok(match failed.as_slice() {
            [] => Noted::Begun,
            failed if failed.contains(&Guard::Gone) => Noted::Gone,
            _ => Noted::Done,
        })
    }

    /// Returns what the index covers. If there is none yet, begins one after the last event of the feed; `None` if the
    /// feed has no event.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn begin_index(self) -> Result<Option<Coverage>, Error> {
        if let Some(coverage) = self.coverage().await? {
            return Ok(Some(coverage));
        }
        let head = self
            .scope
            .table
            .get(&self.scope.keys().event_head())
            .await?;
        let Some(Given { given }) = head.map(from_item).transpose()? else {
            return Ok(None);
        };
        let begun = Coverage {
            filled_to: given + 1,
            followed_to: given,
            latest_at: now(),
            complete_since: Some(now()),
            roles_to: Some(given),
            left_to: Some(given),
            left_since: Some(now()),
            waiting: Vec::new(),
        };
        self.begin(&begun).await?;
        self.coverage().await
    }

    /// Notes that the roles of everybody are looked at again, from the coverage that was read on. Returns whether it is still
    /// that.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn note_roles(self, known: &Coverage) -> Result<bool, Error> {
        let set = Expression::new("SET roles_to = followed_to");
        let same = Expression::new("followed_to = :followed");
        let same = same.with(":followed", number(known.followed_to));
        Ok(matches!(self.note(&set, &same).await?, Updated::Done(_)))
    }

    /// Adds the next events before those that the index has. Returns how many, and the new coverage.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn fill_index(self, known: Coverage) -> Result<(usize, Coverage), Error> {
        let keys = self.scope.keys();
        let range = Range::events(keys)
            .descending(true)
            .after(Some(keys.event(known.filled_to).sort().to_owned()))
            .limit(FILLED_AT_ONCE);
        let page = self.scope.table.query(&range).await?;
        let count = page.items.len();
        let (mut first, mut items, mut added) = (known.filled_to, Vec::new(), Vec::new());
        let read = |item: Item| {
            let kept: KeptEvent = from_item(item)?;
            let event: Event = serde_json::from_str(&kept.event).map_err(Error::corrupt)?;
            Ok((kept, event))
        };
        if let Some(last) = page.items.last() {
            first = first.min(sequence_of(last)?);
        }
        for (kept, event) in readable(self.scope, page.items.into_iter().map(read)) {
            items.extend(
                keys_of(keys, &event)
                    .into_iter()
                    .map(|it| (it, kept.expires)),
            );
            added.push(event);
        }
        items.sort_unstable();
        items.dedup_by(|one, other| one.0 == other.0);
        self.index_at(items.into_iter()).await?;
        let is_whole = page.next.is_none();
        let mut set = Expression::new("SET filled_to = :first").with(":first", number(first));
        // An index that has begun with who left is whole in both ways.
        let has_left = known.left_since.is_some() && known.left_since == known.complete_since;
        if is_whole {
            let whole = match has_left {
                true => " REMOVE complete_since, left_since",
                false => " REMOVE complete_since",
            };
            set = set.then(whole);
        }
        if let Updated::Absent = self.note(&set, &Expression::present()).await? {
            self.unindex(&added).await?;
        }
        let complete_since = known.complete_since.filter(|_| !is_whole);
        let filled = Coverage {
            filled_to: first,
            complete_since,
            left_since: known.left_since.filter(|_| !(is_whole && has_left)),
            ..known
        };
        Ok((count, filled))
    }
}
