//! Roles: the catalogue, the grants a person holds, and which of them counts. Pure.
//!
//! Every grant knows its source. *Mapped* grants come and go with membership and mapping; *manual* ones are a person's
//! doing and outlive deactivation; the *default* one is given at the first sign-in that no group decides.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A role, lowest first: the order is the rank.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees the application.
    Viewer,
    /// Works in it.
    Member,
    /// Runs it for the tenant.
    Admin,
    /// Answers for the tenant; never given by a group.
    Owner,
}

/// What a session may do in Rollcall's own API and console.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
pub enum Permission {
    /// See connections, people, groups, the audit log and the request log.
    #[serde(rename = "provisioning:read")]
    ProvisioningRead,
    /// Make connections.
    #[serde(rename = "provisioning:create")]
    ProvisioningCreate,
    /// Delete connections.
    #[serde(rename = "provisioning:delete")]
    ProvisioningDelete,
    /// Issue and revoke tokens, map groups to roles, give roles, change settings.
    #[serde(rename = "sso:configure")]
    SsoConfigure,
}

/// What gave a person a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum Source {
    /// A group that is mapped to the role.
    Mapped {
        /// The group's id.
        group: String,
    },
    /// Somebody's decision.
    Manual,
    /// The tenant's default for sign-ins that no group decides.
    Default,
}

/// One role that one person holds for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The reason.
    #[serde(flatten)]
    pub source: Source,
    /// Since when.
    pub since: Timestamp,
    /// The request that brought it about, where that is known: of a mapped one the later of what made the mapping and
    /// what made the person a member, or named the group at sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// The role of each mapped group, by group id.
pub(crate) type Mappings = BTreeMap<String, Role>;

impl Role {
    /// Every role, lowest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Member, Self::Admin, Self::Owner];

    /// The role's id.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role as people read it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Viewer => "Viewer",
            Self::Member => "Member",
            Self::Admin => "Admin",
            Self::Owner => "Owner",
        }
    }

    /// What sessions of people with this role may do.
    pub fn permissions(self) -> &'static [Permission] {
        use Permission::{ProvisioningCreate, ProvisioningDelete, ProvisioningRead, SsoConfigure};
        match self {
            Self::Viewer => &[],
            Self::Member => &[ProvisioningRead],
            Self::Admin | Self::Owner => &[
                ProvisioningRead,
                ProvisioningCreate,
                ProvisioningDelete,
                SsoConfigure,
            ],
        }
    }

    /// Whether a group may be mapped to it.
    pub fn is_mappable(self) -> bool {
        self != Self::Owner
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(UnknownRole)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Said of text that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of `viewer`, `member`, `admin`, `owner`")]
pub struct UnknownRole;

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 4] = [
        Self::ProvisioningRead,
        Self::ProvisioningCreate,
        Self::ProvisioningDelete,
        Self::SsoConfigure,
    ];

    /// The permission as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProvisioningRead => "provisioning:read",
            Self::ProvisioningCreate => "provisioning:create",
            Self::ProvisioningDelete => "provisioning:delete",
            Self::SsoConfigure => "sso:configure",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_ranked_and_spelt_one_way() {
        assert!(Role::ALL.is_sorted());
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        assert_eq!("root".parse::<Role>(), Err(UnknownRole));
    }
}
