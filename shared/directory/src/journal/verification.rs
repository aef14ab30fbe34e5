//! Verifies events of the feed against their hashes. Events that have expired are missing, and that is no fault.

use jiff::{SignedDuration, Timestamp};
use rollcall_store::{Error, from_item, now};

use crate::journal::chain::Fault;
use crate::journal::feed::{Event, EventItem, MAX_SEQUENCE, erased, place_of};
use crate::journal::handle::Journal;

/// The shortest retention that a tenant can have. An event that got its place later than that ago has not expired.
const SHORTEST_RETENTION: SignedDuration = SignedDuration::from_hours(24);

/// The result of verifying events of the feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// How many events were verified.
    pub verified: usize,
    /// The sequence numbers of events without hashes, which an earlier version gave their places.
    pub without_hash: Vec<u64>,
    /// The sequence numbers of events with which a chain begins.
    pub begins: Vec<u64>,
    /// The sequence numbers of events whose content was erased.
    pub erased: Vec<u64>,
    /// The first and the last sequence number of events that have expired.
    pub expired: Option<(u64, u64)>,
    /// The events that do not match their hashes.
    pub faults: Vec<(u64, Fault)>,
    /// The last event and its hash.
    pub last: Option<(u64, Option<String>)>,
    /// The last sequence number of the feed, which is read if no event was verified.
    pub head: Option<u64>,
}

/// What is known of the event before the next one.
#[derive(Debug, Default)]
struct Before {
    /// Its hash, if the event is there: `None` in it for an event without one.
    hash: Option<Option<String>>,
    /// When it happened, if the event is there.
    at: Option<Timestamp>,
}

impl Before {
    fn of(event: Option<&Event>, item: EventItem) -> Self {
        Self {
            hash: Some(item.link.map(|link| link.hash)),
            at: event.map(|event| event.occurred_at),
        }
    }

    /// Returns whether the events after this one can have expired: whatever got its place after it did not do so earlier
    /// than it happened.
    fn can_lack_followers(&self) -> bool {
        self.at.is_none_or(|at| at < now() - SHORTEST_RETENTION)
    }
}

impl Journal<'_> {
    /// Verifies at most `limit` events after the sequence number `after` against their hashes. The events directly after
    /// it may have expired. Then the verification goes on behind them, from a checkpoint if there is one.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn verify(self, after: u64, limit: usize) -> Result<Verification, Error> {
        let after = after.min(MAX_SEQUENCE);
        let mut before = self.event_at(after).await?;
        let mut found = Verification::default();
        let events = self.following(after, limit).await?;
        let Some((first, _)) = events.first() else {
            self.verify_end(after, &before, &mut found).await?;
            return Ok(found);
        };
        if *first > after + 1 {
            found.lack((after + 1, *first - 1), *first, &before);
            before = Before::default();
        }
        if before.hash.is_none() && *first > 1 {
            let checkpoint = self.checkpoint(*first - 1).await?;
            before.hash = checkpoint.map(|checkpoint| Some(checkpoint.hash));
        }
        for (sequence, read) in events {
            found.verified += 1;
            before = match read {
                Some((event, item)) => {
                    found.add(sequence, &event, &item, before.hash);
                    Before::of(Some(&event), item)
                }
                None => {
                    found.faults.push((sequence, Fault::Content));
                    Before::default()
                }
            };
            found.last = Some((sequence, before.hash.clone().flatten()));
        }
        if let Some((last, None)) = found.last {
            // An earlier version that runs after a roll-back moves the head, and leaves what it says of hashes.
            let head = self.head().await?;
            if (head.given, head.hash_of) == (last, last) {
                found.faults.push((last, Fault::Unlinked));
            }
        }
        Ok(found)
    }

    async fn event_at(self, sequence: u64) -> Result<Before, Error> {
        let key = self.scope.keys().event(sequence);
        let item = self.scope.table.get(&key).await?;
        // One that cannot be read is a fault of its own page.
        let item = item.and_then(|item| from_item::<EventItem>(item).ok());
        Ok(item.map_or_else(Before::default, |item| {
            Before::of(item.event().ok().as_ref(), item)
        }))
    }

    /// Notes where the feed ends if no event follows. All that followed may have expired.
    async fn verify_end(
        self,
        after: u64,
        before: &Before,
        found: &mut Verification,
    ) -> Result<(), Error> {
        let head = self.head().await?;
        found.head = Some(head.given);
        if after < head.given && head.has_settled(head.given) {
            found.lack((after + 1, head.given), head.given, before);
            found.last = Some((head.given, head.hash()));
        }
        Ok(())
    }
}

impl Verification {
    /// Notes that events are missing, by the first and the last of them. If they cannot have expired, that is a fault of
    /// the event `at`.
    fn lack(&mut self, missing: (u64, u64), at: u64, before: &Before) {
        match before.can_lack_followers() {
            true => self.expired = Some(missing),
            false => self.faults.push((at, Fault::Order)),
        }
    }

    /// Verifies an event. `before` is the hash of the event before it, if that event is there and has one.
    fn add(
        &mut self,
        sequence: u64,
        event: &Event,
        item: &EventItem,
        before: Option<Option<String>>,
    ) {
        let Some(link) = &item.link else {
            self.without_hash.push(sequence);
            return;
        };
        if link.begins {
            self.begins.push(sequence);
        }
        if link.salt.is_none() {
            self.erased.push(sequence);
        }
        if before == Some(None) && !link.begins {
            self.faults.push((sequence - 1, Fault::Unlinked));
        }
        let previous = before.flatten();
        let fault = link.fault(previous.as_deref(), place_of(event), &item.event);
        // An erased event says nothing but its place.
        let is_forged = link.salt.is_none() && erased(event.clone()) != *event;
        let fault = fault.or(is_forged.then_some(Fault::Content));
        self.faults.extend(fault.map(|fault| (sequence, fault)));
    }
}
