//! Tokens of connections: issued, listed, revoked. How a presented one is verified: `meter`.

use jiff::Timestamp;
use rollcall_scim as scim;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::credentials::authenticate::{Refusal, meter_of};
use crate::credentials::idempotency::FormId;
use crate::credentials::secret::{Purpose, TokenSecret};
use crate::error::Error;
use crate::journal::entry::Subject;
use crate::resources::members::is_id;
use crate::resources::record::now;
use crate::store::item::{from_item, number, to_item};
use crate::store::table::Range;
use crate::store::transaction::{Expression, Guard, Transaction};
use crate::tenant::Tenant;

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
    pub(crate) id: String,
    pub(crate) connection_id: String,
    title: String,
    shown: String,
    created_us: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    used_us: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_us: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_us: Option<i64>,
    pub(crate) tat: i64,
    pub(crate) allow_at: i64,
    /// What one request adds to `tat`.
    cost_us: i64,
    /// `allow_at` less now, after one request of an idle token.
    lead_us: i64,
    /// How long the requests made with it are kept in the log.
    pub(crate) keep_days: u32,
}

impl TokenItem {
    pub(crate) fn is_live_of(&self, connection: &str) -> bool {
        self.connection_id == connection && self.revoked_us.is_none()
    }

    pub(crate) fn is_revoked(&self) -> bool {
        self.revoked_us.is_some()
    }

    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }

    /// Why the token is no longer good.
    pub(crate) fn refusal(&self, now_us: i64) -> Option<Refusal> {
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
        let issued = self.issue(connection_id, label, expires_at, None).await?;
        issued.ok_or(Error::Busy(None))
    }

    /// Issues a token by a form; none if the form was used before.
    ///
    /// # Errors
    /// `404` when there is no such connection.
    pub async fn issue_token_by(
        &self,
        form: FormId,
        connection_id: &str,
        label: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<Option<IssuedToken>, Error> {
        self.issue(connection_id, label, expires_at, Some(form))
            .await
    }

    async fn issue(
        &self,
        connection_id: &str,
        label: &str,
        expires_at: Option<Timestamp>,
        form: Option<FormId>,
    ) -> Result<Option<IssuedToken>, Error> {
        if !is_id(connection_id) {
            // What is no id makes no key either: this says so without one.
            self.connection(connection_id).await?;
        }
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
        if let Some(form) = form {
            self.write_use(&mut transaction, form)?;
        }
        let failed = self.table.transact(&transaction).await?;
        if failed.is_empty() {
            return Ok(Some(IssuedToken {
                token: item.token(),
                secret,
            }));
        }
        self.connection(connection_id).await?;
        match failed.contains(&Guard::Used) {
            true => Ok(None),
            false => Err(Error::Busy(None)),
        }
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
