//! What a connection says about whose its sign-ins and pushes are: what the application calls it, which connections it
//! replaces, whether external ids in sign-ins are those that it pushes, and for how long its subjects may be bound anew.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rollcall_model::{BrakeLimit, Provider, is_chosen_id, sha256_hex};
use rollcall_scim as scim;
use rollcall_store::{Error, Expression, Guard, Transaction, now, retry_stale, to_item};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::credentials::connections::Connection;
use crate::credentials::handle::Credentials;

/// The longest time for which subjects may be bound anew.
const MAX_WINDOW: SignedDuration = SignedDuration::from_hours(14 * 24);
/// The longest alias, in characters: the longest connection that a sign-in can name.
pub const MAX_ALIAS_CHARS: usize = 200;
/// The number of connections that one can replace.
pub const MAX_REPLACED: usize = 20;
/// The hexadecimal digits of a revision.
const REVISION_DIGITS: usize = 16;

/// The connection that an alias names.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NamedConnection {
    pub(crate) id: String,
}

/// The rules to change; `None` leaves one as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionRules {
    /// The connections that it replaces.
    pub replaces: Option<BTreeSet<String>>,
    /// Whether external ids in sign-ins have nothing to do with those that it pushes.
    pub external_ids_unrelated: Option<bool>,
    /// Until when subjects may be bound anew; `Some(None)` for no longer.
    pub rebind_until: Option<Option<Timestamp>>,
    /// What the application calls the connection in sign-ins, unique in the tenant; `Some(None)` for nothing.
    pub alias: Option<Option<String>>,
    /// What it may take away within an hour; `Some(None)` for what the tenant's settings say.
    pub brake: Option<Option<BrakeLimit>>,
    /// Whether what it takes away beyond that is held until an admin decides.
    pub brake_holds: Option<bool>,
    /// Whether it is only observed. Only the tenant's only connection, which has sent nothing yet, can begin to be.
    pub observing: Option<bool>,
}

impl ConnectionRules {
    /// Returns the rules that change only whether the connection is observed.
    pub fn observing(observing: bool) -> Self {
        Self {
            observing: Some(observing),
            ..Self::default()
        }
    }

    pub(super) fn applied_to(&self, before: &Connection) -> Result<Connection, Error> {
        let mut after = before.clone();
        if let Some(replaces) = &self.replaces {
            let is_other = |id: &String| is_chosen_id(id) && *id != before.id;
            if replaces.len() > MAX_REPLACED || !replaces.iter().all(is_other) {
                return Err(invalid(
                    "`replaces` must be at most 20 ids of other connections",
                ));
            }
            after.replaces = replaces.clone();
        }
        if let Some(until) = self.rebind_until {
            if until.is_some_and(|until| until > now() + MAX_WINDOW) {
                return Err(invalid("`rebind_until` must be at most 14 days ahead"));
            }
            after.rebind_until = until;
        }
        if let Some(alias) = &self.alias {
            if alias.as_deref().is_some_and(|alias| !is_alias(alias)) {
                return Err(invalid(
                    "`alias` must be 1 to 200 characters without control characters, and not begin or end with a space",
                ));
            }
            after.alias.clone_from(alias);
        }
        if let Some(limit) = self.brake {
            if limit.is_some_and(|limit| !limit.is_valid()) {
                return Err(invalid(
                    "`brake_limit` must have a `percent` of 0 to 100, and `at_least` 1 to 100,000",
                ));
            }
            after.brake = limit;
        }
        after.observing = self.observing.unwrap_or(after.observing);
        after.brake_holds = self.brake_holds.unwrap_or(after.brake_holds);
        after.external_ids_unrelated = self
            .external_ids_unrelated
            .unwrap_or(after.external_ids_unrelated);
        Ok(after)
    }
}

impl Connection {
    /// Returns the revision of the rules that owners change together. It changes with each of them and with nothing else.
    /// It is computed from them and not stored, so that it holds whichever version wrote them.
    pub fn rules_revision(&self) -> String {
        let rules = json!([
            self.replaces,
            self.external_ids_unrelated,
            self.alias,
            self.brake,
            self.brake_holds,
        ]);
        let hash = sha256_hex(&rules.to_string());
        hash.chars().take(REVISION_DIGITS).collect()
    }
}

fn is_alias(alias: &str) -> bool {
    let is_whole = !alias.is_empty() && alias.trim() == alias;
    is_whole && alias.chars().count() <= MAX_ALIAS_CHARS && !alias.contains(char::is_control)
}

fn invalid(detail: &str) -> Error {
    scim::Error::InvalidValue(detail.to_owned()).into()
}

pub(super) fn alias_in_use() -> Error {
    let attribute = "alias".to_owned();
    scim::Error::Uniqueness { attribute }.into()
}

impl Credentials<'_> {
    /// Changes the rules of a connection. What a connection said while it was observed takes effect by the event, once it
    /// is no longer observed.
    ///
    /// # Errors
    /// `404` when the connection does not exist; `invalidValue` for a rule that is not allowed; `409` when it is to be
    /// observed, but has sent requests before or is not the tenant's only one.
    pub async fn change_rules(
        self,
        id: &str,
        rules: &ConnectionRules,
    ) -> Result<Connection, Error> {
        self.change_connection_and_rules(id, None, None, rules)
            .await
    }

    /// Changes the name or the product of a connection, or both; `None` leaves a value as it is.
    ///
    /// # Errors
    /// `404` when the connection does not exist.
    pub async fn change_connection(
        self,
        id: &str,
        label: Option<String>,
        provider: Option<Provider>,
    ) -> Result<Connection, Error> {
        let same = ConnectionRules::default();
        self.change_connection_and_rules(id, label, provider, &same)
            .await
    }

    /// Changes the name and the product of a connection, if they are still these. Otherwise changes nothing and returns `None`.
    ///
    /// # Errors
    /// `404` when the connection does not exist.
    pub async fn change_connection_from(
        self,
        id: &str,
        (old_label, old_provider): (&str, Provider),
        label: &str,
        provider: Provider,
    ) -> Result<Option<Connection>, Error> {
        retry_stale(|_| async move {
            let before = self.connection(id).await?;
            if (before.label.as_str(), before.provider) != (old_label, old_provider) {
                return Ok(Some(None));
            }
            let mut named = before.clone();
            label.clone_into(&mut named.label);
            named.provider = provider;
            let same = ConnectionRules::default();
            let written = self.write_rules(&before, &named, &same).await?;
            Ok(written.map(Some))
        })
        .await
    }

    /// Changes the name, the product and the rules of a connection with one write. `None` leaves a value as it is.
    ///
    /// # Errors
    /// As for [`Self::change_rules`].
    pub async fn change_connection_and_rules(
        self,
        id: &str,
        label: Option<String>,
        provider: Option<Provider>,
        rules: &ConnectionRules,
    ) -> Result<Connection, Error> {
        let label = &label;
        retry_stale(|_| async move {
            let before = self.connection(id).await?;
            let mut named = before.clone();
            named.label = label.clone().unwrap_or(named.label);
            named.provider = provider.unwrap_or(named.provider);
            self.write_rules(&before, &named, rules).await
        })
        .await
    }

    /// Changes the rules as [`Self::change_rules`] does, if they are still at this revision. Otherwise changes nothing and
    /// returns `None`. What else changes in the connection, such as its name, does not count.
    ///
    /// # Errors
    /// As for [`Self::change_rules`].
    pub async fn change_rules_at(
        self,
        id: &str,
        revision: &str,
        rules: &ConnectionRules,
    ) -> Result<Option<Connection>, Error> {
        retry_stale(|_| async move {
            let before = self.connection(id).await?;
            if before.rules_revision() != revision {
                return Ok(Some(None));
            }
            let written = self.write_rules(&before, &before, rules).await?;
            Ok(written.map(Some))
        })
        .await
    }

    /// Writes a connection as `named` with these rules. Returns `None` if it has changed since it was read.
    pub(super) async fn write_rules(
        self,
        before: &Connection,
        named: &Connection,
        rules: &ConnectionRules,
    ) -> Result<Option<Connection>, Error> {
        let after = rules.applied_to(named)?;
        if after == *before {
            // An earlier attempt may have ended before it refreshed the meter.
            self.refresh_if(rules.observing.is_some()).await?;
            return Ok(Some(after));
        }
        let after = self.to_be_observed(before, after).await?;
        let after = after.at_next_revision();
        let failed = self.write_changed(before, &after).await?;
        if failed.contains(&Guard::Unique) && !failed.contains(&Guard::Stale) {
            return Err(alias_in_use());
        }
        if !failed.is_empty() {
            return Ok(None);
        }
        self.refresh_if(after.observing != before.observing).await?;
        Ok(Some(after))
    }

    /// Writes the item by which sign-ins find a connection by its alias.
    pub(super) fn write_alias(
        self,
        transaction: &mut Transaction,
        before: &Connection,
        after: &Connection,
    ) -> Result<(), Error> {
        if before.alias == after.alias {
            return Ok(());
        }
        let keys = self.scope.keys();
        if let Some(old) = &before.alias {
            transaction.delete(keys.connection_alias(old));
        }
        if let Some(new) = &after.alias {
            let named = NamedConnection {
                id: after.id.clone(),
            };
            let item = to_item(&keys.connection_alias(new), &named)?;
            transaction.put_if(item, Expression::absent(), Guard::Unique);
            // Nor may it be the id of another connection, which a sign-in can name, too.
            if is_chosen_id(new) && *new != after.id {
                let other = keys.connection(new);
                transaction.check(other, Expression::absent(), Guard::Unique);
            }
        }
        Ok(())
    }
}
