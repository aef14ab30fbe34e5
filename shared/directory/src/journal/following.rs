//! The events after a place, up to the first gap, and whether a gap is one for good.

use rollcall_store::{Error, Range, from_item, now};

use crate::journal::feed::{Event, EventItem, MAX_SEQUENCE, RELAY_SETTLES, sequence_of};
use crate::journal::feed_page::SECOND_LOOK;
use crate::journal::handle::Journal;
use crate::journal::read_back::warn_of_unreadable;

/// The sequence number of an event, and the event; `None` if it cannot be read.
pub(super) type Placed = (u64, Option<(Event, EventItem)>);

impl Journal<'_> {
    /// Returns at most `limit` events after the sequence number `after`, in order. Every reader sees every event
    /// exactly once, and all readers see the same order. A gap of events that have expired is skipped, and so is an event that
    /// cannot be read.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn events(self, after: u64, limit: usize) -> Result<Vec<Event>, Error> {
        let events = self.following(after.min(MAX_SEQUENCE), limit).await?;
        let unreadable = events.iter().filter(|(_, read)| read.is_none()).count();
        warn_of_unreadable(self.scope, unreadable);
        let events = events.into_iter().filter_map(|(_, read)| read);
        Ok(events.map(|(event, _)| event).collect())
    }

    /// Returns the events after a place up to the first gap. A gap directly after the place is skipped once nobody can
    /// be filling it: its events have outlived their retention.
    pub(super) async fn following(self, after: u64, limit: usize) -> Result<Vec<Placed>, Error> {
        let mut events = self.unexpired(after, limit).await?;
        if let Some(first) = first_after_gap(after, &events)
            && !self.head().await?.has_settled(first)
        {
            // Of a transaction of the relay that is in progress, a query can show a part. When the events happened does
            // not say when the relay came to them, so only another look tells such a part from what has expired.
            tokio::time::sleep(SECOND_LOOK).await;
            events = self.unexpired(after, limit).await?;
        }
        let next = first_after_gap(after, &events).unwrap_or(after + 1);
        let in_order = |((sequence, _), next): &(Placed, u64)| sequence == next;
        let in_order = events.into_iter().zip(next..).take_while(in_order);
        Ok(in_order.map(|(placed, _)| placed).collect())
    }

    /// Reads events after a place. Those that have expired do not count, although DynamoDB deletes them later and in no
    /// order. If a whole page has expired, a search finds where the events that are kept begin.
    async fn unexpired(self, after: u64, limit: usize) -> Result<Vec<Placed>, Error> {
        let mut after = after;
        loop {
            let behind = self.scope.keys().event(after).sort().to_owned();
            let range = Range::events(self.scope.keys()).after(Some(behind));
            let page = self.scope.table.query(&range.limit(limit)).await?;
            let live = now().as_second();
            let mut events = Vec::new();
            for item in page.items {
                let sequence = sequence_of(&item)?;
                after = after.max(sequence);
                let read = from_item::<EventItem>(item);
                if read.as_ref().is_ok_and(|item| item.expires <= live) {
                    continue;
                }
                let read = read.and_then(|item| Ok((item.event()?, item)));
                events.push((sequence, read.ok()));
            }
            if !events.is_empty() || page.next.is_none() {
                return Ok(events);
            }
            let head = self.head().await?;
            after = self.last_expired_after(after, &head).await?;
        }
    }
}

/// Returns the first sequence number if events are missing before it, and if it is so old that the relay may have written
/// those, too.
fn first_after_gap(after: u64, events: &[Placed]) -> Option<u64> {
    let (first, _) = events.first().filter(|(first, _)| *first > after + 1)?;
    let settled = now() - RELAY_SETTLES;
    let mut readable = events.iter().filter_map(|(_, read)| read.as_ref());
    let is_old = readable
        .next()
        .is_none_or(|(event, _)| event.occurred_at < settled);
    is_old.then_some(*first)
}
