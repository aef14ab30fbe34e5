//! Erases everything of a deleted tenant: removes its items, part after part of the table, until a whole round finds none.
//! What stays is that its id was used, and the erasure itself.

use rollcall_store::{Error, Scope, Transaction};
use tokio::time::Instant;

use crate::credentials::repeats::forget_tenant;
use crate::credentials::service_keys::ServiceKeys;
use crate::erasure::record::{Erasure, Progress};

/// Parts of the table without an item of the tenant after which the progress is stored.
const EMPTY_PARTS: usize = 20;

/// Erases the tenant until `deadline`. Returns whether it is erased, or somebody else goes on with it.
pub(super) async fn erase(
    scope: &Scope,
    erasure: &mut Erasure,
    deadline: Instant,
) -> Result<bool, Error> {
    let mut empty = 0;
    loop {
        let mut progress = erasure.progress.take().unwrap_or_default();
        let part = scope
            .table
            .sweep(scope.keys(), progress.swept_to.as_ref())
            .await?;
        let kept = scope.keys().deleted_tenant();
        let keys: Vec<_> = part.keys.into_iter().filter(|key| *key != kept).collect();
        let count = keys.len() as u64;
        scope.table.batch_delete(keys).await?;
        erasure.removed += count;
        progress.found |= count > 0;
        progress.swept_to = part.next;
        let is_round = progress.swept_to.is_none();
        if is_round && !progress.found {
            erasure.removed += forget_tenant(&scope.table, &scope.tenant).await?;
            // One may have been issued while the tenant was being deleted.
            ServiceKeys::revoke_bound(scope).await?;
            let mut transaction = Transaction::default();
            erasure.finish(scope, &mut transaction, None)?;
            scope.table.transact(&transaction).await?;
            return Ok(true);
        }
        erasure.progress = Some(if is_round {
            Progress::default()
        } else {
            progress
        });
        empty = if count > 0 { 0 } else { empty + 1 };
        let is_to_be_saved = count > 0 || is_round || empty % EMPTY_PARTS == 0;
        if is_to_be_saved && !erasure.save(scope, None).await? {
            return Ok(true);
        }
        // Beyond the deadline, it still looks at as much of the table as one storing of the progress is worth.
        if is_to_be_saved && Instant::now() >= deadline {
            return Ok(false);
        }
    }
}
