//! The history of the service keys: which key was issued or revoked, and when. The keys belong to the whole stack, so no
//! tenant's journal has it. Whoever invoked the function is in CloudTrail.

use jiff::Timestamp;
use rollcall_model::new_id;
use rollcall_store::{Error, Item, Range, StackKeys, Table, from_item, now, to_item};
use serde::{Deserialize, Serialize};

/// The maximum number of changes that are listed: the latest ones.
const MAX_LISTED: usize = 200;

/// A change of the service keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChange {
    /// When.
    pub at: Timestamp,
    /// `service_key.issued` or `service_key.revoked`.
    #[serde(rename = "type")]
    pub action: String,
    /// The id of the key.
    pub id: String,
    /// The name that it was issued under.
    pub label: String,
    /// The ids of its scopes. `None` is all scopes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
}

impl KeyChange {
    pub(super) fn to_item(&self) -> Result<Item, Error> {
        to_item(&StackKeys::service_key_history().at(new_id()), self)
    }

    pub(super) fn new(action: &str, id: &str, label: &str, scopes: Option<&[String]>) -> Self {
        Self {
            at: now(),
            action: action.to_owned(),
            id: id.to_owned(),
            label: label.to_owned(),
            scopes: scopes.map(<[String]>::to_vec),
        }
    }
}

/// Lists the latest changes, newest first.
pub(super) async fn history(table: &Table) -> Result<Vec<KeyChange>, Error> {
    let newest = Range::all(StackKeys::service_key_history())
        .descending(true)
        .limit(MAX_LISTED);
    let items = table.query(&newest).await?.items;
    items.into_iter().map(from_item).collect()
}
