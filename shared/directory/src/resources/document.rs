//! The attributes of a resource that clients own, as they are stored.

use std::sync::{Arc, OnceLock};

use rollcall_model::Kind;
use rollcall_scim::{self as scim, Resource};
use rollcall_store::Error;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The largest resource that is stored, in bytes of JSON. DynamoDB limits the whole item to 400 KB.
const MAX_DOCUMENT_BYTES: usize = 256 * 1024;

/// The client's attributes as JSON text, which is parsed at most once.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub(crate) struct Document {
    text: String,
    parsed: OnceLock<Arc<Resource>>,
}

impl Document {
    /// Returns a document with the client's attributes of a resource.
    pub(super) fn of(kind: &Kind, attributes: Map<String, Value>) -> Result<Self, Error> {
        let text = serde_json::to_string(&attributes).map_err(Error::corrupt)?;
        if text.len() > MAX_DOCUMENT_BYTES {
            let limit = MAX_DOCUMENT_BYTES;
            return Err(scim::Error::PayloadTooLarge { limit }.into());
        }
        let resource = Resource::from_stored(kind.resource_type, attributes);
        Ok(Self {
            text,
            parsed: OnceLock::from(Arc::new(resource)),
        })
    }

    pub(super) fn resource(&self, kind: &Kind) -> Result<&Resource, Error> {
        if let Some(resource) = self.parsed.get() {
            return Ok(resource);
        }
        let attributes = serde_json::from_str(&self.text).map_err(Error::corrupt)?;
        let resource = Resource::from_stored(kind.resource_type, attributes);
        Ok(self.parsed.get_or_init(|| Arc::new(resource)))
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl From<String> for Document {
    fn from(text: String) -> Self {
        Self {
            text,
            parsed: OnceLock::new(),
        }
    }
}

impl From<Document> for String {
    fn from(document: Document) -> Self {
        document.text
    }
}
