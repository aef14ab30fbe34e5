//! Reads the feed by cursor, and says what a cursor means that has no place in the feed any more.

use std::time::Duration;

use futures::future::{try_join, try_join3};
use jiff::Timestamp;
use rollcall_model::EventType;
use rollcall_store::{Error, Range, from_item, now};

use crate::journal::feed::{EventItem, FeedEvent, Head, MAX_SEQUENCE, RELAY_SETTLES, sequence_of};
use crate::journal::handle::Journal;
use crate::journal::read_back::{readable, warn_of_unreadable};

/// The events among which one page looks for the wanted types, at most.
const SCANNED: usize = 2_000;
/// The events that are read at once if only some types are wanted.
const SCANNED_AT_ONCE: usize = 500;

/// After this time, a cursor that had no place in the feed is looked at again.
pub(super) const SECOND_LOOK: Duration = Duration::from_millis(300);

/// The part of the feed that a reader asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct FeedQuery<'a> {
    /// The sequence number after which the page begins; 0 for the beginning of the feed.
    pub after: u64,
    /// The number of events, at most.
    pub limit: usize,
    /// The types of events; empty for all.
    pub types: &'a [EventType],
}

impl FeedQuery<'_> {
    fn wants(&self, event: &FeedEvent) -> bool {
        let kind = event.event.kind.as_str();
        self.types.is_empty() || self.types.iter().any(|wanted| wanted.as_str() == kind)
    }

    fn at_once(&self) -> usize {
        match self.types {
            [] => self.limit,
            _ => SCANNED_AT_ONCE,
        }
    }
}

/// Events in order.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedPage {
    /// The events of the wanted types.
    pub items: Vec<FeedEvent>,
    /// The sequence number after which the next page begins.
    pub next: u64,
    /// The sequence number of the last event of the feed; 0 before the first.
    pub head: u64,
    /// The sequence number of the oldest event that is kept; one more than `head` if none is.
    pub oldest: u64,
}

/// What a cursor leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum FeedRead {
    /// A page.
    Page(FeedPage),
    /// The feed has not reached the cursor: its table was restored, or the cursor is another tenant's.
    Ahead {
        /// The sequence number of the last event.
        head: u64,
    },
    /// Events after the cursor have expired.
    Expired {
        /// The sequence number after which events are kept.
        after: u64,
    },
}

/// The events that one read found after a cursor.
#[derive(Debug, Default)]
struct Slice {
    /// The sequence numbers of those that are kept, each with its event; `None` for an event that cannot be read, which
    /// keeps its place and holds up no reader.
    events: Vec<(u64, Option<FeedEvent>)>,
    /// Whether more follow.
    has_more: bool,
}

impl Slice {
    /// Returns the first sequence number, and the time of the first event that can be read.
    fn first(&self) -> Option<(u64, Timestamp)> {
        let (sequence, _) = self.events.first()?;
        let mut readable = self.events.iter().filter_map(|(_, event)| event.as_ref());
        let at = readable.next().map(|found| found.event.occurred_at);
        Some((*sequence, at.unwrap_or(Timestamp::UNIX_EPOCH)))
    }
}

/// The place of a cursor in the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Its events follow, or there are none yet.
    InFeed,
    /// Events have expired up to this sequence number.
    BeforeExpired(u64),
    Ahead,
}

impl Journal<'_> {
    /// Reads the page of the feed that a cursor leads to. Every reader sees every event exactly once, and all readers see
    /// the same order.
    ///
    /// A page of some types can have fewer events than the limit, even none, although more follow. Its `next` is further
    /// than its cursor then. An event that cannot be read is left out.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn feed(self, query: &FeedQuery<'_>) -> Result<FeedRead, Error> {
        let after = query.after.min(MAX_SEQUENCE);
        let slice = self.slice(after, query.at_once());
        let (mut slice, mut head, oldest) =
            try_join3(slice, self.head(), self.oldest(after)).await?;
        let mut place_now = place(after, slice.first(), &head);
        if place_now != Place::InFeed {
            // A transaction of the relay may have been in progress, which shows the head and the events one by one.
            tokio::time::sleep(SECOND_LOOK).await;
            let slice_now = self.slice(after, query.at_once());
            (slice, head) = try_join(slice_now, self.head()).await?;
            place_now = place(after, slice.first(), &head);
        }
        let begin = match place_now {
            Place::InFeed => after,
            // Whoever begins to read has lost nothing.
            Place::BeforeExpired(expired) if after == 0 => expired,
            Place::BeforeExpired(expired) => return Ok(FeedRead::Expired { after: expired }),
            Place::Ahead => return Ok(FeedRead::Ahead { head: head.given }),
        };
        let oldest = oldest.or(slice.first().map(|(sequence, _)| sequence));
        let (items, next) = self.wanted(query, begin, slice).await?;
        let head = head.given.max(next);
        Ok(FeedRead::Page(FeedPage {
            items,
            next,
            head,
            oldest: oldest.unwrap_or(head + 1),
        }))
    }

    /// Returns the sequence number of the last event of the feed; 0 before the first. Whatever later events tell of can
    /// have happened before, but nothing that earlier ones tell of happens later.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn last_sequence(self) -> Result<u64, Error> {
        Ok(self.head().await?.given)
    }

    /// Returns the place in the feed after which everything follows that happened at `at` or later. It looks back until a
    /// whole page of events is older.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn place_before(self, at: Timestamp) -> Result<u64, Error> {
        let mut place = self.head().await?.given;
        let mut range = Range::events(self.scope.keys())
            .descending(true)
            .limit(SCANNED_AT_ONCE);
        loop {
            let page = self.scope.table.query(&range).await?;
            let mut is_old = true;
            let events = page.items.into_iter().map(|item| self.stored_event(item));
            for event in readable(self.scope, events) {
                if event.occurred_at >= at {
                    place = place.min(event.sequence - 1);
                    is_old = false;
                }
            }
            match page.next {
                Some(next) if !is_old => range = range.after(Some(next)),
                _ => return Ok(place),
            }
        }
    }

    /// Picks the wanted events out of a slice and those that follow it. Returns the place up to which it looked, too.
    async fn wanted(
        self,
        query: &FeedQuery<'_>,
        begin: u64,
        mut slice: Slice,
    ) -> Result<(Vec<FeedEvent>, u64), Error> {
        let (mut items, mut next, mut scanned) = (Vec::new(), begin, 0);
        loop {
            for (sequence, event) in slice.events {
                // What is missing is being written, or has expired: the next page finds out.
                if sequence != next + 1 {
                    return Ok((items, next));
                }
                (next, scanned) = (next + 1, scanned + 1);
                items.extend(event.filter(|event| query.wants(event)));
                if items.len() == query.limit {
                    return Ok((items, next));
                }
            }
            let is_enough = query.types.is_empty() || scanned >= SCANNED;
            if is_enough || !slice.has_more {
                return Ok((items, next));
            }
            slice = self.slice(next, query.at_once()).await?;
        }
    }

    /// Reads events after a place. Those that have expired do not count, although DynamoDB deletes them later and in no
    /// order.
    async fn slice(self, after: u64, limit: usize) -> Result<Slice, Error> {
        let behind = self.scope.keys().event(after).sort().to_owned();
        let mut range = Range::events(self.scope.keys())
            .after(Some(behind))
            .limit(limit);
        loop {
            let page = self.scope.table.query(&range).await?;
            let live = now().as_second();
            let (mut events, mut unreadable) = (Vec::new(), 0);
            for item in page.items {
                let sequence = sequence_of(&item)?;
                match from_item::<EventItem>(item) {
                    Ok(item) if item.expires <= live => continue,
                    item => events.push((sequence, item.and_then(EventItem::into_feed).ok())),
                }
                unreadable += usize::from(events.last().is_some_and(|(_, it)| it.is_none()));
            }
            warn_of_unreadable(self.scope, unreadable);
            if !events.is_empty() || page.next.is_none() {
                return Ok(Slice {
                    events,
                    has_more: page.next.is_some(),
                });
            }
            range = range.after(page.next);
        }
    }

    /// Returns the sequence number of the oldest event that is kept; `None` if the page after the cursor shows it.
    async fn oldest(self, after: u64) -> Result<Option<u64>, Error> {
        match after {
            0 => Ok(None),
            _ => Ok(self
                .slice(0, 1)
                .await?
                .first()
                .map(|(sequence, _)| sequence)),
        }
    }
}

/// Decides where a cursor is, from the first event that is kept after it and the head.
fn place(after: u64, first: Option<(u64, Timestamp)>, head: &Head) -> Place {
    // A transaction of the relay that is in progress can show a part of what it writes.
    let is_settled = |at: Timestamp| at < now() - RELAY_SETTLES;
    match first {
        Some((sequence, at)) if sequence > after + 1 && is_settled(at) => {
            Place::BeforeExpired(sequence - 1)
        }
        Some(_) => Place::InFeed,
        None if after > head.given => Place::Ahead,
        None if after < head.given && head.moved_at.is_none_or(is_settled) => {
            Place::BeforeExpired(head.given)
        }
        None => Place::InFeed,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_cursor_has_a_place() {
        let (old, new) = (now() - Duration::from_secs(3_600), now());
        let rows = [
            ((0, None, 0, None), Place::InFeed),
            ((0, Some((1, new)), 1, Some(new)), Place::InFeed),
            ((7, None, 7, Some(old)), Place::InFeed),
            ((8, None, 7, Some(old)), Place::Ahead),
            ((8, None, 7, None), Place::Ahead),
            ((3, Some((4, old)), 7, Some(old)), Place::InFeed),
            ((3, Some((6, old)), 7, Some(old)), Place::BeforeExpired(5)),
            ((0, Some((6, old)), 7, Some(old)), Place::BeforeExpired(5)),
            ((3, None, 7, Some(old)), Place::BeforeExpired(7)),
            // Heads of earlier versions do not say when they moved.
            ((3, None, 7, None), Place::BeforeExpired(7)),
            // The relay is in the middle of a transaction.
            ((3, Some((6, new)), 7, Some(new)), Place::InFeed),
            ((3, None, 7, Some(new)), Place::InFeed),
        ];
        for ((after, first, given, moved_at), expected) in rows {
            let head = Head {
                given,
                moved_at,
                ..Head::default()
            };
            let found = place(after, first, &head);
            assert_eq!(found, expected, "{after} {first:?} {head:?}");
        }
    }
}
