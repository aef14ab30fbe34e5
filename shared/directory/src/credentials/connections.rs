//! Connections: one identity provider of one tenant each.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rollcall_scim as scim;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::credentials::idempotency::FormId;
use crate::error::Error;
use crate::journal::entry::{Entry, Subject};
use crate::resources::members::is_id;
use crate::resources::record::now;
use crate::store::item::{from_item, text, to_item};
use crate::store::table::Range;
use crate::store::transaction::{Expression, Guard, Transaction};
use crate::tenant::Tenant;

/// Tokens whose revocation goes into one transaction, two writes each.
const TOKENS_AT_ONCE: usize = 45;

/// The products that connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the products'")]
pub enum Provider {
    Okta,
    Entra,
    OneLogin,
    JumpCloud,
    Google,
    Ping,
    CyberArk,
    Rippling,
    Other,
}

/// One identity provider of the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its id.
    pub id: String,
    /// What the admin calls it.
    pub label: String,
    /// Which product it is.
    pub provider: Provider,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Tenant {
    /// Makes a connection.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn create_connection(
        &self,
        label: &str,
        provider: Provider,
    ) -> Result<Connection, Error> {
        let made = self.make_connection(label, provider, None).await?;
        made.ok_or(Error::Busy(None))
    }

    /// Makes a connection by a form; none if the form was used before.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn create_connection_by(
        &self,
        form: FormId,
        label: &str,
        provider: Provider,
    ) -> Result<Option<Connection>, Error> {
        self.make_connection(label, provider, Some(form)).await
    }

    async fn make_connection(
        &self,
        label: &str,
        provider: Provider,
        form: Option<FormId>,
    ) -> Result<Option<Connection>, Error> {
        let id = Uuid::now_v7().to_string();
        let connection = Connection {
            id,
            label: label.to_owned(),
            provider,
            created_at: now(),
        };
        let key = self.id.connection(&connection.id);
        let mut transaction = Transaction::default();
        transaction.put_if(
            to_item(&key, &connection)?,
            Expression::absent(),
            Guard::Stale,
        );
        transaction.put(
            self.entry("connection.created", connection_subject(&connection))
                .to_item(&self.id)?,
        );
        if let Some(form) = form {
            self.write_use(&mut transaction, form)?;
        }
        let failed = self.table.transact(&transaction).await?;
        match (failed.is_empty(), failed.contains(&Guard::Used)) {
            (true, _) => Ok(Some(connection)),
            (false, true) => Ok(None),
            (false, false) => Err(Error::Busy(None)),
        }
    }

    /// Every connection, oldest first.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn connections(&self) -> Result<Vec<Connection>, Error> {
        let items = self
            .table
            .query_all(Range::prefix(self.id.config(), "CONN#"))
            .await?;
        items.into_iter().map(from_item).collect()
    }

    /// One connection.
    ///
    /// # Errors
    /// `404` when there is none of this id.
    pub async fn connection(&self, id: &str) -> Result<Connection, Error> {
        let item = match is_id(id) {
            true => self.table.get(&self.id.connection(id)).await?,
            false => None,
        };
        match item {
            Some(item) => from_item(item),
            None => Err(scim::Error::NotFound {
                what: format!("connection `{}`", id.chars().take(64).collect::<String>()),
            }
            .into()),
        }
    }

    /// What deleted connections were called, by their ids; nothing of those that never were, or that were deleted before
    /// their names were kept.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn deleted_connections(
        &self,
        ids: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, String>, Error> {
        let ids = ids.iter().filter(|id| is_id(id));
        let keys = ids.map(|id| self.id.deleted_connection(id));
        let items = self.table.batch_get(keys).await?;
        let named = |item| {
            Ok((
                text(&item, "SK")?.to_owned(),
                text(&item, "label")?.to_owned(),
            ))
        };
        items.into_iter().map(named).collect()
    }

    /// Changes what a connection is called, or which product it is.
    ///
    /// # Errors
    /// `404` when there is none of this id.
    pub async fn change_connection(
        &self,
        id: &str,
        label: Option<String>,
        provider: Option<Provider>,
    ) -> Result<Connection, Error> {
        let before = self.connection(id).await?;
        let mut after = before.clone();
        after.label = label.unwrap_or(after.label);
        after.provider = provider.unwrap_or(after.provider);
        if after == before {
            return Ok(after);
        }
        let mut transaction = Transaction::default();
        let item = to_item(&self.id.connection(id), &after)?;
        transaction.put_if(item, Expression::present(), Guard::Stale);
        let told =
            |c: &Connection| Some(json!({"name": c.label, "provider": c.provider}).to_string());
        let entry = self.entry("connection.updated", connection_subject(&after));
        transaction.put(
            Entry {
                before: told(&before),
                after: told(&after),
                ..entry
            }
            .to_item(&self.id)?,
        );
        self.commit(&transaction).await?;
        Ok(after)
    }

    /// Deletes a connection; its tokens die with it, the people and groups it pushed stay.
    ///
    /// # Errors
    /// `404` when there is none of this id.
    pub async fn delete_connection(&self, id: &str) -> Result<(), Error> {
        let connection = self.connection(id).await?;
        let tokens = self.token_items().await?;
        let live = tokens.iter().filter(|token| token.is_live_of(id));
        // Tokens first, so that a failure half-way leaves nothing that still works and looks deleted.
        for chunk in live.collect::<Vec<_>>().chunks(TOKENS_AT_ONCE) {
            let mut transaction = Transaction::default();
            for token in chunk {
                self.write_revocation(&mut transaction, token)?;
            }
            self.commit(&transaction).await?;
        }
        let mut transaction = Transaction::default();
        transaction.delete_if(self.id.connection(id), Expression::present(), Guard::Stale);
        // The logs go on telling of it by its name.
        let name = json!({"label": connection.label});
        transaction.put(to_item(&self.id.deleted_connection(id), &name)?);
        transaction.put(
            self.entry("connection.deleted", connection_subject(&connection))
                .to_item(&self.id)?,
        );
        self.commit(&transaction).await
    }

    /// Commits what nobody else competes for.
    pub(crate) async fn commit(&self, transaction: &Transaction) -> Result<(), Error> {
        match self.table.transact(transaction).await?.is_empty() {
            true => Ok(()),
            false => Err(Error::Busy(None)),
        }
    }
}

fn connection_subject(connection: &Connection) -> Subject {
    Subject {
        kind: "connection".into(),
        id: connection.id.clone(),
        name: connection.label.clone(),
    }
}
