//! Leases: work that must be done once for an event that may be delivered more than once. A worker leases the work,
//! does it, and marks it as done.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_store::{Error, Expression, Guard, Transaction, from_item, now, number, to_item};
use serde::{Deserialize, Serialize};

use crate::credentials::handle::Credentials;

/// How long a lease is stored. No event is delivered that late.
const REMEMBERED: Duration = Duration::from_secs(30 * 86_400);

/// Who has to do the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lease {
    /// The caller. Do the work, then call [`Credentials::done`].
    Ours,
    /// Another worker, whose lease has not ended. It is at work, or has failed.
    Theirs,
    /// Nobody: the work is done, or its tenant was deleted.
    Done,
}

#[derive(Debug, Serialize, Deserialize)]
struct LeaseItem {
    /// The end of the lease, in seconds since 1970.
    claimed_until: i64,
    #[serde(default)]
    done: bool,
    expires: i64,
}

impl LeaseItem {
    fn until(claimed_until: i64, done: bool) -> Self {
        let kept = i64::try_from(REMEMBERED.as_secs()).unwrap_or(i64::MAX);
        Self {
            claimed_until,
            done,
            expires: now().as_second().saturating_add(kept),
        }
    }
}

impl Credentials<'_> {
    /// Leases a piece of work for `duration`. If the holder is still at work after that time, the work may be done
    /// twice.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn lease(self, work: &str, duration: Duration) -> Result<Lease, Error> {
        let key = self.scope.keys().leases().at(work);
        let at = now().as_second();
        let item = self.scope.table.get(&key).await?;
        let free = match item.map(from_item::<LeaseItem>).transpose()? {
            Some(lease) if lease.done => return Ok(Lease::Done),
            Some(lease) if lease.claimed_until > at => return Ok(Lease::Theirs),
            Some(lease) => Expression::new("claimed_until = :read_until")
                .with(":read_until", number(lease.claimed_until)),
            None => Expression::absent(),
        };
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        let lease = LeaseItem::until(at.saturating_add(seconds), false);
        let mut transaction = Transaction::default();
        transaction.put_if(to_item(&key, &lease)?, free, Guard::Stale);
        // An event can arrive again after its tenant was erased.
        self.scope.check_alive(&mut transaction);
        let failed = self.scope.table.transact(&transaction).await?;
        Ok(match failed.is_empty() {
            true => Lease::Ours,
            false if failed.contains(&Guard::Gone) => Lease::Done,
            false => Lease::Theirs,
        })
    }

    /// Takes a turn at work that may begin once in `every`, and returns `None`. If it is too early, returns the number of
    /// seconds until the next turn, at least 1.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn turn(self, work: &str, every: Duration) -> Result<Option<u32>, Error> {
        if self.lease(work, every).await? == Lease::Ours {
            return Ok(None);
        }
        let key = self.scope.keys().leases().at(work);
        let item = self.scope.table.get(&key).await?;
        let lease = item.map(from_item::<LeaseItem>).transpose()?;
        let left = lease.map_or(0, |lease| lease.claimed_until - now().as_second());
        Ok(Some(u32::try_from(left).unwrap_or_default().max(1)))
    }

    /// Marks a piece of work that was leased as done. Does nothing if the lease was erased with its tenant.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn done(self, work: &str) -> Result<(), Error> {
        let lease = LeaseItem::until(now().as_second(), true);
        let key = self.scope.keys().leases().at(work);
        let set = Expression::new("SET claimed_until = :until, done = :done, expires = :expires")
            .with(":until", number(lease.claimed_until))
            .with(":done", AttributeValue::Bool(lease.done))
            .with(":expires", number(lease.expires));
        let leased = Expression::present();
        self.scope.table.update_if(&key, &set, &leased).await?;
        Ok(())
    }
}
