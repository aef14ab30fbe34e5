//! The handle on what the console shows of a tenant.

use rollcall_directory::Tenant;
use rollcall_directory::stored::{list_cursor, list_place};
use rollcall_store::{Error, Scope};

/// What the console shows of one tenant: lists, search, profiles, traffic, health.
#[derive(Clone, Copy, Debug)]
pub struct Insight<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) scope: &'a Scope,
}

impl<'a> Insight<'a> {
    /// Returns the handle for a tenant.
    pub fn of(tenant: &'a Tenant) -> Self {
        Self {
            tenant,
            scope: tenant.scope(),
        }
    }

    /// Returns the cursor of the page of a list that starts behind this place. `list` names the list and its query.
    ///
    /// # Errors
    /// Only those of reading the keys of the stack.
    pub async fn cursor(self, list: &str, behind: Option<String>) -> Result<Option<String>, Error> {
        match behind {
            Some(behind) => Ok(Some(list_cursor(self.scope, list, &behind).await?)),
            None => Ok(None),
        }
    }

    /// Returns the place that a cursor of [`Self::cursor`] names.
    ///
    /// # Errors
    /// `invalidCursor` for what is no cursor of this list, `expiredCursor` if it has ended.
    pub async fn place(self, list: &str, cursor: Option<&str>) -> Result<Option<String>, Error> {
        match cursor {
            Some(cursor) => Ok(Some(list_place(self.scope, list, cursor).await?)),
            None => Ok(None),
        }
    }
}
