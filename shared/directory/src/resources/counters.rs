//! Exact counts, spread over several items so that concurrent writers rarely update the same one.

use rollcall_model::Kind;
use rollcall_store::{Error, Range, from_item};
use serde::Deserialize;

use crate::resources::handle::Resources;

#[derive(Deserialize)]
struct Shard {
    amount: i64,
}

impl Resources<'_> {
    /// Returns the number of resources of a kind, with one small query.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn count(self, kind: &Kind) -> Result<u64, Error> {
        let range = Range::counts(self.scope.keys(), kind);
        let items = self.scope.table.query_all(range).await?;
        let shards = items.into_iter().map(from_item::<Shard>);
        let amounts = shards.map(|shard| Ok(shard?.amount));
        let total = amounts.sum::<Result<i64, Error>>()?;
        Ok(u64::try_from(total).unwrap_or_default())
    }
}
