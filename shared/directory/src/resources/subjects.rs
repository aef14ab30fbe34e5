//! Whom a subject is bound to, by connection: the way from a sign-in's subject to the person.
//!
//! The person's record has the bindings too, and a binding holds only if both agree. So a subject is taken from somebody
//! by a write of the subject's item alone. The item stays when the person is deleted, so that their subject does not
//! become that of somebody new.

use std::collections::BTreeMap;

use rollcall_store::{
    Error, Expression, Guard, Item, Scope, Transaction, from_item, retry_stale, to_item,
};
use serde::{Deserialize, Serialize};

use crate::resources::record::Record;

/// The people whom a subject is bound to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BoundPeople {
    /// The ids of the people by connection.
    pub(crate) people: BTreeMap<String, String>,
    revision: u64,
}

impl BoundPeople {
    /// Reads the item of a subject; nobody is bound to a subject without one.
    ///
    /// # Errors
    /// When the item does not have the expected form.
    pub(crate) fn from_item(item: Option<Item>) -> Result<Self, Error> {
        item.map_or_else(|| Ok(Self::default()), from_item)
    }

    /// Writes the item after a change, on the condition that it is as it was read.
    pub(crate) fn write(
        mut self,
        scope: &Scope,
        transaction: &mut Transaction,
        subject: &str,
    ) -> Result<(), Error> {
        let unchanged = match self.revision {
            0 => Expression::absent(),
            revision => Expression::at_revision(revision),
        };
        self.revision += 1;
        let item = to_item(&scope.keys().subject(subject), &self)?;
        transaction.put_if(item, unchanged, Guard::Stale);
        Ok(())
    }
}

/// Takes a subject from the person with this id who is erased, and removes its item if it is bound to nobody else.
pub(crate) async fn forget_person(scope: &Scope, subject: &str, id: &str) -> Result<(), Error> {
    retry_stale(|_| async move {
        let key = scope.keys().subject(subject);
        let mut bound = BoundPeople::from_item(scope.table.get(&key).await?)?;
        if bound.revision == 0 {
            return Ok(Some(()));
        }
        let mut transaction = Transaction::default();
        bound.people.retain(|_, person| person != id);
        match bound.people.is_empty() {
            true => {
                transaction.delete_if(key, Expression::at_revision(bound.revision), Guard::Stale)
            }
            false => bound.write(scope, &mut transaction, subject)?,
        }
        let is_written = scope.table.transact(&transaction).await?.is_empty();
        Ok(is_written.then_some(()))
    })
    .await
}

/// Binds every subject of a person to another one, in the same connections.
pub(super) async fn write_moved(
    scope: &Scope,
    transaction: &mut Transaction,
    from: &Record,
    to: &str,
) -> Result<(), Error> {
    write_rebound(scope, transaction, from, Some(to)).await
}

/// Takes every subject from a person, so that nobody is bound to it.
pub(crate) async fn write_forgotten(
    scope: &Scope,
    transaction: &mut Transaction,
    from: &Record,
) -> Result<(), Error> {
    write_rebound(scope, transaction, from, None).await
}

async fn write_rebound(
    scope: &Scope,
    transaction: &mut Transaction,
    from: &Record,
    to: Option<&str>,
) -> Result<(), Error> {
    let mut subjects = BTreeMap::<&str, Vec<&str>>::new();
    for (connection, binding) in &from.identity.bindings {
        let connections = subjects.entry(&binding.subject).or_default();
        connections.push(connection);
    }
    let keys = subjects.keys().map(|subject| scope.keys().subject(subject));
    let mut found = scope.table.find(keys).await?;
    for (subject, connections) in subjects {
        let mut bound = BoundPeople::from_item(found.take(&scope.keys().subject(subject)))?;
        for connection in connections {
            if bound.people.get(connection) != Some(&from.id) {
                continue;
            }
            match to {
                Some(to) => _ = bound.people.insert(connection.to_owned(), to.to_owned()),
                None => _ = bound.people.remove(connection),
            }
        }
        bound.write(scope, transaction, subject)?;
    }
    Ok(())
}
