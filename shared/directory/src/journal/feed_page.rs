//! Reads the feed by cursor, and says what a cursor means that has no place in the feed any more.

use std::time::Duration;

use futures::future::try_join;
use jiff::Timestamp;
use rollcall_model::EventType;
use rollcall_store::{Error, Range, now};

use crate::journal::feed::{FeedEvent, Head, MAX_SEQUENCE, RELAY_SETTLES};
use crate::journal::feed_slice::{Horizon, Slice, Stored};
use crate::journal::handle::Journal;
use crate::journal::read_back::readable;

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

/// What a look at the feed finds after a cursor.
#[derive(Debug)]
struct Look {
    slice: Slice,
    head: Head,
    horizon: Horizon,
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
        let look = self.look(after, query.at_once());
        let (mut look, first) = try_join(look, self.first_stored(after)).await?;
        let mut place_now = place(after, look.slice.first(), &look.head);
        // A transaction of the relay may have been in progress, which shows the head and the events one by one. It does not
        // hide what has expired.
        if place_now != Place::InFeed && look.slice.expired == 0 {
            tokio::time::sleep(SECOND_LOOK).await;
            look = self.look(after, query.at_once()).await?;
            place_now = place(after, look.slice.first(), &look.head);
        }
        let Look {
            slice,
            head,
            horizon,
        } = look;
        let begin = match place_now {
            Place::InFeed => after,
            // Whoever begins to read has lost nothing.
            Place::BeforeExpired(expired) if after == 0 => expired,
            Place::BeforeExpired(expired) => return Ok(FeedRead::Expired { after: expired }),
            Place::Ahead => return Ok(FeedRead::Ahead { head: head.given }),
        };
        let oldest = match &first {
            Some(first) => self.oldest(first, &slice, horizon).await?,
            // The page shows it.
            None => slice.first().map(|(sequence, _)| sequence),
        };
        let (items, next) = self.wanted(query, begin, slice, horizon).await?;
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

    /// Reads the head of the feed and the events after a cursor.
    async fn look(self, after: u64, limit: usize) -> Result<Look, Error> {
        let (stored, head) = try_join(self.stored_after(after, limit), self.head()).await?;
        let horizon = Horizon::of(&head);
        let slice = self.kept(stored, limit, horizon).await?;
        Ok(Look {
            slice,
            head,
            horizon,
        })
    }

    /// Reads the first event that is stored; `None` if the page after the cursor begins with it.
    async fn first_stored(self, after: u64) -> Result<Option<Stored>, Error> {
        match after {
            0 => Ok(None),
            _ => self.stored_after(0, 1).await.map(Some),
        }
    }

    /// Picks the wanted events out of a slice and those that follow it. Returns the place up to which it looked, too.
    async fn wanted(
        self,
        query: &FeedQuery<'_>,
        begin: u64,
        mut slice: Slice,
        horizon: Horizon,
    ) -> Result<(Vec<FeedEvent>, u64), Error> {
        let (mut items, mut next, mut scanned) = (Vec::new(), begin, 0);
        while !slice.events.is_empty() {
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
            let stored = self.stored_after(next, query.at_once()).await?;
            slice = self.kept(stored, query.at_once(), horizon).await?;
        }
        Ok((items, next))
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
