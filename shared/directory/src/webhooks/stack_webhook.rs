//! A webhook of the stack as it is stored: an endpoint to which the events of all tenants are sent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::webhooks::signing_key::{SigningKey, live, read_keys};

/// An endpoint to which the events of all tenants are sent, those of each tenant in order.
///
/// How far it is in a tenant is stored there. No item changes with the events of all tenants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackWebhook {
    /// Its id.
    #[serde(rename = "SK")]
    pub id: String,
    /// The name that the operator gave it.
    pub label: String,
    /// Where events are sent.
    pub target_url: String,
    /// The types of the events that it gets; empty for all. A newer version may have stored types that are unknown here.
    #[serde(default)]
    pub only_types: Vec<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// The signing keys, as JSON.
    pub(super) signing_keys: String,
    /// Increases by one with every change.
    pub(super) revision: u64,
    /// Since when it sends nothing, for no tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Timestamp>,
    /// Why, if nobody did it by hand: the name of a `PauseReason`, or of one that only a newer version knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_reason: Option<String>,
    /// The last revision with which the failures and pauses of single tenants ended.
    #[serde(default)]
    pub(super) anew_since: u64,
    /// The tenant up to which all were looked at after a change; empty for none. Absent if all were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) walked_to: Option<String>,
    /// The tenants that could not be looked at after a change, each with how often somebody tried. Earlier versions leave it as
    /// it is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) failed_looks: BTreeMap<String, u32>,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// The id of the service key that changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
    /// The request that changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) changed_in: Option<String>,
}

impl StackWebhook {
    /// Returns whether it sends nothing, for no tenant.
    pub fn is_paused(&self) -> bool {
        self.paused_at.is_some()
    }

    /// Returns the tenant after which tenants are to be looked at, because the webhook was changed; `None` if all were.
    pub fn walked_to(&self) -> Option<&str> {
        self.walked_to.as_deref()
    }

    /// Returns the ids of the tenants that are to be looked at again, because it failed, each with how often somebody tried.
    pub fn failed_looks(&self) -> &BTreeMap<String, u32> {
        &self.failed_looks
    }

    /// Returns for each signing key that is live at `now` when it was made and when it ends.
    pub fn secrets(&self, now: Timestamp) -> Vec<(Timestamp, Option<Timestamp>)> {
        live(&self.signing_keys, now)
    }

    pub(super) fn keys(&self) -> Vec<SigningKey> {
        read_keys(&self.signing_keys)
    }
}
