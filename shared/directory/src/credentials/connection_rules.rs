//! What a connection says about whose its sign-ins and pushes are: which connections it replaces, whether external ids
//! in sign-ins are those that it pushes, and for how long its subjects may be bound anew.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use rollcall_model::{EventType, is_id};
use rollcall_scim as scim;
use rollcall_store::{Error, Expression, Guard, Transaction, now, number, retry_stale, string};
use serde_json::json;

use crate::credentials::connections::Connection;
use crate::credentials::handle::Credentials;
use crate::journal::entry::Entry;

/// The longest time for which subjects may be bound anew.
const MAX_WINDOW: SignedDuration = SignedDuration::from_hours(14 * 24);
/// The number of connections that one can replace.
const MAX_REPLACED: usize = 20;

/// The rules to change; `None` leaves one as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionRules {
    /// The connections that it replaces.
    pub replaces: Option<BTreeSet<String>>,
    /// Whether external ids in sign-ins have nothing to do with those that it pushes.
    pub external_ids_unrelated: Option<bool>,
    /// Until when subjects may be bound anew; `Some(None)` for no longer.
    pub rebind_until: Option<Option<Timestamp>>,
}

impl ConnectionRules {
    fn applied_to(&self, before: &Connection) -> Result<Connection, Error> {
        let mut after = before.clone();
        if let Some(replaces) = &self.replaces {
            let is_other = |id: &String| is_id(id) && *id != before.id;
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
        after.external_ids_unrelated = self
            .external_ids_unrelated
            .unwrap_or(after.external_ids_unrelated);
        Ok(after)
    }
}

fn invalid(detail: &str) -> Error {
    scim::Error::InvalidValue(detail.to_owned()).into()
}

impl Credentials<'_> {
    /// Changes the rules of a connection.
    ///
    /// # Errors
    /// `404` when the connection does not exist; `invalidValue` for a rule that is not allowed.
    pub async fn change_rules(
        self,
        id: &str,
        rules: &ConnectionRules,
    ) -> Result<Connection, Error> {
        retry_stale(|_| async move {
            let before = self.connection(id).await?;
            let after = rules.applied_to(&before)?;
            if after == before {
                return Ok(Some(after));
            }
            let after = after.at_next_revision();
            let committed = self.write_rules(&before, &after).await?;
            Ok(committed.then_some(after))
        })
        .await
    }

    async fn write_rules(self, before: &Connection, after: &Connection) -> Result<bool, Error> {
        let replaces = after.replaces.iter().map(|id| string(id)).collect();
        let set =
            "SET revision = :revision, replaces = :replaces, external_ids_unrelated = :unrelated";
        let set = match after.rebind_until {
            Some(until) => Expression::new(format!("{set}, rebind_until = :until"))
                .with(":until", string(&until.to_string())),
            None => Expression::new(format!("{set} REMOVE rebind_until")),
        };
        let set = set
            .with(":revision", number(after.revision()))
            .with(":replaces", AttributeValue::L(replaces))
            .with(
                ":unrelated",
                AttributeValue::Bool(after.external_ids_unrelated),
            );
        let mut transaction = Transaction::default();
        let key = self.scope.keys().connection(&after.id);
        transaction.update_if(key, set, before.unchanged(), Guard::Stale);
        let told = |one: &Connection| {
            Some(json!({
                "replaces": one.replaces, "external_ids_unrelated": one.external_ids_unrelated,
                "rebind_until": one.rebind_until,
            }))
        };
        let entry = Entry::new(
            self.scope,
            EventType::ConnectionRulesChanged,
            after.subject(),
        );
        let entry = entry.with_change(told(before), told(after));
        transaction.put(entry.to_item(self.scope.keys())?);
        Ok(self.scope.table.transact(&transaction).await?.is_empty())
    }

    /// Reads a connection, if it exists and is not being deleted.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn known_connection(self, id: &str) -> Result<Option<Connection>, Error> {
        match self.connection(id).await {
            Ok(connection) => Ok(Some(connection)),
            Err(error) if error.is_refusal() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
