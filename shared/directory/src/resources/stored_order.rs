//! The order of a walk by cursors over sorted resources, stored when it begins.
//!
//! So a later page reads what it shows and no more, nobody is missing or comes twice because others change, and a
//! cursor need not carry what it sorts by.

use jiff::Timestamp;
use rollcall_scim as scim;
use rollcall_store::{Error, Key, from_item, to_item};
use serde::{Deserialize, Serialize};

use crate::resources::handle::Resources;

/// How many ids an item has. A page of the maximum size needs two items at most.
const IDS_AT_ONCE: usize = 1_000;
/// How long a walk can last, in seconds.
const LIFETIME_SECONDS: i64 = 24 * 3_600;

/// A part of an order.
#[derive(Debug, Serialize, Deserialize)]
struct Part {
    /// The place of the kind among those of the query, and the id.
    ids: Vec<(usize, String)>,
    expires: i64,
}

/// A unique name after which a page starts.
#[derive(Debug, Serialize, Deserialize)]
struct Behind {
    behind: String,
    expires: i64,
}

impl Resources<'_> {
    /// Stores the part of an order that is not shown yet.
    pub(super) async fn store_order(
        self,
        walk: &str,
        order: &[(usize, String)],
        shown: usize,
    ) -> Result<(), Error> {
        let expires = Timestamp::now().as_second() + LIFETIME_SECONDS;
        let parts = order.chunks(IDS_AT_ONCE).enumerate();
        let items = parts.skip(shown / IDS_AT_ONCE).map(|(number, ids)| {
            let ids = ids.to_vec();
            to_item(&self.part_of_order(walk, number), &Part { ids, expires })
        });
        let items: Vec<_> = items.collect::<Result<_, _>>()?;
        self.scope.table.batch_put(items).await
    }

    /// Reads at most `count` kinds and ids of a stored order.
    ///
    /// # Errors
    /// `expiredCursor` when the order is gone.
    pub(super) async fn stored_order(
        self,
        walk: &str,
        from: usize,
        count: usize,
    ) -> Result<Vec<(usize, String)>, Error> {
        let parts = from / IDS_AT_ONCE..=(from + count).saturating_sub(1) / IDS_AT_ONCE;
        let mut found = Vec::new();
        for number in parts {
            match self
                .scope
                .table
                .get(&self.part_of_order(walk, number))
                .await?
            {
                Some(item) => found.extend(from_item::<Part>(item)?.ids),
                // The last page can end where a part ends.
                None if !found.is_empty() => break,
                None => return Err(scim::Error::ExpiredCursor.into()),
            }
        }
        let skipped = found.into_iter().skip(from % IDS_AT_ONCE);
        Ok(skipped.take(count).collect())
    }

    /// Stores a name. Returns the id of the item.
    pub(super) async fn store_name(self, id: &str, behind: String) -> Result<(), Error> {
        let expires = Timestamp::now().as_second() + LIFETIME_SECONDS;
        let item = to_item(&self.name_of_walk(id), &Behind { behind, expires })?;
        self.scope.table.put(item).await
    }

    /// Reads a stored name.
    ///
    /// # Errors
    /// `expiredCursor` when it is gone.
    pub(super) async fn stored_name(self, id: &str) -> Result<String, Error> {
        match self.scope.table.get(&self.name_of_walk(id)).await? {
            Some(item) => Ok(from_item::<Behind>(item)?.behind),
            None => Err(scim::Error::ExpiredCursor.into()),
        }
    }

    fn part_of_order(self, walk: &str, number: usize) -> Key {
        let cursors = self.scope.keys().page_cursors();
        cursors.at(format!("ORDER#{walk}#{number:06}"))
    }

    fn name_of_walk(self, id: &str) -> Key {
        self.scope.keys().page_cursors().at(format!("NAME#{id}"))
    }
}
