//! Checkpoints of the feed: which hash the last event had at a time. They go to the event bus, from where they can be kept
//! out of the operator's reach: whoever can write to the table can compute the whole chain anew, but not one that leads to
//! a checkpoint that is kept elsewhere.
//!
//! The hourly pass writes a checkpoint as an item, and the table's stream takes it to the relay, which sends it. So a bus
//! that is unavailable delays checkpoints and does not lose them. They are not in the feed themselves.

use jiff::Timestamp;
use rollcall_model::TenantId;
use rollcall_store::{Error, Transaction, from_item, now, to_item};
use serde::{Deserialize, Serialize};

use crate::journal::handle::Journal;

/// The days after which a checkpoint expires: long after the stream has delivered it.
const KEEP_DAYS: i64 = 30;

/// The last event of a tenant's feed at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The tenant.
    pub tenant: TenantId,
    /// The sequence number of the last event.
    pub sequence: u64,
    /// Its hash, in hexadecimal.
    pub hash: String,
    /// When it was the last event.
    pub at: Timestamp,
}

/// A checkpoint as it is stored, under its sequence number.
#[derive(Debug, Serialize, Deserialize)]
struct CheckpointItem {
    hash: String,
    at: Timestamp,
    /// For DynamoDB's time to live.
    expires: i64,
}

impl Journal<'_> {
    /// Writes a checkpoint if there is none of the last event yet. Returns whether it did.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn take_checkpoint(self) -> Result<bool, Error> {
        let (keys, table) = (self.scope.keys(), &self.scope.table);
        let head = self.head().await?;
        let key = keys.checkpoint(head.given);
        let Some(hash) = head.hash() else {
            return Ok(false);
        };
        if table.get(&key).await?.is_some() {
            return Ok(false);
        }
        let at = now();
        let expires = at.as_second() + KEEP_DAYS * 86_400;
        let mut transaction = Transaction::default();
        transaction.put(to_item(&key, &CheckpointItem { hash, at, expires })?);
        self.scope.check_alive(&mut transaction);
        table.transact(&transaction).await?;
        Ok(true)
    }

    /// Returns the checkpoint of the event with this sequence number, if there is one.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn checkpoint(self, sequence: u64) -> Result<Option<Checkpoint>, Error> {
        let key = self.scope.keys().checkpoint(sequence);
        let item = self.scope.table.get(&key).await?;
        let item = item.map(from_item::<CheckpointItem>).transpose()?;
        Ok(item.map(|item| Checkpoint {
            tenant: self.scope.tenant.clone(),
            sequence,
            hash: item.hash,
            at: item.at,
        }))
    }
}
