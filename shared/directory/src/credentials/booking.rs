//! Books a request on a meter in the table with one `UpdateItem`. Only a burst needs a second one, or more if
//! concurrent requests change the meter.

use rollcall_store::{Error, Expression, Key, Table, Updated, from_item, number};
use serde::de::DeserializeOwned;

/// The maximum number of attempts to book a request while concurrent requests change the meter.
const MAX_ATTEMPTS: usize = 8;

/// An item that is a meter. Its attributes `tat`, `allow_at`, `cost_us` and `lead_us` are those of `gcra`.
pub(super) trait Metered: DeserializeOwned {
    /// The condition under which a request can be booked. `:now` is the time.
    const VALID: &str;
    /// More assignments of the update, each after a comma.
    const STAMP: &str;
    /// A further condition of a request, after an `AND`. [`Metered::state`] knows until when it does not hold.
    const ALLOWED: &str;

    /// Returns whether [`Metered::VALID`] holds for the item.
    fn is_valid(&self, now_us: i64) -> bool;

    /// Returns the state of the meter.
    fn state(&self) -> State;
}

/// The state of a meter, in microseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// The time at which all requests so far are paid for.
    pub(super) tat: i64,
    /// The time from which the next request is allowed.
    pub(super) allow_at: i64,
}

impl State {
    /// Returns the seconds until the next request is allowed, at least 1; `None` if it is allowed now.
    pub(super) fn seconds_to_wait(self, now_us: i64) -> Option<u32> {
        let wait = self.allow_at.checked_sub(now_us).filter(|wait| *wait > 0)?;
        Some(u32::try_from((wait + 999_999) / 1_000_000).unwrap_or(u32::MAX))
    }
}

/// The result of booking a request.
#[derive(Debug)]
pub(super) enum Booked<T> {
    /// The request is booked. The item is the one after that.
    Done(T),
    /// The meter has reached its limit.
    Throttled {
        /// The item.
        item: T,
        /// Seconds until the next request is allowed; at least 1.
        seconds: u32,
    },
    /// The item does not allow any request.
    Invalid(T),
    /// There is no item.
    Absent,
}

/// The two ways to book a request: on an idle meter, whose earlier requests are all paid for, and within a burst.
#[derive(Clone, Copy)]
enum Manner {
    Idle,
    Burst,
}

/// Books one request.
pub(super) async fn book<T: Metered>(
    table: &Table,
    key: &Key,
    now_us: i64,
) -> Result<Booked<T>, Error> {
    let mut manner = Manner::Idle;
    for _ in 0..MAX_ATTEMPTS {
        let item: T = match attempt::<T>(table, key, now_us, manner).await? {
            Updated::Done(item) => return Ok(Booked::Done(from_item(item)?)),
            Updated::Absent => return Ok(Booked::Absent),
            Updated::Unchanged(item) => from_item(item)?,
        };
        if !item.is_valid(now_us) {
            return Ok(Booked::Invalid(item));
        }
        let state = item.state();
        if let Some(seconds) = state.seconds_to_wait(now_us) {
            return Ok(Booked::Throttled { item, seconds });
        }
        manner = match state.tat > now_us {
            true => Manner::Burst,
            false => Manner::Idle,
        };
    }
    Err(Error::Busy(None))
}

/// Takes back a request that was booked on a limited meter and refused for another reason.
pub(super) async fn take_back(table: &Table, key: &Key) -> Result<(), Error> {
    let set = Expression::new("SET tat = tat - cost_us, allow_at = allow_at - cost_us");
    let is_limited = Expression::new("cost_us > :free").with(":free", number(0));
    table.update_if(key, &set, &is_limited).await.map(|_| ())
}

async fn attempt<T: Metered>(
    table: &Table,
    key: &Key,
    now_us: i64,
    manner: Manner,
) -> Result<Updated, Error> {
    let (set, fits) = match manner {
        // Without a limit, concurrent requests whose clocks differ are no burst.
        Manner::Idle => (
            "SET tat = :now + cost_us, allow_at = :now + lead_us",
            "(tat <= :now OR cost_us = :free)",
        ),
        Manner::Burst => (
            "SET tat = tat + cost_us, allow_at = allow_at + cost_us",
            "tat > :now AND allow_at <= :now AND cost_us > :free",
        ),
    };
    let set = Expression::new(format!("{set}{}", T::STAMP)).with(":now", number(now_us));
    let condition = format!("{} AND {fits}{}", T::VALID, T::ALLOWED);
    let condition = Expression::new(condition).with(":free", number(0));
    table.update_if(key, &set, &condition).await
}
