//! The roles and their permissions.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A role. Roles are ordered by rank, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Can view the application.
    Viewer,
    /// Can use the application.
    Member,
    /// Can administer the tenant.
    Admin,
    /// Is responsible for the tenant. A group cannot be mapped to this role.
    Owner,
}

/// A permission of a session in Rollcall's API and console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Permission {
    /// Read connections, people, groups, the audit log and the request log.
    #[serde(rename = "provisioning:read")]
    ProvisioningRead,
    /// Create and change connections.
    #[serde(rename = "provisioning:create")]
    ProvisioningCreate,
    /// Delete connections.
    #[serde(rename = "provisioning:delete")]
    ProvisioningDelete,
    /// Issue and revoke tokens, map groups to roles, grant roles, change settings.
    #[serde(rename = "sso:configure")]
    SsoConfigure,
}

/// The role of each mapped group, by group id.
pub type Mappings = BTreeMap<String, Role>;

impl Role {
    /// All roles, lowest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Member, Self::Admin, Self::Owner];

    /// Returns the role's id.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Returns the name of the role for display.
    pub fn title(self) -> &'static str {
        match self {
            Self::Viewer => "Viewer",
            Self::Member => "Member",
            Self::Admin => "Admin",
            Self::Owner => "Owner",
        }
    }

    /// Returns the permissions of a session with this role.
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

    /// Returns whether a group may be mapped to this role.
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

/// The error for a text that is not the id of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of `viewer`, `member`, `admin`, `owner`")]
pub struct UnknownRole;

/// The stored id of a role, which may be unknown.
///
/// The id of a role that only a newer version knows is kept, but grants nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoleId(String);

impl RoleId {
    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the role, if this version of the code knows it.
    pub fn role(&self) -> Option<Role> {
        self.0.parse().ok()
    }
}

impl From<Role> for RoleId {
    fn from(role: Role) -> Self {
        Self(role.as_str().to_owned())
    }
}

impl fmt::Display for RoleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Permission {
    /// All permissions.
    pub const ALL: [Self; 4] = [
        Self::ProvisioningRead,
        Self::ProvisioningCreate,
        Self::ProvisioningDelete,
        Self::SsoConfigure,
    ];

    /// Returns the id of the permission in the API.
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

    #[test]
    fn an_unknown_role_keeps_its_id_and_is_no_role() {
        let id: RoleId = serde_json::from_value("auditor".into()).unwrap();
        assert_eq!((id.as_str(), id.role()), ("auditor", None));
        assert_eq!(RoleId::from(Role::Admin).role(), Some(Role::Admin));
    }
}
