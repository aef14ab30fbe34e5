//! The clock of everything that is stored, and how a thread lives through an earlier time.
//!
//! Only the local run's demo uses the latter: it writes a month of history with the code that writes any other. A thread
//! of a deployed function always has the time that it is.

use std::cell::Cell;
use std::marker::PhantomData;

use jiff::{SignedDuration, Timestamp};
use uuid::{ContextV7, Uuid};

thread_local! {
    /// How far the thread's clock is behind.
    static BEHIND: Cell<SignedDuration> = const { Cell::new(SignedDuration::ZERO) };
    /// Keeps the ids of an earlier time in order.
    static ORDER: ContextV7 = const { ContextV7::new() };
}

/// Returns the time on the thread's clock.
pub fn time() -> Timestamp {
    let now = Timestamp::now();
    // A clock is never so far behind that this overflows.
    now.checked_sub(BEHIND.get()).unwrap_or(now)
}

/// Returns a UUIDv7 of the time on the thread's clock.
pub(crate) fn timed_uuid() -> Uuid {
    if BEHIND.get().is_zero() {
        return Uuid::now_v7();
    }
    let at = time();
    let seconds = u64::try_from(at.as_second()).unwrap_or_default();
    let nanos = u32::try_from(at.subsec_nanosecond()).unwrap_or_default();
    ORDER.with(|order| Uuid::new_v7(uuid::Timestamp::from_unix(order, seconds, nanos)))
}

/// The clock of this thread while it is behind. Dropping it returns the thread to the time that it is.
#[derive(Debug)]
pub struct PastClock {
    /// It must be dropped on its own thread.
    stays: PhantomData<*const ()>,
}

impl PastClock {
    /// Sets the clock of this thread to a time in the past, from which it goes on.
    pub fn begin(at: Timestamp) -> Self {
        let clock = Self { stays: PhantomData };
        clock.set(at);
        clock
    }

    /// Sets the clock to another time. It never runs ahead of the time that it is.
    pub fn set(&self, at: Timestamp) {
        let behind = Timestamp::now().duration_since(at);
        BEHIND.set(behind.max(SignedDuration::ZERO));
    }
}

impl Drop for PastClock {
    fn drop(&mut self) {
        BEHIND.set(SignedDuration::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::new_id;

    #[test]
    fn a_thread_lives_through_an_earlier_time() {
        let now = Timestamp::now();
        let day = SignedDuration::from_hours(24);
        let today = new_id();
        let clock = PastClock::begin(now - day * 2);
        let ids = [new_id(), new_id(), new_id()];
        assert!(ids.is_sorted() && ids[2] < today, "{ids:?}");
        let near = |at: Timestamp| time().duration_since(at) < SignedDuration::from_mins(1);
        assert!(time() < now - day && near(now - day * 2));
        let elsewhere = std::thread::spawn(time).join().unwrap();
        assert!(elsewhere >= now);
        clock.set(now - day);
        let later = new_id();
        assert!(near(now - day) && ids[2] < later && later < today);
        clock.set(now + day);
        assert!(time() < now + day);
        drop(clock);
        assert!(time() >= now && new_id() > today);
    }
}
