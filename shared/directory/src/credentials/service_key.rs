//! One service key: its reach, its end, and how it is stored.

use std::time::Duration;

use jiff::Timestamp;
use rollcall_model::{KeyScope, Permission, TenantId, new_id};
use rollcall_scim as scim;
use rollcall_store::{Error, now};
use serde::{Deserialize, Serialize};

use crate::credentials::secret::TokenSecret;

/// How old the stored time of the last use becomes before a use stores it again. So a key costs one write per hour.
const LAST_USE_PRECISION: Duration = Duration::from_secs(3_600);

/// A service key as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceKey {
    /// Its id.
    pub id: String,
    /// The name that it was issued under.
    pub label: String,
    /// Its first characters, by which people recognise it. Keys of earlier versions do not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it ends. `None` for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// The ids of its scopes. `None` is all scopes, also those of later versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// The only tenant that it reaches. `None` for all tenants of the stack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
}

impl ServiceKey {
    /// Returns whether the key has a scope.
    pub fn has(&self, scope: KeyScope) -> bool {
        match scope {
            KeyScope::Permission(permission) => {
                let mut sufficient = permission.sufficient();
                sufficient.any(|one| self.has_id(one.as_str()))
            }
            _ => self.has_id(scope.as_str()),
        }
    }

    fn has_id(&self, scope: &str) -> bool {
        let scopes = self.scopes.as_ref();
        scopes.is_none_or(|scopes| scopes.iter().any(|id| id == scope))
    }

    /// Returns whether the key reaches a tenant.
    pub fn reaches(&self, tenant: &TenantId) -> bool {
        self.tenant.as_ref().is_none_or(|own| own == tenant)
    }

    /// Returns whether the key has not expired.
    pub(crate) fn is_in_force(&self) -> bool {
        self.expires_at.is_none_or(|end| end > now())
    }

    /// Returns whether this use is to be stored.
    pub(crate) fn is_to_be_stamped(&self) -> bool {
        let stored = self.last_used_at;
        stored.is_none_or(|last| now().duration_since(last) >= precision())
    }

    /// Returns what this key lacks to issue another one; `None` if it may issue it.
    pub fn lacks_for(&self, new: &NewServiceKey) -> Option<String> {
        let all = "all scopes".to_owned();
        let scope = match &new.scopes {
            None => self.scopes.is_some().then_some(all),
            Some(scopes) => scopes
                .iter()
                .find(|scope| !self.has(**scope))
                .map(|scope| format!("the scope `{scope}`")),
        };
        let outlives = match (self.expires_at, new.expires_at) {
            (Some(own), Some(other)) => other > own,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let strange = match (&self.tenant, &new.tenant) {
            (Some(own), other) => other.as_ref() != Some(own),
            (None, _) => false,
        };
        scope
            .or_else(|| outlives.then(|| "a later expiry".to_owned()))
            .or_else(|| strange.then(|| "other tenants".to_owned()))
    }
}

fn precision() -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(LAST_USE_PRECISION).unwrap_or(jiff::SignedDuration::MAX)
}

/// A service key to issue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewServiceKey {
    /// Its name.
    pub label: String,
    /// Its scopes. `None` for all scopes; for a key of one tenant, for all that such a key can have.
    pub scopes: Option<Vec<KeyScope>>,
    /// The only tenant that it reaches.
    pub tenant: Option<TenantId>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

impl NewServiceKey {
    /// Returns the key with the scopes that it will have.
    ///
    /// # Errors
    /// `invalidValue` for a key without a scope, one that has ended, and a scope that does not fit the tenant.
    pub fn checked(mut self) -> Result<Self, Error> {
        let refused = |why: String| Err(scim::Error::InvalidValue(why).into());
        if self.scopes.as_ref().is_some_and(Vec::is_empty) {
            return refused("`scopes` is empty; leave it out for all scopes, or name some".into());
        }
        if self.expires_at.is_some_and(|end| end <= now()) {
            return refused("`expires_at` must be in the future".into());
        }
        if self.tenant.is_some() {
            let fitting = KeyScope::all().filter(|scope| scope.fits_one_tenant());
            let scopes = self.scopes.get_or_insert_with(|| fitting.collect());
            if let Some(scope) = scopes.iter().find(|scope| !scope.fits_one_tenant()) {
                return refused(format!(
                    "a key of one tenant cannot have the scope `{scope}`"
                ));
            }
        }
        Ok(self)
    }

    /// Returns whether a version that knows neither tenants nor ends of keys must not accept the key.
    pub(super) fn is_limited(&self) -> bool {
        self.tenant.is_some() || self.expires_at.is_some()
    }
}

/// A service key as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ServiceKeyItem {
    /// The hash of its secret, after its realm unless it has all scopes.
    #[serde(rename = "SK", skip_serializing)]
    pub(super) sort_key: String,
    pub(super) id: String,
    pub(super) title: String,
    created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) scopes: Option<Vec<String>>,
    /// Whether the key was issued when people, logs and settings had scopes of their own.
    #[serde(default)]
    apart: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begins_with: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bound_to: Option<TenantId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Timestamp>,
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
    /// Returns the item of a new key.
    pub(super) fn new(sort_key: String, secret: &TokenSecret, new: NewServiceKey) -> Self {
        let ids = |scopes: Vec<KeyScope>| {
            let mut ids: Vec<_> = scopes
                .iter()
                .map(|scope| scope.as_str().to_owned())
                .collect();
            let mut seen = std::collections::BTreeSet::new();
            ids.retain(|id| seen.insert(id.clone()));
            ids
        };
        Self {
            sort_key,
            id: new_id(),
            title: new.label,
            created_at: now(),
            scopes: new.scopes.map(ids),
            apart: true,
            begins_with: Some(secret.shown_prefix()),
            bound_to: new.tenant,
            ends_at: new.expires_at,
            last_used_at: None,
        }
    }

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

impl From<ServiceKeyItem> for ServiceKey {
    fn from(item: ServiceKeyItem) -> Self {
        Self {
            scopes: item.scopes(),
            id: item.id,
            label: item.title,
            prefix: item.begins_with,
            created_at: item.created_at,
            expires_at: item.ends_at,
            last_used_at: item.last_used_at,
            tenant: item.bound_to,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stored(item: serde_json::Value) -> ServiceKey {
        let mut whole =
            json!({"SK": "", "id": "", "title": "", "created_at": "2026-01-01T00:00:00Z"});
        whole
            .as_object_mut()
            .unwrap()
            .extend(item.as_object().unwrap().clone());
        ServiceKey::from(serde_json::from_value::<ServiceKeyItem>(whole).unwrap())
    }

    #[test]
    fn keys_of_earlier_versions_read_people_and_logs() {
        for (scopes, apart, reads_logs, changes_settings) in [
            (["provisioning:read"], false, true, false),
            (["provisioning:read"], true, false, false),
            (["sso:configure"], false, false, true),
            (["events:read"], false, false, false),
        ] {
            let key = stored(json!({"scopes": scopes, "apart": apart}));
            let has = |permission| key.has(KeyScope::Permission(permission));
            assert_eq!(has(Permission::LogsRead), reads_logs);
            assert_eq!(has(Permission::DirectoryRead), reads_logs);
            assert_eq!(has(Permission::SettingsWrite), changes_settings);
        }
    }

    #[test]
    fn the_note_of_a_use_alone_is_no_key() {
        // What a function may write that must not issue keys. See the rights of `Portal` in `infra/template.yaml`.
        let noted = json!({"SK": "", "last_used_at": "2026-01-01T00:00:00Z"});
        assert!(serde_json::from_value::<ServiceKeyItem>(noted).is_err());
    }

    #[test]
    fn nobody_issues_more_than_they_have() {
        let all = stored(json!({}));
        let scoped =
            stored(json!({"scopes": ["service_keys:manage", "events:read"], "apart": true}));
        let ending = stored(json!({"ends_at": "2099-01-01T00:00:00Z"}));
        let bound = stored(json!({"bound_to": "acme"}));
        let new =
            |scopes: Option<&[KeyScope]>, end: Option<&str>, tenant: Option<&str>| NewServiceKey {
                scopes: scopes.map(<[KeyScope]>::to_vec),
                expires_at: end.map(|end| end.parse().unwrap()),
                tenant: tenant.map(|tenant| tenant.parse().unwrap()),
                ..NewServiceKey::default()
            };
        let events = Some(&[KeyScope::Events][..]);
        let tenants = Some(&[KeyScope::Tenants][..]);
        for (maker, key, may) in [
            (&all, new(None, None, None), true),
            (&scoped, new(events, None, None), true),
            (&scoped, new(None, None, None), false),
            (&scoped, new(tenants, None, None), false),
            (
                &ending,
                new(events, Some("2098-12-31T00:00:00Z"), None),
                true,
            ),
            (
                &ending,
                new(events, Some("2099-01-02T00:00:00Z"), None),
                false,
            ),
            (&ending, new(events, None, None), false),
            (&bound, new(events, None, Some("acme")), true),
            (&bound, new(events, None, Some("globex")), false),
            (&bound, new(events, None, None), false),
        ] {
            assert_eq!(maker.lacks_for(&key).is_none(), may, "{maker:?} {key:?}");
        }
    }

    #[test]
    fn a_key_of_one_tenant_reaches_no_other_and_sets_no_bounds() {
        let tenant: TenantId = "acme".parse().unwrap();
        let bound = |scopes| NewServiceKey {
            scopes,
            tenant: Some(tenant.clone()),
            ..NewServiceKey::default()
        };
        let scopes = bound(None).checked().unwrap().scopes.unwrap();
        assert!(scopes.contains(&KeyScope::Sessions) && !scopes.contains(&KeyScope::Tenants));
        for scope in [KeyScope::Tenants, KeyScope::ServiceKeys] {
            assert!(bound(Some(vec![scope])).checked().is_err());
        }
        assert!(bound(Some(vec![])).checked().is_err());
        let past = NewServiceKey {
            expires_at: Some(now()),
            ..NewServiceKey::default()
        };
        assert!(past.checked().is_err());
        let key = stored(json!({"bound_to": "acme"}));
        assert!(key.reaches(&tenant) && !key.reaches(&"globex".parse().unwrap()));
    }
}
