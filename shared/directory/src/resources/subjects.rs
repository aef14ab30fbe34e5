//! Whom a subject is bound to, by connection: the way from a sign-in's subject to the person.
//!
//! The person's record has the bindings too, and a binding holds only if both agree. So a subject is taken from somebody
//! by a write of the subject's item alone. The item stays when the person is deleted, so that their subject does not
//! become that of somebody new.

use std::collections::BTreeMap;

use rollcall_model::Binding;
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

    /// Writes the item after somebody was taken from it, and removes it if it names nobody else.
    fn write_left(
        self,
        scope: &Scope,
        transaction: &mut Transaction,
        subject: &str,
    ) -> Result<(), Error> {
        if !self.people.is_empty() {
            return self.write(scope, transaction, subject);
        }
        let key = scope.keys().subject(subject);
        match self.revision {
            0 => transaction.check(key, Expression::absent(), Guard::Stale),
            revision => {
                transaction.delete_if(key, Expression::at_revision(revision), Guard::Stale);
            }
        }
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
        bound.write_left(scope, &mut transaction, subject)?;
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
    let bindings = from.identity.bindings.iter();
    write_rebound(scope, transaction, &from.id, bindings, Some(to)).await
}

/// Takes every subject from a person, so that nobody is bound to it.
pub(crate) async fn write_forgotten(
    scope: &Scope,
    transaction: &mut Transaction,
    from: &Record,
) -> Result<(), Error> {
    let bindings = from.identity.bindings.iter();
    write_rebound(scope, transaction, &from.id, bindings, None).await
}

/// Takes from a person the subjects that they no longer have after another one was bound. The item of the subject that is
/// bound, `new`, is not touched.
pub(crate) async fn write_replaced(
    scope: &Scope,
    transaction: &mut Transaction,
    before: &Record,
    after: &Record,
    new: &str,
) -> Result<(), Error> {
    let is_left = |connection: &String, old: &Binding| {
        let now = after.identity.bindings.get(connection);
        now.is_some_and(|now| now.subject == old.subject)
    };
    let bindings = before.identity.bindings.iter();
    let replaced =
        bindings.filter(|(connection, old)| old.subject != new && !is_left(connection, old));
    write_rebound(scope, transaction, &before.id, replaced, None).await
}

async fn write_rebound<'a>(
    scope: &Scope,
    transaction: &mut Transaction,
    from: &str,
    bindings: impl Iterator<Item = (&'a String, &'a Binding)>,
    to: Option<&str>,
) -> Result<(), Error> {
    let mut subjects = BTreeMap::<&str, Vec<&str>>::new();
    for (connection, binding) in bindings {
        let connections = subjects.entry(&binding.subject).or_default();
        connections.push(connection);
    }
    if subjects.is_empty() {
        return Ok(());
    }
    let keys = subjects.keys().map(|subject| scope.keys().subject(subject));
    let mut found = scope.table.find(keys).await?;
    for (subject, connections) in subjects {
        let mut bound = BoundPeople::from_item(found.take(&scope.keys().subject(subject)))?;
        for connection in connections {
            if bound.people.get(connection).map(String::as_str) != Some(from) {
                continue;
            }
            match to {
                Some(to) => _ = bound.people.insert(connection.to_owned(), to.to_owned()),
                None => _ = bound.people.remove(connection),
            }
        }
        bound.write_left(scope, transaction, subject)?;
    }
    Ok(())
}
