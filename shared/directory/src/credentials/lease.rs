//! Things to be done once for an event that may be delivered often: claimed, done, and marked as done.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::resources::record::now;
use crate::store::item::{from_item, number, to_item};
use crate::store::transaction::{Expression, Guard, Transaction};
use crate::tenant::Tenant;

/// How long it is remembered; no event is delivered that late.
const REMEMBERED: Duration = Duration::from_secs(30 * 86_400);

/// Whose a thing to be done is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The caller's: do it, then call [`Tenant::done`].
    Ours,
    /// Somebody is at it, or died over it not long ago.
    Theirs,
    /// Nobody's: it is done.
    Done,
}

#[derive(Debug, Serialize, Deserialize)]
struct ClaimItem {
    /// Until when the claim holds, in seconds since 1970; for ever once it is done.
    claimed_until: i64,
    #[serde(default)]
    done: bool,
    expires: i64,
}

impl ClaimItem {
    fn until(claimed_until: i64, done: bool) -> Self {
        let kept = i64::try_from(REMEMBERED.as_secs()).unwrap_or(i64::MAX);
        Self {
            claimed_until,
            done,
            expires: now().as_second().saturating_add(kept),
        }
    }
}

impl Tenant {
    /// Claims a thing to be done. Who neither does it nor dies within `lease` may see it done twice.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn claim(&self, thing: &str, lease: Duration) -> Result<Claim, Error> {
        let key = self.id.claims().at(thing);
        let at = now().as_second();
        let item = self.table.get(&key).await?;
        let free = match item.map(from_item::<ClaimItem>).transpose()? {
            Some(claim) if claim.done => return Ok(Claim::Done),
            Some(claim) if claim.claimed_until > at => return Ok(Claim::Theirs),
            Some(claim) => Expression::new("claimed_until = :read_until")
                .with(":read_until", number(claim.claimed_until)),
            None => Expression::absent(),
        };
        let lease = i64::try_from(lease.as_secs()).unwrap_or(i64::MAX);
        let claim = ClaimItem::until(at.saturating_add(lease), false);
        let mut transaction = Transaction::default();
        transaction.put_if(to_item(&key, &claim)?, free, Guard::Stale);
        match self.table.transact(&transaction).await?.is_empty() {
            true => Ok(Claim::Ours),
            false => Ok(Claim::Theirs),
        }
    }

    /// Marks a thing as done for good.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn done(&self, thing: &str) -> Result<(), Error> {
        let claim = ClaimItem::until(now().as_second(), true);
        self.table
            .put(to_item(&self.id.claims().at(thing), &claim)?)
            .await
    }
}
