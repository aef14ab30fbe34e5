//! The digest of the request log: traffic by hour, milestones of each connection, and current failures.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rollcall_directory::Connection;
use serde::{Deserialize, Serialize};

use crate::traffic::failures::RepeatedFailure;

/// The digest of the request log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// Whether the digest covers the log to its end. If not, the next call reads on: each reads a bounded part.
    pub complete: bool,
    /// The end of a range of the log that was skipped. What the digest does not show may have happened in that range.
    pub skipped_until: Option<Timestamp>,
    /// The hours of the last seven days that had traffic, oldest first.
    pub hours: Vec<Hour>,
    /// The milestones of each connection, by id. Connections without requests are missing.
    pub connections: BTreeMap<String, Milestones>,
    /// The failures of the last day that are not resolved, latest first; at most the latest 50.
    pub failures: Vec<RepeatedFailure>,
}

impl Digest {
    /// Returns the number of requests of the last seven days in the digest.
    pub fn counted(&self) -> u64 {
        self.hours.iter().map(Hour::total).sum()
    }

    /// Returns the time from which on the digest covers all requests of a connection; `None` if it covers all of them.
    pub fn seen_since(&self, connection: &Connection) -> Option<Timestamp> {
        self.skipped_until
            .filter(|until| connection.created_at < *until)
    }
}

/// The requests of one hour, by HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hour {
    /// When the hour begins.
    pub begins_at: Timestamp,
    /// Answered with a status below 400.
    pub succeeded: u64,
    /// Answered with 4xx, except 429.
    pub refused: u64,
    /// Answered with 429: over the rate limit.
    pub throttled: u64,
    /// Answered with 5xx: the service failed.
    pub failed: u64,
}

impl Hour {
    /// Returns the number of all requests of the hour.
    pub fn total(&self) -> u64 {
        self.succeeded + self.refused + self.throttled + self.failed
    }
}

/// When a connection first and last did something that shows that it works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Milestones {
    /// The first successful request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tested_at: Option<Timestamp>,
    /// The first push of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_user_at: Option<Timestamp>,
    /// The first push of a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_group_at: Option<Timestamp>,
    /// The first deactivation or deletion of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_deactivation_at: Option<Timestamp>,
    /// The last request, successful or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_request_at: Option<Timestamp>,
    /// The last successful request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_success_at: Option<Timestamp>,
    /// The days of the last seven that had requests, oldest first. Earlier versions do not count them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<DayOfRequests>,
}

/// The requests of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayOfRequests {
    /// The day in UTC, in days since 1970.
    pub day: i64,
    /// All requests.
    pub all: u64,
    /// Those that were answered with a status of 400 or more.
    pub failed: u64,
}

/// How many days of requests a connection's milestones have.
const DAYS_KEPT: i64 = 7;

impl Milestones {
    /// Returns the numbers of all requests and of failed requests of the last seven days, today included.
    pub fn lately(&self, now: Timestamp) -> (u64, u64) {
        let first = day_of(now) - DAYS_KEPT;
        let days = self.days.iter().filter(|one| one.day > first);
        days.fold((0, 0), |(all, failed), one| {
            (all + one.all, failed + one.failed)
        })
    }

    /// Counts a request on its day.
    pub(super) fn count(&mut self, at: Timestamp, is_failed: bool) {
        let day = day_of(at);
        let last = self.days.last().map_or(day, |one| one.day.max(day));
        self.days.retain(|one| one.day > last - DAYS_KEPT);
        let place = self.days.partition_point(|one| one.day < day);
        if self.days.get(place).is_none_or(|one| one.day != day) {
            let none = DayOfRequests {
                day,
                all: 0,
                failed: 0,
            };
            self.days.insert(place, none);
        }
        if let Some(counted) = self.days.get_mut(place) {
            counted.all += 1;
            counted.failed += u64::from(is_failed);
        }
    }
}

fn day_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_for_seven_days() {
        let at = |day: i64| Timestamp::from_second(day * 86_400 + 60).unwrap_or_default();
        let mut milestones = Milestones::default();
        for (day, is_failed) in [(100, false), (99, true), (100, true), (103, false)] {
            milestones.count(at(day), is_failed);
        }
        for (day, counted) in [
            (103, (4, 2)),
            (105, (4, 2)),
            (106, (3, 1)),
            (107, (1, 0)),
            (110, (0, 0)),
        ] {
            assert_eq!(milestones.lately(at(day)), counted, "{day}");
        }
        milestones.count(at(110), false);
        assert_eq!(milestones.days.len(), 1);
    }
}
