//! What the signing secrets of a webhook are derived from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A signing key as it is stored: what its secret is derived from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SigningKey {
    /// The id of the key of the stack.
    pub(super) by: char,
    pub(super) nonce: String,
    pub(super) made_at: Timestamp,
    /// When it ends; `None` for the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ends_at: Option<Timestamp>,
}

/// Reads stored signing keys, the current one first.
pub(super) fn read_keys(stored: &str) -> Vec<SigningKey> {
    serde_json::from_str(stored).unwrap_or_default()
}

/// Returns for each of the stored keys that is live at `now` when it was made and when it ends.
pub(super) fn live(stored: &str, now: Timestamp) -> Vec<(Timestamp, Option<Timestamp>)> {
    let keys = read_keys(stored).into_iter();
    let live = keys.filter(|key| key.is_live(now));
    live.map(|key| (key.made_at, key.ends_at)).collect()
}

impl SigningKey {
    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        self.ends_at.is_none_or(|ends| ends > now)
    }
}
