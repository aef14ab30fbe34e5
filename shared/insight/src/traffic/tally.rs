//! The sums for the digest. Requests are added once each, in order of their ids. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::LoggedRequest;
use rollcall_directory::stored::Target;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::traffic::digest::{Digest, Hour, Milestones};
use crate::traffic::failures::RepeatedFailure;

/// How long the counts of an hour are kept.
pub(super) const HOURS_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a failure counts as current after it last came.
pub(crate) const FAILURES_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// The maximum number of failures that are kept. The oldest are dropped first.
pub(crate) const MAX_FAILURES: usize = 50;
/// The longest time for which a connection test keeps the user that it creates, in seconds; a generous bound.
const TEST_LASTS: u64 = 90;
/// The maximum number of connections that are kept. Those that have been silent for the longest time are dropped first.
const MAX_CONNECTIONS: usize = 200;

/// The number of requests of an hour, by HTTP status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) succeeded: u64,
    pub(super) refused: u64,
    pub(super) throttled: u64,
    pub(super) failed: u64,
}

/// The sums so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// The counts, by hours since 1970.
    pub(super) hours: BTreeMap<i64, Counts>,
    pub(super) connections: BTreeMap<String, Milestones>,
    pub(super) failures: Vec<RepeatedFailure>,
}

impl Tally {
    /// Adds a request. Returns its hour, in hours since 1970.
    pub(super) fn fold(&mut self, request: &LoggedRequest) -> i64 {
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

    /// Drops hours and failures that are too old.
    pub(super) fn forget_before(&mut self, now: Timestamp) {
        let first = (now - HOURS_KEPT).as_second().div_euclid(3_600);
        self.hours = self.hours.split_off(&first);
        self.failures
            .retain(|failure| failure.last_at >= now - FAILURES_KEPT);
    }

    pub(super) fn digest(mut self, complete: bool, now: Timestamp) -> Digest {
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
        *counter += u64::from(request.stands_for);
    }
}

impl Milestones {
    fn note(&mut self, request: &LoggedRequest) {
        let at = request.at;
        self.last_request_at = self.last_request_at.max(Some(at));
        self.count(at, request.http_status >= 400);
        if request.http_status >= 400 {
            return;
        }
        self.last_success_at = self.last_success_at.max(Some(at));
        // Who only fetched an access token has not reached the base URL yet.
        if request.target != "/oauth/token" {
            self.tested_at.get_or_insert(at);
        }
        let changes: BTreeSet<&str> = request.changes.iter().map(String::as_str).collect();
        let changed = |noun: &str| changes.iter().any(|change| change.starts_with(noun));
        // A push that changes nothing is still a push.
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

/// Returns whether the request deletes a user who was created just before, as the connection test of JumpCloud does.
/// The time of creation is in the user's id, a UUIDv7.
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
