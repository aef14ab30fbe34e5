//! What the request log comes to: traffic by hour, how far each connection has got, what keeps failing. Pure.
//!
//! Requests are folded in the order of their ids, each once. Where the sums are kept, and up to where the log is in
//! them: `kept`.

mod kept;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::diagnosis::{Diagnosis, Target};
use crate::requests::LoggedRequest;

/// How long hours are kept.
const HOURS_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a failure that nothing followed counts as current.
const FAILURES_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Failures kept at most; the oldest go first.
const MAX_FAILURES: usize = 50;
/// Connections kept at most; those that have been silent for longest go first.
const MAX_CONNECTIONS: usize = 200;
/// Characters kept of a target or a detail.
const MAX_CHARS: usize = 300;

/// What the request log comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// Whether all of the log is in it. If not, the next look goes on: each reads a bounded part.
    pub complete: bool,
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

/// A request that failed, perhaps again and again, and has not succeeded since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatedFailure {
    /// The connection.
    pub connection_id: String,
    /// What is wrong.
    pub diagnosis: Diagnosis,
    /// How often.
    pub count: u64,
    /// When it failed first.
    pub first_at: Timestamp,
    /// When it failed last.
    pub last_at: Timestamp,
    /// The id of the latest such request in the log.
    pub request: String,
    /// Its HTTP method.
    pub http_method: String,
    /// Its path and query, cut if long.
    pub target: String,
    /// What it was answered, or the ids of the members that were left out, cut if long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
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
        let target = cut(&request.target);
        let same = |failure: &RepeatedFailure| {
            failure.connection_id == request.connection_id
                && failure.http_method == request.http_method
                && failure.target == target
        };
        let diagnosis = match request.diagnosed() {
            // Both sides want it gone, and it is.
            None | Some(Diagnosis::GoneAlready) => {
                self.failures
                    .retain(|failure| !same(failure) && !is_mended_by(failure, request));
                return;
            }
            Some(diagnosis) => diagnosis,
        };
        self.failures
            .retain(|failure| !is_mended_by(failure, request));
        let before = self.failures.iter().position(same);
        let before = before.map(|at| self.failures.swap_remove(at));
        self.failures.push(RepeatedFailure {
            connection_id: request.connection_id.clone(),
            diagnosis,
            count: before.as_ref().map_or(0, |before| before.count) + 1,
            first_at: before.map_or(request.at, |before| before.first_at),
            last_at: request.at,
            request: request.id.clone(),
            http_method: request.http_method.clone(),
            target,
            detail: told(request),
        });
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
        if changes.contains("user.deactivated") || changes.contains("user.deleted") {
            self.first_deactivation_at.get_or_insert(at);
        }
    }
}

/// Whether the request shows that a token that was refused has been replaced: whatever was asked for with the old one
/// need not be asked for again.
fn is_mended_by(failure: &RepeatedFailure, request: &LoggedRequest) -> bool {
    let by_token = matches!(
        failure.diagnosis,
        Diagnosis::Revoked | Diagnosis::Expired | Diagnosis::NoToken
    );
    by_token && request.http_status < 400 && failure.connection_id == request.connection_id
}

/// What the answer said, or left out.
fn told(request: &LoggedRequest) -> Option<String> {
    let skipped = &request.skipped_members;
    match skipped.is_empty() {
        true => request.detail.as_deref().map(cut),
        false => Some(cut(&skipped.join(", "))),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_CHARS).collect()
}
