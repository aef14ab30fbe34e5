//! The table for a tenant that is thrown away.

use rollcall_model::TenantId;

use crate::error::Error;
use crate::fence::Fence;
use crate::table::Table;

impl Table {
    /// Returns a handle for a tenant that is thrown away: it writes nothing of any other tenant or of the stack, tells no
    /// journal, and everything that it writes expires at this time, in seconds since 1970.
    #[must_use]
    pub fn fenced(&self, tenant: &TenantId, expires: u64) -> Self {
        Self {
            attempt: None,
            fence: Some(Fence::around(tenant, expires)),
            ..self.clone()
        }
    }

    /// Deletes everything that was written within the fence; without a fence, nothing.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn delete_fenced(&self) -> Result<(), Error> {
        match &self.fence {
            Some(fence) => self.batch_delete(fence.take_written()).await,
            None => Ok(()),
        }
    }
}
