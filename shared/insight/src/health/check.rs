//! The health check of a tenant, and whether it would find the same again.

use futures::try_join;
use rollcall_directory::TokenUses;
use rollcall_model::sha256_hex;
use rollcall_store::{Error, Partition, Range, text};

use crate::handle::Insight;
use crate::health::finding::Health;
use crate::health::rules::{holds_until, judge};

impl Insight<'_> {
    /// Returns what is wrong with the tenant now.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn health(self) -> Result<Health, Error> {
        let (snapshot, record) = try_join!(
            Box::pin(self.snapshot()),
            Box::pin(self.tenant.findings().read()),
        )?;
        Ok(Health {
            findings: judge(&snapshot),
            complete: snapshot.digest.complete,
            counted: snapshot.digest.counted(),
            looked_at: snapshot.now,
            holds_until: holds_until(&snapshot, &record),
            record,
        })
    }
    /// Returns what a check depends on, apart from the time: a text that is another one after each change of the tenant, each
    /// logged request and each use of a token. It costs two calls.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn seen(self, uses: &TokenUses) -> Result<String, Error> {
        let keys = self.scope.keys();
        let (entry, request) = try_join!(self.last(keys.journal()), self.last(keys.requests()))?;
        Ok(sha256_hex(&format!("{entry}|{request}|{}", uses.mark())))
    }

    /// Returns the last sort key of a partition; an empty text if there is none.
    async fn last(self, partition: Partition) -> Result<String, Error> {
        let last = Range::all(partition).descending(true).limit(1).only("SK");
        let found = self.scope.table.query(&last).await?.items.pop();
        let sort = found.as_ref().map(|item| text(item, "SK")).transpose()?;
        Ok(sort.unwrap_or_default().to_owned())
    }
}
