//! Admits as new: sign-ins that would be taken for somebody else, or kept out because of somebody who was deleted, are
//! those of somebody new.

use std::collections::BTreeMap;

use rollcall_model::{Catalogue, EventType, Role, Subject, USERS};
use rollcall_store::{Error, Expression, Guard, Scope, Transaction, from_item, retry_stale};

use crate::journal::entry::Entry;
use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::resources::restore::{above, check_is_person, check_rank, conflict};
use crate::resources::subjects::BoundPeople;
use crate::resources::tombstones::Tombstone;
use crate::resources::traces::Traces;
use crate::resources::writes::{account_writes, committed};

impl Resources<'_> {
    /// Lets others have what a person had. Of a deleted person, these are all identifiers and subjects: who signs in
    /// with one of them is somebody new. Of a person who is there, it is the e-mail address: an address alone no longer
    /// means them.
    ///
    /// # Errors
    /// `404` when there never was such a person; `403` for somebody who ranks above `giver`; `409` for an account that
    /// was closed into another, and for somebody who was deactivated but not deleted.
    pub async fn admit_as_new(self, id: &str, giver: Role) -> Result<(), Error> {
        retry_stale(|_| async move {
            let written = match Tombstone::of_person(self.scope, id).await? {
                Some(tombstone) => self.release(id, tombstone, giver).await?,
                None => self.share_email(id, giver).await?,
            };
            Ok(written.then_some(()))
        })
        .await
    }

    async fn release(self, id: &str, before: Tombstone, giver: Role) -> Result<bool, Error> {
        check_is_person(&before)?;
        check_rank(&before, &self.scope.settings().await?.roles, giver)?;
        let mut transaction = Transaction::default();
        before.traces.erase(self.scope, &mut transaction, id);
        self.unbind(&mut transaction, id, &before).await?;
        let mut after = before;
        after.traces = Traces::default();
        after.identity.bindings = BTreeMap::new();
        let item = after.to_item(self.scope, &USERS, id)?;
        transaction.put_if(item, Expression::present(), Guard::Stale);
        write_entry(self.scope, &mut transaction, Subject::new("user", id, ""))?;
        committed(self.scope, &transaction, &USERS).await
    }

    /// Frees the subjects of a deleted person.
    async fn unbind(
        self,
        transaction: &mut Transaction,
        id: &str,
        tombstone: &Tombstone,
    ) -> Result<(), Error> {
        let mut subjects = BTreeMap::new();
        for binding in tombstone.identity.bindings.values() {
            let key = self.scope.keys().subject(&binding.subject);
            subjects.insert(binding.subject.clone(), key);
        }
        let mut found = self.scope.table.find(subjects.values().cloned()).await?;
        for (subject, key) in subjects {
            let mut bound = found
                .take(&key)
                .map_or_else(|| Ok(BoundPeople::default()), from_item)?;
            let before = bound.people.len();
            bound.people.retain(|_, person| person != id);
            if bound.people.len() < before {
                bound.write(self.scope, transaction, &subject)?;
            }
        }
        Ok(())
    }

    async fn share_email(self, id: &str, giver: Role) -> Result<bool, Error> {
        let before = self.record(&USERS, id).await?;
        check_shareable(&before, &self.scope.settings().await?.roles, giver)?;
        if before.identity.email_shared {
            return Ok(true);
        }
        let mut after = before.rewritten();
        after.identity.email_shared = true;
        let mut transaction = account_writes(self.scope, &before, &after)?;
        write_entry(self.scope, &mut transaction, before.subject(&USERS)?)?;
        committed(self.scope, &transaction, &USERS).await
    }
}

fn check_shareable(person: &Record, roles: &Catalogue, giver: Role) -> Result<(), Error> {
    let held = person.account.given_role(roles);
    if let Some(role) = held.filter(|role| role.outranks(giver)) {
        return Err(above(role));
    }
    match person.is_out() {
        true => Err(conflict(
            "the person is deactivated or blocked and keeps their user name; delete them first, or let them in again",
        )),
        false => Ok(()),
    }
}

fn write_entry(
    scope: &Scope,
    transaction: &mut Transaction,
    subject: Subject,
) -> Result<(), Error> {
    let entry = Entry::new(scope, EventType::UserAdmittedAsNew, subject);
    transaction.put(entry.to_item(scope.keys())?);
    Ok(())
}
