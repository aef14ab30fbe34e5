//! The history of the service keys: which key was issued or revoked, when, and with which other key. The keys belong to
//! the whole stack, so no tenant's journal has it. Whoever invoked the function is in CloudTrail.

use jiff::Timestamp;
use rollcall_model::{Origin, TenantId, cleaned, new_id};
use rollcall_store::{Error, Item, Range, StackKeys, Table, from_item, now, to_item};
use serde::{Deserialize, Serialize};

use crate::credentials::service_key::ServiceKey;

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
    /// The name that it was issued under, without secrets.
    pub label: String,
    /// The ids of its scopes. `None` is all scopes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// The only tenant that it reaches. `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// When it ends. `None` for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Who made the change.
    #[serde(flatten)]
    pub by: KeyChanger,
}

/// Who changes the service keys. Empty if the function was invoked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChanger {
    /// The id of the service key that made the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_key: Option<String>,
    /// The id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Where the request came from.
    #[serde(default, skip_serializing_if = "Origin::is_empty")]
    pub origin: Origin,
}

impl KeyChange {
    pub(super) fn to_item(&self) -> Result<Item, Error> {
        to_item(&StackKeys::service_key_history().at(new_id()), self)
    }

    pub(super) fn issued(key: &ServiceKey, by: KeyChanger) -> Self {
        Self::new("service_key.issued", key, by)
    }

    pub(super) fn revoked(key: &ServiceKey, by: KeyChanger) -> Self {
        Self::new("service_key.revoked", key, by)
    }

    fn new(action: &str, key: &ServiceKey, by: KeyChanger) -> Self {
        Self {
            at: now(),
            action: action.to_owned(),
            id: key.id.clone(),
            label: cleaned(&key.label),
            scopes: key.scopes.clone(),
            tenant: key.tenant.clone(),
            expires_at: key.expires_at,
            by,
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
