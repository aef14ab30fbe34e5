//! What a tenant can set for itself.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::role::{Role, RoleId};

/// What happens to ids in a group write that belong to no user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownMembers {
    /// They are skipped, so that one stale id does not block a whole group's sync.
    #[default]
    Skip,
    /// The request is refused; the answer names the id, and nothing is applied.
    Reject,
}

/// Whether a role given by hand survives a sign-in whose groups decide the role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManualRoles {
    /// It stays, and the highest of all grants counts.
    #[default]
    Preserved,
    /// The groups of the next sign-in replace it, unless it is `owner`.
    OverwrittenAtLogin,
}

/// When a change of memberships or mappings changes roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleSync {
    /// At once.
    #[default]
    Immediate,
    /// At the person's next sign-in.
    AtLogin,
}

/// What decides the mapped role at a sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteBy {
    /// Only the `groups` claim of the assertion.
    Claim,
    /// Only the memberships that the identity provider pushed.
    Membership,
    /// The claim if it names a mapped group, otherwise the memberships.
    #[default]
    ClaimThenMembership,
}

/// How many requests one token may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// Sustained requests per minute; at least 1.
    pub per_minute: u32,
    /// Additional requests that may arrive at once.
    pub burst: u32,
}

impl Default for RateLimit {
    /// Twice the 25 requests per second that Microsoft's gallery asks for.
    fn default() -> Self {
        Self {
            per_minute: 3_000,
            burst: 300,
        }
    }
}

/// A tenant's settings.
///
/// A value that only a newer version knows reads as the default. What is stored stays as it is until somebody changes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The role of people whose first sign-in no group decides.
    pub sso_default_role: Option<RoleId>,
    /// See [`ManualRoles`].
    #[serde(deserialize_with = "known")]
    pub manual_roles: ManualRoles,
    /// See [`RoleSync`].
    #[serde(deserialize_with = "known")]
    pub role_sync: RoleSync,
    /// See [`RouteBy`].
    #[serde(deserialize_with = "known")]
    pub route_by: RouteBy,
    /// Whether people who are pushed get an invitation mail.
    pub invitations: bool,
    /// See [`UnknownMembers`].
    #[serde(deserialize_with = "known")]
    pub unknown_members: UnknownMembers,
    /// The limit of each token; `None` is unlimited.
    pub rate_limit: Option<RateLimit>,
    /// Days for which the journal and the request log are kept.
    pub retention_days: u32,
}

impl Settings {
    /// Returns the default role, if it is one of the catalogue.
    pub fn default_role(&self) -> Option<Role> {
        self.sso_default_role.as_ref().and_then(RoleId::role)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sso_default_role: Some(Role::Member.into()),
            manual_roles: ManualRoles::default(),
            role_sync: RoleSync::default(),
            route_by: RouteBy::default(),
            invitations: false,
            unknown_members: UnknownMembers::default(),
            rate_limit: Some(RateLimit::default()),
            retention_days: 365,
        }
    }
}

/// Reads a value of a closed list; one that only a newer version knows reads as the default.
fn known<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_of_a_newer_version_can_be_read() {
        let stored = json!({
            "sso_default_role": "auditor", "route_by": "badge", "role_sync": "at_login",
            "rate_limit": {"per_minute": 60, "burst": 1, "ceiling": 9}, "sign_up": "pushed_only",
        });
        let settings: Settings = serde_json::from_value(stored).unwrap();
        assert_eq!(settings.default_role(), None);
        assert_eq!(settings.route_by, RouteBy::default());
        assert_eq!(settings.role_sync, RoleSync::AtLogin);
        assert_eq!(settings.rate_limit.map(|limit| limit.per_minute), Some(60));
    }
}
