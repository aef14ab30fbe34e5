//! Exact counts, spread over several items so that writers rarely meet on one.

use rollcall_model::Kind;
use rollcall_store::{Error, Range, from_item};
use serde::Deserialize;

use crate::resources::handle::Resources;

#[derive(Deserialize)]
struct Shard {
    amount: i64,
}

impl Resources<'_> {
    /// Counts the resources of a kind, with one small query.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn count(self, kind: &Kind) -> Result<u64, Error> {
        let range = Range::counts(self.scope.keys(), kind);
        let items = self.scope.table.query_all(range).await?;
        let shards = items.into_iter().map(from_item::<Shard>);
        let amounts = shards.map(|shard| Ok(shard?.amount));
        let total = amounts.sum::<Result<i64, Error>>()?;
        Ok(u64::try_from(total).unwrap_or_default())
    }
}
