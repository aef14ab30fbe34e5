//! When events of the feed expire. Each event says itself until when it is kept. After `retention_days` was lowered, those
//! that follow expire before older ones; what is before them counts as expired then, so that the feed has no gap.

use rollcall_store::Item;
use serde::{Deserialize, Serialize};

/// By how many seconds the clocks of two relays can differ. Events that expire by so much earlier than the ones before them
/// do not mean that the retention is shorter.
const SKEW: i64 = 60;
/// The maximum number of places at which the retention became shorter. The oldest are forgotten first: a reader of such
/// old events can then meet a gap.
const MAX_SHORTENED: usize = 20;

/// A place in the feed from which on events are kept for a shorter time than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shortened {
    /// The last event before it.
    after: u64,
    /// When the first event behind it expires, in seconds. From then on, those before it count as expired, too.
    expires: i64,
}

/// What the head of the feed says about when its events expire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Expiry {
    /// When the last event expires, in seconds.
    #[serde(default)]
    pub(super) latest: i64,
    /// The sequence number of that event. An earlier version moves the head and leaves this as it is.
    #[serde(default)]
    pub(super) latest_of: u64,
    /// Where the retention became shorter. Both the places and the times are in ascending order.
    #[serde(default)]
    pub(super) shortened: Vec<Shortened>,
}

impl Expiry {
    /// Returns what to say once events up to `last` that expire at `expires` follow the event `given`.
    pub(super) fn followed(mut self, given: u64, last: u64, expires: i64, now: i64) -> Self {
        if expires + SKEW < self.latest {
            // What expires later and comes before says nothing more.
            self.shortened.retain(|place| place.expires < expires);
            self.shortened.push(Shortened {
                after: given,
                expires,
            });
            self.latest = expires;
        }
        // Of those that have passed, the last says it all.
        let passed = self.shortened.iter().filter(|place| place.expires <= now);
        let needless = passed.count().saturating_sub(1);
        let too_many = self.shortened.len().saturating_sub(MAX_SHORTENED);
        self.shortened.drain(..needless.max(too_many));
        self.latest = self.latest.max(expires);
        self.latest_of = last;
        self
    }

    /// Returns the last event that has expired at this time because later ones have; 0 if there is none.
    pub(super) fn floor(&self, now: i64) -> u64 {
        let passed = self.shortened.iter().filter(|place| place.expires <= now);
        passed.map(|place| place.after).max().unwrap_or_default()
    }
}

/// Returns when an event that is stored expires; `None` if the item does not say so.
pub(super) fn expires_of(item: &Item) -> Option<i64> {
    item.get("expires")?.as_n().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    /// Gives one event a day its place, kept for so many days. Returns what the head says in the end, and when each event
    /// expires.
    fn fed(days: impl IntoIterator<Item = i64>) -> (Expiry, Vec<i64>) {
        let (mut expiry, mut all) = (Expiry::default(), Vec::new());
        for (given, days) in days.into_iter().enumerate() {
            let (given, now) = (given as u64, given as i64 * DAY);
            let expires = now + days * DAY;
            expiry = expiry.followed(given, given + 1, expires, now);
            all.push(expires);
        }
        (expiry, all)
    }

    #[test]
    fn nothing_is_kept_before_what_has_expired() {
        let kept = |days: i64, count: usize| std::iter::repeat_n(days, count);
        for days in [
            Vec::from_iter(kept(30, 50)),
            Vec::from_iter(kept(365, 100).chain(kept(30, 50))),
            Vec::from_iter(kept(30, 50).chain(kept(365, 50))),
            Vec::from_iter(kept(365, 20).chain(kept(90, 10)).chain(kept(30, 10))),
            Vec::from_iter(kept(365, 20).chain(kept(30, 10)).chain(kept(365, 10))),
            Vec::from_iter((0..100).map(|n| 1 + (n * 37) % 90)),
        ] {
            let placed = days.len() as i64;
            let (expiry, all) = fed(days.clone());
            for now in placed - 1..placed + 400 {
                let now = now * DAY;
                // Each event that has expired, by itself or by those behind it, and none that is kept.
                let expected = all.iter().rposition(|expires| *expires <= now);
                let expected = expected.map_or(0, |last| last + 1);
                let floor = usize::try_from(expiry.floor(now)).unwrap();
                assert!(floor <= expected, "{days:?} {now}");
                let further = all[floor..].iter().take_while(|expires| **expires <= now);
                assert_eq!(floor + further.count(), expected, "{days:?} {now}");
            }
        }
    }

    #[test]
    fn clocks_that_differ_and_days_that_swing_add_little() {
        let first = Expiry::default().followed(0, 1, 1_000, 0);
        let second = first.clone().followed(1, 2, 950, 0);
        assert_eq!((second.latest, second.latest_of), (1_000, 2));
        assert_eq!(second.shortened, []);
        let (swung, _) = fed((0..500).map(|n| if n % 2 == 0 { 3_000 } else { 100 + n }));
        assert_eq!(swung.shortened.len(), MAX_SHORTENED);
    }
}
