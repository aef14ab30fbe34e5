//! The primary key of an item, and its partition.

use rollcall_model::TenantId;

/// The suffix of the partition of checkpoints. It ends as that of the journal does, so that the table's stream takes
/// checkpoints to the relay with the same filter.
pub(crate) const CHECKPOINTS: &str = "#F#J";

/// The partition key of an item collection.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition(String);

impl Partition {
    /// Returns the partition key as stored in `PK`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the partition with a stored partition key.
    pub(crate) fn stored(partition: &str) -> Self {
        Self(partition.to_owned())
    }

    /// Returns the tenant whose journal has this partition key; `None` for any other partition key.
    pub fn journal_of(partition: &str) -> Option<TenantId> {
        let tenant = partition.strip_prefix("T#")?.strip_suffix("#J")?;
        tenant.parse().ok()
    }

    /// Returns the tenant whose checkpoints have this partition key; `None` for any other partition key.
    pub fn checkpoints_of(partition: &str) -> Option<TenantId> {
        let tenant = partition.strip_prefix("T#")?.strip_suffix(CHECKPOINTS)?;
        tenant.parse().ok()
    }

    /// Returns the primary key of the item with this sort key.
    pub fn at(&self, sort: impl Into<String>) -> Key {
        Key {
            partition: self.clone(),
            sort: sort.into(),
        }
    }
}

/// The primary key of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub(crate) partition: Partition,
    pub(crate) sort: String,
}

impl Key {
    /// Returns the sort key.
    pub fn sort(&self) -> &str {
        &self.sort
    }
}
