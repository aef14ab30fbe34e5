//! Authenticates each request of an identity provider, books it on the meters of its token and its tenant, and stamps
//! the token, in two calls at the same time.

use std::net::IpAddr;

use futures::try_join;
use rollcall_model::clock::time;
use rollcall_model::{
    AtCeiling, DEFAULT_READ_UNITS_PER_MINUTE, DeletedPeople, LoggedValues, TenantId,
};
use rollcall_store::{Error, Expression, Key, KeyRing, Keys, Table, Updated, from_item, number};

use crate::credentials::access_token::AccessToken;
use crate::credentials::booking::{Booked, Metered, book, take_back};
use crate::credentials::meter::{MeterItem, refreshed};
use crate::credentials::secret::{Purpose, TokenHash, TokenSecret};
use crate::credentials::token_item::{Refusal, TokenItem};

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
    /// What a push of somebody who was deleted does in the tenant.
    pub deleted_people: DeletedPeople,
    /// Of which values the tenant's request log keeps more than the size.
    pub logged_values: LoggedValues,
    /// Of how many successful reads the tenant's request log has one; at least 1.
    pub read_log_sampling: u32,
    /// What the tenant has as much of as the operator allows.
    pub at_ceiling: AtCeiling,
    /// Whether the connection is only observed: what it says takes no effect.
    pub observing: bool,
    /// The version of the tenant's extension schemas; 0 if there are none.
    pub schemas: u64,
    /// How many read units the requests of the token may consume per minute.
    pub read_budget: u32,
    /// When the token or OAuth client ends, in microseconds since 1970. `None` for one without an end, and behind the
    /// authorizer, which does not pass it on.
    pub ends_us: Option<i64>,
}

/// An access token that was granted to an OAuth client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The access token.
    pub token: AccessToken,
    /// For how many seconds it is accepted: an hour, or less if its client ends before.
    pub expires_in: u64,
}

/// What a token has used up for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsedUp {
    /// Its rate limit, or that of its tenant.
    Requests,
    /// The read units that its requests may consume.
    ReadUnits,
}

/// The result of authenticating a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The token is accepted.
    Accepted(Caller),
    /// The token is valid, but has to wait.
    Throttled {
        /// Whose token it is.
        caller: Caller,
        /// Why.
        used_up: UsedUp,
        /// Seconds until the next request is accepted; at least 1.
        retry_after_seconds: u32,
    },
    /// The token is not accepted.
    Refused {
        /// Why.
        refusal: Refusal,
        /// Whose token it was, if it was revoked, has expired or came from a wrong address: the tenant's request log shows
        /// the refusal.
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

/// Which request carries a token, and from where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival<'a> {
    pub(crate) request_id: &'a str,
    /// The address that opened the connection; `None` if it is not known.
    pub(crate) address: Option<IpAddr>,
}

/// The two items that a request books on, and who sends it.
struct Request<'a> {
    table: &'a Table,
    tenant: &'a TenantId,
    token: Key,
    arrival: Arrival<'a>,
    now_us: i64,
}

/// Authenticates, books and stamps with two calls at once: one on the token, one on the meter of its tenant.
///
/// A token that this stack did not issue is refused without a call. Tokens of earlier versions carry no proof of that;
/// for them, a read comes first, so that no invented token counts as a request of the tenant.
pub(crate) async fn authenticate(
    table: &Table,
    key_ring: &KeyRing,
    bearer: &str,
    arrival: Arrival<'_>,
) -> Result<Verdict, Error> {
    let Some(presented) = Presented::parse(bearer) else {
        return Ok(Verdict::unknown(Refusal::Malformed));
    };
    let request = Request::of(table, presented.tenant(), presented.item(), arrival);
    match &presented {
        Presented::Token(secret, _) => match request.is_known(key_ring, secret).await? {
            true => request.book().await,
            false => Ok(Verdict::unknown(Refusal::Unknown)),
        },
        Presented::Access(token) => {
            let key = key_ring.find(token.key_id()).await?;
            match token.check(key.as_ref(), request.now_us) {
                Ok(()) => request.book().await,
                // An expired one is no failure, because its client fetches another. So the tenant's log does not have it.
                Err(refusal) => Ok(Verdict::unknown(refusal)),
            }
        }
    }
}

/// Books a request of an OAuth client for an access token, as [`authenticate`] books one with a token, and returns the
/// access token if the client is accepted.
///
/// A secret that this stack did not make is refused without a call.
pub(crate) async fn grant(
    table: &Table,
    key_ring: &KeyRing,
    client_id: &str,
    secret: &str,
    arrival: Arrival<'_>,
) -> Result<(Verdict, Option<Granted>), Error> {
    let Some(secret) = TokenSecret::parse_for(Purpose::OauthClient, secret) else {
        return Ok((Verdict::unknown(Refusal::Malformed), None));
    };
    let unknown = (Verdict::unknown(Refusal::Unknown), None);
    let key = match secret.key_id() {
        Some(id) => key_ring.find(id).await?,
        None => None,
    };
    if !key.is_some_and(|key| secret.is_made_with(&key)) {
        return Ok(unknown);
    }
    let tenant = secret.claimed_tenant();
    let client = secret.hash();
    let request = Request::of(table, tenant, &client.0, arrival);
    let verdict = request.book().await?;
    let Verdict::Accepted(caller) = &verdict else {
        return Ok((verdict, None));
    };
    if caller.token_id != client_id {
        return Ok(unknown);
    }
    let key = key_ring.current().await?;
    let key = key.ok_or_else(|| Error::Keys("there are none".into()))?;
    let now_s = request.now_us.div_euclid(1_000_000);
    let left = caller
        .ends_us
        .map(|ends| ends.div_euclid(1_000_000) - now_s);
    let left = left.map(|left| u64::try_from(left).unwrap_or_default());
    let expires_in = left
        .into_iter()
        .chain([AccessToken::LIFETIME_SECONDS])
        .min();
    let expires_in = expires_in.unwrap_or_default();
    let expires_s = now_s.saturating_add_unsigned(expires_in);
    let token = AccessToken::issue(tenant, &client, expires_s, &key);
    let token = token.ok_or_else(|| Error::corrupt("the hash of a client's secret"))?;
    Ok((verdict, Some(Granted { token, expires_in })))
}

/// What a request presents: a token, or the access token of an OAuth client.
enum Presented {
    Token(TokenSecret, TokenHash),
    Access(AccessToken),
}

impl Presented {
    fn parse(bearer: &str) -> Option<Self> {
        match AccessToken::parse(bearer) {
            Some(token) => Some(Self::Access(token)),
            None => {
                let secret = TokenSecret::parse_for(Purpose::Scim, bearer)?;
                let hash = secret.hash();
                Some(Self::Token(secret, hash))
            }
        }
    }

    /// Returns the tenant that it claims to belong to.
    fn tenant(&self) -> &TenantId {
        match self {
            Self::Token(secret, _) => secret.claimed_tenant(),
            Self::Access(token) => token.claimed_tenant(),
        }
    }

    /// Returns the sort key of the item that a request with it books on.
    fn item(&self) -> &str {
        match self {
            Self::Token(_, hash) => &hash.0,
            Self::Access(token) => &token.claimed_client().0,
        }
    }
}

/// Returns the item that a request with this bearer token books on, if the token claims to belong to the tenant.
pub(super) fn item_of(keys: Keys<'_>, tenant: &TenantId, bearer: &str) -> Option<Key> {
    let presented = Presented::parse(bearer).filter(|one| one.tenant() == tenant)?;
    Some(keys.tokens().at(presented.item()))
}

/// Returns whose token it is, without counting a request: for what is public, and says more to those who are known.
///
/// The proof in an access token is not checked, because the caller may have no keys. Whoever knows the address of the
/// client's item in it has had an access token or the client's secret.
pub(crate) async fn identify(
    table: &Table,
    bearer: &str,
    arrival: Arrival<'_>,
) -> Result<Option<Caller>, Error> {
    let Some(presented) = Presented::parse(bearer) else {
        return Ok(None);
    };
    let request = Request::of(table, presented.tenant(), presented.item(), arrival);
    if let Presented::Access(token) = &presented
        && token.is_over(request.now_us)
    {
        return Ok(None);
    }
    let meter_key = Keys::of(request.tenant).meter();
    let (token, meter) = try_join!(table.get(&request.token), table.get(&meter_key))?;
    let (Some(token), Some(meter)) = (token, meter) else {
        return Ok(None);
    };
    let (token, meter): (TokenItem, MeterItem) = (from_item(token)?, from_item(meter)?);
    let is_valid = token.refusal(request.now_us).is_none()
        && !meter.ends(&token)
        && request.is_from_allowed(&token, &meter);
    Ok(is_valid.then(|| Caller {
        schemas: meter.schemas(),
        ..request.caller(&token)
    }))
}

impl<'a> Request<'a> {
    fn of(table: &'a Table, tenant: &'a TenantId, item: &str, arrival: Arrival<'a>) -> Self {
        Self {
            table,
            tenant,
            token: Keys::of(tenant).tokens().at(item),
            arrival,
            now_us: time().as_microsecond(),
        }
    }
}

impl Request<'_> {
    /// Returns whether the token was issued by this stack: by its proof, or else because it is in the table.
    async fn is_known(&self, key_ring: &KeyRing, secret: &TokenSecret) -> Result<bool, Error> {
        let key = match secret.key_id() {
            Some(id) => key_ring.find(id).await,
            None => Ok(None),
        };
        let unread = match key {
            Ok(Some(key)) if secret.is_made_with(&key) => return Ok(true),
            Ok(_) => None,
            // The table knows its tokens, so requests do not depend on the keys.
            Err(error) => Some(error),
        };
        if let Some(error) = &unread {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "reading the token instead"
            );
        } else if key_ring.refuses_unkeyed() {
            return Ok(false);
        }
        let item = self.table.get(&self.token).await?;
        let item = item.map(from_item::<TokenItem>).transpose()?;
        Ok(item.is_some_and(|item| item.key_id.is_some() || !key_ring.refuses_unkeyed()))
    }

    fn caller(&self, token: &TokenItem) -> Caller {
        Caller {
            tenant: self.tenant.clone(),
            token_id: token.id.clone(),
            connection_id: token.connection_id.clone(),
            request_id: self.arrival.request_id.to_owned(),
            log_days: token.keep_days,
            deleted_people: DeletedPeople::default(),
            logged_values: LoggedValues::default(),
            read_log_sampling: 1,
            at_ceiling: AtCeiling::default(),
            observing: false,
            schemas: 0,
            read_budget: DEFAULT_READ_UNITS_PER_MINUTE,
            ends_us: token.ends_us,
        }
    }

    /// Returns whether both the tenant and the token allow the address of the request.
    fn is_from_allowed(&self, token: &TokenItem, meter: &MeterItem) -> bool {
        let address = self.arrival.address;
        meter.accepts(address) && token.addresses.accepts(address)
    }

    /// Takes back a request from a wrong address, so that whoever has a stolen token cannot use up the limit of the others.
    /// That the token was used stays: it was.
    async fn unbook(&self, [token, tenant]: [bool; 2], meter: &MeterItem) -> Result<(), Error> {
        if token && meter.limits_tokens() {
            take_back(self.table, &self.token).await?;
        }
        // If the token was not booked, the request was taken back from the meter already.
        if token && tenant && meter.is_limited() {
            take_back(self.table, &Keys::of(self.tenant).meter()).await?;
        }
        Ok(())
    }

    fn refused(&self, token: &TokenItem, refusal: Refusal) -> Verdict {
        let caller = Some(self.caller(token));
        Verdict::Refused { refusal, caller }
    }

    async fn book(&self) -> Result<Verdict, Error> {
        let meter_key = Keys::of(self.tenant).meter();
        let (token, meter) = try_join!(
            book::<TokenItem>(self.table, &self.token, self.now_us),
            book::<MeterItem>(self.table, &meter_key, self.now_us),
        )?;
        if let Booked::Done(meter) = &meter
            && meter.is_limited()
            && !matches!(token, Booked::Done(_))
        {
            // Otherwise a revoked token could use up the limit of the others.
            take_back(self.table, &meter_key).await?;
        }
        let is_booked = [
            matches!(token, Booked::Done(_)),
            matches!(meter, Booked::Done(_)),
        ];
        let (token, token_wait) = match token {
            Booked::Done(token) => (token, None),
            Booked::Throttled { item, seconds } => (item, Some(seconds)),
            Booked::Invalid(token) => {
                let refusal = token.refusal(self.now_us).unwrap_or(Refusal::Unknown);
                return Ok(self.refused(&token, refusal));
            }
            Booked::Absent => return Ok(Verdict::unknown(Refusal::Unknown)),
        };
        let (meter, meter_wait) = match meter {
            Booked::Done(meter) => (meter, None),
            Booked::Throttled { item, seconds } => (item, Some(seconds)),
            Booked::Invalid(meter) if meter.is_complete() => (meter, None),
            // An earlier version created the tenant.
            Booked::Invalid(_) | Booked::Absent => {
                (refreshed(self.table, self.tenant).await?, None)
            }
        };
        if meter.ends(&token) {
            return Ok(self.refused(&token, Refusal::Revoked));
        }
        if !self.is_from_allowed(&token, &meter) {
            self.unbook(is_booked, &meter).await?;
            return Ok(self.refused(&token, Refusal::ForeignAddress));
        }
        let reads_wait = token.seconds_of_reads(self.now_us);
        let other_budget = token.reads_budget != Some(meter.read_budget());
        if !meter.agrees_with(&token) || (reads_wait.is_some() && other_budget) {
            return self.realign(&token, meter_wait).await;
        }
        Ok(self.verdict(&token, &meter, token_wait.max(meter_wait)))
    }

    /// Gives the token the limit and the retention that its tenant has, and books the request on it. If the operator has
    /// changed what a token may read, what it has read is forgotten.
    async fn realign(&self, token: &TokenItem, meter_wait: Option<u32>) -> Result<Verdict, Error> {
        // The tenant decides, in case an earlier version changed its settings and not its meter.
        let meter = refreshed(self.table, self.tenant).await?;
        let each = meter.of_each_token();
        let set = "SET cost_us = :cost, lead_us = :lead, keep_days = :days, tat = :tat, allow_at = :allow_at, \
                   used_us = :now";
        let forget = match token.reads_budget == Some(meter.read_budget()) {
            true => "",
            false => " REMOVE reads_allow_at, reads_budget",
        };
        let set = Expression::new(format!("{set}{forget}"))
            .with(":cost", number(each.cost_us))
            .with(":lead", number(each.lead_us))
            .with(":days", number(meter.keep_days()))
            .with(":tat", number(self.now_us + each.cost_us))
            .with(":allow_at", number(self.now_us + each.lead_us))
            .with(":now", number(self.now_us));
        let valid = Expression::new(TokenItem::VALID);
        let token: TokenItem = match self.table.update_if(&self.token, &set, &valid).await? {
            Updated::Done(item) => from_item(item)?,
            Updated::Absent => return Ok(Verdict::unknown(Refusal::Unknown)),
            Updated::Unchanged(item) => {
                let token: TokenItem = from_item(item)?;
                let refusal = token.refusal(self.now_us).unwrap_or(Refusal::Unknown);
                return Ok(self.refused(&token, refusal));
            }
        };
        if meter.ends(&token) {
            return Ok(self.refused(&token, Refusal::Revoked));
        }
        match self.is_from_allowed(&token, &meter) {
            true => Ok(self.verdict(&token, &meter, meter_wait)),
            false => Ok(self.refused(&token, Refusal::ForeignAddress)),
        }
    }

    fn verdict(&self, token: &TokenItem, meter: &MeterItem, wait: Option<u32>) -> Verdict {
        let caller = Caller {
            deleted_people: meter.deleted_people(),
            logged_values: meter.logged_values(),
            read_log_sampling: meter.read_log_sampling(),
            at_ceiling: meter.at_ceiling(),
            observing: meter.observes(token),
            schemas: meter.schemas(),
            read_budget: meter.read_budget(),
            ..self.caller(token)
        };
        let reads_wait = token.seconds_of_reads(self.now_us);
        let Some(retry_after_seconds) = wait.max(reads_wait) else {
            return Verdict::Accepted(caller);
        };
        let used_up = match reads_wait == Some(retry_after_seconds) {
            true => UsedUp::ReadUnits,
            false => UsedUp::Requests,
        };
        Verdict::Throttled {
            caller,
            used_up,
            retry_after_seconds,
        }
    }
}
