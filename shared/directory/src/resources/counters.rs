//! Exact counts, spread over items so that writers rarely meet on one.

use serde::Deserialize;

use crate::error::Error;
use crate::model::kind::Kind;
use crate::store::item::from_item;
use crate::store::table::Range;
use crate::tenant::Tenant;

#[derive(Deserialize)]
struct Shard {
    amount: i64,
}

impl Tenant {
    /// How many resources of the kind there are: one small query.
    pub(crate) async fn count(&self, kind: &Kind) -> Result<u64, Error> {
        let items = self
            .table
            .query_all(Range::prefix(self.id.counts(), format!("{}#", kind.code)))
            .await?;
        let shards = items
            .into_iter()
            .map(from_item::<Shard>)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(u64::try_from(shards.iter().map(|shard| shard.amount).sum::<i64>()).unwrap_or_default())
    }
}
