//! Connections that are only observed: what they say is stored and read back, and takes no effect until somebody makes it
//! real.
//!
//! The tenant's item says which they are; its meter has a copy, which every request of a token reads.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_model::Reason;
use rollcall_scim as scim;
use rollcall_store::{
    Error, Expression, Guard, Scope, TenantItem, Transaction, now, number, retry_stale, string,
};

use crate::credentials::connections::{Connection, MadeReal};
use crate::credentials::handle::Credentials;
use crate::credentials::meter::{listed, refresh};

impl MadeReal {
    pub(super) fn to_value(&self) -> AttributeValue {
        let mut fields = HashMap::from([
            ("since".to_owned(), string(&self.since.to_string())),
            ("people".to_owned(), number(self.people)),
            ("looked_at".to_owned(), number(self.looked_at)),
        ]);
        if let Some(done) = &self.done {
            fields.insert("done".to_owned(), string(&done.to_string()));
        }
        AttributeValue::M(fields)
    }
}

impl Credentials<'_> {
    /// Checks that a changed connection may begin to be observed, and notes when it ceases to be.
    ///
    /// # Errors
    /// `409` when it has sent requests before.
    pub(super) async fn to_be_observed(
        self,
        before: &Connection,
        mut after: Connection,
    ) -> Result<Connection, Error> {
        match (before.observing, after.observing) {
            (false, true) => {
                let tokens = self.tokens_of(&after.id).await?;
                if tokens.iter().any(|token| token.last_used_at.is_some()) {
                    return Err(sent_before());
                }
            }
            (true, false) => {
                after.made_real = Some(MadeReal {
                    since: now(),
                    people: 0,
                    looked_at: 0,
                    done: None,
                });
            }
            _ => {}
        }
        Ok(after)
    }

    /// Adds a connection to those of the tenant that are only observed, or takes it off, if that changes.
    pub(super) async fn write_observing(
        self,
        transaction: &mut Transaction,
        before: &Connection,
        after: &Connection,
    ) -> Result<(), Error> {
        if before.observing == after.observing {
            return Ok(());
        }
        let TenantItem {
            revision,
            mut observing,
            ..
        } = self.scope.stored_tenant().await?;
        match after.observing {
            true => observing.insert(after.id.clone()),
            false => observing.remove(&after.id),
        };
        let set = Expression::new("SET revision = revision + :one, observing = :observing")
            .with(":one", number(1))
            .with(":observing", listed(&observing));
        let unchanged = Expression::at_revision(revision);
        transaction.update_if(self.scope.keys().tenant(), set, unchanged, Guard::Stale);
        Ok(())
    }

    /// Copies to the meter which connections are observed, if that may have changed.
    pub(super) async fn refresh_if(self, has_changed: bool) -> Result<(), Error> {
        match has_changed {
            true => refresh(&self.scope.table, &self.scope.tenant).await,
            false => Ok(()),
        }
    }

    /// Notes how far what a connection said is made real. Does nothing if the connection was deleted.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn note_made_real(
        self,
        connection: &str,
        change: &(impl Fn(&mut MadeReal) + Sync),
    ) -> Result<(), Error> {
        retry_stale(|_| async move {
            let before = self.known_connection(connection).await?;
            let Some(before) = before.filter(|one| !one.observing) else {
                return Ok(Some(()));
            };
            let Some(mut made_real) = before.made_real.clone() else {
                return Ok(Some(()));
            };
            change(&mut made_real);
            let set = Expression::new("SET made_real = :made_real")
                .with(":made_real", made_real.to_value());
            let mut transaction = Transaction::default();
            let key = self.scope.keys().connection(connection);
            transaction.update_if(key, set, before.unchanged(), Guard::Stale);
            let failed = self.scope.table.transact(&transaction).await?;
            Ok(failed.is_empty().then_some(()))
        })
        .await
    }
}

/// Returns the connections of a tenant that are only observed; none if the tenant was deleted.
pub(crate) async fn observing(scope: &Scope) -> Result<BTreeSet<String>, Error> {
    match scope.stored_tenant().await {
        Err(error) if error.is_refusal() => Ok(BTreeSet::new()),
        tenant => Ok(tenant?.observing),
    }
}

fn sent_before() -> Error {
    let detail = "this connection has sent requests before, so what it said is in effect; create another connection, \
                  observe that before its first request, and delete this one";
    Error::Refused(
        Reason::Conflict,
        scim::Error::InvalidValue(detail.to_owned()),
    )
}
