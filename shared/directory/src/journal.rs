//! The journal: one entry for every change, written in the transaction of the change.
//!
//! The entry is the audit log, the event feed and the outbox at once. Its id is a UUIDv7 made before the commit, so
//! ids do not tell the order of commits; the feed's sequence is given later, by whoever reads the table's stream.

use jiff::Timestamp;
use rollcall_scim::Resource;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::error::Error;
use crate::keys::TenantId;
use crate::table::{Item, to_item};

/// Who made a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    /// An identity provider, by one of its tokens.
    Token {
        /// The token's id.
        id: String,
        /// The connection the token belongs to.
        connection: String,
    },
    /// A person in a session.
    Person {
        /// The user's id.
        id: String,
    },
    /// Whoever opened a portal link.
    PortalLink,
    /// The application, by its service key.
    Application,
    /// Rollcall itself.
    System,
}

/// What a change was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) name: String,
}

/// One entry in the making.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    /// `user.created`, `group.members_changed`, …
    #[serde(rename = "type")]
    pub(crate) action: String,
    pub(crate) at: Timestamp,
    pub(crate) actor: Actor,
    pub(crate) request_id: String,
    pub(crate) subject: Subject,
    /// The attributes that changed, as a JSON object; absent on creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<String>,
    /// The attributes as they are now; absent on deletion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<String>,
}

impl Entry {
    pub(crate) fn to_item(&self, tenant: &TenantId) -> Result<Item, Error> {
        to_item(&tenant.journal().at(Uuid::now_v7().to_string()), self)
    }
}

/// The attributes in which two states of a resource differ, as they were and as they are.
pub(crate) fn difference(
    before: Option<&Resource>,
    after: Option<&Resource>,
) -> (Option<String>, Option<String>) {
    let attributes = |resource: Option<&Resource>| resource.map(|r| r.attributes().clone());
    match (attributes(before), attributes(after)) {
        (Some(mut old), Some(mut new)) => {
            let same = |k: &String, v: &Value, other: &Map<String, Value>| other.get(k) == Some(v);
            let kept = old.clone();
            old.retain(|k, v| !same(k, v, &new));
            new.retain(|k, v| !same(k, v, &kept));
            (Some(json!(old).to_string()), Some(json!(new).to_string()))
        }
        (old, new) => (
            old.map(|o| json!(o).to_string()),
            new.map(|n| json!(n).to_string()),
        ),
    }
}
