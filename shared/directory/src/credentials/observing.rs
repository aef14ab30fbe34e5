//! Connections that are only observed: what they say is stored and read back, and takes no effect until somebody makes it
//! real.
//!
//! The tenant's item says which they are; its meter has a copy, which every request of a token reads.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use rollcall_model::Reason;
use rollcall_scim as scim;
use rollcall_store::{
    Error, Expression, Guard, Scope, TenantItem, Transaction, from_item, now, number, retry_stale,
    string,
};

use crate::credentials::connections::{Connection, DeletedConnection, MadeReal};
use crate::credentials::handle::Credentials;
use crate::credentials::meter::{listed, refresh};

/// The number of connections that a tenant notes as observed, with those that were deleted.
const MAX_OBSERVING: usize = 20;
/// How long after a deletion a request of the connection may still be under way, at most.
const STILL_UNDER_WAY: SignedDuration = SignedDuration::from_hours(1);

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
    /// `409` when it has sent requests before, and when it is observed and is to replace others.
    pub(super) async fn to_be_observed(
        self,
        before: &Connection,
        mut after: Connection,
    ) -> Result<Connection, Error> {
        let is_new = after.replaces != before.replaces || !before.observing;
        if after.observing && is_new && !after.replaces.is_empty() {
            return Err(replaces_none());
        }
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

    /// Adds a connection to those of the tenant that are only observed, or takes it off, if that changes. The meter has it
    /// with the same write, so that no request takes effect.
    ///
    /// # Errors
    /// `409` unless it is the tenant's only connection, and when the tenant has observed too many that were deleted.
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
        if after.observing {
            // A connection that is created meanwhile changes the revision.
            let others = self.connection_ids().await?;
            if others.iter().any(|id| *id != after.id) {
                return Err(not_alone());
            }
            if observing.len() >= MAX_OBSERVING {
                return Err(too_many());
            }
            observing.insert(after.id.clone());
            self.observe_in_meter(transaction, &after.id);
        } else {
            observing.remove(&after.id);
        }
        let set = Expression::new("SET revision = revision + :one, observing = :observing")
            .with(":one", number(1))
            .with(":observing", listed(&observing));
        let unchanged = Expression::at_revision(revision);
        transaction.update_if(self.scope.keys().tenant(), set, unchanged, Guard::Stale);
        Ok(())
    }

    /// Adds to the transaction that the meter has a connection as the one that is only observed.
    pub(super) fn observe_in_meter(self, transaction: &mut Transaction, id: &str) {
        let set = Expression::new("SET observing = :observing")
            .with(":observing", listed(&BTreeSet::from([id.to_owned()])));
        let there = Expression::new("attribute_not_exists(gone)");
        transaction.update_if(self.scope.keys().meter(), set, there, Guard::Stale);
    }

    /// Returns whether a deleted connection was only observed, so that something may be left over of what it said.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn was_observed(self, connection: &str) -> Result<bool, Error> {
        match self.scope.stored_tenant().await {
            Err(error) if error.is_refusal() => Ok(false),
            tenant => Ok(tenant?.observed_gone.contains(connection)),
        }
    }

    /// Forgets that a deleted connection was only observed, once nothing of what it said is left over: from then on, what it
    /// has marked counts. A request that was under way when it was deleted may still have said something about people whom the
    /// pass was already behind, so this does nothing if the pass began within an hour of that, or nobody knows when.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn forget_observed(
        self,
        connection: &str,
        began: Option<Timestamp>,
    ) -> Result<(), Error> {
        let Some(began) = began else {
            return Ok(());
        };
        let key = self.scope.keys().deleted_connection(connection);
        let deleted = self.scope.table.get(&key).await?;
        let deleted = deleted.map(from_item::<DeletedConnection>).transpose()?;
        let at = deleted.and_then(|it| it.deleted_at);
        if at.is_some_and(|at| at + STILL_UNDER_WAY > began) {
            return Ok(());
        }
        retry_stale(|_| async move {
            let tenant = match self.scope.stored_tenant().await {
                Err(error) if error.is_refusal() => return Ok(Some(())),
                tenant => tenant?,
            };
            let (mut observing, mut gone) = (tenant.observing, tenant.observed_gone);
            if !gone.remove(connection) {
                return Ok(Some(()));
            }
            observing.remove(connection);
            let set =
                "SET revision = revision + :one, observing = :observing, observed_gone = :gone";
            let set = Expression::new(set)
                .with(":one", number(1))
                .with(":observing", listed(&observing))
                .with(":gone", listed(&gone));
            let unchanged = Expression::at_revision(tenant.revision);
            let mut transaction = Transaction::default();
            transaction.update_if(self.scope.keys().tenant(), set, unchanged, Guard::Stale);
            let failed = self.scope.table.transact(&transaction).await?;
            Ok(failed.is_empty().then_some(()))
        })
        .await
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

/// Checks that a new connection can be observed beside these others. Returns those that the tenant has observed, with it.
///
/// # Errors
/// `409` when it would not be the only one, when it is to replace others, and when the tenant has observed too many.
pub(super) fn with_observed(
    mut observing: BTreeSet<String>,
    others: &BTreeSet<String>,
    new: &Connection,
) -> Result<BTreeSet<String>, Error> {
    if !others.is_empty() {
        return Err(not_alone());
    }
    if !new.replaces.is_empty() {
        return Err(replaces_none());
    }
    if observing.len() >= MAX_OBSERVING {
        return Err(too_many());
    }
    observing.insert(new.id.clone());
    Ok(observing)
}

fn not_alone() -> Error {
    conflict(
        "a connection can be observed only while it is the tenant's only one; delete the others first, or use a test \
         tenant",
    )
}

fn replaces_none() -> Error {
    conflict("a connection that is only observed replaces no other; make it real first")
}

fn too_many() -> Error {
    conflict(
        "the tenant has observed too many connections that were then deleted; use another tenant",
    )
}

fn sent_before() -> Error {
    conflict(
        "this connection has sent requests before, so what it sent is in effect; delete it, create another \
         connection, and observe that before its first request",
    )
}

/// Returns the refusal of another connection beside one that is only observed.
pub(super) fn one_is_observed() -> Error {
    conflict(
        "a connection that is only observed must be the only one; make it real or delete it first",
    )
}

fn conflict(detail: &str) -> Error {
    Error::Refused(
        Reason::Conflict,
        scim::Error::InvalidValue(detail.to_owned()),
    )
}
