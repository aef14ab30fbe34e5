//! The only connection of a tenant: the one that a sign-in means that names none. The tenant's item says which one it is,
//! so that a sign-in need not list the connections.
//!
//! Whatever creates or deletes a connection writes it in the same transaction. Earlier versions do not, nor do they after
//! a roll-back, so the full pass corrects it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rollcall_store::{Error, Expression, Guard, TenantItem, Transaction, now, number, string};

use crate::credentials::connections::Connection;
use crate::credentials::handle::Credentials;
use crate::credentials::meter::listed;
use crate::credentials::observing::{one_is_observed, with_observed};

/// The time after which the pass that makes a connection real counts as lost.
const LATE: SignedDuration = SignedDuration::from_hours(1);

/// What is left to do about connections that were observed: the message that orders it may be lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LateObserved {
    /// The ids of those that were to be made real long ago.
    pub to_make_real: Vec<String>,
    /// The ids of those that were deleted, of which something may be left over.
    pub to_take_back: Vec<String>,
}

impl Credentials<'_> {
    /// Adds to the transaction which connection is the only one once a new one exists, and whether that is only observed.
    ///
    /// # Errors
    /// `404` when the tenant was deleted; `409` while another connection is observed, and when the new one is to be and
    /// cannot.
    pub(super) async fn write_sole_of_new(
        self,
        transaction: &mut Transaction,
        new: &Connection,
    ) -> Result<(), Error> {
        let tenant = self.scope.stored_tenant().await?;
        let before = self.connection_ids().await?;
        let mut ids = before.clone();
        ids.insert(new.id.clone());
        let set = if new.observing {
            let observing = with_observed(tenant.observing, &before, new)?;
            self.observe_in_meter(transaction, &new.id);
            noted_with(&ids, ", observing = :observing").with(":observing", listed(&observing))
        } else if tenant.observing.is_disjoint(&before) {
            noted(&ids)
        } else {
            return Err(one_is_observed());
        };
        let unchanged = Expression::at_revision(tenant.revision);
        transaction.update_if(self.scope.keys().tenant(), set, unchanged, Guard::Stale);
        Ok(())
    }

    /// Adds to the transaction that a connection is deleted. If it was observed, it stays noted as such, for what it said takes
    /// no effect; the meter need not know it any more.
    pub(super) async fn write_sole_deleted(
        self,
        transaction: &mut Transaction,
        connection: &Connection,
    ) -> Result<(), Error> {
        let tenant = self.scope.stored_tenant().await?;
        let mut ids = self.connection_ids().await?;
        ids.remove(&connection.id);
        let mut gone: BTreeSet<_> = &tenant.observing - &ids;
        // What the stored tenant has of those that were made real means nothing.
        gone.retain(|id| tenant.observed_gone.contains(id) || *id == connection.id);
        let set = match gone == tenant.observed_gone {
            true => noted(&ids),
            false => noted_with(&ids, ", observed_gone = :gone").with(":gone", listed(&gone)),
        };
        let unchanged = Expression::at_revision(tenant.revision);
        transaction.update_if(self.scope.keys().tenant(), set, unchanged, Guard::Stale);
        Ok(())
    }

    /// Corrects which connection is the only one. Earlier versions do not note it. Returns what is left to do about
    /// connections that were observed.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn complete_sole_connection(self) -> Result<LateObserved, Error> {
        let tenant = match self.scope.stored_tenant().await {
            // The tenant was deleted.
            Err(error) if error.is_refusal() => return Ok(LateObserved::default()),
            tenant => tenant?,
        };
        let connections = self.connections().await?;
        let ids = connections.iter().map(|one| one.id.clone()).collect();
        let late = connections.into_iter().filter(|one| is_late(one, now()));
        let late = LateObserved {
            to_make_real: late.map(|one| one.id).collect(),
            to_take_back: tenant.observed_gone.iter().cloned().collect(),
        };
        if is_noted(&tenant, &ids) {
            return Ok(late);
        }
        let mut transaction = Transaction::default();
        let unchanged = Expression::at_revision(tenant.revision);
        transaction.update_if(
            self.scope.keys().tenant(),
            noted(&ids),
            unchanged,
            Guard::Stale,
        );
        // If something has changed meanwhile, the next pass looks again.
        self.scope.table.transact(&transaction).await?;
        Ok(late)
    }

    pub(super) async fn connection_ids(self) -> Result<BTreeSet<String>, Error> {
        let connections = self.connections().await?.into_iter();
        Ok(connections.map(|connection| connection.id).collect())
    }
}

/// Returns whether a connection was to be made real long ago, and that is not done.
fn is_late(connection: &Connection, at: Timestamp) -> bool {
    let begun = connection.made_real.as_ref();
    let begun = begun.filter(|it| !connection.observing && it.done.is_none());
    begun.is_some_and(|it| it.since + LATE < at)
}

fn is_noted(tenant: &TenantItem, ids: &BTreeSet<String>) -> bool {
    tenant.sole_connection.as_ref() == sole(ids)
}

fn sole(ids: &BTreeSet<String>) -> Option<&String> {
    ids.first().filter(|_| ids.len() == 1)
}

fn noted(ids: &BTreeSet<String>) -> Expression {
    noted_with(ids, "")
}

/// Returns the update with further assignments, each after a comma.
fn noted_with(ids: &BTreeSet<String>, more: &str) -> Expression {
    let set = format!("SET revision = revision + :one{more}");
    let set = match sole(ids) {
        Some(id) => {
            Expression::new(format!("{set}, sole_connection = :id")).with(":id", string(id))
        }
        None => Expression::new(format!("{set} REMOVE sole_connection")),
    };
    set.with(":one", number(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_one_is_the_only_one() {
        for (ids, expected) in [
            (vec![], None),
            (vec!["a"], Some("a")),
            (vec!["a", "b"], None),
        ] {
            let ids = ids.into_iter().map(str::to_owned).collect();
            assert_eq!(sole(&ids).map(String::as_str), expected);
        }
    }
}
