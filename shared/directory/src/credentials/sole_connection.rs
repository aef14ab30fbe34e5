//! The only connection of a tenant: the one that a sign-in means that names none. The tenant's item says which one it is,
//! so that a sign-in need not list the connections.
//!
//! Whatever creates or deletes a connection writes it in the same transaction. Earlier versions do not, nor do they after
//! a roll-back, so the full pass corrects it.

use std::collections::BTreeSet;

use rollcall_store::{Error, Expression, Guard, TenantItem, Transaction, number, string};

use crate::credentials::handle::Credentials;

impl Credentials<'_> {
    /// Adds to the transaction which connection is the only one afterwards. The connections are those of now after
    /// `change`.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub(super) async fn write_sole(
        self,
        transaction: &mut Transaction,
        change: impl FnOnce(&mut BTreeSet<String>),
    ) -> Result<(), Error> {
        let tenant = self.scope.stored_tenant().await?;
        let mut ids = self.connection_ids().await?;
        change(&mut ids);
        let (set, unchanged) = (noted(&ids), Expression::at_revision(tenant.revision));
        transaction.update_if(self.scope.keys().tenant(), set, unchanged, Guard::Stale);
        Ok(())
    }

    /// Corrects which connection is the only one. Earlier versions do not note it.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn complete_sole_connection(self) -> Result<(), Error> {
        let tenant = match self.scope.stored_tenant().await {
            // The tenant was deleted.
            Err(error) if error.is_refusal() => return Ok(()),
            tenant => tenant?,
        };
        if is_noted(&tenant, &self.connection_ids().await?) {
            return Ok(());
        }
        let mut transaction = Transaction::default();
        self.write_sole(&mut transaction, |_| {}).await?;
        // If something has changed meanwhile, the next pass looks again.
        self.scope.table.transact(&transaction).await.map(|_| ())
    }

    async fn connection_ids(self) -> Result<BTreeSet<String>, Error> {
        let connections = self.connections().await?.into_iter();
        Ok(connections.map(|connection| connection.id).collect())
    }
}

fn is_noted(tenant: &TenantItem, ids: &BTreeSet<String>) -> bool {
    tenant.sole_connection.as_ref() == sole(ids)
}

fn sole(ids: &BTreeSet<String>) -> Option<&String> {
    ids.first().filter(|_| ids.len() == 1)
}

fn noted(ids: &BTreeSet<String>) -> Expression {
    let set = match sole(ids) {
        Some(id) => {
            let set = "SET revision = revision + :one, sole_connection = :id";
            Expression::new(set).with(":id", string(id))
        }
        None => Expression::new("SET revision = revision + :one REMOVE sole_connection"),
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
