//! Service keys: the application's backend authenticates with them. They belong to the whole stack.

use jiff::Timestamp;
use rollcall_model::{InvalidTenantId, KeyScope, Permission, TenantId, new_id, shown};
use rollcall_scim as scim;
use rollcall_store::{
    Error, Found, Item, Key, Range, StackKeys, Table, Transaction, from_item, now, to_item,
};
use serde::{Deserialize, Serialize};

use crate::cache::{Cache, Moment};
use crate::credentials::key_history::{self, KeyChange};
use crate::credentials::secret::{Purpose, TokenSecret};

/// Takes the place of the tenant in the text of a key with all scopes.
const REALM: &str = "stack";
/// Takes the place of the tenant in the text of a key with certain scopes, and precedes its hash in its sort key. A
/// version that does not know scopes does not find such a key, and so refuses it.
const SCOPED_REALM: &str = "scoped";

/// A service key as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceKey {
    /// Its id.
    pub id: String,
    /// The name that it was issued under.
    pub label: String,
    /// When it was issued.
    pub created_at: Timestamp,
    /// The ids of its scopes. `None` is all scopes, also those of later versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
}

impl ServiceKey {
    /// Returns whether the key has a scope.
    pub fn has(&self, scope: KeyScope) -> bool {
        let scopes = self.scopes.as_ref();
        scopes.is_none_or(|scopes| scopes.iter().any(|id| id == scope.as_str()))
    }
}

impl From<ServiceKeyItem> for ServiceKey {
    fn from(item: ServiceKeyItem) -> Self {
        Self {
            scopes: item.scopes(),
            id: item.id,
            label: item.title,
            created_at: item.created_at,
        }
    }
}

/// A service key as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ServiceKeyItem {
    /// See [`sort_key`].
    #[serde(rename = "SK", skip_serializing)]
    sort_key: String,
    id: String,
    title: String,
    created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<String>>,
    /// Whether the key was issued when people, logs and settings had scopes of their own.
    #[serde(default)]
    apart: bool,
}

/// What the scopes of earlier versions included.
const INCLUDED: [(Permission, &[Permission]); 2] = [
    (
        Permission::ProvisioningRead,
        &[Permission::DirectoryRead, Permission::LogsRead],
    ),
    (Permission::SsoConfigure, &[Permission::SettingsWrite]),
];

impl ServiceKeyItem {
    /// Returns the scopes as this version names them.
    fn scopes(&self) -> Option<Vec<String>> {
        let mut scopes = self.scopes.clone()?;
        for (scope, included) in INCLUDED {
            if !self.apart && scopes.iter().any(|id| id == scope.as_str()) {
                scopes.extend(included.iter().map(|one| one.as_str().to_owned()));
            }
        }
        Some(scopes)
    }
}

impl ServiceKeyItem {
    fn change(&self, action: &str) -> KeyChange {
        KeyChange::new(action, &self.id, &self.title, self.scopes.as_deref())
    }
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
        self.issue_in(REALM, label, None).await
    }

    /// Issues a key with certain scopes. Its plain text is available only here.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn issue_scoped(
        self,
        label: &str,
        scopes: &[KeyScope],
    ) -> Result<TokenSecret, Error> {
        let ids = scopes.iter().map(|scope| scope.as_str().to_owned());
        self.issue_in(SCOPED_REALM, label, Some(ids.collect()))
            .await
    }

    async fn issue_in(
        self,
        realm: &str,
        label: &str,
        scopes: Option<Vec<String>>,
    ) -> Result<TokenSecret, Error> {
        let realm: TenantId = realm
            .parse()
            .map_err(|error: InvalidTenantId| Error::corrupt(error))?;
        let secret = TokenSecret::generate(Purpose::ServiceKey, &realm);
        let item = ServiceKeyItem {
            sort_key: sort_key(&secret),
            id: new_id(),
            title: label.to_owned(),
            created_at: now(),
            scopes,
            apart: true,
        };
        let key = StackKeys::service_keys().at(item.sort_key.clone());
        let mut transaction = Transaction::default();
        transaction.put(to_item(&key, &item)?);
        transaction.put(item.change("service_key.issued").to_item()?);
        self.table.transact(&transaction).await?;
        Ok(secret)
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
        transaction.put(item.change("service_key.revoked").to_item()?);
        transaction.delete(StackKeys::service_keys().at(item.sort_key));
        self.table.transact(&transaction).await.map(|_| ())
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

    /// Returns a presented key, if it is a service key of this stack.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn verify(self, presented: &str) -> Result<Option<ServiceKey>, Error> {
        match presented_key(presented) {
            Some(sort_key) => self.stored(sort_key).await,
            None => Ok(None),
        }
    }

    async fn stored(self, sort_key: String) -> Result<Option<ServiceKey>, Error> {
        let key = StackKeys::service_keys().at(sort_key);
        key_in(self.table.get(&key).await?)
    }

    /// Returns a presented key to verify for an introspection; `None` if the text does not have the form of a service
    /// key.
    pub(crate) fn presented(self, presented: &str) -> Option<PresentedKey<'a>> {
        let (sort_key, before) = (presented_key(presented)?, Moment::now());
        Some(PresentedKey {
            recent: self.verified.get(&sort_key, before),
            sort_key,
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
        is_wanted.then(|| StackKeys::service_keys().at(self.sort_key.clone()))
    }

    /// Returns the service key if it is good, from what was read, the item of [`Self::wanted`] included.
    pub(crate) fn verified(self, found: &mut Found) -> Result<Option<ServiceKey>, Error> {
        let Some(wanted) = self.wanted() else {
            return Ok(self.recent);
        };
        let key = key_in(found.take(&wanted))?;
        // A key that is not good is read again each time, so that a new one works at once.
        if let Some(key) = &key {
            self.verified.put(self.sort_key, key.clone(), self.before);
        }
        Ok(key)
    }
}

fn key_in(item: Option<Item>) -> Result<Option<ServiceKey>, Error> {
    let item = item.map(from_item::<ServiceKeyItem>).transpose()?;
    Ok(item.map(ServiceKey::from))
}

/// Returns the sort key of a presented key; `None` if the text does not have the form of a service key.
fn presented_key(presented: &str) -> Option<String> {
    TokenSecret::parse_for(Purpose::ServiceKey, presented).map(|secret| sort_key(&secret))
}

/// Returns the sort key of a key: the hash of its secret, after [`SCOPED_REALM`] if it has certain scopes.
fn sort_key(secret: &TokenSecret) -> String {
    let hash = secret.hash().0;
    match secret.claimed_tenant().as_str() == SCOPED_REALM {
        true => format!("{SCOPED_REALM}#{hash}"),
        false => hash,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_earlier_versions_read_people_and_logs() {
        for (scopes, apart, reads_logs, changes_settings) in [
            (vec!["provisioning:read"], false, true, false),
            (vec!["provisioning:read"], true, false, false),
            (vec!["sso:configure"], false, false, true),
            (vec!["events:read"], false, false, false),
        ] {
            let key = ServiceKey::from(ServiceKeyItem {
                sort_key: String::new(),
                id: String::new(),
                title: String::new(),
                created_at: Timestamp::default(),
                scopes: Some(scopes.into_iter().map(str::to_owned).collect()),
                apart,
            });
            let has = |permission| key.has(KeyScope::Permission(permission));
            assert_eq!(has(Permission::LogsRead), reads_logs);
            assert_eq!(has(Permission::DirectoryRead), reads_logs);
            assert_eq!(has(Permission::SettingsWrite), changes_settings);
        }
    }
}
