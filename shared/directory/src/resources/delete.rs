//! Deletes users and groups, with their memberships and what stays of them.

use rollcall_model::{EventType, Kind};
use rollcall_scim::Precondition;
use rollcall_store::{Error, MAX_WRITES, Transaction, retry_stale};

use crate::resources::brake::{Booked, Hold};
use crate::resources::effects::{Effects, Written};
use crate::resources::handle::{Members, Resources};
use crate::resources::intent::Intent;
use crate::resources::members::WRITES_PER_STEP;
use crate::resources::ownership::{Ownership, ownership};
use crate::resources::record::Record;
use crate::resources::tombstones::Tombstone;
use crate::resources::traces::Traces;
use crate::resources::writes::{action, committed, left_for_later, resource_writes, subject};

impl Resources<'_> {
    /// Deletes a resource (RFC 7644 §3.6). Its name can be used again at once, its id never.
    ///
    /// # Errors
    /// `404`, `412`, and `403` for the last active owner.
    pub async fn delete(
        self,
        kind: &'static Kind,
        id: &str,
        precondition: &Precondition,
    ) -> Result<Written<()>, Error> {
        let booked = &Booked::default();
        retry_stale(|_| async move {
            let record = self.record_to_write(kind, id, precondition).await?;
            let ownership = ownership(self.scope, kind, &record).await?;
            let held = match self.scope.observer() {
                // Nobody has anything from what is only there since it is observed.
                Some(_) if record.is_only_observed() => None,
                Some(connection) => Some(Hold::unending(connection)),
                None => self.brake(booked, taken_with(kind, &record)).await?,
            };
            let Some(hold) = held else {
                return self.remove(kind, &record, &ownership).await;
            };
            let held = self.hold_deletion(kind, &record, hold).await?;
            let noted = match self.scope.observer() {
                Some(_) => kind.events.updated,
                None => EventType::BrakeHeld,
            };
            Ok(held.map(|()| Written {
                answer: (),
                effects: Effects::of(noted),
                version: None,
            }))
        })
        .await
    }

    /// Deletes a resource as it was read, whoever owns it. Returns `None` if it has changed since then.
    pub(crate) async fn delete_record(
        self,
        kind: &'static Kind,
        record: &Record,
    ) -> Result<Option<Written<()>>, Error> {
        self.remove(kind, record, &Ownership::Stays).await
    }

    async fn remove(
        self,
        kind: &'static Kind,
        record: &Record,
        ownership: &Ownership,
    ) -> Result<Option<Written<()>>, Error> {
        let members = Members::of(self.scope);
        let (mut transaction, prepared) = self.deletion(kind, record).await?;
        ownership.check(self.scope, &mut transaction);
        let is_committed = committed(self.scope, &transaction, kind).await;
        self.discard_refused(prepared.as_ref(), &is_committed)
            .await?;
        if !is_committed? {
            members.settle().await?;
            return Ok(None);
        }
        let mut effects = Effects::default();
        effects.changed(action(kind, Some(record), None));
        if prepared.is_some() || record.members > 0 {
            match members.sweep().await {
                Err(error) if error.is_temporary() => left_for_later(self.scope, &error),
                swept => swept?,
            }
        }
        Ok(Some(Written {
            answer: (),
            effects,
            version: None,
        }))
    }

    /// Plans a deletion. Returns the transaction, and the prepared intent that it opens, if any.
    async fn deletion(
        self,
        kind: &'static Kind,
        record: &Record,
    ) -> Result<(Transaction, Option<Intent>), Error> {
        let members = Members::of(self.scope);
        let mut transaction = resource_writes(self.scope, kind, Some(record), None)?;
        // Nobody is kept out because of whom a connection has sent while it was only observed.
        let is_nobody = record.is_only_observed() && !record.identity.was_out();
        let traces = match kind.has_members() || is_nobody {
            true => Traces::default(),
            false => Traces::of(self.scope, record).await?,
        };
        if !traces.is_empty() {
            traces
                .write(self.scope, &mut transaction, &record.id)
                .await?;
        }
        let tombstone = Tombstone::of(kind, record, traces);
        transaction.put(tombstone.to_item(self.scope, kind, &record.id)?);
        // One more is the check of the owner.
        let room = (MAX_WRITES - 1 - transaction.len()) / WRITES_PER_STEP;
        let subject = subject(kind, record)?;
        if kind.has_members() {
            // The role that the group gives ends at once.
            transaction.delete(self.scope.keys().mapping(&record.id));
        }
        let mut prepared = None;
        transaction.append(if record.members > 0 {
            members.prepare_forget_group(&subject)?
        } else if record.groups.len() > room {
            let intent = members.prepare_forget_user(&subject, &record.groups);
            let intent = prepared.insert(intent.await?);
            members.opening(intent)?
        } else {
            members
                .forget_user_writes(&record.id, &record.groups)
                .await?
        });
        Ok((transaction, prepared))
    }

    /// Discards a prepared intent if its transaction was refused. After an error of the table, nobody knows whether it
    /// was opened, so the sweep decides.
    pub(super) async fn discard_refused(
        self,
        prepared: Option<&Intent>,
        is_committed: &Result<bool, Error>,
    ) -> Result<(), Error> {
        match (prepared, is_committed) {
            (Some(intent), Ok(false) | Err(Error::Scim(_) | Error::Refused(..))) => {
                Members::of(self.scope).discard(intent).await
            }
            _ => Ok(()),
        }
    }
}

/// Returns how much a deletion takes away: a person who is in, or a group from each member.
fn taken_with(kind: &Kind, record: &Record) -> usize {
    match kind.has_members() {
        true => usize::try_from(record.members).unwrap_or(usize::MAX),
        false => usize::from(!record.is_out()),
    }
}
