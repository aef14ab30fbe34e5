//! The id of a tenant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::new_id;

/// The longest id of a tenant, in characters.
pub const MAX_TENANT_ID: usize = 63;

/// The id of a tenant: 1 to 63 characters from `a-z`, `0-9` and `-`. It does not start with `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

/// The error for a text that is not a valid [`TenantId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tenant id is 1 to 63 of `a-z`, `0-9` and `-`, and does not start with `-`")]
pub struct InvalidTenantId;

impl TenantId {
    /// Returns an id for a tenant that is thrown away. It is no id that a text can be read as, so nobody can ask for the
    /// tenant: no path, no token and no event names it.
    pub fn throw_away() -> Self {
        Self(format!("~{}", new_id()))
    }

    /// Returns the last id in order: no tenant is behind it.
    pub fn last_possible() -> Self {
        Self("z".repeat(MAX_TENANT_ID))
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantId {
    type Err = InvalidTenantId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let valid = (1..=MAX_TENANT_ID).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with('-');
        valid.then(|| Self(text.to_owned())).ok_or(InvalidTenantId)
    }
}

impl TryFrom<String> for TenantId {
    type Error = InvalidTenantId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TenantId> for String {
    fn from(id: TenantId) -> Self {
        id.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked_where_they_are_made() {
        for good in ["a", "acme", "a-1", "0a", &"x".repeat(63)] {
            assert!(good.parse::<TenantId>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "Acme", "a#b", "a_b", "ä", "a b", &"x".repeat(64)] {
            assert!(bad.parse::<TenantId>().is_err(), "{bad}");
        }
        let last = TenantId::last_possible();
        assert_eq!(last.as_str().parse(), Ok(last.clone()));
        assert!(last > "z".repeat(62).parse().unwrap() && last > "zz-".parse().unwrap());
        let thrown_away = TenantId::throw_away();
        assert!(thrown_away.as_str().parse::<TenantId>().is_err());
        assert_ne!(thrown_away, TenantId::throw_away());
    }
}
