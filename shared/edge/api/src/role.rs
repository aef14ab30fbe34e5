//! Roles and permissions, as requests and responses name them.

use std::collections::BTreeSet;

use rollcall_directory as directory;
use rollcall_directory::Catalogue;
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The id of a role of the tenant's catalogue, by default `viewer`, `member`, `admin` or `owner`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = "member")]
pub(crate) struct Role(String);

impl Role {
    /// Returns a role as a query names it. It may not exist.
    pub(crate) fn named(id: String) -> Self {
        Self(id)
    }

    /// Returns the role of the catalogue with this id.
    ///
    /// # Errors
    /// 400 when there is none.
    pub(crate) fn of(self, roles: &Catalogue) -> Result<directory::Role, Problem> {
        let named = roles.named(&self.into());
        named.map_err(|unknown| Problem::invalid(unknown.to_string()))
    }
}

impl From<directory::Role> for Role {
    fn from(role: directory::Role) -> Self {
        Self(role.as_str().to_owned())
    }
}

impl From<Role> for directory::RoleId {
    fn from(role: Role) -> Self {
        Self::named(role.0)
    }
}

/// Returns roles as responses name them.
pub(crate) fn roles(roles: impl IntoIterator<Item = directory::Role>) -> Vec<Role> {
    roles.into_iter().map(Role::from).collect()
}

/// Returns the roles that a request names: by `role_id`, which can be null, or by `role_ids`.
///
/// # Errors
/// 400 when it has both or neither, and for a role that is not in the catalogue.
pub(crate) fn named(
    role_id: Option<Option<Role>>,
    role_ids: Option<Vec<Role>>,
    roles: &Catalogue,
) -> Result<BTreeSet<directory::Role>, Problem> {
    let named: Vec<Role> = match (role_id, role_ids) {
        (Some(one), None) => one.into_iter().collect(),
        (None, Some(several)) => several,
        (None, None) => return Err(Problem::invalid("send `role_id` or `role_ids`")),
        (Some(_), Some(_)) => {
            return Err(Problem::invalid(
                "pass either `role_id` or `role_ids`, not both",
            ));
        }
    };
    named.into_iter().map(|id| id.of(roles)).collect()
}
