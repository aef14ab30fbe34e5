//! The history of a webhook of the stack: what was done to it, when, and with which service key. It belongs to no tenant, so
//! no tenant's journal has it. The history stays when the webhook is deleted.

use jiff::Timestamp;
use rollcall_model::{EventType, new_id};
use rollcall_store::{Error, Item, Range, StackKeys, Table, from_item, now, to_item};
use serde::{Deserialize, Serialize};

use crate::archive::record::of_stack;
use crate::credentials::key_history::KeyChanger;
use crate::webhooks::stack_webhook::StackWebhook;
use crate::webhooks::webhook::origin_of;

/// The maximum number of changes that are listed: the latest ones.
const MAX_LISTED: usize = 200;

/// A change of a webhook of the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackWebhookChange {
    /// When.
    pub at: Timestamp,
    /// What was done, such as `stack_webhook.changed`.
    #[serde(rename = "type")]
    pub action: String,
    /// The name that the webhook had before, or got when it was created.
    pub label: String,
    /// Where it led before, or when it was created, without the path of the URL, which can be a secret.
    pub target: String,
    /// Who made the change.
    #[serde(flatten)]
    pub by: KeyChanger,
}

impl StackWebhookChange {
    /// Returns the item that says what was done to a webhook, which was as it is in `webhook`.
    pub(super) fn item(
        webhook: &StackWebhook,
        kind: EventType,
        by: &KeyChanger,
    ) -> Result<Item, Error> {
        let change = Self {
            at: now(),
            action: of_stack(kind),
            label: webhook.label.clone(),
            target: origin_of(&webhook.target_url),
            by: by.clone(),
        };
        let key = StackKeys::webhook_history(&webhook.id).at(new_id());
        to_item(&key, &change)
    }
}

/// Lists the latest changes of a webhook, newest first.
pub(super) async fn history(table: &Table, id: &str) -> Result<Vec<StackWebhookChange>, Error> {
    let newest = Range::all(StackKeys::webhook_history(id))
        .descending(true)
        .limit(MAX_LISTED);
    let items = table.query(&newest).await?.items;
    items.into_iter().map(from_item).collect()
}
