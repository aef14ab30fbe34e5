//! The health check of a tenant.

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
        let snapshot = Box::pin(self.snapshot()).await?;
        Ok(Health {
            findings: judge(&snapshot),
            complete: snapshot.digest.complete,
            counted: snapshot.digest.counted(),
            looked_at: snapshot.now,
        })
    }
}
