//! Accounts that only came from sign-in. They never stand in the way of an identity provider: a POST of their name
//! adopts them, and a rename onto their name closes them. A POST also adopts people who came with an import.
//!
//! Roles and sessions never move to another person. A subject moves only to somebody who has neither another one nor a
//! role that was given by hand.

use rollcall_model::{EventType, PersonOrigin, Reason, Subject, USERS, contradict};
use rollcall_scim as scim;
use rollcall_store::{Error, Expression, Guard, Transaction, now, string, to_item};
use serde_json::json;

use crate::journal::entry::Entry;
use crate::resources::application_ids::write_application_id;
use crate::resources::brake::Booked;
use crate::resources::draft::Saved;
use crate::resources::effects::Effects;
use crate::resources::handle::{Members, Resources};
use crate::resources::held_list::write_held;
use crate::resources::owners::write_owners;
use crate::resources::ownership::Ownership;
use crate::resources::record::Record;
use crate::resources::subjects::write_moved;
use crate::resources::tombstones::Tombstone;
use crate::resources::traces::Traces;
use crate::resources::unique_values::write_claims;
use crate::resources::writes::{
    Pointer, account_writes, action, committed, resource_writes, subject, write_count, write_entry,
    write_lookup, write_record,
};

impl Resources<'_> {
    /// Gives the account that holds the name of a pushed person to the connection, with the pushed attributes. Somebody
    /// whose deletion by the connection is held stays, with the pushed attributes. Returns `None` if there is no such account, or it is somebody else's.
    ///
    /// # Errors
    /// `uniqueness`, with a reason of its own, when another connection pushed whoever holds the name.
    pub(super) async fn adopt(
        self,
        pushed: &Record,
        booked: &Booked,
    ) -> Result<Option<Adopted>, Error> {
        let Some(holder) = self.holder_of_name(pushed).await? else {
            return Ok(None);
        };
        let writer = pushed.identity.owner.as_deref();
        let external_id = pushed.text(&USERS, "externalId")?;
        let met = met(&holder, writer, external_id.as_deref())?;
        match met {
            Met::Adopted => {}
            // The connection takes back that it deleted them.
            Met::Own if takes_back(&holder, pushed)? => {}
            Met::OfAnother => {
                let attribute = USERS.unique.to_owned();
                let taken = scim::Error::Uniqueness { attribute };
                return Err(Error::Refused(Reason::OwnedByAnother, taken));
            }
            Met::Own | Met::SomebodyElse => return Ok(None),
        }
        let resource = pushed.resource(&USERS)?.clone();
        let mut after = match holder.changed_to(&USERS, resource, now())? {
            Some(after) => after,
            None => holder.rewritten(),
        };
        Traces::keep_former(self.scope, &holder, &mut after).await?;
        after.identity.origin = Some(PersonOrigin::Pushed);
        after.identity.owner = pushed.identity.owner.clone();
        after.claims = pushed.claims.clone();
        after.keep();
        after.observe(Some(&holder), self.scope);
        if !holder.is_out()
            && after.is_out()
            && let Some(hold) = self.brake(booked, 1).await?
        {
            after.hold_deactivation(&holder, hold, self.scope);
        }
        let transaction = resource_writes(self.scope, &USERS, Some(&holder), Some(&after))?;
        let is_committed = committed(self.scope, &transaction, &USERS).await?;
        let event = match met {
            Met::Own => action(&USERS, Some(&holder), Some(&after)),
            _ => EventType::UserAdopted,
        };
        Ok(Some(match is_committed {
            true => Adopted::Done(Box::new(after), event),
            false => Adopted::Stale,
        }))
    }

    /// Closes the account that holds the new name of a person, or returns the error.
    pub(super) async fn save_closing(
        self,
        before: &Record,
        after: Record,
        ownership: &Ownership,
        error: Error,
    ) -> Result<Option<Saved>, Error> {
        match self.close_into(before, &after, ownership).await? {
            Some(true) => {
                let mut effects = Effects::default();
                effects.changed(action(&USERS, Some(before), Some(&after)));
                effects.changed(EventType::UserMerged);
                let record = self.record(&USERS, &after.id).await?;
                Ok(Some(Saved::of(record, effects)))
            }
            Some(false) => Ok(None),
            None => Err(error),
        }
    }

    /// Renames a person onto the name of an account that only came from sign-in, and closes that account. Returns
    /// `None` if the name is somebody else's, or the account holds a role that was given by hand.
    async fn close_into(
        self,
        before: &Record,
        after: &Record,
        ownership: &Ownership,
    ) -> Result<Option<bool>, Error> {
        let Some(closed) = self.holder_of_name(after).await? else {
            return Ok(None);
        };
        let settings = self.scope.settings().await?;
        let default = settings.sso_default_role.as_ref();
        let is_kept = closed.account.manual.is_some()
            || closed.account.has_former_default(default)
            || closed.identity.blocked_at.is_some()
            || !closed.identity.only_signed_in();
        if closed.id == after.id || is_kept || differs(&closed, after)? {
            return Ok(None);
        }
        let mut after = after.clone();
        // The name stays where it is.
        let name = after.user_name()?;
        let is_key_of_before = closed.name_in_key(&USERS)? == USERS.compared_before(&name);
        after.named = USERS.compared_since(&name).filter(|_| !is_key_of_before);
        let is_free = after.identity.bindings.is_empty() && after.account.manual.is_none();
        let mut transaction = Transaction::default();
        ownership.check(self.scope, &mut transaction);
        if is_free {
            after.identity.bindings = closed.identity.bindings.clone();
            write_moved(self.scope, &mut transaction, &closed, &after.id).await?;
        }
        transaction.append(self.renaming(before, &after, &closed)?);
        transaction.append(self.closing(&closed, &after.id).await?);
        committed(self.scope, &transaction, &USERS).await.map(Some)
    }

    /// Closes an account that only came from sign-in into a person. Returns `false` if one of them has changed since it
    /// was read.
    ///
    /// # Errors
    /// `403` when the account is that of the last active owner.
    pub(crate) async fn merge(
        self,
        closed: &Record,
        into: &Record,
    ) -> Result<Option<Record>, Error> {
        let (scope, mut after) = (self.scope, into.rewritten());
        let mut transaction = Transaction::default();
        if moves_subjects(closed, into) {
            after.identity.bindings = closed.identity.bindings.clone();
            write_moved(scope, &mut transaction, closed, &into.id).await?;
        }
        transaction.append(account_writes(scope, into, &after)?);
        if let Some(name) = closed.name_in_key(&USERS)? {
            transaction.delete(scope.keys().name(&USERS, &name));
        }
        write_owners(scope, &mut transaction, Some(closed), None);
        transaction.append(self.closing(closed, &into.id).await?);
        let is_committed = committed(scope, &transaction, &USERS).await?;
        Ok(is_committed.then_some(after))
    }

    /// The writes for the person who gets the name.
    fn renaming(
        self,
        before: &Record,
        after: &Record,
        closed: &Record,
    ) -> Result<Transaction, Error> {
        let (scope, keys) = (self.scope, self.scope.keys());
        let mut transaction = Transaction::default();
        write_record(scope, &mut transaction, &USERS, Some(before), Some(after))?;
        write_owners(scope, &mut transaction, Some(before), Some(after));
        if let Some(old) = before.name_in_key(&USERS)? {
            transaction.delete(keys.name(&USERS, &old));
        }
        if let Some(new) = after.name_in_key(&USERS)? {
            let id = after.id.clone();
            let item = to_item(&keys.name(&USERS, &new), &Pointer { id })?;
            let held = Expression::new("id = :closed").with(":closed", string(&closed.id));
            transaction.put_if(item, held, Guard::Stale);
        }
        for lookup in USERS.lookups {
            write_lookup(
                scope,
                &mut transaction,
                &USERS,
                lookup,
                Some(before),
                Some(after),
            )?;
        }
        write_claims(scope, &mut transaction, Some(before), Some(after))?;
        write_held(scope, &mut transaction, &USERS, Some(before), Some(after))?;
        write_entry(scope, &mut transaction, &USERS, Some(before), Some(after))?;
        Ok(transaction)
    }

    /// The writes for the account that is closed, except for its name.
    async fn closing(self, closed: &Record, into: &str) -> Result<Transaction, Error> {
        let (scope, keys) = (self.scope, self.scope.keys());
        let members = Members::of(scope);
        let mut transaction = members
            .forget_user_writes(&closed.id, &closed.groups)
            .await?;
        let unchanged = Expression::at_revision(closed.revision);
        transaction.delete_if(keys.resource(&USERS, &closed.id), unchanged, Guard::Stale);
        let tombstone = Tombstone::of(&USERS, closed, Traces::default()).merged_into(into);
        transaction.put(tombstone.to_item(scope, &USERS, &closed.id)?);
        for lookup in USERS.lookups {
            write_lookup(scope, &mut transaction, &USERS, lookup, Some(closed), None)?;
        }
        write_application_id(scope, &mut transaction, Some(closed), None)?;
        write_held(scope, &mut transaction, &USERS, Some(closed), None)?;
        write_count(scope, &mut transaction, &USERS, true, false);
        let about: Subject = subject(&USERS, closed)?;
        let told = json!({"merged_into": into});
        let entry = Entry::new(scope, EventType::UserMerged, about).with_change(None, Some(told));
        transaction.put(entry.to_item(keys)?);
        Ok(transaction)
    }

    /// Reads the account that holds the name of `wanted`.
    async fn holder_of_name(self, wanted: &Record) -> Result<Option<Record>, Error> {
        self.holder_of(&USERS, &wanted.user_name()?).await
    }
}

/// What a push finds under the name that it creates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Met {
    /// A person whom nobody owns. The push adopts them.
    Adopted,
    /// A person whom the connection itself has pushed.
    Own,
    /// A person of another connection.
    OfAnother,
    /// A person who is somebody else, or whom the connection cannot adopt.
    SomebodyElse,
}

/// Decides what a push of a new person finds under their name. Pure.
///
/// # Errors
/// When the stored document is not JSON.
pub(crate) fn met(
    holder: &Record,
    writer: Option<&str>,
    external_id: Option<&str>,
) -> Result<Met, Error> {
    let owner = holder.identity.owner.as_deref();
    if let (Some(owner), Some(writer)) = (owner, writer) {
        return Ok(match owner == writer {
            true => Met::Own,
            false => Met::OfAnother,
        });
    }
    let held = holder.text(&USERS, "externalId")?.unwrap_or_default();
    let is_other = contradict(&held, external_id.unwrap_or_default());
    Ok(match holder.identity.is_unowned() && !is_other {
        true => Met::Adopted,
        false => Met::SomebodyElse,
    })
}

/// Returns whether a push means somebody whom the same connection has deleted without effect.
fn takes_back(holder: &Record, pushed: &Record) -> Result<bool, Error> {
    let owner = pushed.identity.owner.as_deref();
    let is_own = owner.is_some_and(|owner| holder.is_deletion_held_of(owner));
    Ok(is_own && !differs(holder, pushed)?)
}

/// The outcome of an adoption.
pub(super) enum Adopted {
    /// The account as the connection has it now, and what happened to it.
    Done(Box<Record>, EventType),
    /// The account has changed since it was read.
    Stale,
}

/// Returns whether two records cannot be the same person: by their external ids, or by the subjects that one connection
/// has for them.
///
/// # Errors
/// When a stored document is not JSON.
pub(crate) fn is_somebody_else(one: &Record, other: &Record) -> Result<bool, Error> {
    let others = &other.identity.bindings;
    let is_bound_apart = one.identity.bindings.iter().any(|(connection, binding)| {
        let theirs = others.get(connection);
        theirs.is_some_and(|theirs| theirs.subject != binding.subject)
    });
    Ok(is_bound_apart || differs(one, other)?)
}

/// Returns whether the external ids of two records say that they cannot be the same person.
fn differs(one: &Record, other: &Record) -> Result<bool, Error> {
    let external_id = |record: &Record| record.text(&USERS, "externalId");
    let (one, other) = (external_id(one)?, external_id(other)?);
    Ok(contradict(
        one.as_deref().unwrap_or_default(),
        other.as_deref().unwrap_or_default(),
    ))
}

/// Returns whether the subjects of an account move to the person that it is closed into: only to somebody who has neither
/// a subject nor a role that was given by hand.
pub(crate) fn moves_subjects(closed: &Record, into: &Record) -> bool {
    let is_free = into.identity.bindings.is_empty() && into.account.manual.is_none();
    is_free && !closed.identity.bindings.is_empty()
}
