//! The tokens and OAuth clients of connections: issued, listed, revoked.

use jiff::Timestamp;
use rollcall_model::{AddressList, EventType, Reason, Subject, new_id, shown};
use rollcall_scim as scim;
use rollcall_store::{
    Error, Expression, Guard, Range, Transaction, from_item, now, number, to_item,
};
use serde_json::json;

use crate::credentials::connections::count_token;
use crate::credentials::gcra::Meter;
use crate::credentials::handle::Credentials;
use crate::credentials::idempotency::{FormId, write_use};
use crate::credentials::meter;
use crate::credentials::secret::{Purpose, TokenSecret};
use crate::credentials::token_item::{Token, TokenItem, TokenKind};
use crate::journal::entry::Entry;

/// How many tokens a tenant with a ceiling can have for each valid one, with those that have ended and will leave the table.
const ENDED_PER_LIVE: u64 = 10;
/// Every tenant can have so many, so that whoever rotates tokens each week meets no bound within a year.
const MIN_ENDED: u64 = 200;

/// A token or an OAuth client to issue.
#[derive(Clone, Copy, Debug)]
pub struct NewToken<'a> {
    /// The id of its connection.
    pub connection_id: &'a str,
    /// Whether it is a token or an OAuth client.
    pub kind: TokenKind,
    /// Its name.
    pub label: &'a str,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// The networks from which it is accepted; `None` for those of the tenant's settings alone.
    pub allowed_addresses: Option<&'a AddressList>,
}

/// A new token or OAuth client with its secret in plain text, which is available only here.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The token as lists show it.
    pub token: Token,
    /// The plain text.
    pub secret: TokenSecret,
}

impl Credentials<'_> {
    /// Issues a token. A connection can have any number of tokens, so that an old and a new one overlap during
    /// rotation.
    ///
    /// # Errors
    /// `404` when the connection does not exist or is being deleted.
    pub async fn issue_token(
        self,
        connection_id: &str,
        label: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<IssuedToken, Error> {
        self.issue(NewToken {
            connection_id,
            kind: TokenKind::Bearer,
            label,
            expires_at,
            allowed_addresses: None,
        })
        .await
    }

    /// Issues a token or an OAuth client.
    ///
    /// # Errors
    /// `404` when the connection does not exist or is being deleted; [`Error::Keys`] for an OAuth client without the keys of
    /// the stack.
    pub async fn issue(self, new: NewToken<'_>) -> Result<IssuedToken, Error> {
        let issued = self.issue_once(new, None).await?;
        issued.ok_or(Error::Busy(None))
    }

    /// Issues a token or an OAuth client with a form. Returns `None` if the form was used before.
    ///
    /// # Errors
    /// As [`Self::issue`].
    pub async fn issue_by(
        self,
        form: FormId,
        new: NewToken<'_>,
    ) -> Result<Option<IssuedToken>, Error> {
        self.issue_once(new, Some(form)).await
    }

    async fn issue_once(
        self,
        new: NewToken<'_>,
        form: Option<FormId>,
    ) -> Result<Option<IssuedToken>, Error> {
        let NewToken {
            connection_id,
            label,
            expires_at,
            ..
        } = new;
        let tenant = &self.scope.tenant;
        let key = self.scope.key_ring.current().await?;
        let secret = match (new.kind, &key) {
            (TokenKind::Bearer, Some(key)) => {
                TokenSecret::generate_keyed(Purpose::Scim, tenant, key)
            }
            (TokenKind::Bearer, None) => TokenSecret::generate(Purpose::Scim, tenant),
            (TokenKind::OauthClient, Some(key)) => {
                TokenSecret::generate_keyed(Purpose::OauthClient, tenant, key)
            }
            // Its access tokens could not be made.
            (TokenKind::OauthClient, None) => return Err(Error::Keys("there are none".into())),
        };
        let stored = self.scope.stored_tenant().await?;
        self.check_ceiling(stored.ceilings.tokens).await?;
        let settings = stored.settings;
        let limit = Meter::of(settings.rate_limit);
        let item = TokenItem {
            hash: secret.hash().0,
            id: new_id(),
            connection_id: connection_id.to_owned(),
            title: label.to_owned(),
            shown: secret.shown_prefix(),
            created_us: now().as_microsecond(),
            used_us: None,
            ends_us: expires_at.map(Timestamp::as_microsecond),
            revoked_us: None,
            tat: 0,
            allow_at: 0,
            cost_us: limit.cost_us,
            lead_us: limit.lead_us,
            keep_days: settings.retention_days,
            reads_allow_at: None,
            reads_budget: None,
            key_id: key.map(|key| key.id),
            is_client: new.kind == TokenKind::OauthClient,
            expires: expires_at
                .map(|end| TokenItem::leaves_at(end.as_microsecond(), settings.retention_days)),
            addresses: new.allowed_addresses.cloned().unwrap_or_default(),
        };
        let mut transaction = Transaction::default();
        let key = self.scope.keys().tokens().at(&item.hash);
        transaction.put_if(to_item(&key, &item)?, Expression::absent(), Guard::Stale);
        let entry = Entry::new(self.scope, EventType::TokenCreated, subject(&item));
        let mut issued = json!({"kind": new.kind.as_str(), "connection": item.connection_id});
        if !item.addresses.is_empty() {
            issued["allowed_addresses"] = json!(item.addresses.to_texts());
        }
        let entry = entry.with_change(None, Some(issued));
        transaction.put(entry.to_item(self.scope.keys())?);
        // A token must not outlive its connection or its tenant.
        count_token(self.scope, &mut transaction, connection_id)?;
        self.scope.check_alive(&mut transaction);
        if let Some(form) = form {
            write_use(self.scope, &mut transaction, form)?;
        }
        let failed = self.scope.table.transact(&transaction).await?;
        if failed.is_empty() {
            return Ok(Some(IssuedToken {
                token: item.token(),
                secret,
            }));
        }
        if failed.contains(&Guard::Gone) {
            return Err(self.gone(connection_id).await);
        }
        match failed.contains(&Guard::Used) {
            true => Ok(None),
            false => Err(Error::Busy(None)),
        }
    }

    /// Checks that there may be another token. Two that are issued at the same moment can exceed the ceiling by one.
    async fn check_ceiling(self, ceiling: Option<u64>) -> Result<(), Error> {
        let Some(most) = ceiling else {
            return Ok(());
        };
        let at = now().as_microsecond();
        let items = self.token_items().await?;
        let live = items.iter().filter(|item| item.refusal(at).is_none());
        // Every issue, revocation and list reads those that no longer count too. What earlier versions revoked stays for good,
        // so it must not count.
        let leaving = items.iter().filter(|item| item.is_leaving(at));
        check_number(most, live.count() as u64, leaving.count() as u64)
    }

    /// Lists every token, revoked ones included.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn tokens(self) -> Result<Vec<Token>, Error> {
        let items = self.token_items().await?;
        Ok(items.into_iter().map(TokenItem::token).collect())
    }

    /// Lists the tokens of one connection, oldest first, revoked ones included.
    ///
    /// # Errors
    /// `404` when the connection does not exist.
    pub async fn tokens_of(self, connection: &str) -> Result<Vec<Token>, Error> {
        self.connection(connection).await?;
        let mut tokens = self.tokens().await?;
        tokens.retain(|token| token.connection_id == connection);
        tokens.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(tokens)
    }

    /// Revokes a token. It is refused from its next request on. Revoking it again has no effect.
    ///
    /// # Errors
    /// `404` when the token does not exist.
    pub async fn revoke_token(self, id: &str) -> Result<(), Error> {
        let items = self.token_items().await?;
        let found = items.into_iter().find(|item| item.id == id);
        let item = found.ok_or_else(|| scim::Error::NotFound {
            what: format!("token `{}`", shown(id)),
        })?;
        if item.is_revoked() {
            return Ok(());
        }
        let mut transaction = Transaction::default();
        self.write_revocation(&mut transaction, &item)?;
        self.scope.commit(&transaction).await
    }

    /// Adds the writes that revoke one token.
    pub(super) fn write_revocation(
        self,
        transaction: &mut Transaction,
        item: &TokenItem,
    ) -> Result<(), Error> {
        let at = now().as_microsecond();
        transaction.update_if(
            self.scope.keys().tokens().at(&item.hash),
            Expression::new("SET revoked_us = :now, expires = :leaves")
                .with(":now", number(at))
                .with(":leaves", number(TokenItem::leaves_at(at, item.keep_days))),
            Expression::present(),
            Guard::Stale,
        );
        let entry = Entry::new(self.scope, EventType::TokenRevoked, subject(item));
        transaction.put(entry.to_item(self.scope.keys())?);
        Ok(())
    }

    /// Copies the limits of the tenant to its meter, in case the process that changed them ended before it did.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn refresh_meter(self) -> Result<(), Error> {
        let (table, tenant) = (&self.scope.table, &self.scope.tenant);
        match meter::is_current(table, tenant).await? {
            true => Ok(()),
            false => meter::refresh(table, tenant).await,
        }
    }

    pub(crate) async fn token_items(self) -> Result<Vec<TokenItem>, Error> {
        let range = Range::all(self.scope.keys().tokens());
        let items = self.scope.table.query_all(range).await?;
        items.into_iter().map(from_item).collect()
    }
}

/// Checks that a tenant with so many valid tokens, and so many that have ended and will leave the table, may have another
/// one. Pure.
fn check_number(most: u64, live: u64, leaving: u64) -> Result<(), Error> {
    let detail = if live >= most {
        "the organization has as many tokens as it may have; revoke one, or ask the vendor of the application for more"
    } else if live + leaving >= most.saturating_mul(ENDED_PER_LIVE).max(MIN_ENDED) {
        "the organization has issued and revoked so many tokens that it cannot issue another until some of them are \
         forgotten; ask the vendor of the application for a higher ceiling"
    } else {
        return Ok(());
    };
    let refused = scim::Error::Forbidden(detail.to_owned());
    Err(Error::Refused(Reason::CeilingReached, refused))
}

fn subject(item: &TokenItem) -> Subject {
    Subject::new("token", &item.id, &item.title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_tokens_and_those_that_leave_are_bounded() {
        for (most, live, leaving, is_allowed) in [
            (2, 1, 0, true),
            (2, 2, 0, false),
            (2, 0, 199, true),
            (2, 1, 199, false),
            (2, 0, 200, false),
            (50, 1, 498, true),
            (50, 1, 499, false),
            (u64::MAX, 1, 1_000_000, true),
        ] {
            let checked = check_number(most, live, leaving);
            assert_eq!(checked.is_ok(), is_allowed, "{most} {live} {leaving}");
        }
    }
}
