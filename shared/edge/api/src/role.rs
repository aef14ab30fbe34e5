//! Roles and permissions, as requests and responses name them.

use rollcall_directory as directory;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A role, lowest first: the order is the rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Sees the application.
    Viewer,
    /// Works in it.
    Member,
    /// Runs it for the tenant.
    Admin,
    /// Is responsible for the tenant. A group never gives this role.
    Owner,
}

impl From<directory::Role> for Role {
    fn from(role: directory::Role) -> Self {
        match role {
            directory::Role::Viewer => Self::Viewer,
            directory::Role::Member => Self::Member,
            directory::Role::Admin => Self::Admin,
            directory::Role::Owner => Self::Owner,
        }
    }
}

impl From<Role> for directory::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => Self::Viewer,
            Role::Member => Self::Member,
            Role::Admin => Self::Admin,
            Role::Owner => Self::Owner,
        }
    }
}

/// What a session may do in Rollcall's own API and console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) enum Permission {
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

impl Permission {
    /// Returns the permissions of a role.
    pub(crate) fn of(role: directory::Role) -> Vec<Self> {
        role.permissions().iter().copied().map(Self::from).collect()
    }
}

impl From<directory::Permission> for Permission {
    fn from(permission: directory::Permission) -> Self {
        match permission {
            directory::Permission::ProvisioningRead => Self::ProvisioningRead,
            directory::Permission::ProvisioningCreate => Self::ProvisioningCreate,
            directory::Permission::ProvisioningDelete => Self::ProvisioningDelete,
            directory::Permission::SsoConfigure => Self::SsoConfigure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_spells_them_the_same_way() {
        for role in directory::Role::ALL {
            let ours = Role::from(role);
            assert_eq!(serde_json::json!(ours), role.as_str());
            assert_eq!(directory::Role::from(ours), role);
        }
        for permission in directory::Permission::ALL {
            let ours = Permission::from(permission);
            assert_eq!(serde_json::json!(ours), permission.as_str());
        }
    }
}
