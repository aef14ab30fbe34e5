//! Tokens of connections: issued, revoked, and the one call by which each request is authenticated and metered.

use aws_sdk_dynamodb::Error as DynamoDbError;
use aws_sdk_dynamodb::types::{
    ReturnConsumedCapacity, ReturnValue, ReturnValuesOnConditionCheckFailure,
};
use jiff::Timestamp;
use rollcall_scim as scim;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cost;
use crate::error::Error;
use crate::journal::Subject;
use crate::keys::TenantId;
use crate::record::now;
use crate::secret::{Purpose, TokenHash, TokenSecret};
use crate::table::{Item, Range, Table, from_item, key_item, number, to_item};
use crate::tenant::{RateLimit, Tenant};
use crate::transaction::{Expression, Guard, Transaction};

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

/// A token as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: String,
    /// The connection it belongs to.
    pub connection_id: String,
    /// What the admin calls it.
    pub label: String,
    /// Its first characters.
    pub prefix: String,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it was last accepted.
    pub last_used_at: Option<Timestamp>,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// Since when it is refused.
    pub revoked_at: Option<Timestamp>,
}

/// A new token, with the only showing of its plain text.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The token as lists show it.
    pub token: Token,
    /// The plain text.
    pub secret: TokenSecret,
}

/// A token as the table holds it. Times are microseconds since 1970, as the meter computes with them.
///
/// The meter is GCRA: `tat` is the time at which all requests so far are paid for, one `interval` each, and `allow_at`
/// is `tat` less the burst: before it, a request is refused. Both move in the same update.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TokenItem {
    #[serde(rename = "SK")]
    hash: String,
    id: String,
    connection_id: String,
    title: String,
    shown: String,
    created_us: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    used_us: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_us: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_us: Option<i64>,
    tat: i64,
    allow_at: i64,
    /// What one request adds to `tat`.
    cost_us: i64,
    /// `allow_at` less now, after one request of an idle token.
    lead_us: i64,
    /// How long the requests made with it are kept in the log.
    keep_days: u32,
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

impl TokenItem {
    pub(crate) fn is_live_of(&self, connection: &str) -> bool {
        self.connection_id == connection && self.revoked_us.is_none()
    }

    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }

    /// Why the token is no longer good.
    fn refusal(&self, now_us: i64) -> Option<Refusal> {
        if self.revoked_us.is_some() {
            return Some(Refusal::Revoked);
        }
        let expired = self.ends_us.is_some_and(|end| end <= now_us);
        expired.then_some(Refusal::Expired)
    }

    fn token(self) -> Token {
        let time = |us: i64| Timestamp::from_microsecond(us).unwrap_or_default();
        Token {
            id: self.id,
            connection_id: self.connection_id,
            label: self.title,
            prefix: self.shown,
            created_at: time(self.created_us),
            last_used_at: self.used_us.map(time),
            expires_at: self.ends_us.map(time),
            revoked_at: self.revoked_us.map(time),
        }
    }
}

impl Tenant {
    /// Issues a token. A tenant may have any number, so that rotation overlaps.
    ///
    /// # Errors
    /// `404` when there is no such connection.
    pub async fn issue_token(
        &self,
        connection_id: &str,
        label: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<IssuedToken, Error> {
        let secret = TokenSecret::generate(Purpose::Scim, &self.id);
        let created = now();
        let settings = self.settings().await?;
        let (cost_us, lead_us) = meter_of(settings.rate_limit);
        let item = TokenItem {
            hash: secret.hash().0,
            id: Uuid::now_v7().to_string(),
            connection_id: connection_id.to_owned(),
            title: label.to_owned(),
            shown: secret.shown_prefix(),
            created_us: created.as_microsecond(),
            used_us: None,
            ends_us: expires_at.map(Timestamp::as_microsecond),
            revoked_us: None,
            tat: 0,
            allow_at: 0,
            cost_us,
            lead_us,
            keep_days: settings.retention_days,
        };
        let subject = Subject {
            kind: "token".into(),
            id: item.id.clone(),
            name: label.to_owned(),
        };
        let mut transaction = Transaction::default();
        let key = self.id.tokens().at(&item.hash);
        transaction.put_if(to_item(&key, &item)?, Expression::absent(), Guard::Stale);
        transaction.put(self.entry("token.created", subject).to_item(&self.id)?);
        // A token must not outlive its connection.
        transaction.check(
            self.id.connection(connection_id),
            Expression::present(),
            Guard::Stale,
        );
        if !self.table.transact(&transaction).await?.is_empty() {
            self.connection(connection_id).await?;
            return Err(Error::Busy(None));
        }
        Ok(IssuedToken {
            token: item.token(),
            secret,
        })
    }

    /// Every token, revoked ones too.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn tokens(&self) -> Result<Vec<Token>, Error> {
        Ok(self
            .token_items()
            .await?
            .into_iter()
            .map(TokenItem::token)
            .collect())
    }

    /// The tokens of one connection, revoked ones too.
    ///
    /// # Errors
    /// `404` when there is no such connection.
    pub async fn tokens_of(&self, connection: &str) -> Result<Vec<Token>, Error> {
        self.connection(connection).await?;
        let mut tokens = self.tokens().await?;
        tokens.retain(|token| token.connection_id == connection);
        tokens.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(tokens)
    }

    /// Refuses the token from its next request on. Revoking again changes nothing.
    ///
    /// # Errors
    /// `404` when the tenant has no such token.
    pub async fn revoke_token(&self, id: &str) -> Result<(), Error> {
        let found = self
            .token_items()
            .await?
            .into_iter()
            .find(|item| item.id == id);
        let item = found.ok_or_else(|| scim::Error::NotFound {
            what: format!("token `{id}`"),
        })?;
        if item.revoked_us.is_some() {
            return Ok(());
        }
        let mut transaction = Transaction::default();
        self.write_revocation(&mut transaction, &item)?;
        self.commit(&transaction).await
    }

    /// The writes by which one token is refused from its next request on.
    pub(crate) fn write_revocation(
        &self,
        transaction: &mut Transaction,
        item: &TokenItem,
    ) -> Result<(), Error> {
        transaction.update_if(
            self.id.tokens().at(&item.hash),
            Expression::new("SET revoked_us = :now").with(":now", number(now().as_microsecond())),
            Expression::present(),
            Guard::Stale,
        );
        let subject = Subject {
            kind: "token".into(),
            id: item.id.clone(),
            name: item.title.clone(),
        };
        transaction.put(self.entry("token.revoked", subject).to_item(&self.id)?);
        Ok(())
    }

    pub(crate) async fn token_items(&self) -> Result<Vec<TokenItem>, Error> {
        let items = self.table.query_all(Range::all(self.id.tokens())).await?;
        items.into_iter().map(from_item).collect()
    }
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
            cost::write(output.consumed_capacity());
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
