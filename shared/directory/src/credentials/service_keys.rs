//! Service keys: the application's backend authenticates with them. They belong to the whole stack.

use jiff::Timestamp;
use rollcall_model::{InvalidTenantId, TenantId, new_id, shown};
use rollcall_scim as scim;
use rollcall_store::{
    Error, Found, Item, Key, Range, StackKeys, Table, Transaction, from_item, now, to_item,
};
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

    async fn id_of(self, hash: String) -> Result<Option<String>, Error> {
        let key = StackKeys::service_keys().at(hash);
        id_in(self.table.get(&key).await?)
    }

    /// Returns a presented key to verify for an introspection; `None` if the text does not have the form of a service
    /// key.
    pub(crate) fn presented(self, presented: &str) -> Option<PresentedKey<'a>> {
        let (hash, before) = (hash_of(presented)?, Moment::now());
        Some(PresentedKey {
            is_verified: self.verified.get(&hash, before).is_some(),
            hash,
            verified: self.verified,
            before,
        })
    }
}

/// A key that is read in the same call as the session to introspect.
///
/// It is accepted for five seconds without another read, even if it was revoked meanwhile. Otherwise, all introspections
/// of a stack would read the one item of its key.
#[derive(Debug)]
pub(crate) struct PresentedKey<'a> {
    hash: String,
    is_verified: bool,
    verified: &'a VerifiedKeys,
    before: Moment,
}

impl PresentedKey<'_> {
    /// Returns the key of the item to read; `None` if the service key was verified a short time ago.
    pub(crate) fn wanted(&self) -> Option<Key> {
        (!self.is_verified).then(|| StackKeys::service_keys().at(self.hash.clone()))
    }

    /// Returns whether the service key is good, from what was read, the item of [`Self::wanted`] included.
    pub(crate) fn is_good(&self, found: &mut Found) -> Result<bool, Error> {
        let Some(wanted) = self.wanted() else {
            return Ok(true);
        };
        // A key that is not good is read again each time, so that a new one works at once.
        let Some(id) = id_in(found.take(&wanted))? else {
            return Ok(false);
        };
        self.verified.put(self.hash.clone(), id, self.before);
        Ok(true)
    }
}

fn id_in(item: Option<Item>) -> Result<Option<String>, Error> {
    let item = item.map(from_item::<ServiceKeyItem>).transpose()?;
    Ok(item.map(|item| item.id))
}

/// Returns the hash of a presented key; `None` if the text does not have the form of a service key.
fn hash_of(presented: &str) -> Option<String> {
    TokenSecret::parse_for(Purpose::ServiceKey, presented).map(|secret| secret.hash().0)
}
