//! The events of the feed that are kept, as a reader finds them after a cursor.
//!
//! DynamoDB deletes what has expired days later and in no order, and the events of a first sync expire all at once. So
//! whoever meets expired events does not read through them: as the feed expires from its beginning, a search finds where
//! the kept events begin. That costs one read of an event each time the part in question is halved, and nothing where
//! no expired event is stored.

use jiff::Timestamp;
use rollcall_store::{Error, Item, Range, from_item, now};

use crate::journal::expiry::expires_of;
use crate::journal::feed::{EventItem, FeedEvent, Head, sequence_of};
use crate::journal::handle::Journal;
use crate::journal::read_back::warn_of_unreadable;

/// What one query read, whether it has expired or not.
#[derive(Debug)]
pub(super) struct Stored {
    items: Vec<Item>,
    has_more: bool,
}

/// Which events have expired.
#[derive(Clone, Copy, Debug)]
pub(super) struct Horizon {
    /// The time, in seconds. It is the same for all reads of a page.
    now: i64,
    /// The last event that has expired because later ones have; 0 if there is none.
    floor: u64,
    /// The last event of the feed.
    head: u64,
}

/// The events that one read found after a cursor.
#[derive(Debug, Default)]
pub(super) struct Slice {
    /// The sequence numbers of those that are kept, each with its event; `None` for an event that cannot be read, which
    /// keeps its place and holds up no reader.
    pub(super) events: Vec<(u64, Option<FeedEvent>)>,
    /// The last event before them that is known to have expired; 0 if none is.
    pub(super) expired: u64,
    /// Whether more follow.
    pub(super) has_more: bool,
}

impl Horizon {
    pub(super) fn of(head: &Head) -> Self {
        let now = now().as_second();
        Self {
            now,
            floor: head.expiry.floor(now),
            head: head.given,
        }
    }

    /// Returns whether the event with this sequence number, which is stored as `item`, has expired.
    fn has_passed(&self, sequence: u64, item: &Item) -> bool {
        sequence <= self.floor || expires_of(item).is_some_and(|expires| expires <= self.now)
    }
}

impl Slice {
    /// Returns the first sequence number, and the time of the first event that can be read.
    pub(super) fn first(&self) -> Option<(u64, Timestamp)> {
        let (sequence, _) = self.events.first()?;
        let mut readable = self.events.iter().filter_map(|(_, event)| event.as_ref());
        let at = readable.next().map(|found| found.event.occurred_at);
        Some((*sequence, at.unwrap_or(Timestamp::UNIX_EPOCH)))
    }
}

impl Journal<'_> {
    /// Reads what is stored after a place, in one query.
    pub(super) async fn stored_after(self, after: u64, limit: usize) -> Result<Stored, Error> {
        let behind = self.scope.keys().event(after).sort().to_owned();
        let range = Range::events(self.scope.keys()).after(Some(behind));
        let page = self.scope.table.query(&range.limit(limit)).await?;
        Ok(Stored {
            has_more: page.next.is_some(),
            items: page.items,
        })
    }

    /// Picks the events that are kept. If there are none among what was read, it reads on where they begin.
    pub(super) async fn kept(
        self,
        stored: Stored,
        limit: usize,
        horizon: Horizon,
    ) -> Result<Slice, Error> {
        let slice = self.pick(stored, horizon)?;
        if !slice.events.is_empty() || !slice.has_more {
            return Ok(slice);
        }
        let expired = self.last_expired(slice.expired, horizon.head + 1, horizon);
        let expired = expired.await?;
        let slice = self.pick(self.stored_after(expired, limit).await?, horizon)?;
        Ok(Slice {
            expired: slice.expired.max(expired),
            ..slice
        })
    }

    /// Returns the sequence number of the oldest event that is kept, from the first one that is stored and those after a
    /// cursor; `None` if none is stored.
    pub(super) async fn oldest(
        self,
        first: &Stored,
        slice: &Slice,
        horizon: Horizon,
    ) -> Result<Option<u64>, Error> {
        let Some(item) = first.items.first() else {
            return Ok(None);
        };
        let sequence = sequence_of(item)?;
        if !horizon.has_passed(sequence, item) {
            return Ok(Some(sequence));
        }
        let kept = slice.first().map_or(horizon.head + 1, |(first, _)| first);
        let expired = self.last_expired(sequence.max(slice.expired), kept, horizon);
        Ok(Some(expired.await? + 1))
    }

    /// Returns the last event that has expired after one that has.
    pub(super) async fn last_expired_after(self, expired: u64, head: &Head) -> Result<u64, Error> {
        self.last_expired(expired, head.given + 1, Horizon::of(head))
            .await
    }

    /// Searches for the last event that has expired, between one that has and one that is kept. Those that DynamoDB has
    /// deleted have expired.
    async fn last_expired(self, expired: u64, kept: u64, horizon: Horizon) -> Result<u64, Error> {
        let (mut expired, mut kept) = (expired.max(horizon.floor), kept);
        while expired + 1 < kept {
            let middle = expired.midpoint(kept);
            let key = self.scope.keys().event(middle);
            match self.scope.table.get(&key).await? {
                Some(item) if !horizon.has_passed(middle, &item) => kept = middle,
                _ => expired = middle,
            }
        }
        Ok(expired)
    }

    fn pick(self, stored: Stored, horizon: Horizon) -> Result<Slice, Error> {
        let mut slice = Slice {
            has_more: stored.has_more,
            ..Slice::default()
        };
        for item in stored.items {
            let sequence = sequence_of(&item)?;
            match horizon.has_passed(sequence, &item) {
                true if slice.events.is_empty() => slice.expired = sequence,
                true => {}
                false => {
                    let event = from_item::<EventItem>(item).and_then(EventItem::into_feed);
                    slice.events.push((sequence, event.ok()));
                }
            }
        }
        let unreadable = slice.events.iter().filter(|(_, event)| event.is_none());
        warn_of_unreadable(self.scope, unreadable.count());
        Ok(slice)
    }
}
