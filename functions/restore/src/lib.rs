//! Prepares a restored table before it is used: does again what was revoked, deleted and erased after the restore point, and
//! ends all sessions. The function has no route: IAM decides who may invoke it.
//!
//! The payload names the restored table and the time to which it was restored. The answer says whether everything is
//! `done`; otherwise, invoke the function again before the stack uses the table.

use jiff::Timestamp;
use rollcall_directory::{ArchiveBounds, Directory, Error, Reapplied, reapply};
use serde::Deserialize;
use tokio::time::Instant;

/// The payload of an invocation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The name of the restored table.
    table: String,
    /// The time to which it was restored.
    restored_to: Timestamp,
}

/// Returns the function for a directory with its archive.
pub fn handler(directory: Directory) -> Restorer {
    Restorer {
        directory,
        bounds: ArchiveBounds::default(),
    }
}

/// The function. The Lambda runtime calls it.
#[derive(Clone, Debug)]
pub struct Restorer {
    directory: Directory,
    bounds: ArchiveBounds,
}

impl Restorer {
    /// Sets how much of the archive is in memory at once.
    #[must_use]
    pub fn with_bounds(self, bounds: ArchiveBounds) -> Self {
        Self { bounds, ..self }
    }

    /// Does the work until `deadline`.
    ///
    /// # Errors
    /// When the restored table or the archive fails. What was done stays done.
    pub async fn call(&self, request: Request, deadline: Instant) -> Result<Reapplied, Error> {
        let restored = self.directory.at_table(request.table);
        // Boxed: the future is nested so deeply that the compiler rejects a future that contains it.
        let work = reapply(&restored, request.restored_to, deadline, self.bounds);
        let result = Box::pin(work).await?;
        tracing::info!(
            done = result.done,
            reapplied = result.reapplied,
            refused = result.refused.len(),
            sessions_ended = result.sessions_ended,
            "prepared a restored table"
        );
        Ok(result)
    }
}
