//! Service keys: the application's backend authenticates with them. They belong to the whole stack.

use rollcall_model::{InvalidTenantId, KeyScope, TenantId, shown};
use rollcall_scim as scim;
use rollcall_store::{
    Error, Expression, Found, Guard, Item, Key, Range, Scope, StackKeys, Table, Transaction,
    from_item, now, string, to_item,
};

use crate::cache::{Cache, Moment};
use crate::credentials::key_history::{self, KeyChange, KeyChanger};
use crate::credentials::secret::{Purpose, TokenSecret};
use crate::credentials::service_key::{NewServiceKey, ServiceKey, ServiceKeyItem};

/// Takes the place of the tenant in the text of a key with all scopes.
const REALM: &str = "stack";
/// Takes the place of the tenant in the text of a key with certain scopes, and precedes its hash in its sort key. A
/// version that does not know scopes does not find such a key, and so refuses it.
const SCOPED_REALM: &str = "scoped";
/// The same for a key that ends or is bound to a tenant, which versions that know neither must refuse.
const LIMITED_REALM: &str = "limited";

/// A new service key with its plain text.
#[derive(Clone, Debug)]
pub struct IssuedServiceKey {
    /// The key.
    pub key: ServiceKey,
    /// Its plain text, which cannot be read again.
    pub secret: TokenSecret,
}

/// The service keys that were verified a short time ago, by sort key.
pub(crate) type VerifiedKeys = Cache<String, ServiceKey>;

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

    /// Issues a key with all scopes. Its plain text is available only here.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn issue(self, label: &str) -> Result<TokenSecret, Error> {
        let new = NewServiceKey {
            label: label.to_owned(),
            ..NewServiceKey::default()
        };
        let issued = self.issue_new(new, KeyChanger::default()).await?;
        Ok(issued.secret)
    }

    /// Issues a key with certain scopes. Its plain text is available only here.
    ///
    /// # Errors
    /// `invalidValue` when there is no scope.
    pub async fn issue_scoped(
        self,
        label: &str,
        scopes: &[KeyScope],
    ) -> Result<TokenSecret, Error> {
        let new = NewServiceKey {
            label: label.to_owned(),
            scopes: Some(scopes.to_vec()),
            ..NewServiceKey::default()
        };
        let issued = self.issue_new(new, KeyChanger::default()).await?;
        Ok(issued.secret)
    }

    /// Issues a key. Its plain text is available only here. Whether its tenant exists is not checked.
    ///
    /// # Errors
    /// See [`NewServiceKey::checked`].
    pub async fn issue_new(
        self,
        new: NewServiceKey,
        by: KeyChanger,
    ) -> Result<IssuedServiceKey, Error> {
        let new = new.checked()?;
        let realm = match (new.is_limited(), &new.scopes) {
            (true, _) => LIMITED_REALM,
            (false, Some(_)) => SCOPED_REALM,
            (false, None) => REALM,
        };
        let realm: TenantId = realm
            .parse()
            .map_err(|error: InvalidTenantId| Error::corrupt(error))?;
        let secret = TokenSecret::generate(Purpose::ServiceKey, &realm);
        let item = ServiceKeyItem::new(sort_key(&secret), &secret, new);
        let stored = StackKeys::service_keys().at(item.sort_key.clone());
        let stored = to_item(&stored, &item)?;
        let key = ServiceKey::from(item);
        let mut transaction = Transaction::default();
        transaction.put(stored);
        transaction.put(KeyChange::issued(&key, by).to_item()?);
        self.table.transact(&transaction).await?;
        Ok(IssuedServiceKey { key, secret })
    }

    /// Lists the keys, oldest first.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn list(self) -> Result<Vec<ServiceKey>, Error> {
        let mut keys = self.items().await?;
        keys.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(keys.into_iter().map(ServiceKey::from).collect())
    }

    /// Reads a key.
    ///
    /// # Errors
    /// `404` when the key does not exist.
    pub async fn read(self, id: &str) -> Result<ServiceKey, Error> {
        self.item(id).await.map(ServiceKey::from)
    }

    /// Revokes a key. It is refused from the next request on.
    ///
    /// # Errors
    /// `404` when the key does not exist.
    pub async fn revoke(self, id: &str, by: KeyChanger) -> Result<(), Error> {
        let item = self.item(id).await?;
        let stored = StackKeys::service_keys().at(item.sort_key.clone());
        let mut transaction = Transaction::default();
        transaction.put(KeyChange::revoked(&item.into(), by).to_item()?);
        transaction.delete(stored);
        self.table.transact(&transaction).await.map(|_| ())
    }

    /// Revokes all keys that are bound to a tenant, which is deleted.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn revoke_bound(scope: &Scope) -> Result<(), Error> {
        let items = Range::all(StackKeys::service_keys());
        for item in scope.table.query_all(items).await? {
            let item: ServiceKeyItem = from_item(item)?;
            let stored = StackKeys::service_keys().at(item.sort_key.clone());
            let key = ServiceKey::from(item);
            if key.tenant.as_ref() != Some(&scope.tenant) {
                continue;
            }
            let by = KeyChanger {
                by_key: scope.actor.id().map(str::to_owned),
                request_id: Some(scope.request_id.clone()),
                origin: scope.origin.clone(),
            };
            let mut transaction = Transaction::default();
            transaction.put(KeyChange::revoked(&key, by).to_item()?);
            // Somebody else may have revoked it.
            transaction.delete_if(stored, Expression::present(), Guard::Gone);
            scope.table.transact(&transaction).await?;
        }
        Ok(())
    }

    async fn item(self, id: &str) -> Result<ServiceKeyItem, Error> {
        let mut keys = self.items().await?.into_iter();
        keys.find(|item| item.id == id).ok_or_else(|| {
            let what = format!("service key `{}`", shown(id));
            scim::Error::NotFound { what }.into()
        })
    }

    /// Lists which keys were issued and revoked, newest first, at most 200 changes.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn history(self) -> Result<Vec<KeyChange>, Error> {
        key_history::history(self.table).await
    }

    async fn items(self) -> Result<Vec<ServiceKeyItem>, Error> {
        let items = self.table.query_all(Range::all(StackKeys::service_keys()));
        items.await?.into_iter().map(from_item).collect()
    }

    /// Returns a presented key, if it is a service key of this stack and has not expired. Stores the use if the stored
    /// one is older than an hour.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn verify(self, presented: &str) -> Result<Option<ServiceKey>, Error> {
        let Some(sort_key) = presented_key(presented) else {
            return Ok(None);
        };
        let stored = self.table.get(&stored_at(&sort_key)).await?;
        let Some(key) = key_in(stored)? else {
            return Ok(None);
        };
        stamp(self.table, &sort_key, &key).await;
        Ok(Some(key))
    }

    /// Returns a presented key to verify for an introspection; `None` if the text does not have the form of a service
    /// key.
    pub(crate) fn presented(self, presented: &str) -> Option<PresentedKey<'a>> {
        let (sort_key, before) = (presented_key(presented)?, Moment::now());
        Some(PresentedKey {
            recent: self
                .verified
                .get(&sort_key, before)
                .filter(ServiceKey::is_in_force),
            sort_key,
            table: self.table,
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
    table: &'a Table,
    sort_key: String,
    /// The key, if it was verified a short time ago.
    recent: Option<ServiceKey>,
    verified: &'a VerifiedKeys,
    before: Moment,
}

impl PresentedKey<'_> {
    /// Returns the key of the item to read; `None` if the service key was verified a short time ago.
    pub(crate) fn wanted(&self) -> Option<Key> {
        let is_wanted = self.recent.is_none();
        is_wanted.then(|| stored_at(&self.sort_key))
    }

    /// Returns the service key if it is good, from what was read, the item of [`Self::wanted`] included.
    pub(crate) async fn verified(self, found: &mut Found) -> Result<Option<ServiceKey>, Error> {
        let Some(wanted) = self.wanted() else {
            return Ok(self.recent);
        };
        let key = key_in(found.take(&wanted))?;
        // A key that is not good is read again each time, so that a new one works at once.
        if let Some(key) = &key {
            stamp(self.table, &self.sort_key, key).await;
            self.verified.put(self.sort_key, key.clone(), self.before);
        }
        Ok(key)
    }
}

/// Returns the key of an item, unless it has expired.
fn key_in(item: Option<Item>) -> Result<Option<ServiceKey>, Error> {
    let item = item.map(from_item::<ServiceKeyItem>).transpose()?;
    let key = item.map(ServiceKey::from);
    Ok(key.filter(ServiceKey::is_in_force))
}

/// Stores that a key was used, if the stored use is older than an hour. A request never fails because of it.
async fn stamp(table: &Table, sort_key: &str, key: &ServiceKey) {
    if !key.is_to_be_stamped() {
        return;
    }
    let set = Expression::new("SET last_used_at = :now").with(":now", string(&now().to_string()));
    // A key that was revoked in between must not come back.
    let exists = Expression::new("attribute_exists(PK)");
    let stored = table.update_if(&stored_at(sort_key), &set, &exists).await;
    if let Err(error) = stored {
        tracing::warn!(%error, "the use of a service key was not stored");
    }
}

fn stored_at(sort_key: &str) -> Key {
    StackKeys::service_keys().at(sort_key)
}

/// Returns the sort key of a presented key; `None` if the text does not have the form of a service key.
fn presented_key(presented: &str) -> Option<String> {
    TokenSecret::parse_for(Purpose::ServiceKey, presented).map(|secret| sort_key(&secret))
}

/// Returns the sort key of a key: the hash of its secret, after its realm unless it has all scopes.
fn sort_key(secret: &TokenSecret) -> String {
    let hash = secret.hash().0;
    match secret.claimed_tenant().as_str() {
        realm @ (SCOPED_REALM | LIMITED_REALM) => format!("{realm}#{hash}"),
        _ => hash,
    }
}
