//! The connections of a tenant, each for one identity provider.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rollcall_model::{
    BrakeLimit, EventType, Provider, Reason, Subject, is_chosen_id, new_id, shown,
};
use rollcall_scim as scim;
use rollcall_store::{
    Error, Expression, Guard, Range, Scope, Transaction, from_item, now, number, retry_stale,
    string, text, to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::credentials::handle::Credentials;
use crate::credentials::idempotency::{FormId, write_use};
use crate::credentials::meter::{end_connection, forget_connection};
use crate::credentials::token_item::TokenItem;
use crate::journal::entry::Entry;

/// Tokens that one transaction revokes, with two writes each.
const TOKENS_AT_ONCE: usize = 45;

/// How far what a connection said while it was observed is made real.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeReal {
    /// When somebody decided it.
    pub since: Timestamp,
    /// How many people the tenant had then.
    pub people: u64,
    /// How many of them were looked at. After an interruption, some count twice.
    pub looked_at: u64,
    /// When everything was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Timestamp>,
}

/// One identity provider of the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its id.
    pub id: String,
    /// The name that the admin gave it.
    pub label: String,
    /// The product of the identity provider.
    pub provider: Provider,
    /// When it was created.
    pub created_at: Timestamp,
    /// The connections that it replaces: it may take over what they own.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub replaces: BTreeSet<String>,
    /// Whether the external ids in its sign-ins have nothing to do with those that it pushes, so that another one is no
    /// contradiction.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub external_ids_unrelated: bool,
    /// Until when a sign-in may bring another subject for somebody who holds no special role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebind_until: Option<Timestamp>,
    /// What the application calls it in sign-ins.
    #[serde(rename = "known_as", default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// How many tokens it has had. Earlier versions do not count them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) tokens_issued: u64,
    /// Whether it is only observed: what it says about people takes no effect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub observing: bool,
    /// How far what it said is made real, since it is no longer observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_real: Option<MadeReal>,
    /// What it may take away within an hour; `None` for what the tenant's settings say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brake: Option<BrakeLimit>,
    /// Whether what it takes away beyond that is held until an admin decides.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub brake_holds: bool,
    /// Increases by one with every change. It is 0 for connections that earlier versions stored without it.
    #[serde(default, skip_serializing_if = "is_zero")]
    revision: u64,
}

/// Returns the refusal of what would let take effect what an observed connection says.
fn only_observed() -> Error {
    let detail = "the connection is only observed, so nothing that it sent is in effect; make it real first, or delete \
                  it and keep its people";
    Error::Refused(
        Reason::Conflict,
        scim::Error::InvalidValue(detail.to_owned()),
    )
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What stays of a deleted connection. Earlier versions store the name only.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DeletedConnection {
    pub(super) label: String,
    /// The connection that has what it owned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) handed_to: Option<String>,
    /// When it was deleted. Earlier versions do not note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deleted_at: Option<Timestamp>,
}

/// What becomes of the people of a connection that is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PeopleOf {
    /// They stay, and any connection may take them over.
    #[default]
    Kept,
    /// They and the groups belong to this connection.
    HandedTo(String),
    /// They are deactivated.
    Deactivated,
}

impl PeopleOf {
    fn heir(&self) -> Option<&str> {
        match self {
            Self::HandedTo(connection) => Some(connection),
            Self::Kept | Self::Deactivated => None,
        }
    }

    fn told(&self) -> Value {
        match self {
            Self::Kept => json!({"people": "keep"}),
            Self::HandedTo(connection) => json!({"people": "hand_over", "to": connection}),
            Self::Deactivated => json!({"people": "deactivate"}),
        }
    }
}

impl Connection {
    /// Returns a new connection, which is not stored yet.
    pub fn new(label: &str, provider: Provider, created_at: Timestamp) -> Self {
        Self::with_id(&new_id(), label, provider, created_at)
    }

    /// Returns a new connection with a chosen id, which is not stored yet.
    pub(super) fn with_id(
        id: &str,
        label: &str,
        provider: Provider,
        created_at: Timestamp,
    ) -> Self {
        Self {
            id: id.to_owned(),
            label: label.to_owned(),
            provider,
            created_at,
            replaces: BTreeSet::new(),
            external_ids_unrelated: false,
            rebind_until: None,
            alias: None,
            tokens_issued: 0,
            observing: false,
            made_real: None,
            brake: None,
            brake_holds: false,
            revision: 0,
        }
    }

    pub(crate) fn subject(&self) -> Subject {
        Subject::new("connection", &self.id, &self.label)
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn at_next_revision(self) -> Self {
        Self {
            revision: self.revision + 1,
            ..self
        }
    }

    pub(super) fn unchanged(&self) -> Expression {
        match self.revision {
            0 => Expression::new("attribute_exists(PK) AND attribute_not_exists(revision)"),
            revision => Expression::at_revision(revision),
        }
    }
}

impl Credentials<'_> {
    /// Creates a connection.
    ///
    /// # Errors
    /// `404` when the tenant was deleted or is being deleted; `409` while another connection is observed.
    pub async fn create_connection(
        self,
        label: &str,
        provider: Provider,
    ) -> Result<Connection, Error> {
        let new = Connection::new(label, provider, now());
        let created = self.make_connection(&new, None).await?;
        created.ok_or(Error::Busy(None))
    }

    /// Creates a connection with a form. If it is `observed`, what it sends takes no effect at first. Returns `None` if the
    /// form was used before.
    ///
    /// # Errors
    /// `404` when the tenant was deleted or is being deleted; `409` while another connection is observed, and for an
    /// observed one when the tenant has other connections, or has observed too many.
    pub async fn create_connection_by(
        self,
        form: FormId,
        label: &str,
        provider: Provider,
        observed: bool,
    ) -> Result<Option<Connection>, Error> {
        let new = Connection {
            observing: observed,
            ..Connection::new(label, provider, now())
        };
        self.make_connection(&new, Some(form)).await
    }

    async fn make_connection(
        self,
        new: &Connection,
        form: Option<FormId>,
    ) -> Result<Option<Connection>, Error> {
        retry_stale(|_| async move {
            let mut transaction = self.creation(new).await?;
            if let Some(form) = form {
                write_use(self.scope, &mut transaction, form)?;
            }
            let failed = self.scope.table.transact(&transaction).await?;
            if failed.contains(&Guard::Used) {
                return Ok(Some(None));
            }
            Ok(failed.is_empty().then(|| Some(new.clone())))
        })
        .await
    }

    /// Lists the connections, oldest first.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn connections(self) -> Result<Vec<Connection>, Error> {
        let range = Range::connections(self.scope.keys());
        let items = self.scope.table.query_all(range).await?;
        items.into_iter().map(from_item).collect()
    }

    /// Reads a connection.
    ///
    /// # Errors
    /// `404` when the connection does not exist.
    pub async fn connection(self, id: &str) -> Result<Connection, Error> {
        let item = match is_chosen_id(id) {
            true => {
                let key = self.scope.keys().connection(id);
                self.scope.table.get(&key).await?
            }
            false => None,
        };
        item.map(from_item)
            .unwrap_or_else(|| Err(connection_not_found(id)))
    }

    /// Returns the names of deleted connections by id. Connections that earlier versions deleted are missing.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn deleted_connections(
        self,
        ids: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, String>, Error> {
        let ids = ids.iter().filter(|id| is_chosen_id(id));
        let keys = ids.map(|id| self.scope.keys().deleted_connection(id));
        let items = self.scope.table.batch_get(keys).await?;
        let named = |item| {
            Ok((
                text(&item, "SK")?.to_owned(),
                text(&item, "label")?.to_owned(),
            ))
        };
        items.into_iter().map(named).collect()
    }

    /// Deletes a connection and revokes its tokens. The people and groups that it pushed stay.
    ///
    /// # Errors
    /// `404` when the connection does not exist.
    pub async fn delete_connection(self, id: &str) -> Result<(), Error> {
        self.delete_connection_and(id, &PeopleOf::Kept).await
    }

    /// Deletes a connection and revokes its tokens. Its people are deactivated afterwards, by the event, if that is the
    /// wish.
    ///
    /// # Errors
    /// `404` when the connection does not exist; `invalidValue` when its heir does not, or is the connection itself.
    pub async fn delete_connection_and(self, id: &str, people: &PeopleOf) -> Result<(), Error> {
        let connection = self.connection(id).await?;
        self.check_heir(id, people).await?;
        if connection.observing && *people != PeopleOf::Kept {
            return Err(only_observed());
        }
        self.begin_deletion(id).await?;
        // All its tokens end with this write, however many there are.
        let (table, keys) = (&self.scope.table, self.scope.keys());
        end_connection(table, keys, id).await?;
        // From now on no token can be issued, so the list of tokens is complete.
        self.revoke_live_tokens(|token| token.connection_id() == id)
            .await?;
        retry_stale(|_| self.end_deletion(&connection, people)).await?;
        self.refresh_if(connection.observing).await?;
        forget_connection(table, keys, id).await
    }

    async fn end_deletion(
        self,
        connection: &Connection,
        people: &PeopleOf,
    ) -> Result<Option<()>, Error> {
        let (keys, id) = (self.scope.keys(), connection.id.as_str());
        // Somebody else may have deleted it meanwhile.
        self.connection(id).await?;
        let mut transaction = Transaction::default();
        transaction.delete_if(keys.connection(id), Expression::present(), Guard::Stale);
        if let Some(alias) = &connection.alias {
            transaction.delete(keys.connection_alias(alias));
        }
        self.write_sole_deleted(&mut transaction, connection)
            .await?;
        // The logs continue to show its name.
        let name = DeletedConnection {
            label: connection.label.clone(),
            handed_to: people.heir().map(str::to_owned),
            deleted_at: Some(now()),
        };
        transaction.put(to_item(&keys.deleted_connection(id), &name)?);
        let deleted = EventType::ConnectionDeleted;
        let entry = Entry::new(self.scope, deleted, connection.subject());
        let entry = entry.with_change(None, Some(people.told()));
        transaction.put(entry.to_item(keys)?);
        let committed = self.scope.table.transact(&transaction).await?.is_empty();
        Ok(committed.then_some(()))
    }

    async fn check_heir(self, id: &str, people: &PeopleOf) -> Result<(), Error> {
        let Some(heir) = people.heir() else {
            return Ok(());
        };
        match self.known_connection(heir).await?.filter(|_| heir != id) {
            Some(heir) if heir.observing => Err(only_observed()),
            Some(_) => Ok(()),
            None => {
                let detail = format!("`{}` is not another connection", shown(heir));
                Err(scim::Error::InvalidValue(detail).into())
            }
        }
    }

    /// Reads a connection, if it exists.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn known_connection(self, id: &str) -> Result<Option<Connection>, Error> {
        match self.connection(id).await {
            Ok(connection) => Ok(Some(connection)),
            Err(error) if error.is_refusal() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn begin_deletion(self, id: &str) -> Result<(), Error> {
        let mut transaction = Transaction::default();
        transaction.update_if(
            self.scope.keys().connection(id),
            Expression::new("SET deleting = :now").with(":now", string(&now().to_string())),
            Expression::present(),
            Guard::Stale,
        );
        match self.scope.table.transact(&transaction).await?.is_empty() {
            true => Ok(()),
            false => Err(connection_not_found(id)),
        }
    }

    /// Revokes every token that `wanted` selects and that is not revoked yet.
    pub(crate) async fn revoke_live_tokens(
        self,
        wanted: impl Fn(&TokenItem) -> bool,
    ) -> Result<(), Error> {
        let tokens = self.token_items().await?;
        let live = tokens.iter().filter(|token| !token.is_revoked());
        let live: Vec<_> = live.filter(|token| wanted(token)).collect();
        for chunk in live.chunks(TOKENS_AT_ONCE) {
            let mut transaction = Transaction::default();
            for token in chunk {
                self.write_revocation(&mut transaction, token)?;
            }
            self.scope.commit(&transaction).await?;
        }
        Ok(())
    }

    /// Returns the error for a token that cannot be issued because the connection or the tenant was deleted or is being
    /// deleted.
    pub(super) async fn gone(self, connection_id: &str) -> Error {
        match self.scope.stored_tenant().await {
            Ok(tenant) if !tenant.deleting => connection_not_found(connection_id),
            Ok(_) => tenant_gone(self.scope),
            Err(error) => error,
        }
    }
}

/// Counts a new token, on the condition that the connection exists and is not being deleted.
pub(super) fn count_token(
    scope: &Scope,
    transaction: &mut Transaction,
    id: &str,
) -> Result<(), Error> {
    // The id becomes part of a key, so other text must not reach it.
    if !is_chosen_id(id) {
        return Err(connection_not_found(id));
    }
    let alive = Expression::new("attribute_exists(PK) AND attribute_not_exists(deleting)");
    let count = Expression::new("ADD tokens_issued :one").with(":one", number(1));
    transaction.update_if(scope.keys().connection(id), count, alive, Guard::Gone);
    Ok(())
}

pub(super) fn connection_not_found(id: &str) -> Error {
    let what = format!("connection `{}`", shown(id));
    scim::Error::NotFound { what }.into()
}

pub(super) fn tenant_gone(scope: &Scope) -> Error {
    let what = format!("tenant `{}`", scope.tenant);
    scim::Error::NotFound { what }.into()
}
