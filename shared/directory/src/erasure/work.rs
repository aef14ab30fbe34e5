//! Does the work of erasures, in steps that can be repeated: whoever is cut off is continued by the next call.

use rollcall_store::{Error, Transaction, now};
use tokio::time::Instant;

use crate::erasure::handle::Erasures;
use crate::erasure::record::{Erasure, listed};
use crate::erasure::{person, tenant};

impl Erasures<'_> {
    /// Goes on with the erasure of a person, or else of the tenant, until `deadline`. Returns whether more remains to be
    /// done now. An erasure that is not due yet is left to a later call.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn go_on(self, person: Option<&str>, deadline: Instant) -> Result<bool, Error> {
        let Some(mut erasure) = Erasure::read(self.scope, person).await? else {
            // The tenant was erased in the meantime.
            let mut transaction = Transaction::default();
            transaction.delete(listed(self.scope, person));
            self.scope.table.transact(&transaction).await?;
            return Ok(false);
        };
        if erasure.finished_at.is_some() || erasure.due_at > now() {
            return Ok(false);
        }
        let is_done = match person {
            Some(id) => person::erase(self.scope, id, &mut erasure, deadline).await?,
            None => tenant::erase(self.scope, &mut erasure, deadline).await?,
        };
        Ok(!is_done)
    }
}
