//! Roles and the permissions that they carry.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::short::Short;

/// The rank of the owner. Every other role ranks lower.
pub(crate) const OWNER_RANK: u16 = 1_000;
/// The maximum length of the id of a role, in bytes.
pub const MAX_ROLE_ID: usize = 32;
/// The maximum length of the name of a role, in bytes of UTF-8.
pub const MAX_ROLE_NAME: usize = 64;

/// A role of a tenant's catalogue, with everything that decisions and pages need. Roles are ordered by rank, lowest
/// first.
///
/// The constants are the roles of the default catalogue. They are spelt like the variants of an enum, because code and
/// tests name them as such.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role {
    rank: u16,
    id: Short<MAX_ROLE_ID>,
    title: Short<MAX_ROLE_NAME>,
    permissions: u16,
    ways: u8,
}

/// A permission of a session in Rollcall's API and console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Permission {
    /// Read people and groups.
    #[serde(rename = "directory:read")]
    DirectoryRead,
    /// Find people, and see their ids and names: nothing else of them. Included in `directory:read`.
    #[serde(rename = "directory:pick")]
    DirectoryPick,
    /// Read connections.
    #[serde(rename = "provisioning:read")]
    ProvisioningRead,
    /// Create and change connections.
    #[serde(rename = "provisioning:create")]
    ProvisioningCreate,
    /// Delete connections.
    #[serde(rename = "provisioning:delete")]
    ProvisioningDelete,
    /// Issue and revoke tokens, map groups to roles, grant roles.
    #[serde(rename = "sso:configure")]
    SsoConfigure,
    /// Read the audit log and the request log.
    #[serde(rename = "logs:read")]
    LogsRead,
    /// Read and change settings.
    #[serde(rename = "settings:write")]
    SettingsWrite,
    /// Create, change and delete webhooks.
    #[serde(rename = "webhooks:manage")]
    WebhooksManage,
}

/// A way in which a role may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By a group that is mapped to it.
    Mapping,
    /// By hand, to one person.
    Hand,
    /// As the tenant's default role.
    Default,
}

/// The roles of each mapped group, by group id. Each has at least one.
pub type Mappings = BTreeMap<String, BTreeSet<Role>>;

#[expect(
    non_upper_case_globals,
    reason = "the roles of the default catalogue are named like variants"
)]
impl Role {
    /// Can view the application.
    pub const Viewer: Self = Self::built_in("viewer", "Viewer", 100, &[]);
    /// Can use the application.
    pub const Member: Self =
        Self::built_in("member", "Member", 200, &[Permission::ProvisioningRead]);
    /// Can administer the tenant.
    pub const Admin: Self = Self::built_in("admin", "Admin", 300, &Permission::ALL);
    /// Is responsible for the tenant. Part of every catalogue; a group cannot be mapped to this role.
    pub const Owner: Self = Self {
        ways: Way::Hand.bit(),
        ..Self::built_in("owner", "Owner", OWNER_RANK, &Permission::ALL)
    };
    /// Ranks above every role but the owner. It is in no catalogue: it is the rank of who is no person.
    pub const BelowOwner: Self = Self {
        ways: 0,
        ..Self::built_in("below_owner", "", OWNER_RANK - 1, &[])
    };
}

impl Role {
    /// The roles of the default catalogue, lowest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Member, Self::Admin, Self::Owner];

    const fn built_in(
        id: &str,
        title: &str,
        rank: u16,
        permissions: &'static [Permission],
    ) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < permissions.len() {
            bits |= permissions[at].bit();
            at += 1;
        }
        Self {
            rank,
            id: Short::cut(id),
            title: Short::cut(title),
            permissions: bits,
            ways: Way::Mapping.bit() | Way::Hand.bit() | Way::Default.bit(),
        }
    }

    /// Returns a role of a catalogue. Ids and names that are too long are cut; a catalogue has none.
    pub(crate) fn new(
        (id, title, rank): (&str, &str, u16),
        permissions: &[Permission],
        ways: &[Way],
    ) -> Self {
        let bits = permissions.iter();
        Self {
            rank,
            id: Short::cut(id),
            title: Short::cut(title),
            permissions: bits.fold(0, |bits, permission| bits | permission.bit()),
            ways: ways.iter().fold(0, |bits, way| bits | way.bit()),
        }
    }

    /// Returns the role's id.
    pub fn as_str(&self) -> &str {
        self.id.as_str()
    }

    /// Returns the name of the role for display.
    pub fn title(&self) -> &str {
        self.title.as_str()
    }

    /// Returns the rank. Of several roles, the one with the highest rank counts.
    pub fn rank(self) -> u16 {
        self.rank
    }

    /// Returns whether this is the owner's role, whatever the tenant calls it.
    pub fn is_owner(self) -> bool {
        self.rank == OWNER_RANK
    }

    /// Returns whether this role has a higher rank than another. Two roles may have the same rank.
    pub fn outranks(self, other: Self) -> bool {
        self.rank > other.rank
    }

    /// Returns the permissions of a session with this role in Rollcall's API and console.
    pub fn permissions(self) -> Vec<Permission> {
        let all = Permission::ALL.into_iter();
        all.filter(|permission| self.allows(*permission)).collect()
    }

    /// Returns whether a session with this role has the permission.
    pub fn allows(self, permission: Permission) -> bool {
        let mut sufficient = permission.sufficient();
        sufficient.any(|one| self.permissions & one.bit() != 0)
    }

    /// Returns whether a session with this role sees nothing in the console. Picking people has no page there.
    pub fn sees_nothing(self) -> bool {
        self.permissions & !Permission::DirectoryPick.bit() == 0
    }

    /// Returns whether the role may be given in this way.
    pub fn is_given(self, way: Way) -> bool {
        self.ways & way.bit() != 0
    }

    /// Returns whether the role can be given in no way, as one that the stack has no more: whoever has it keeps it, and
    /// nobody else gets it.
    pub fn is_given_to_nobody(self) -> bool {
        self.ways == 0
    }

    /// Returns whether a group may be mapped to this role.
    pub fn is_mappable(self) -> bool {
        self.is_given(Way::Mapping)
    }
}

impl Way {
    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The id of a role, which may be in no catalogue.
///
/// The id of a role that is in no catalogue, or that only a newer version knows, is kept, but grants nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoleId(String);

impl RoleId {
    /// Returns an id as a request names it. It may be no role's.
    pub fn named(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether it is the id of the owner's role, which every catalogue has.
    pub fn is_owner(&self) -> bool {
        self.0 == Role::Owner.as_str()
    }
}

impl From<Role> for RoleId {
    fn from(role: Role) -> Self {
        Self(role.as_str().to_owned())
    }
}

impl PartialEq<Role> for RoleId {
    fn eq(&self, role: &Role) -> bool {
        self.0 == role.as_str()
    }
}

impl fmt::Display for RoleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Permission {
    /// All permissions.
    pub const ALL: [Self; 9] = [
        Self::DirectoryRead,
        Self::DirectoryPick,
        Self::ProvisioningRead,
        Self::ProvisioningCreate,
        Self::ProvisioningDelete,
        Self::SsoConfigure,
        Self::LogsRead,
        Self::SettingsWrite,
        Self::WebhooksManage,
    ];

    const fn bit(self) -> u16 {
        1 << self as u16
    }

    /// Returns the permissions of which one is enough for what this one allows: itself, and those that include it.
    pub fn sufficient(self) -> impl Iterator<Item = Self> {
        let includes = (self == Self::DirectoryPick).then_some(Self::DirectoryRead);
        std::iter::once(self).chain(includes)
    }

    /// Returns the id of the permission in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DirectoryRead => "directory:read",
            Self::DirectoryPick => "directory:pick",
            Self::ProvisioningRead => "provisioning:read",
            Self::ProvisioningCreate => "provisioning:create",
            Self::ProvisioningDelete => "provisioning:delete",
            Self::SsoConfigure => "sso:configure",
            Self::LogsRead => "logs:read",
            Self::SettingsWrite => "settings:write",
            Self::WebhooksManage => "webhooks:manage",
        }
    }
}

impl FromStr for Permission {
    type Err = NoPermission;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|permission| permission.as_str() == text)
            .ok_or(NoPermission)
    }
}

/// The error for a text that is not the id of a permission in Rollcall's API and console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no permission of Rollcall")]
pub struct NoPermission;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_roles_are_ranked() {
        assert!(Role::ALL.is_sorted_by(|lower, higher| higher.outranks(*lower)));
        assert!(Role::Owner.outranks(Role::BelowOwner) && Role::BelowOwner.outranks(Role::Admin));
    }

    #[test]
    fn only_admins_and_owners_see_other_people() {
        use Permission::{DirectoryRead, LogsRead, ProvisioningRead, SsoConfigure};
        for (role, connections, others) in [
            (Role::Viewer, false, false),
            (Role::Member, true, false),
            (Role::Admin, true, true),
            (Role::Owner, true, true),
        ] {
            assert_eq!(role.allows(ProvisioningRead), connections, "{role}");
            for permission in [DirectoryRead, LogsRead, SsoConfigure] {
                assert_eq!(role.allows(permission), others, "{role} {permission:?}");
            }
        }
        assert!(Role::Viewer.sees_nothing() && !Role::Member.sees_nothing());
        let role = |permissions: &[Permission]| Role::new(("r", "R", 1), permissions, &[]);
        let picker = role(&[Permission::DirectoryPick]);
        assert!(picker.sees_nothing() && !picker.allows(DirectoryRead));
        assert!(role(&[DirectoryRead]).allows(Permission::DirectoryPick));
    }

    #[test]
    fn groups_never_make_owners() {
        assert!(!Role::Owner.is_mappable() && !Role::Owner.is_given(Way::Default));
        assert!(Role::Owner.is_given(Way::Hand) && Role::Admin.is_mappable());
    }
}
