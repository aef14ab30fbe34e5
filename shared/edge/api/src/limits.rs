//! Limits: of requests, and of what a connection may take away.

use rollcall_directory as directory;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// What a connection may take away within an hour: deactivations, deletions and lost groups, counted together.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BrakeLimit {
    /// The share of the tenant's people, in percent, 0 to 100.
    #[serde(deserialize_with = "number")]
    percent: u32,
    /// The number of changes that are always allowed, 1 to 100,000.
    #[serde(deserialize_with = "number")]
    at_least: u32,
}

impl From<directory::BrakeLimit> for BrakeLimit {
    fn from(limit: directory::BrakeLimit) -> Self {
        Self {
            percent: limit.percent,
            at_least: limit.at_least,
        }
    }
}

impl From<BrakeLimit> for directory::BrakeLimit {
    fn from(limit: BrakeLimit) -> Self {
        Self {
            percent: limit.percent,
            at_least: limit.at_least,
        }
    }
}

/// How many requests one token may make.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateLimit {
    /// Requests per minute, sustained.
    #[serde(deserialize_with = "number")]
    per_minute: u32,
    /// Additional requests that may arrive at once.
    #[serde(deserialize_with = "number")]
    burst: u32,
}

impl From<directory::RateLimit> for RateLimit {
    fn from(limit: directory::RateLimit) -> Self {
        Self {
            per_minute: limit.per_minute,
            burst: limit.burst,
        }
    }
}

impl From<RateLimit> for directory::RateLimit {
    fn from(limit: RateLimit) -> Self {
        Self {
            per_minute: limit.per_minute,
            burst: limit.burst,
        }
    }
}

/// How many requests all tokens of a tenant together may make. A bulk request counts as its operations.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestCeiling {
    /// Requests per minute, sustained.
    #[serde(deserialize_with = "number")]
    per_minute: u32,
    /// Additional requests that may arrive at once.
    #[serde(deserialize_with = "number")]
    burst: u32,
}

impl From<directory::RateLimit> for RequestCeiling {
    fn from(limit: directory::RateLimit) -> Self {
        Self {
            per_minute: limit.per_minute,
            burst: limit.burst,
        }
    }
}

impl From<RequestCeiling> for directory::RateLimit {
    fn from(ceiling: RequestCeiling) -> Self {
        Self {
            per_minute: ceiling.per_minute,
            burst: ceiling.burst,
        }
    }
}

/// Deserializes a whole number whose bounds are checked later, so that the refusal names these.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = i64::deserialize(deserializer)?;
    Ok(u32::try_from(number).unwrap_or(u32::MAX))
}
