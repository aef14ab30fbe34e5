//! Service keys: by which the application's own backend calls. The first of a stack is issued by invoking a function.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::Error;
use crate::item::{from_item, to_item};
use crate::keys::{Stack, TenantId};
use crate::record::now;
use crate::secret::{Purpose, TokenSecret};
use crate::{Directory, InvalidTenantId};

/// Stands where other secrets name their tenant.
const REALM: &str = "stack";

/// A key as the table holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ServiceKeyItem {
    id: String,
    title: String,
    created_at: Timestamp,
}

impl Directory {
    /// Issues a key for the application's backend; shown once.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn issue_service_key(&self, label: &str) -> Result<TokenSecret, Error> {
        let realm: TenantId = REALM
            .parse()
            .map_err(|error: InvalidTenantId| Error::corrupt(error))?;
        let secret = TokenSecret::generate(Purpose::ServiceKey, &realm);
        let id = Uuid::now_v7().to_string();
        let item = ServiceKeyItem {
            id,
            title: label.to_owned(),
            created_at: now(),
        };
        self.table()
            .put(to_item(&Stack::service_keys().at(secret.hash().0), &item)?)
            .await?;
        Ok(secret)
    }

    /// The id of the key, if it is one of the stack's.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn service_key(&self, presented: &str) -> Result<Option<String>, Error> {
        let Some(secret) = TokenSecret::parse_for(Purpose::ServiceKey, presented) else {
            return Ok(None);
        };
        let item = self
            .table()
            .get(&Stack::service_keys().at(secret.hash().0))
            .await?;
        Ok(item
            .map(from_item::<ServiceKeyItem>)
            .transpose()?
            .map(|item| item.id))
    }
}
