//! The scopes of service keys: what the application's backend may do.

use std::fmt;
use std::str::FromStr;

use crate::role::Permission;

/// A scope of a service key. A key holds it for all tenants of the stack.
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
        }
    }

    /// Returns all scopes.
    pub fn all() -> impl Iterator<Item = Self> {
        let own = [
            Self::Tenants,
            Self::Sessions,
            Self::Introspection,
            Self::Events,
        ];
        Permission::ALL.into_iter().map(Self::Permission).chain(own)
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
}
