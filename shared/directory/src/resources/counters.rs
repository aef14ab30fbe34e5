//! Exact counts, spread over several items so that concurrent writers rarely update the same one.

use rollcall_model::Kind;
use rollcall_store::{
    COUNT_SHARDS, Error, Expression, Range, Scope, Transaction, from_item, number,
};
use serde::Deserialize;

use crate::resources::handle::Resources;

/// The attribute of a shard with the number of resources that a connection does not see.
fn unseen_by(connection: &str) -> String {
    format!(
        "unseen_{}",
        connection.replace(|it: char| !it.is_ascii_alphanumeric(), "_")
    )
}

/// Adds the change of how many resources connections do not see: one more that `after` does not, one less that `before`
/// did not. The shards are others than those of the amounts, because a transaction writes each item once.
pub(super) fn write_unseen(
    scope: &Scope,
    transaction: &mut Transaction,
    kind: &Kind,
    before: Option<&str>,
    after: Option<&str>,
) {
    if before == after {
        return;
    }
    let less = before.map(|connection| format!("{} :less", unseen_by(connection)));
    let more = after.map(|connection| format!("{} :more", unseen_by(connection)));
    let added: Vec<String> = less.iter().chain(&more).cloned().collect();
    let set = format!("SET amount = :zero ADD {}", added.join(", "));
    let mut set = Expression::new(set).with(":zero", number(0));
    if less.is_some() {
        set = set.with(":less", number(-1));
    }
    if more.is_some() {
        set = set.with(":more", number(1));
    }
    let shard = COUNT_SHARDS + rand::random_range(0..COUNT_SHARDS);
    transaction.update(scope.keys().count(kind, shard), set);
}

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

    /// Returns the number of resources of a kind that whoever asks sees, with one small query.
    ///
    /// # Errors
    /// Only table errors.
    pub(super) async fn count_seen(self, kind: &Kind) -> Result<u64, Error> {
        let Some(connection) = self.scope.actor.connection() else {
            return self.count(kind).await;
        };
        let unseen = unseen_by(connection);
        let range = Range::counts(self.scope.keys(), kind);
        let mut total: i64 = 0;
        for item in self.scope.table.query_all(range).await? {
            let less = item.get(&unseen).and_then(|less| less.as_n().ok());
            let less: i64 = less.and_then(|less| less.parse().ok()).unwrap_or_default();
            total += from_item::<Shard>(item)?.amount - less;
        }
        Ok(u64::try_from(total).unwrap_or_default())
    }
}
