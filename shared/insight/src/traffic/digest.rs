//! The digest of the request log: traffic by hour, how far each connection has got, what keeps failing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rollcall_directory::Connection;
use serde::{Deserialize, Serialize};

use crate::traffic::failures::RepeatedFailure;

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
