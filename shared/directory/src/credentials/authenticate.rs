//! Authenticates each request of an identity provider, books it on the token's meter and stamps the token, in one call.

use jiff::Timestamp;
use rollcall_model::TenantId;
use rollcall_store::{Error, Expression, Key, Keys, Table, Updated, from_item, number};

use crate::credentials::secret::{Purpose, TokenSecret};
use crate::credentials::token_item::{Refusal, TokenItem};

/// The maximum number of attempts to book a request while concurrent requests of the token change its meter.
const MAX_BOOKINGS: usize = 8;

/// Who sends a request: the owner of the token that it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The tenant that the token belongs to.
    pub tenant: TenantId,
    /// The token's id.
    pub token_id: String,
    /// The id of the connection that the token belongs to.
    pub connection_id: String,
    /// The request's id, for the journal and the log.
    pub request_id: String,
    /// Days for which the token's requests are kept in the request log.
    pub log_days: u32,
}

/// The result of authenticating a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The token is accepted.
    Accepted(Caller),
    /// The token is valid, but has reached its rate limit.
    Throttled {
        /// Whose token it is.
        caller: Caller,
        /// Seconds until the next request is accepted; at least 1.
        retry_after_seconds: u32,
    },
    /// The token is not accepted.
    Refused {
        /// Why.
        refusal: Refusal,
        /// Whose token it was, if it was revoked or has expired: the tenant's request log shows the refusal.
        caller: Option<Caller>,
    },
}

impl Verdict {
    fn unknown(refusal: Refusal) -> Self {
        Self::Refused {
            refusal,
            caller: None,
        }
    }
}

/// The two ways to book a request: on an idle token, whose earlier requests are all paid for, and within a burst.
#[derive(Clone, Copy)]
enum Booking {
    Idle,
    Burst,
}

/// Authenticates, books and stamps with one `UpdateItem`. Only a burst needs a second one, or more if concurrent
/// requests change the meter.
pub(crate) async fn authenticate(
    table: &Table,
    bearer: &str,
    request_id: &str,
) -> Result<Verdict, Error> {
    let Some(secret) = TokenSecret::parse_for(Purpose::Scim, bearer) else {
        return Ok(Verdict::unknown(Refusal::Malformed));
    };
    let tenant = secret.claimed_tenant();
    let key = Keys::of(tenant).tokens().at(secret.hash().0);
    let now_us = Timestamp::now().as_microsecond();
    let caller = |item: TokenItem| Caller {
        tenant: tenant.clone(),
        token_id: item.id,
        connection_id: item.connection_id,
        request_id: request_id.to_owned(),
        log_days: item.keep_days,
    };
    let mut booking = Booking::Idle;
    for _ in 0..MAX_BOOKINGS {
        let item: TokenItem = match book(table, &key, now_us, booking).await? {
            Updated::Done(item) => return Ok(Verdict::Accepted(caller(from_item(item)?))),
            Updated::Absent => return Ok(Verdict::unknown(Refusal::Unknown)),
            Updated::Unchanged(item) => from_item(item)?,
        };
        if let Some(refusal) = item.refusal(now_us) {
            let caller = Some(caller(item));
            return Ok(Verdict::Refused { refusal, caller });
        }
        if item.allow_at > now_us {
            let seconds = (item.allow_at - now_us + 999_999) / 1_000_000;
            return Ok(Verdict::Throttled {
                caller: caller(item),
                retry_after_seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
            });
        }
        booking = if item.tat > now_us {
            Booking::Burst
        } else {
            Booking::Idle
        };
    }
    Err(Error::Busy(None))
}

/// Books one request if the token is valid and its meter is in the state that the booking expects.
async fn book(table: &Table, key: &Key, now_us: i64, booking: Booking) -> Result<Updated, Error> {
    let valid = "attribute_exists(PK) AND attribute_not_exists(revoked_us) \
                 AND (attribute_not_exists(ends_us) OR ends_us > :now)";
    let (set, fits) = match booking {
        Booking::Idle => (
            "SET tat = :now + cost_us, allow_at = :now + lead_us, used_us = :now",
            "tat <= :now",
        ),
        Booking::Burst => (
            "SET tat = tat + cost_us, allow_at = allow_at + cost_us, used_us = :now",
            "tat > :now AND allow_at <= :now",
        ),
    };
    let set = Expression::new(set).with(":now", number(now_us));
    let condition = Expression::new(format!("{valid} AND {fits}"));
    table.update_if(key, &set, &condition).await
}
