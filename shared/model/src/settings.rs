//! The settings of a tenant.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::address_list::AddressList;
use crate::brake::BrakeLimit;
use crate::catalogue::Catalogue;
use crate::role::{Role, RoleId};

/// The treatment of member ids in a group request that belong to no user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownMembers {
    /// They are skipped, so that one stale id does not block the sync of a whole group.
    #[default]
    Skip,
    /// The request is refused, and nothing changes. The response names the id.
    Reject,
}

/// The treatment of a manual grant at a sign-in whose groups decide the role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManualRoles {
    /// It is kept. The highest of all granted roles is effective.
    #[default]
    Preserved,
    /// It is removed, unless its role is `owner`.
    OverwrittenAtLogin,
}

/// When a change of memberships or mappings takes effect on roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleSync {
    /// Immediately.
    #[default]
    Immediate,
    /// At the person's next sign-in.
    AtLogin,
}

/// The source of the groups that decide a person's mapped role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteBy {
    /// Only the `groups` claim of the sign-in's assertion.
    Claim,
    /// Only the provisioned memberships.
    Membership,
    /// The claim, if it names a mapped group; otherwise the memberships.
    #[default]
    ClaimThenMembership,
}

/// Who may sign in without having been pushed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignUp {
    /// Everybody whom the application signs in.
    #[default]
    Allowed,
    /// Nobody: an identity provider must push people first.
    PushedOnly,
}

/// What a value of the `groups` claim must be to name a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimMatch {
    /// The group's id, its `externalId`, or its `displayName` without regard to case.
    #[default]
    Any,
    /// The group's `externalId` alone: people can give a group the name of another one.
    ExternalId,
}

/// What a push of somebody who was deleted does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletedPeople {
    /// It creates a new person, because identity providers give names again.
    #[default]
    New,
    /// It restores the deleted person.
    Restore,
}

/// Of which values the request log keeps more than the size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoggedValues {
    /// Of those that a schema declares.
    #[default]
    Declared,
    /// Of all values except secrets.
    All,
}

/// The rate limit of one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// Sustained requests per minute, at least 1.
    pub per_minute: u32,
    /// Additional requests that are accepted in a burst.
    pub burst: u32,
}

impl Default for RateLimit {
    /// Returns twice the 25 requests per second that Microsoft requires for its application gallery.
    fn default() -> Self {
        Self {
            per_minute: 3_000,
            burst: 300,
        }
    }
}

/// The settings of a tenant.
///
/// A value that only a newer version knows reads as the default. The stored value remains until the setting changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The role that a person gets at the first sign-in if no group decides the role; `None` for no role.
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
    /// Whether people whom an identity provider creates get an invitation mail.
    pub invitations: bool,
    /// The domains to which invitations go, in lower case; empty for all.
    pub invitation_domains: Vec<String>,
    /// See [`UnknownMembers`].
    #[serde(deserialize_with = "known")]
    pub unknown_members: UnknownMembers,
    /// The rate limit of each token; `None` for no limit.
    pub rate_limit: Option<RateLimit>,
    /// How long journal and request log entries are kept, in days.
    pub retention_days: u32,
    /// See [`SignUp`].
    #[serde(deserialize_with = "known")]
    pub sign_up: SignUp,
    /// Whether a sign-in finds a person who was pushed by the e-mail address.
    pub match_email: bool,
    /// See [`DeletedPeople`].
    #[serde(deserialize_with = "known")]
    pub deleted_people: DeletedPeople,
    /// See [`ClaimMatch`].
    #[serde(deserialize_with = "known")]
    pub claim_match: ClaimMatch,
    /// See [`LoggedValues`].
    #[serde(deserialize_with = "known")]
    pub logged_values: LoggedValues,
    /// Of this many successful reads of identity providers, the request log has one; 1 for all of them.
    pub read_log_sampling: u32,
    /// How long a session of a person lasts at most, in minutes; `None` for the operator's maximum.
    pub session_minutes: Option<u32>,
    /// After how many minutes without a check a session of a person ends; `None` for never.
    pub session_idle_minutes: Option<u32>,
    /// For how many seconds the application may remember what an introspection said; 0 for not at all.
    pub cache_seconds: u32,
    /// The origins of the application to which a portal link can lead back.
    pub return_origins: Vec<String>,
    /// The networks from which tokens are accepted, as CIDR blocks; empty for all addresses.
    pub allowed_addresses: Vec<String>,
    /// What each connection may take away within an hour, unless it has a limit of its own.
    pub brake: BrakeLimit,
    /// The addresses that get mail when something is wrong.
    pub contacts: Vec<String>,
    /// The tenant's roles. They are stored beside the settings.
    #[serde(skip)]
    pub roles: Catalogue,
}

impl Settings {
    /// Returns the networks from which tokens are accepted. A network that only a newer version can read accepts nothing.
    pub fn address_list(&self) -> AddressList {
        AddressList::of_stored(&self.allowed_addresses)
    }

    /// Returns the default role, if the catalogue has it.
    pub fn default_role(&self) -> Option<Role> {
        self.roles.role(self.sso_default_role.as_ref()?)
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
            invitation_domains: Vec::new(),
            unknown_members: UnknownMembers::default(),
            rate_limit: Some(RateLimit::default()),
            retention_days: 365,
            sign_up: SignUp::default(),
            match_email: false,
            deleted_people: DeletedPeople::default(),
            claim_match: ClaimMatch::default(),
            logged_values: LoggedValues::default(),
            read_log_sampling: 1,
            session_minutes: None,
            session_idle_minutes: None,
            cache_seconds: 0,
            return_origins: Vec::new(),
            allowed_addresses: Vec::new(),
            brake: BrakeLimit::default(),
            contacts: Vec::new(),
            roles: Catalogue::default(),
        }
    }
}

/// Deserialises a value of an enum. A value that only a newer version knows reads as the default.
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
            "rate_limit": {"per_minute": 60, "burst": 1, "ceiling": 9}, "sign_up": "by_mail", "held": true,
        });
        let settings: Settings = serde_json::from_value(stored).unwrap();
        assert_eq!(settings.default_role(), None);
        assert_eq!(settings.route_by, RouteBy::default());
        assert_eq!(settings.role_sync, RoleSync::AtLogin);
        assert_eq!(settings.sign_up, SignUp::default());
        assert_eq!(settings.rate_limit.map(|limit| limit.per_minute), Some(60));
    }
}
