//! The scopes of service keys: what the application's backend may do.

use std::fmt;
use std::str::FromStr;

use crate::role::Permission;

/// A scope of a service key. A key holds it for all tenants of the stack, or for the one tenant that it is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyScope {
    /// Do what a session with this permission may do. The scope has the id of the permission.
    Permission(Permission),
    /// Create, list, read, change and delete tenants.
    Tenants,
    /// Sign people in, and create portal links. Both open sessions with any role.
    Sessions,
    /// Introspect sessions.
    Introspection,
    /// Read and verify the event feed.
    Events,
    /// Issue, list and revoke service keys. No key can give more than it has.
    ServiceKeys,
}

impl KeyScope {
    /// Returns the id of the scope in the API, and in stored keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permission(permission) => permission.as_str(),
            Self::Tenants => "tenants:manage",
            Self::Sessions => "sessions:create",
            Self::Introspection => "sessions:introspect",
            Self::Events => "events:read",
            Self::ServiceKeys => "service_keys:manage",
        }
    }

    /// Returns all scopes.
    pub fn all() -> impl Iterator<Item = Self> {
        let own = [
            Self::Tenants,
            Self::Sessions,
            Self::Introspection,
            Self::Events,
            Self::ServiceKeys,
        ];
        Permission::ALL.into_iter().map(Self::Permission).chain(own)
    }

    /// Returns the scopes that a text asks for: the one with this id, or those of a set with this name.
    ///
    /// # Errors
    /// When it is neither.
    pub fn named(text: &str) -> Result<Vec<Self>, UnknownScope> {
        match text {
            "tenants" => Ok(vec![Self::Tenants]),
            "sign_in" => Ok(vec![Self::Sessions]),
            "introspect" => Ok(vec![Self::Introspection]),
            "directory" => Ok(vec![Self::Permission(Permission::DirectoryRead)]),
            "events" => Ok(vec![Self::Events]),
            "admin" => Ok(Permission::ALL.into_iter().map(Self::Permission).collect()),
            id => id.parse().map(|scope| vec![scope]),
        }
    }

    /// Returns whether a key that is bound to a tenant can have the scope. The others reach beyond a tenant, or set what
    /// bounds it.
    pub fn fits_one_tenant(self) -> bool {
        !matches!(self, Self::Tenants | Self::ServiceKeys)
    }
}

impl FromStr for KeyScope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::all()
            .find(|scope| scope.as_str() == text)
            .ok_or(UnknownScope)
    }
}

impl fmt::Display for KeyScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The error for a text that is not the id of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a scope")]
pub struct UnknownScope;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn scopes_have_ids_of_their_own() {
        let ids: BTreeSet<_> = KeyScope::all().map(KeyScope::as_str).collect();
        assert_eq!(ids.len(), KeyScope::all().count());
        for scope in KeyScope::all() {
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
        assert_eq!("everything".parse::<KeyScope>(), Err(UnknownScope));
    }

    #[test]
    fn a_set_stands_for_its_scopes() {
        for (text, ids) in [
            ("tenants", vec!["tenants:manage"]),
            ("sign_in", vec!["sessions:create"]),
            ("introspect", vec!["sessions:introspect"]),
            ("directory", vec!["directory:read"]),
            ("events", vec!["events:read"]),
            ("admin", Permission::ALL.map(Permission::as_str).to_vec()),
            ("service_keys:manage", vec!["service_keys:manage"]),
        ] {
            let named = KeyScope::named(text).unwrap().into_iter();
            assert_eq!(named.map(KeyScope::as_str).collect::<Vec<_>>(), ids);
        }
        assert_eq!(KeyScope::named("everything"), Err(UnknownScope));
    }
}
