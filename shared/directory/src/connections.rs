//! Connections: one identity provider of one tenant each.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::Error;
use crate::journal::Subject;
use crate::record::now;
use crate::table::{Range, from_item, to_item};
use crate::tenant::Tenant;
use crate::transaction::{Expression, Guard, Transaction};

/// The products that connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
        let id = Uuid::now_v7().to_string();
        let connection = Connection {
            id,
            label: label.to_owned(),
            provider,
            created_at: now(),
        };
        let key = self.id.connection(&connection.id);
        let subject = Subject {
            kind: "connection",
            id: connection.id.clone(),
            name: label.to_owned(),
        };
        let mut transaction = Transaction::default();
        transaction.put_if(
            to_item(&key, &connection)?,
            Expression::absent(),
            Guard::Stale,
        );
        transaction.put(
            self.entry("connection.created", subject)
                .to_item(&self.id)?,
        );
        self.commit(&transaction).await?;
        Ok(connection)
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

    /// Commits what nobody else competes for.
    pub(crate) async fn commit(&self, transaction: &Transaction) -> Result<(), Error> {
        match self.table.transact(transaction).await?.is_empty() {
            true => Ok(()),
            false => Err(Error::Busy(None)),
        }
    }
}
