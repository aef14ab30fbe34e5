//! Read, replace and patch, the same way for users and groups.
//!
//! Every write reads, decides, and commits on the condition that what it read has not changed. If it has changed, the
//! write starts over. So a request is applied to the latest state or not at all.

use std::borrow::Cow;

use rollcall_model::{EventType, Kind, USERS, is_id, shown};
use rollcall_scim::{
    self as scim, MemberChange, MemberOp, Patch, Precondition, Projection, Resource,
};
use rollcall_store::{Error, MAX_WRITES, Transaction, now, retry_stale};
use serde_json::Value;

use crate::resources::assemble::{Needs, assemble};
use crate::resources::brake::Booked;
use crate::resources::draft::{Draft, Saved};
use crate::resources::effects::{Effects, Written};
use crate::resources::handle::{Members, Resources};
use crate::resources::held_list::write_held;
use crate::resources::members::{WRITES_PER_STEP, write_group_touched};
use crate::resources::names::{check_name, is_taken};
use crate::resources::ownership::{Ownership, ownership};
use crate::resources::record::Record;
use crate::resources::steps::{PlannedSteps, Step, growth};
use crate::resources::traces::Traces;
use crate::resources::unique_values::claims;
use crate::resources::writes::{
    action, committed, left_for_later, resource_writes, subject, write_record,
};

impl Resources<'_> {
    /// Reads a resource, with the members or groups that the projection needs.
    ///
    /// # Errors
    /// `404` when the resource does not exist.
    pub async fn read(
        self,
        kind: &'static Kind,
        id: &str,
        projection: &Projection,
    ) -> Result<Resource, Error> {
        let mut record = self.record(kind, id).await?;
        if kind.has_members() && projection.wants("members") {
            // This also completes the deletion of a user who was in many groups.
            Members::of(self.scope).settle().await?;
            if record.intent.is_some() {
                record = self.record(kind, id).await?;
            }
        }
        self.answer(kind, id, Some(record), projection).await
    }

    /// Returns the resource for the response to a write, or `None` if the table cannot be read now. The write is done, so
    /// an error would be wrong: the client would send it again.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub(super) async fn answer_to_write(
        self,
        kind: &'static Kind,
        id: &str,
        record: Option<Record>,
        projection: &Projection,
    ) -> Result<Option<Resource>, Error> {
        match self.answer(kind, id, record, projection).await {
            Err(error) if error.is_temporary() => {
                left_for_later(self.scope, &error);
                Ok(None)
            }
            answer => answer.map(Some),
        }
    }

    /// Returns the resource for the response, from `record` if it is known, otherwise from a new read.
    pub(super) async fn answer(
        self,
        kind: &'static Kind,
        id: &str,
        record: Option<Record>,
        projection: &Projection,
    ) -> Result<Resource, Error> {
        let record = match record {
            Some(record) => record,
            None => self.record(kind, id).await?,
        };
        let records = std::slice::from_ref(&record);
        let resources = assemble(self.scope, kind, records, &Needs::of(projection)).await?;
        resources
            .into_iter()
            .next()
            .ok_or_else(|| not_found(kind, id))
    }

    /// Replaces a resource (RFC 7644 §3.5.1). For a group, a body without `members` removes all members.
    ///
    /// # Errors
    /// `404`, `412`, `uniqueness`, `403` for the last active owner, `invalidValue` for a name or a member that is
    /// refused, and those of `Resource::replaced_by`.
    pub async fn replace(
        self,
        kind: &'static Kind,
        id: &str,
        mut resource: Resource,
        precondition: &Precondition,
        projection: &Projection,
    ) -> Result<Written<Option<Resource>>, Error> {
        let change = match take_members(&mut resource) {
            None if kind.has_members() => Some(MemberChange {
                ops: vec![MemberOp::Clear],
            }),
            change => change,
        };
        let replaced = |current: &Resource| Ok(current.clone().replaced_by(resource.clone())?);
        let saved = self
            .change(kind, id, precondition, &replaced, change.as_ref())
            .await?;
        let answer = self.answer_to_write(kind, id, saved.record, projection);
        Ok(Written {
            answer: answer.await?,
            effects: saved.effects,
            version: saved.version,
        })
    }

    /// Applies a PATCH to a resource (RFC 7644 §3.5.2). Without `answer`, returns no resource and reads nothing after
    /// the write.
    ///
    /// # Errors
    /// `404`, `412`, `uniqueness`, `403` for the last active owner, `invalidValue` for a name or a member that is
    /// refused, and those of `Patch::apply`.
    pub async fn patch(
        self,
        kind: &'static Kind,
        id: &str,
        patch: Patch,
        precondition: &Precondition,
        answer: Option<&Projection>,
    ) -> Result<Written<Option<Resource>>, Error> {
        let (patch, change) = patch.split_members();
        let patched = |current: &Resource| match patch.is_empty() {
            true => Ok(current.clone()),
            false => Ok(patch.apply(current)?),
        };
        let saved = self
            .change(kind, id, precondition, &patched, change.as_ref())
            .await?;
        let answer = match answer {
            Some(projection) => {
                let record = saved.record;
                self.answer_to_write(kind, id, record, projection).await?
            }
            None => None,
        };
        Ok(Written {
            answer,
            effects: saved.effects,
            version: saved.version,
        })
    }

    /// Changes the attributes of a resource, if it is as wished.
    ///
    /// # Errors
    /// As for [`Self::replace`].
    pub(crate) async fn change_if(
        self,
        kind: &'static Kind,
        id: &str,
        wished: &(impl Fn(&Record) -> bool + Sync),
        changed: &(impl Fn(&Resource) -> Result<Resource, Error> + Sync),
    ) -> Result<(), Error> {
        retry_stale(|_| async move {
            let record = self.record(kind, id).await?;
            if !wished(&record) {
                return Ok(Some(()));
            }
            let as_read = Precondition::new(Some(&record.etag()), None)?;
            match self.change(kind, id, &as_read, changed, None).await {
                Err(Error::Scim(scim::Error::PreconditionFailed)) => Ok(None),
                saved => saved.map(|_| Some(())),
            }
        })
        .await
    }

    /// Holds the steps that take members from a group, if they are too many.
    async fn brake_steps(self, booked: &Booked, steps: &mut [Step]) -> Result<(), Error> {
        let is_loss = |step: &&Step| matches!(step, Step::Leave { .. });
        let losses = steps.iter().filter(is_loss).count();
        let Some(hold) = self.brake(booked, losses).await? else {
            return Ok(());
        };
        for step in steps {
            if let Step::Leave { hold: held, .. } = step {
                *held = Some(hold.clone());
            }
        }
        Ok(())
    }

    pub(super) async fn change(
        self,
        kind: &'static Kind,
        id: &str,
        precondition: &Precondition,
        changed: &(impl Fn(&Resource) -> Result<Resource, Error> + Sync),
        members: Option<&MemberChange>,
    ) -> Result<Saved, Error> {
        let booked = &Booked::default();
        retry_stale(|_| async move {
            let record = self.record_to_write(kind, id, precondition).await?;
            let ownership = ownership(self.scope, kind, &record).await?;
            let base = match ownership.ends_observation(&record, self.scope) {
                true => Cow::Owned(record.in_effect(kind)?),
                false => Cow::Borrowed(&record),
            };
            let rt = self.scope.resource_type(kind);
            let current = &base.resource(kind)?.clone().of_type(rt);
            let resource = changed(current)?;
            check_name(kind, Some(current), &resource)?;
            let claims = claims(self.scope, kind, Some((&record, current)), &resource);
            let mut after = base.changed_to(kind, resource, now())?;
            if let (None, Cow::Owned(base)) = (&after, &base) {
                after = Some(base.clone());
            }
            if let Some(after) = &mut after {
                after.observe(Some(&record), self.scope);
                if !record.is_out()
                    && after.is_out()
                    && let Some(hold) = self.brake(booked, 1).await?
                {
                    after.hold_deactivation(&record, hold, self.scope);
                }
                after.claims = claims;
                ownership.settle(after);
                let ends = record.effect().has_sessions() && !after.effect().has_sessions();
                if ends && matches!(base, Cow::Owned(_)) {
                    after.shut_out(now());
                }
                if *kind == USERS {
                    Traces::keep_former(self.scope, &record, after).await?;
                }
            }
            let mut planned = self.plan_members(id, members).await?;
            self.brake_steps(booked, &mut planned.steps).await?;
            let grounds = ownership.clone();
            let renamed = after.clone().filter(|_| *kind == USERS);
            let draft = Draft {
                kind,
                before: Some(&record),
                after,
                steps: planned.steps,
                pinned: *precondition != Precondition::none()
                    || members.is_some_and(MemberChange::needs_current),
                ownership,
            };
            match (self.save(draft, planned.skipped).await, renamed) {
                (Err(error), Some(after))
                    if is_taken(&error) && self.free_held_name(kind, &after).await? =>
                {
                    Ok(None)
                }
                // What is only observed closes no account.
                (Err(error), Some(after))
                    if is_taken(&error) && self.scope.observer().is_none() =>
                {
                    self.save_closing(&record, after, &grounds, error).await
                }
                (saved, _) => saved,
            }
        })
        .await
    }

    pub(super) async fn plan_members(
        self,
        group: &str,
        change: Option<&MemberChange>,
    ) -> Result<PlannedSteps, Error> {
        match change {
            Some(change) => {
                let members = Members::of(self.scope);
                let mut planned = members.plan(group, change).await?;
                members.observe_steps(group, &mut planned.steps).await?;
                Ok(planned)
            }
            None => Ok(PlannedSteps::default()),
        }
    }

    /// Writes a draft. Writes nothing and returns `None` if something that the draft is based on has changed.
    pub(super) async fn save(
        self,
        draft: Draft<'_>,
        effects: Effects,
    ) -> Result<Option<Saved>, Error> {
        let mut effects = effects;
        let Some(record) = draft.after.as_ref().or(draft.before) else {
            return Ok(Some(Saved {
                record: None,
                effects,
                version: None,
            }));
        };
        if draft.after.is_none() && draft.steps.is_empty() {
            return Ok(Some(Saved::of(record.clone(), effects)));
        }
        if let Some(after) = &draft.after {
            self.refuse_name_of_before(draft.kind, draft.before, after)
                .await?;
        }
        let version = Some(match &draft.after {
            Some(after) => after.etag(),
            None => record.next_etag(),
        });
        let members = Members::of(self.scope);
        let subject = subject(draft.kind, record)?;
        let mut transaction = self.draft_writes(&draft, draft.pinned, None)?;
        // One more is the entry, and one the list of what is held.
        let lists = 1 + usize::from(draft.steps.iter().any(Step::is_held));
        let size = transaction.len() + WRITES_PER_STEP * draft.steps.len() + lists;
        let mut opened = None;
        if size > MAX_WRITES {
            let prepared = members.prepare_change(&subject, &draft.steps).await?;
            // Preparing the intent takes time, so the plan is pinned to the version that it was based on.
            transaction = self.draft_writes(&draft, true, Some(&prepared.id))?;
            transaction.append(members.opening(&prepared)?);
            opened = Some(prepared);
        } else if !draft.steps.is_empty() {
            transaction.append(members.step_writes(&subject, &draft.steps)?);
        }
        let is_committed = committed(self.scope, &transaction, draft.kind).await;
        self.discard_refused(opened.as_ref(), &is_committed).await?;
        if !is_committed? {
            members.settle().await?;
            return Ok(None);
        }
        if let Some(after) = &draft.after {
            effects.changed(action(draft.kind, draft.before, Some(after)));
        }
        if !draft.steps.is_empty() {
            effects.changed(EventType::GroupMembersChanged);
        }
        if let Some(intent) = opened {
            // From here on, everybody who reads members or changes them completes the intent first.
            match members.complete_opened(&intent, &draft.steps).await {
                Err(error) if error.is_temporary() => left_for_later(self.scope, &error),
                completed => completed?,
            }
            return Ok(Some(Saved {
                record: None,
                effects,
                version,
            }));
        }
        let growth = growth(&draft.steps);
        let record = draft.after.map(|after| after.grown_by(growth));
        Ok(Some(Saved {
            record,
            effects,
            version,
        }))
    }

    fn draft_writes(
        self,
        draft: &Draft<'_>,
        pinned: bool,
        intent: Option<&str>,
    ) -> Result<Transaction, Error> {
        let growth = growth(&draft.steps);
        let mut transaction = Transaction::default();
        draft.ownership.check(self.scope, &mut transaction);
        match (draft.before, &draft.after) {
            (before, Some(after)) => {
                let mut after = after.clone().grown_by(growth);
                after.intent = intent.map(str::to_owned);
                let writes = resource_writes(self.scope, draft.kind, before, Some(&after))?;
                transaction.append(writes);
            }
            // The group also goes to another owner, or is observed from now on.
            (Some(group), None)
                if draft.ownership != Ownership::Stays || self.begins_to_observe(group) =>
            {
                let mut after = group.touched(now()).grown_by(growth);
                after.intent = intent.map(str::to_owned);
                after.observe(Some(group), self.scope);
                draft.ownership.settle(&mut after);
                let kind = draft.kind;
                write_record(
                    self.scope,
                    &mut transaction,
                    kind,
                    Some(group),
                    Some(&after),
                )?;
                write_held(
                    self.scope,
                    &mut transaction,
                    kind,
                    Some(group),
                    Some(&after),
                )?;
            }
            (Some(group), None) => {
                let pinned = pinned.then_some(group.revision);
                write_group_touched(
                    self.scope,
                    &mut transaction,
                    &group.id,
                    growth,
                    pinned,
                    intent,
                );
            }
            (None, None) => {}
        }
        Ok(transaction)
    }

    /// Reads the stored record.
    ///
    /// # Errors
    /// `404` when the resource does not exist.
    pub async fn record(self, kind: &Kind, id: &str) -> Result<Record, Error> {
        if !is_id(id) {
            return Err(not_found(kind, id));
        }
        let key = self.scope.keys().resource(kind, id);
        let item = self.scope.table.get(&key).await?;
        let record = Record::from_item(item.ok_or_else(|| not_found(kind, id))?)?;
        match self.sees(&record) {
            true => Ok(record),
            false => Err(not_found(kind, id)),
        }
    }

    /// Reads the stored record for a write: completes an open intent on it, and checks the precondition.
    pub(super) async fn record_to_write(
        self,
        kind: &Kind,
        id: &str,
        precondition: &Precondition,
    ) -> Result<Record, Error> {
        let mut record = self.record(kind, id).await?;
        if record.intent.is_some() {
            Members::of(self.scope).settle().await?;
            record = self.record(kind, id).await?;
        }
        match precondition.allows_write(&record.etag()) {
            true => Ok(record),
            false => Err(scim::Error::PreconditionFailed.into()),
        }
    }
}

/// Removes the members from a POST or PUT body, and returns them.
pub(super) fn take_members(resource: &mut Resource) -> Option<MemberChange> {
    match resource.remove("members")? {
        Value::Array(members) => Some(MemberChange {
            ops: vec![MemberOp::Replace(members)],
        }),
        _ => None,
    }
}

/// Returns the error for a resource that does not exist.
pub fn not_found(kind: &Kind, id: &str) -> Error {
    let what = format!("{} `{}`", kind.resource_type.name, shown(id));
    scim::Error::NotFound { what }.into()
}
