//! Service keys: by which the application's own backend calls. They are issued and revoked by invoking a function.

use jiff::Timestamp;
use rollcall_scim as scim;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::credentials::secret::{Purpose, TokenSecret};
use crate::error::Error;
use crate::resources::record::now;
use crate::store::item::{from_item, to_item};
use crate::store::keys::{Stack, TenantId};
use crate::store::table::Range;
use crate::store::transaction::Transaction;
use crate::{Directory, InvalidTenantId};

/// Stands where other secrets name their tenant.
const REALM: &str = "stack";

/// A key, without what opens anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceKey {
    /// Its id.
    pub id: String,
    /// What it was called when it was issued.
    pub label: String,
    /// When that was.
    pub created_at: Timestamp,
}

/// A key as the table holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ServiceKeyItem {
    /// The hash of the secret.
    #[serde(rename = "SK", skip_serializing)]
    hash: String,
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
        let hash = secret.hash().0;
        let key = Stack::service_keys().at(hash.clone());
        let item = ServiceKeyItem {
            hash,
            id,
            title: label.to_owned(),
            created_at: now(),
        };
        self.table().put(to_item(&key, &item)?).await?;
        Ok(secret)
    }

    /// The keys that are good, the oldest first.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn service_keys(&self) -> Result<Vec<ServiceKey>, Error> {
        let mut keys = self.service_key_items().await?;
        keys.sort_by(|a, b| a.id.cmp(&b.id));
        let shown = |item: ServiceKeyItem| ServiceKey {
            id: item.id,
            label: item.title,
            created_at: item.created_at,
        };
        Ok(keys.into_iter().map(shown).collect())
    }

    /// Ends a key, from the next request on.
    ///
    /// # Errors
    /// `404` when there is no such key.
    pub async fn revoke_service_key(&self, id: &str) -> Result<(), Error> {
        let mut keys = self.service_key_items().await?.into_iter();
        let Some(item) = keys.find(|item| item.id == id) else {
            let what = format!("service key `{id}`");
            return Err(scim::Error::NotFound { what }.into());
        };
        let mut transaction = Transaction::default();
        transaction.delete(Stack::service_keys().at(item.hash));
        self.table().transact(&transaction).await.map(|_| ())
    }

    async fn service_key_items(&self) -> Result<Vec<ServiceKeyItem>, Error> {
        let items = self.table().query_all(Range::all(Stack::service_keys()));
        items.await?.into_iter().map(from_item).collect()
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
