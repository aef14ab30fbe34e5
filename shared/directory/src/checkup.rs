//! What is read of a tenant to judge how it is: a bounded number of reads, however large the tenant.

use crate::error::Error;
use crate::health::Health;
use crate::record::now;
use crate::tenant::Tenant;

impl Tenant {
    /// What is wrong now, and what to do about it.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn health(&self) -> Result<Health, Error> {
        let digest = self.digest().await?;
        Ok(Health {
            findings: Vec::new(),
            complete: digest.complete,
            looked_at: now(),
        })
    }
}
