//! What the request log comes to: traffic by hour, how far each connection has got, what keeps failing. Pure.
//!
//! Requests are folded in the order of their ids, each once. Where the sums are kept, and up to where the log is in
//! them: `kept`. Which failures are current: `failures`.

mod failures;
mod kept;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::credentials::connections::Connection;
use crate::request_log::diagnosis::Target;
use crate::request_log::log::LoggedRequest;

pub use failures::RepeatedFailure;

/// How long hours are kept.
const HOURS_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a failure that nothing followed counts as current.
const FAILURES_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Failures kept at most; the oldest go first.
pub(crate) const MAX_FAILURES: usize = 50;
/// Seconds for which a connection test keeps whom it makes, generously.
const TEST_LASTS: u64 = 90;
/// Connections kept at most; those that have been silent for longest go first.
const MAX_CONNECTIONS: usize = 200;

/// What the request log comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// Whether all of the log is in it. If not, the next look goes on: each reads a bounded part.
    pub complete: bool,
    /// Up to when a stretch of the log was passed over: what is not in it may have been all the same.
    pub skipped_until: Option<Timestamp>,
    /// The hours of the last seven days in which there was traffic, oldest first.
    pub hours: Vec<Hour>,
    /// How far each connection has got, by its id; nothing of one that was never heard of.
    pub connections: BTreeMap<String, Milestones>,
    /// What failed in the last day and has not succeeded since, latest first; the latest fifty.
    pub failures: Vec<RepeatedFailure>,
}

impl Digest {
    /// How many requests of the last seven days are in it.
    pub fn counted(&self) -> u64 {
        self.hours.iter().map(Hour::total).sum()
    }

    /// From when on all that a connection did is in it; nothing where that is all it ever did.
    pub fn seen_since(&self, connection: &Connection) -> Option<Timestamp> {
        self.skipped_until
            .filter(|until| connection.created_at < *until)
    }
}

/// The requests of one hour, by how they were answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hour {
    /// When the hour begins.
    pub begins_at: Timestamp,
    /// Answered below 400.
    pub succeeded: u64,
    /// Refused: answered 4xx, but for 429.
    pub refused: u64,
    /// Too fast: answered 429.
    pub throttled: u64,
    /// Failed on our side: answered 5xx.
    pub failed: u64,
}

impl Hour {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.succeeded + self.refused + self.throttled + self.failed
    }
}

/// When a connection first and last did what shows that it works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Milestones {
    /// The first request that was answered well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tested_at: Option<Timestamp>,
    /// The first person who was pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_user_at: Option<Timestamp>,
    /// The first group that was pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_group_at: Option<Timestamp>,
    /// The first person who was deactivated or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_deactivation_at: Option<Timestamp>,
    /// The last request, however it was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_request_at: Option<Timestamp>,
    /// The last request that was answered well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_success_at: Option<Timestamp>,
}

/// How many requests of an hour were answered how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Counts {
    succeeded: u64,
    refused: u64,
    throttled: u64,
    failed: u64,
}

/// The sums so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tally {
    /// By hours since 1970.
    hours: BTreeMap<i64, Counts>,
    connections: BTreeMap<String, Milestones>,
    failures: Vec<RepeatedFailure>,
}

impl Tally {
    /// Counts one more request; answers the hour it belongs to.
    fn fold(&mut self, request: &LoggedRequest) -> i64 {
        let hour = request.at.as_second().div_euclid(3_600);
        self.hours.entry(hour).or_default().count(request);
        self.connections
            .entry(request.connection_id.clone())
            .or_default()
            .note(request);
        self.note_failure(request);
        if self.connections.len() > MAX_CONNECTIONS {
            let silent = self.connections.iter();
            let longest = silent.min_by_key(|(_, milestones)| milestones.last_request_at);
            if let Some(id) = longest.map(|(id, _)| id.clone()) {
                self.connections.remove(&id);
            }
        }
        hour
    }

    fn note_failure(&mut self, request: &LoggedRequest) {
        self.failures
            .retain(|failure| !failure.is_mended_by(request));
        let Some(mut failure) = RepeatedFailure::of(request) else {
            return;
        };
        let before = self.failures.iter().position(|one| one.is(&failure));
        if let Some(before) = before.map(|at| self.failures.swap_remove(at)) {
            failure.count += before.count;
            failure.first_at = before.first_at;
        }
        self.failures.push(failure);
        if self.failures.len() > MAX_FAILURES {
            self.failures.sort_by_key(|failure| failure.last_at);
            self.failures.remove(0);
        }
    }

    /// Drops what is too old to be told.
    fn forget_before(&mut self, now: Timestamp) {
        let first = (now - HOURS_KEPT).as_second().div_euclid(3_600);
        self.hours = self.hours.split_off(&first);
        self.failures
            .retain(|failure| failure.last_at >= now - FAILURES_KEPT);
    }

    fn digest(mut self, complete: bool, now: Timestamp) -> Digest {
        self.forget_before(now);
        self.failures
            .sort_by_key(|failure| std::cmp::Reverse(failure.last_at));
        let hour = |(hour, counts): (i64, Counts)| Hour {
            begins_at: Timestamp::from_second(hour * 3_600).unwrap_or_default(),
            succeeded: counts.succeeded,
            refused: counts.refused,
            throttled: counts.throttled,
            failed: counts.failed,
        };
        Digest {
            complete,
            skipped_until: None,
            hours: self.hours.into_iter().map(hour).collect(),
            connections: self.connections,
            failures: self.failures,
        }
    }
}

impl Counts {
    fn count(&mut self, request: &LoggedRequest) {
        let counter = match request.http_status {
            ..=399 => &mut self.succeeded,
            429 => &mut self.throttled,
            400..=499 => &mut self.refused,
            _ => &mut self.failed,
        };
        *counter += 1;
    }
}

impl Milestones {
    fn note(&mut self, request: &LoggedRequest) {
        let at = request.at;
        self.last_request_at = self.last_request_at.max(Some(at));
        if request.http_status >= 400 {
            return;
        }
        self.last_success_at = self.last_success_at.max(Some(at));
        self.tested_at.get_or_insert(at);
        let changes: BTreeSet<&str> = request.changes.iter().map(String::as_str).collect();
        let changed = |noun: &str| changes.iter().any(|change| change.starts_with(noun));
        // One that was here already and is the same as before was pushed all the same.
        let pushed = match (request.http_method.as_str(), Target::of(&request.target)) {
            ("POST", Target::Users) | ("PUT" | "PATCH", Target::User) => "user",
            ("POST", Target::Groups) | ("PUT" | "PATCH", Target::Group) => "group",
            _ => "",
        };
        let searched = request.target.contains("/.search");
        if changed("user.") || pushed == "user" && !searched {
            self.first_user_at.get_or_insert(at);
        }
        if changed("group.") || pushed == "group" && !searched {
            self.first_group_at.get_or_insert(at);
        }
        let leaves = changes.contains("user.deleted") && !is_a_test(request);
        if changes.contains("user.deactivated") || leaves {
            self.first_deactivation_at.get_or_insert(at);
        }
    }
}

/// Whether somebody is deleted who was made only just now, as a connection test of JumpCloud does. When, their id says.
fn is_a_test(request: &LoggedRequest) -> bool {
    let path = request.target.split('?').next().unwrap_or_default();
    let id = path.trim_end_matches('/').rsplit('/').next();
    let made = id.and_then(|id| Uuid::try_parse(id).ok()?.get_timestamp());
    made.is_some_and(|made| {
        let (seconds, _) = made.to_unix();
        let now = u64::try_from(request.at.as_second()).unwrap_or_default();
        now.saturating_sub(seconds) < TEST_LASTS
    })
}
