//! Does the work of erasures, in steps that can be repeated: whoever is cut off is continued by the next call.

use rollcall_store::{Error, Range, StackKeys, Transaction, now, text};
use tokio::time::Instant;

use crate::credentials::turn::{LongWork, Turn};
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
    /// Takes the tenant's turn at erasing people for this one, or keeps it. Returns `false` while another person is being
    /// erased: whoever does that goes on with [`Self::next`].
    ///
    /// # Errors
    /// Only table errors.
    pub async fn take_turn(self, person: &str) -> Result<bool, Error> {
        Turn::of(self.scope, LongWork::Erasure).take(person).await
    }

    /// Gives back the turn of a person with whom nothing remains to be done now, and returns whose erasure comes next. It is
    /// the next in the list; after one that is erased also an earlier one.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn next(self, person: &str) -> Result<Option<String>, Error> {
        // First: an erasure that is ordered from here on takes the turn itself.
        Turn::of(self.scope, LongWork::Erasure).end(person).await?;
        let own = listed(self.scope, Some(person));
        let of_tenant = format!("{}#", self.scope.tenant);
        let later = Range::prefix(StackKeys::erasing(), &of_tenant).limit(1);
        let behind = later.clone().after(Some(own.sort().to_owned()));
        let mut page = self.scope.table.query(&behind).await?;
        if page.items.is_empty() && self.scope.table.get(&own).await?.is_none() {
            page = self.scope.table.query(&later).await?;
        }
        let next = page
            .items
            .first()
            .map(|item| text(item, "SK"))
            .transpose()?;
        Ok(next
            .and_then(|sort| sort.strip_prefix(&of_tenant))
            .map(str::to_owned))
    }
}
