//! What follows a failed delivery: another attempt, or a pause. Pure.

use jiff::{SignedDuration, Timestamp};

use crate::webhooks::pause::PauseReason;

/// The time before the second attempt.
const FIRST_DELAY: SignedDuration = SignedDuration::from_secs(10);
/// The longest time between two attempts.
const LONGEST_DELAY: SignedDuration = SignedDuration::from_hours(6);
/// By how much a delay is longer than the one before.
const FACTOR: i64 = 3;
/// After this time of failures, the webhook is paused.
const GIVES_UP: SignedDuration = SignedDuration::from_hours(72);

/// A failed delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// The status, if there was a response.
    pub status: Option<u16>,
    /// How long the attempt took, in milliseconds.
    pub took_ms: u64,
}

/// Why a delivery failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The status is not between 200 and 299. Redirects are not followed.
    Status,
    /// There was no response in time.
    Timeout,
    /// No connection could be made, it ended, or TLS failed.
    Connection,
    /// The host has no address, or one that is not public.
    Address,
    /// The URL is not one to which webhooks are sent.
    Url,
    /// No signing secret is left, because keys of the stack were removed.
    Secret,
}

impl FailureKind {
    const ALL: [Self; 6] = [
        Self::Status,
        Self::Timeout,
        Self::Connection,
        Self::Address,
        Self::Url,
        Self::Secret,
    ];

    /// Returns the name in the API and in stored items.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Address => "address",
            Self::Url => "url",
            Self::Secret => "secret",
        }
    }

    /// Returns the kind with a stored name; `None` for a name that only a newer version knows.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What follows a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Retry(Timestamp),
    Pause(PauseReason),
}

/// Decides what follows the failure at `now`, which is number `failures` in a row since `since`.
pub(super) fn after(failure: &Failure, failures: u32, since: Timestamp, now: Timestamp) -> Then {
    if failure.status == Some(410) {
        return Then::Pause(PauseReason::Gone);
    }
    match now.duration_since(since) >= GIVES_UP {
        true => Then::Pause(PauseReason::Failing),
        false => Then::Retry(now.checked_add(delay(failures)).unwrap_or(now)),
    }
}

/// Returns the time between the failure with this number, from 1, and the next attempt.
fn delay(failures: u32) -> SignedDuration {
    let factor = FACTOR.saturating_pow(failures.saturating_sub(1));
    let seconds = FIRST_DELAY.as_secs().saturating_mul(factor);
    SignedDuration::from_secs(seconds).min(LONGEST_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(status: Option<u16>) -> Failure {
        Failure {
            kind: FailureKind::Status,
            status,
            took_ms: 1,
        }
    }

    #[test]
    fn delays_grow_and_end_after_three_days() {
        let since = Timestamp::UNIX_EPOCH;
        let (mut now, mut delays) = (since, Vec::new());
        for failures in 1.. {
            match after(&failed(Some(500)), failures, since, now) {
                Then::Retry(at) => {
                    delays.push(at.duration_since(now).as_secs());
                    now = at;
                }
                Then::Pause(reason) => {
                    assert_eq!(reason, PauseReason::Failing);
                    break;
                }
            }
        }
        assert_eq!(delays[..8], [10, 30, 90, 270, 810, 2_430, 7_290, 21_600]);
        assert!(delays[8..].iter().all(|delay| *delay == 21_600));
        let hours = now.duration_since(since).as_hours();
        assert!((72..78).contains(&hours), "{hours}");
        assert!(delays.len() < 30, "few entries in the log");
        assert_eq!(delay(u32::MAX), LONGEST_DELAY);
    }

    #[test]
    fn an_endpoint_that_is_gone_is_not_tried_again() {
        let now = Timestamp::UNIX_EPOCH;
        let gone = after(&failed(Some(410)), 1, now, now);
        assert_eq!(gone, Then::Pause(PauseReason::Gone));
    }
}
