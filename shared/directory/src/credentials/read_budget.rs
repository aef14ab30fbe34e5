//! What the requests of a token or a session may read: a budget of read units per minute.
//!
//! A request that has read much charges its token or its session afterwards, with one call more; all others cost nothing for it. The
//! units become time, as requests do in `gcra`: whoever is charged waits once what it has read is worth more than a minute. The
//! call that books the next request checks that, so nobody pays for the check.

use std::time::Duration;

use rollcall_model::clock::time;
use rollcall_store::{Error, Expression, Key, Table, Updated, number};

use crate::credentials::authenticate::item_of;
use crate::credentials::handle::Credentials;
use crate::credentials::secret::{Purpose, TokenSecret};

/// Requests that consume no more read units than this are not charged: the rate limit bounds them.
const FREE_UNITS: f64 = 50.0;
/// For how long a token may read in advance, in microseconds.
const ADVANCE_US: i64 = 60_000_000;
/// The maximum number of attempts while other requests charge the same token.
const MAX_ATTEMPTS: usize = 8;

/// Whether the token still pays for earlier requests.
#[derive(Clone, Copy)]
enum Manner {
    Idle,
    Paying,
}

impl Credentials<'_> {
    /// Charges a token, the OAuth client of an access token, or a session with the read units that one of its requests has
    /// consumed, if these are many. `budget` is how many its requests may consume per minute.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn charge_reads(self, bearer: &str, budget: u32, units: f64) -> Result<(), Error> {
        let (keys, tenant) = (self.scope.keys(), &self.scope.tenant);
        let session = TokenSecret::parse_for(Purpose::Session, bearer);
        let key = match session.filter(|secret| secret.claimed_tenant() == tenant) {
            Some(secret) => Some(keys.sessions().at(secret.hash().0)),
            None => item_of(keys, tenant, bearer),
        };
        match key {
            Some(key) => charge_item(&self.scope.table, &key, budget, units).await,
            None => Ok(()),
        }
    }
}

/// Charges the item of a token or a session with read units, if these are many.
async fn charge_item(table: &Table, key: &Key, budget: u32, units: f64) -> Result<(), Error> {
    if units <= FREE_UNITS || units.is_nan() {
        return Ok(());
    }
    let cost_us = worth_us(units, budget);
    let mut manner = Manner::Idle;
    for _ in 0..MAX_ATTEMPTS {
        let (set, condition) = charge(manner, cost_us, budget);
        match table.update_if(key, &set, &condition).await? {
            Updated::Done(_) | Updated::Absent => return Ok(()),
            Updated::Unchanged(_) => {}
        }
        manner = match manner {
            Manner::Idle => Manner::Paying,
            Manner::Paying => Manner::Idle,
        };
    }
    Err(Error::Busy(None))
}

/// Returns the time in which the budget pays for these units, in microseconds.
fn worth_us(units: f64, budget: u32) -> i64 {
    let minutes = units / f64::from(budget.max(1));
    let worth = Duration::try_from_secs_f64(minutes * 60.0).unwrap_or_default();
    i64::try_from(worth.as_micros()).unwrap_or(i64::MAX)
}

fn charge(manner: Manner, cost_us: i64, budget: u32) -> (Expression, Expression) {
    let start = time().as_microsecond() - ADVANCE_US;
    let (set, condition) = match manner {
        Manner::Idle => (
            Expression::new("SET reads_allow_at = :allow_at, reads_budget = :budget")
                .with(":allow_at", number(start.saturating_add(cost_us))),
            "attribute_exists(PK) AND (attribute_not_exists(reads_allow_at) OR reads_allow_at <= :start OR reads_budget <> :budget)",
        ),
        Manner::Paying => (
            Expression::new("SET reads_allow_at = reads_allow_at + :cost, reads_budget = :budget")
                .with(":cost", number(cost_us)),
            "reads_allow_at > :start AND reads_budget = :budget",
        ),
    };
    let condition = Expression::new(condition).with(":start", number(start));
    (set.with(":budget", number(budget)), condition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_pays_for_itself_in_a_minute() {
        for (units, budget, seconds) in [
            (120_000.0, 120_000, 60),
            (60_000.0, 120_000, 30),
            (4_000.0, 1_000, 240),
            (100.0, 0, 6_000),
        ] {
            assert_eq!(worth_us(units, budget), seconds * 1_000_000, "{units}");
        }
        assert_eq!(worth_us(f64::NAN, 1), 0);
    }
}
