//! The messages in the sender's queue.

use rollcall_directory::TenantId;
use serde::Deserialize;

/// One message.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Message {
    /// An event as EventBridge delivers it. It only says whose feed goes on.
    Event { detail: Detail },
    /// The schedule's request to call the webhooks that have waited long enough: `{"waiting": {}}`.
    Waiting {
        #[expect(dead_code, reason = "its presence alone counts")]
        waiting: Empty,
    },
}

/// The part of an event that is used.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Detail {
    pub(crate) tenant: TenantId,
}

/// An object whose members do not count.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Empty {}
