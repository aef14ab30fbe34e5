//! The one call by which each request of an identity provider is authenticated, metered and stamped.

use aws_sdk_dynamodb::Error as DynamoDbError;
use aws_sdk_dynamodb::types::{
    ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure,
};
use jiff::Timestamp;

use crate::credentials::secret::{Purpose, TokenHash, TokenSecret};
use crate::credentials::tokens::TokenItem;
use crate::error::Error;
use crate::store::capacity;
use crate::store::item::{Item, from_item, key_item, number};
use crate::store::keys::TenantId;
use crate::store::table::Table;
use crate::tenant::RateLimit;

/// Who a request comes from; there is none without an accepted token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The tenant the token belongs to.
    pub tenant: TenantId,
    /// The token's id.
    pub token_id: String,
    /// The connection the token belongs to.
    pub connection_id: String,
    /// The request's id, for the journal and the log.
    pub request_id: String,
    /// For how many days its requests are kept in the request log.
    pub log_days: u32,
}

/// What the table says of a presented token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may go on.
    Accepted(Caller),
    /// It is good, but has used up its rate.
    Throttled {
        /// Who it is.
        caller: Caller,
        /// After how many seconds a request will pass; at least 1.
        retry_after_seconds: u32,
    },
    /// It is not good.
    Refused {
        /// Why.
        refusal: Refusal,
        /// Whose it was: known of a revoked or expired token, so that its tenant can be told.
        caller: Option<Caller>,
    },
}

/// Why a token is not good. The words are for the tenant's own log: who presents it is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has not the form or the checksum of a token.
    #[error("this is no token")]
    Malformed,
    /// No such token was ever issued.
    #[error("the token is unknown")]
    Unknown,
    /// It was revoked.
    #[error("the token was revoked")]
    Revoked,
    /// It has expired.
    #[error("the token has expired")]
    Expired,
}

impl Verdict {
    fn unknown(refusal: Refusal) -> Self {
        Self::Refused {
            refusal,
            caller: None,
        }
    }
}

/// The `lead_us` of a token without a limit: functions whose clocks differ never refuse each other's requests.
const UNMETERED_LEAD_US: i64 = -3_600_000_000;

/// What one request adds to `tat`, and where `allow_at` is after one request of an idle token, in microseconds.
pub(crate) fn meter_of(limit: Option<RateLimit>) -> (i64, i64) {
    limit.map_or((0, UNMETERED_LEAD_US), |limit| {
        let interval = 60_000_000 / i64::from(limit.per_minute.max(1));
        (interval, interval * (1 - i64::from(limit.burst)))
    })
}

/// The two ways a request is booked: on a token whose requests are all paid for, and on one in the middle of a burst.
#[derive(Clone, Copy)]
enum Booking {
    Idle,
    Burst,
}

/// Authenticates, meters and stamps: one `UpdateItem`, and a second only within a burst.
pub(crate) async fn authenticate(
    table: &Table,
    bearer: &str,
    request_id: &str,
) -> Result<Verdict, Error> {
    let Some(secret) = TokenSecret::parse_for(Purpose::Scim, bearer) else {
        return Ok(Verdict::unknown(Refusal::Malformed));
    };
    let tenant = secret.claimed_tenant();
    let now_us = Timestamp::now().as_microsecond();
    let caller = |item: TokenItem| Caller {
        tenant: tenant.clone(),
        token_id: item.id,
        connection_id: item.connection_id,
        request_id: request_id.to_owned(),
        log_days: item.keep_days,
    };
    let mut booking = Booking::Idle;
    // Concurrent requests of one token move it between idle and burst under our eyes; a handful of turns is plenty.
    for _ in 0..8 {
        let item = match book(table, tenant, &secret.hash(), now_us, booking).await? {
            Ok(item) => return Ok(Verdict::Accepted(caller(item))),
            Err(None) => return Ok(Verdict::unknown(Refusal::Unknown)),
            Err(Some(item)) => item,
        };
        if let Some(refusal) = item.refusal(now_us) {
            let caller = Some(caller(item));
            return Ok(Verdict::Refused { refusal, caller });
        }
        if item.allow_at > now_us {
            let seconds = (item.allow_at - now_us + 999_999) / 1_000_000;
            let retry_after_seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
            return Ok(Verdict::Throttled {
                caller: caller(item),
                retry_after_seconds,
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

/// Books one request if the token is good and the booking fits; else the item as it is, if there is one.
async fn book(
    table: &Table,
    tenant: &TenantId,
    hash: &TokenHash,
    now_us: i64,
    booking: Booking,
) -> Result<Result<TokenItem, Option<TokenItem>>, Error> {
    let good = "attribute_exists(PK) AND attribute_not_exists(revoked_us) \
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
    let sent = table
        .client
        .update_item()
        .table_name(&table.name)
        .set_key(Some(key_item(&tenant.tokens().at(&hash.0))))
        .update_expression(set)
        .condition_expression(format!("{good} AND {fits}"))
        .expression_attribute_values(":now", number(now_us))
        .return_values(ReturnValue::AllNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .await;
    match sent.map_err(DynamoDbError::from) {
        Ok(output) => {
            capacity::write(output.consumed_capacity());
            let item: Item = output
                .attributes
                .ok_or_else(|| Error::corrupt("no attributes returned"))?;
            Ok(Ok(from_item(item)?))
        }
        Err(DynamoDbError::ConditionalCheckFailedException(failed)) => {
            Ok(Err(failed.item.map(from_item).transpose()?))
        }
        Err(error) => Err(error.into()),
    }
}
