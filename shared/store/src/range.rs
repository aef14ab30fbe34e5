//! The range of items that a query reads.

use rollcall_model::Kind;

use crate::journal_keys::PLACED;
use crate::keys::{CONNECTION, Keys, MAPPING};
use crate::partition::Partition;

/// DynamoDB's limit on the length of a sort key.
const MAX_SORT_BYTES: usize = 1_024;

/// The items of a partition that a query reads, and their order.
#[derive(Clone, Debug)]
pub struct Range {
    pub(crate) partition: Partition,
    pub(crate) prefix: Option<String>,
    pub(crate) floor: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) descending: bool,
    pub(crate) limit: Option<i32>,
    pub(crate) only: Option<&'static str>,
}

impl Range {
    /// Returns the range of all items of a partition.
    pub fn all(partition: Partition) -> Self {
        Self {
            partition,
            prefix: None,
            floor: None,
            after: None,
            descending: false,
            limit: None,
            only: None,
        }
    }

    /// Returns the range of the items of a partition whose sort keys begin with `prefix`.
    pub fn prefix(partition: Partition, prefix: impl Into<String>) -> Self {
        Self {
            prefix: Some(prefix.into()).filter(|p| !p.is_empty()),
            ..Self::all(partition)
        }
    }

    /// Returns the range of the items of a partition whose sort keys are greater than `floor`.
    pub fn above(partition: Partition, floor: impl Into<String>) -> Self {
        Self {
            floor: Some(floor.into()),
            ..Self::all(partition)
        }
    }

    /// Returns the range of the connections of a tenant.
    pub fn connections(keys: Keys<'_>) -> Self {
        Self::prefix(keys.config(), CONNECTION)
    }

    /// Returns the range of the role mappings of a tenant.
    pub fn mappings(keys: Keys<'_>) -> Self {
        Self::prefix(keys.config(), MAPPING)
    }

    /// Returns the range of the shards of the counter of a kind.
    pub fn counts(keys: Keys<'_>, kind: &Kind) -> Self {
        Self::prefix(keys.counts(), format!("{}#", kind.code))
    }

    /// Returns the range of the events of a tenant's feed.
    pub fn events(keys: Keys<'_>) -> Self {
        // Sequence numbers are padded with zeros. The sort keys of the other items of the partition begin with a
        // letter.
        Self::prefix(keys.feed(), "0")
    }

    /// Returns the range of what is known about the places of a tenant's journal entries: first the item of
    /// [`Keys::all_placed`], then the entries that were set aside and have no room in it.
    pub fn places(keys: Keys<'_>) -> Self {
        Self::prefix(keys.feed(), PLACED)
    }

    /// Starts after the item with this sort key, in the order of the range.
    ///
    /// Clients send the key back as a cursor, so it can have any value. If it cannot be in the range, it is ignored,
    /// and the range starts at its beginning: so the console shows the list. The API refuses such a cursor before.
    pub fn after(mut self, sort: Option<String>) -> Self {
        let beginning = self.prefix.as_deref().unwrap_or_default();
        let is_within = |sort: &String| {
            (1..=MAX_SORT_BYTES).contains(&sort.len())
                && sort.starts_with(beginning)
                && self.floor.as_ref().is_none_or(|floor| floor < sort)
        };
        self.after = sort.filter(is_within);
        self
    }

    /// Sets whether the range is in descending order of sort keys.
    pub fn descending(mut self, descending: bool) -> Self {
        self.descending = descending;
        self
    }

    /// Reads only these attributes of the items, separated by commas. It costs the same units and less time.
    pub fn only(mut self, attributes: &'static str) -> Self {
        self.only = Some(attributes);
        self
    }

    /// Limits the number of items per query call.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(i32::try_from(limit).unwrap_or(i32::MAX));
        self
    }
}
