//! Service keys: the application's backend authenticates with them. They belong to the whole stack.

use jiff::Timestamp;
use rollcall_model::{InvalidTenantId, TenantId, new_id, shown};
use rollcall_scim as scim;
use rollcall_store::{Error, Range, StackKeys, Table, Transaction, from_item, now, to_item};
use serde::{Deserialize, Serialize};

use crate::cache::{Cache, Moment};
use crate::credentials::secret::{Purpose, TokenSecret};

/// Takes the place of the tenant in the text of a key.
const REALM: &str = "stack";

/// A service key as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceKey {
    /// Its id.
    pub id: String,
    /// The name that it was issued under.
    pub label: String,
    /// When it was issued.
    pub created_at: Timestamp,
}

/// A service key as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ServiceKeyItem {
    /// The hash of the secret.
    #[serde(rename = "SK", skip_serializing)]
    hash: String,
    id: String,
    title: String,
    created_at: Timestamp,
}

/// The ids of service keys that were verified a short time ago, by hash.
pub(crate) type VerifiedKeys = Cache<String, String>;

/// The service keys of the stack.
#[derive(Clone, Copy, Debug)]
pub struct ServiceKeys<'a> {
    table: &'a Table,
    verified: &'a VerifiedKeys,
}

impl<'a> ServiceKeys<'a> {
    pub(crate) fn of(table: &'a Table, verified: &'a VerifiedKeys) -> Self {
        Self { table, verified }
    }

    /// Issues a key. Its plain text is available only here.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn issue(self, label: &str) -> Result<TokenSecret, Error> {
        let realm: TenantId = REALM
            .parse()
            .map_err(|error: InvalidTenantId| Error::corrupt(error))?;
        let secret = TokenSecret::generate(Purpose::ServiceKey, &realm);
        let hash = secret.hash().0;
        let key = StackKeys::service_keys().at(hash.clone());
        let item = ServiceKeyItem {
            hash,
            id: new_id(),
            title: label.to_owned(),
            created_at: now(),
        };
        self.table.put(to_item(&key, &item)?).await?;
        Ok(secret)
    }

    /// Lists the keys, oldest first.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn list(self) -> Result<Vec<ServiceKey>, Error> {
        let mut keys = self.items().await?;
        keys.sort_by(|a, b| a.id.cmp(&b.id));
        let shown = |item: ServiceKeyItem| ServiceKey {
            id: item.id,
            label: item.title,
            created_at: item.created_at,
        };
        Ok(keys.into_iter().map(shown).collect())
    }

    /// Revokes a key. It is refused from the next request on.
    ///
    /// # Errors
    /// `404` when the key does not exist.
    pub async fn revoke(self, id: &str) -> Result<(), Error> {
        let mut keys = self.items().await?.into_iter();
        let Some(item) = keys.find(|item| item.id == id) else {
            let what = format!("service key `{}`", shown(id));
            return Err(scim::Error::NotFound { what }.into());
        };
        let mut transaction = Transaction::default();
        transaction.delete(StackKeys::service_keys().at(item.hash));
        self.table.transact(&transaction).await.map(|_| ())
    }

    async fn items(self) -> Result<Vec<ServiceKeyItem>, Error> {
        let items = self.table.query_all(Range::all(StackKeys::service_keys()));
        items.await?.into_iter().map(from_item).collect()
    }

    /// Returns the id of a presented key, if it is a service key of this stack.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn verify(self, presented: &str) -> Result<Option<String>, Error> {
        match hash_of(presented) {
            Some(hash) => self.id_of(hash).await,
            None => Ok(None),
        }
    }

    /// Verifies a key as [`Self::verify`] does, but accepts it for five seconds without another read, even if it was
    /// revoked meanwhile. Only for introspection: otherwise all requests of a stack would read the one item of its key.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn verify_to_introspect(self, presented: &str) -> Result<Option<String>, Error> {
        let Some(hash) = hash_of(presented) else {
            return Ok(None);
        };
        let now = Moment::now();
        if let Some(id) = self.verified.get(&hash, now) {
            return Ok(Some(id));
        }
        let id = self.id_of(hash.clone()).await?;
        // A key that is not good is read again each time, so that a new one works at once.
        if let Some(id) = &id {
            self.verified.put(hash, id.clone(), now);
        }
        Ok(id)
    }

    async fn id_of(self, hash: String) -> Result<Option<String>, Error> {
        let key = StackKeys::service_keys().at(hash);
        let item = self.table.get(&key).await?;
        let item = item.map(from_item::<ServiceKeyItem>).transpose()?;
        Ok(item.map(|item| item.id))
    }
}

/// Returns the hash of a presented key; `None` if the text does not have the form of a service key.
fn hash_of(presented: &str) -> Option<String> {
    TokenSecret::parse_for(Purpose::ServiceKey, presented).map(|secret| secret.hash().0)
}
