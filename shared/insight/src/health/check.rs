//! The health check of a tenant.

use futures::try_join;
use rollcall_store::Error;

use crate::handle::Insight;
use crate::health::finding::Health;
use crate::health::rules::judge;

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
            record,
        })
    }
}
