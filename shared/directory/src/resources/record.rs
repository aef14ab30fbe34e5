//! One user or group as the table holds it.

use std::collections::BTreeSet;

use jiff::{Timestamp, Unit};
use rollcall_scim::Resource;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::model::kind::Kind;
use crate::resources::format;
use crate::roles::decide::Standing;
use crate::store::item::{Item, from_item, to_item};
use crate::store::keys::TenantId;

/// The largest resource that is kept, in bytes of JSON; DynamoDB allows 400 KB for an item with all that hangs on it.
const MAX_DOCUMENT_BYTES: usize = 256 * 1024;

/// What the document leaves out: kept elsewhere or computed.
const SERVER_OWNED: [&str; 5] = ["id", "meta", "groups", "members", "schemas"];

/// A stored resource: what the client said, and what the directory knows beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    #[serde(rename = "SK")]
    pub(crate) id: String,
    /// The attributes that clients own, as a JSON object: no `id`, `meta`, `groups` or `members`.
    pub(crate) document: String,
    /// Grows by one with every change of the representation; the ETag.
    pub(crate) version: u64,
    /// Grows by one with every write; what a writer makes sure nobody else has moved.
    pub(crate) revision: u64,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
    /// Set by `active: false`; stays when `active` is merely removed, so that this revives nobody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) inactive: bool,
    /// The ids of the groups that a user is in.
    #[serde(
        default,
        with = "serde_dynamo::string_set",
        skip_serializing_if = "BTreeSet::is_empty"
    )]
    pub(crate) groups: BTreeSet<String>,
    /// How many members a group has.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) members: u64,
    /// What is known of a person beyond the document.
    #[serde(default, skip_serializing_if = "Standing::is_default")]
    pub(crate) standing: Standing,
    /// The open intent that is changing this group's members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) intent: Option<String>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Now, to the millisecond: what SCIM answers show is what the table holds.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Millisecond).unwrap_or(now)
}

impl Record {
    /// A resource that was never stored before.
    pub(crate) fn new(id: String, resource: Resource, at: Timestamp) -> Result<Self, Error> {
        let inactive = says_inactive(&resource).unwrap_or(false);
        Ok(Self {
            id,
            document: document(&client_owned(resource))?,
            version: 1,
            revision: 1,
            created: at,
            modified: at,
            inactive,
            groups: BTreeSet::new(),
            members: 0,
            standing: Standing::default(),
            intent: None,
        })
    }

    /// This record with what the client made of it; `None` when that is the same.
    pub(crate) fn changed_to(
        &self,
        resource: Resource,
        at: Timestamp,
    ) -> Result<Option<Self>, Error> {
        let inactive = says_inactive(&resource).unwrap_or(self.inactive);
        let attributes = client_owned(resource);
        if attributes == self.attributes()? && inactive == self.inactive {
            return Ok(None);
        }
        let document = document(&attributes)?;
        let mut after = Self {
            document,
            inactive,
            version: self.version + 1,
            modified: at,
            ..self.clone()
        };
        if after.inactive && !self.inactive {
            after.standing.sessions_over_at = Some(at);
            after.standing.at_login.clear();
        }
        after.revision += 1;
        Ok(Some(after))
    }

    pub(crate) fn from_item(item: Item) -> Result<Self, Error> {
        from_item(format::lifted(item)?)
    }

    pub(crate) fn to_item(&self, tenant: &TenantId, kind: &Kind) -> Result<Item, Error> {
        to_item(&tenant.resource(kind, &self.id), self).map(format::marked)
    }

    /// The ETag (RFC 7644 §3.14), weak as every one here is.
    pub(crate) fn etag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }

    /// What clients own of the resource: the ground of PUT and PATCH.
    pub(crate) fn resource(&self, kind: &Kind) -> Result<Resource, Error> {
        Ok(Resource::from_stored(
            kind.resource_type,
            self.attributes()?,
        ))
    }

    fn attributes(&self) -> Result<Map<String, Value>, Error> {
        serde_json::from_str(&self.document).map_err(Error::corrupt)
    }

    /// The resource with everything that the server owns, but for members and groups.
    pub(crate) fn full_resource(&self, kind: &Kind) -> Result<Resource, Error> {
        let mut resource = self.resource(kind)?;
        resource.set("id", json!(self.id));
        resource.set(
            "meta",
            json!({
                "resourceType": kind.resource_type.name,
                "created": self.created.to_string(),
                "lastModified": self.modified.to_string(),
                "version": self.etag(),
            }),
        );
        Ok(resource)
    }
}

fn says_inactive(resource: &Resource) -> Option<bool> {
    resource
        .get("active")
        .and_then(Value::as_bool)
        .map(|active| !active)
}

fn client_owned(resource: Resource) -> Map<String, Value> {
    let mut attributes = resource.into_attributes();
    attributes.retain(|name, _| !SERVER_OWNED.contains(&name.as_str()));
    attributes
}

fn document(attributes: &Map<String, Value>) -> Result<String, Error> {
    let text = serde_json::to_string(attributes).map_err(Error::corrupt)?;
    if text.len() > MAX_DOCUMENT_BYTES {
        return Err(rollcall_scim::Error::PayloadTooLarge {
            limit: MAX_DOCUMENT_BYTES,
        }
        .into());
    }
    Ok(text)
}
