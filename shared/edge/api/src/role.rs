//! Roles and permissions, as requests and responses name them.

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
pub(crate) fn roles(roles: Vec<directory::Role>) -> Vec<Role> {
    roles.into_iter().map(Role::from).collect()
}
