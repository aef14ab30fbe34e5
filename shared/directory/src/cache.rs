//! Values that a Lambda function keeps for five seconds, so that not every request reads them again.
//!
//! Only introspection uses them. Everything else reads what is stored.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The maximum age of a value that is used.
const LIFETIME: Duration = Duration::from_secs(5);
/// The number of values from which on outdated ones are removed. It bounds the memory.
const MAX_VALUES: usize = 4_096;

/// Values by key, each with the time before it was read.
#[derive(Debug)]
pub(crate) struct Cache<K, V>(Mutex<HashMap<K, (Moment, V)>>);

/// A time, on two clocks.
///
/// Lambda freezes a process between requests. Nobody promises that the monotonic clock goes on meanwhile, and the wall
/// clock can be set. So a value counts as old as soon as one of the two says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    monotonic: Instant,
    wall: SystemTime,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self {
            monotonic: Instant::now(),
            wall: SystemTime::now(),
        }
    }

    /// Returns whether `now` is at most five seconds later. It is not if a clock was set back in between.
    fn is_recent(self, now: Self) -> bool {
        let monotonic = now.monotonic.checked_duration_since(self.monotonic);
        let wall = now.wall.duration_since(self.wall).ok();
        [monotonic, wall]
            .into_iter()
            .all(|age| age.is_some_and(|age| age <= LIFETIME))
    }
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    /// Returns the value of a key, if it was read at most five seconds ago.
    pub(crate) fn get(&self, key: &K, now: Moment) -> Option<V> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, value) = kept.get(key)?;
        read_at.is_recent(now).then(|| value.clone())
    }

    /// Keeps a value. `before` is a time before it was read, so that it is never older than the cache believes.
    pub(crate) fn put(&self, key: K, value: V, before: Moment) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_VALUES {
            kept.retain(|_, (read_at, _)| read_at.is_recent(before));
        }
        if kept.len() >= MAX_VALUES {
            kept.clear();
        }
        kept.insert(key, (before, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(moment: Moment, monotonic: u64, wall: i64) -> Moment {
        let by = Duration::from_secs(wall.unsigned_abs());
        Moment {
            monotonic: moment.monotonic + Duration::from_secs(monotonic),
            wall: if wall < 0 {
                moment.wall - by
            } else {
                moment.wall + by
            },
        }
    }

    #[test]
    fn a_value_is_used_for_five_seconds_on_both_clocks() {
        let cache = Cache::default();
        let read_at = Moment::now();
        cache.put("key", 1, read_at);
        for (monotonic, wall, found) in [
            (0, 0, true),
            (5, 5, true),
            (6, 6, false),
            // The process was frozen.
            (1, 60, false),
            // The wall clock was set.
            (60, 1, false),
            (1, -1, false),
        ] {
            let now = later(read_at, monotonic, wall);
            let value = cache.get(&"key", now);
            assert_eq!(value.is_some(), found, "{monotonic} s, {wall} s");
        }
        assert_eq!(cache.get(&"other", read_at), None);
    }

    #[test]
    fn the_number_of_values_is_bounded() {
        let cache = Cache::default();
        let start = Moment::now();
        for number in 0..3 * MAX_VALUES {
            cache.put(number, (), start);
        }
        assert!(cache.0.lock().unwrap().len() <= MAX_VALUES);
        let last = 3 * MAX_VALUES - 1;
        assert_eq!(cache.get(&last, start), Some(()));
    }
}
