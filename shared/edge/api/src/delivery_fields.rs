//! What responses say of the deliveries of webhooks.

use jiff::Timestamp;
use rollcall_directory::DeliveryEntry;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What became of one delivery, or of those of a minute that succeeded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Delivery {
    /// When: that of the failure, or the beginning of the minute.
    at: Timestamp,
    /// Whether events were delivered.
    outcome: DeliveryOutcome,
    /// How many events were delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered: Option<u64>,
    /// The sequence of the event that failed, or of the last one that was delivered.
    sequence: u64,
    /// `status`: the status is not between 200 and 299; redirects are not followed. `timeout`: no response within ten
    /// seconds. `connection`: no connection, or TLS failed. `address`: the host has no address, or one that is not public.
    /// `url`: nothing is sent to the URL. `secret`: the signing secret is lost; rotate it. A newer version may have others.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// The status of the response, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The number of the attempt that failed, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    /// How long the attempt that failed took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<u64>,
}

/// Whether events were delivered.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DeliveryOutcome {
    /// They were delivered.
    Delivered,
    /// The attempt failed.
    Failed,
}

impl From<DeliveryEntry> for Delivery {
    fn from(entry: DeliveryEntry) -> Self {
        let failed = entry.failure.is_some();
        Self {
            at: entry.at,
            outcome: match failed {
                true => DeliveryOutcome::Failed,
                false => DeliveryOutcome::Delivered,
            },
            delivered: (!failed).then_some(entry.delivered),
            sequence: entry.sequence,
            failure: entry.failure,
            status: entry.http_status,
            attempt: entry.attempt,
            took_ms: entry.took_ms,
        }
    }
}

/// The query of the deliveries of a webhook.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveriesPage {
    /// `next` of the page before.
    pub(crate) after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    pub(crate) limit: Option<i64>,
    /// For a webhook of the stack: the tenant that is meant.
    pub(crate) for_tenant: Option<String>,
}
