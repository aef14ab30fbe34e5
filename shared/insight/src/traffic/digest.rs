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
}
