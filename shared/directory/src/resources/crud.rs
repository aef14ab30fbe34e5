//! Create, read, replace, patch and delete: the same for users and groups.
//!
//! Every write reads first, decides, and commits on the condition that nothing it decided by has changed; where
//! something has, it starts over. So a request is applied to the newest state or not at all.

use rollcall_scim::{
    self as scim, MemberChange, MemberOp, Patch, Precondition, Projection, Resource,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::Error;
use crate::journal::entry::MEMBERS_CHANGED;
use crate::model::kind::Kind;
use crate::request_log::effects;
use crate::resources::assemble::Needs;
use crate::resources::members::{Step, WRITES_PER_STEP, growth, is_id};
use crate::resources::record::{Record, now};
use crate::resources::writes::{State, action, subject};
use crate::roles::person::last_owner;
use crate::store::transaction::{Guard, MAX_WRITES, Transaction};
use crate::tenant::Tenant;

/// How often a write starts over before the table counts as busy.
const MAX_TURNS: usize = 40;

/// What became of a draft.
enum Saved {
    /// Something it was drawn up by has changed; nothing is written.
    Stale,
    /// There was nothing to write, or it is written. The record as it is now, where that is certain without a read.
    Done(Option<Box<Record>>),
}

/// A planned change of one resource.
struct Draft<'a> {
    kind: &'static Kind,
    before: Option<&'a Record>,
    /// The record as it will be, where anything but its members changes.
    after: Option<Record>,
    steps: Vec<Step>,
    /// Whether the plan holds only for exactly the version read.
    pinned: bool,
}

impl Tenant {
    /// Creates a resource, with its members if it is a group.
    ///
    /// # Errors
    /// `uniqueness` when the name is taken; `invalidValue` for members that are refused.
    pub async fn create(
        &self,
        kind: &'static Kind,
        mut resource: Resource,
        projection: &Projection,
    ) -> Result<Resource, Error> {
        let change = take_members(&mut resource);
        if resource.get("active").is_none() && !kind.has_members() {
            resource.set("active", json!(true));
        }
        let record = Record::new(Uuid::now_v7().to_string(), resource, now())?;
        for _ in 0..MAX_TURNS {
            let steps = match &change {
                Some(change) => self.member_steps(&record.id, change).await?,
                None => Vec::new(),
            };
            let draft = Draft {
                kind,
                before: None,
                after: Some(record.clone()),
                steps,
                pinned: false,
            };
            if let Saved::Done(saved) = self.save(draft).await? {
                let saved = saved.map(|record| *record);
                return self.answer(kind, &record.id, saved, projection).await;
            }
        }
        Err(Error::Busy(None))
    }

    /// Reads a resource with as much beside it as the projection wants.
    ///
    /// # Errors
    /// `404` when the tenant has no such resource.
    pub async fn read(
        &self,
        kind: &'static Kind,
        id: &str,
        projection: &Projection,
    ) -> Result<Resource, Error> {
        let mut record = self.record(kind, id).await?;
        if kind.has_members() && projection.wants("members") {
            // Also covers a user whose deletion is still on its way through many groups.
            self.settle().await?;
            if record.intent.is_some() {
                record = self.record(kind, id).await?;
            }
        }
        self.answer(kind, id, Some(record), projection).await
    }

    /// The resource as the client is shown it, from a record that is certain or a fresh read.
    async fn answer(
        &self,
        kind: &'static Kind,
        id: &str,
        record: Option<Record>,
        projection: &Projection,
    ) -> Result<Resource, Error> {
        let record = match record {
            Some(record) => record,
            None => self.record(kind, id).await?,
        };
        let resources = self
            .complete(kind, std::slice::from_ref(&record), &Needs::of(projection))
            .await?;
        resources
            .into_iter()
            .next()
            .ok_or_else(|| not_found(kind, id))
    }

    /// Replaces a resource (RFC 7644 §3.5.1).
    ///
    /// # Errors
    /// `404`, `412`, `uniqueness`, or what `Resource::replaced_by` refuses.
    pub async fn replace(
        &self,
        kind: &'static Kind,
        id: &str,
        mut resource: Resource,
        precondition: &Precondition,
        projection: &Projection,
    ) -> Result<Resource, Error> {
        let change = match take_members(&mut resource) {
            None if kind.has_members() => Some(MemberChange {
                ops: vec![MemberOp::Clear],
            }),
            change => change,
        };
        let replaced = |current: Resource| Ok(current.replaced_by(resource.clone())?);
        let record = self
            .change(kind, id, precondition, replaced, change.as_ref())
            .await?;
        self.answer(kind, id, record, projection).await
    }

    /// Changes a resource in place (RFC 7644 §3.5.2). Without `answer` nothing is read back.
    ///
    /// # Errors
    /// `404`, `412`, `uniqueness`, or what `Patch::apply` refuses.
    pub async fn patch(
        &self,
        kind: &'static Kind,
        id: &str,
        patch: Patch,
        precondition: &Precondition,
        answer: Option<&Projection>,
    ) -> Result<Option<Resource>, Error> {
        let (patch, change) = patch.split_members();
        let patched = |current: Resource| match patch.is_empty() {
            true => Ok(current),
            false => Ok(patch.apply(&current)?),
        };
        let record = self
            .change(kind, id, precondition, patched, change.as_ref())
            .await?;
        match answer {
            Some(projection) => Ok(Some(self.answer(kind, id, record, projection).await?)),
            None => Ok(None),
        }
    }

    /// Deletes a resource; its name is free at once, its id is never used again.
    ///
    /// # Errors
    /// `404` or `412`.
    pub async fn delete(
        &self,
        kind: &'static Kind,
        id: &str,
        precondition: &Precondition,
    ) -> Result<(), Error> {
        for _ in 0..MAX_TURNS {
            let record = self.record_to_write(kind, id, precondition).await?;
            let mut transaction = self.resource_writes(kind, Some(&record), None)?;
            let room = (MAX_WRITES - transaction.len()) / WRITES_PER_STEP;
            let subject = subject(kind, &State::of(kind, &record)?);
            if kind.has_members() {
                // Its role goes with it, at once.
                transaction.delete(self.id.mapping(id));
            }
            let opens_intent = record.members > 0 || record.groups.len() > room;
            if record.members > 0 {
                transaction.append(self.prepare_forget_group(&subject)?);
            } else if opens_intent {
                transaction.append(self.prepare_forget_user(&subject, &record.groups).await?);
            } else {
                transaction.append(self.forget_user_writes(id, &record.groups).await?);
            }
            if self.committed(&transaction, kind).await? {
                effects::changed(action(kind, Some(&record), None));
                return if opens_intent {
                    self.sweep().await
                } else {
                    Ok(())
                };
            }
            self.settle().await?;
        }
        Err(Error::Busy(None))
    }

    async fn change(
        &self,
        kind: &'static Kind,
        id: &str,
        precondition: &Precondition,
        document: impl Fn(Resource) -> Result<Resource, Error>,
        members: Option<&MemberChange>,
    ) -> Result<Option<Record>, Error> {
        for _ in 0..MAX_TURNS {
            let record = self.record_to_write(kind, id, precondition).await?;
            let after = record.changed_to(document(record.resource(kind)?)?, now())?;
            let steps = match members {
                Some(change) => self.member_steps(id, change).await?,
                None => Vec::new(),
            };
            let pinned = *precondition != Precondition::none()
                || members.is_some_and(MemberChange::needs_current);
            let draft = Draft {
                kind,
                before: Some(&record),
                after,
                steps,
                pinned,
            };
            if let Saved::Done(record) = self.save(draft).await? {
                return Ok(record.map(|record| *record));
            }
        }
        Err(Error::Busy(None))
    }

    async fn save(&self, draft: Draft<'_>) -> Result<Saved, Error> {
        let Draft {
            kind,
            before,
            after,
            steps,
            pinned,
        } = draft;
        let Some(record) = after.as_ref().or(before) else {
            return Ok(Saved::Done(None));
        };
        if after.is_none() && steps.is_empty() {
            return Ok(Saved::Done(Some(Box::new(record.clone()))));
        }
        let subject = subject(kind, &State::of(kind, record)?);
        let mut transaction =
            self.document_writes(kind, before, after.as_ref(), &steps, pinned, None)?;
        let opens_intent = transaction.len() + WRITES_PER_STEP * steps.len() + 1 > MAX_WRITES;
        if opens_intent {
            let (intent, opening) = self.prepare_member_change(&subject, &steps).await?;
            // What is planned for long holds only for the version it was planned on.
            transaction =
                self.document_writes(kind, before, after.as_ref(), &steps, true, Some(&intent))?;
            transaction.append(opening);
        } else if !steps.is_empty() {
            transaction.append(self.step_writes(&subject, &steps)?);
        }
        if !self.committed(&transaction, kind).await? {
            self.settle().await?;
            return Ok(Saved::Stale);
        }
        if let Some(after) = &after {
            effects::changed(action(kind, before, Some(after)));
        }
        if !steps.is_empty() {
            effects::changed(MEMBERS_CHANGED);
        }
        if opens_intent {
            self.settle().await?;
            return Ok(Saved::Done(None));
        }
        let members = |after: Record| Record {
            members: after.members.saturating_add_signed(growth(&steps)),
            ..after
        };
        Ok(Saved::Done(after.map(members).map(Box::new)))
    }

    fn document_writes(
        &self,
        kind: &'static Kind,
        before: Option<&Record>,
        after: Option<&Record>,
        steps: &[Step],
        pinned: bool,
        intent: Option<&str>,
    ) -> Result<Transaction, Error> {
        match (before, after) {
            (_, Some(after)) => {
                let members = after.members.saturating_add_signed(growth(steps));
                let after = Record {
                    members,
                    intent: intent.map(str::to_owned),
                    ..after.clone()
                };
                self.resource_writes(kind, before, Some(&after))
            }
            (Some(group), None) => {
                let mut transaction = Transaction::default();
                self.write_group_touched(&mut transaction, group, growth(steps), pinned, intent);
                Ok(transaction)
            }
            (None, None) => Ok(Transaction::default()),
        }
    }

    /// Commits; `false` when something was not as it had been read, so that starting over helps.
    pub(crate) async fn committed(
        &self,
        transaction: &Transaction,
        kind: &Kind,
    ) -> Result<bool, Error> {
        let failed = self.table.transact(transaction).await?;
        if failed.contains(&Guard::Stale) {
            return Ok(false);
        }
        if failed.contains(&Guard::LastOwner) {
            return Err(last_owner());
        }
        if failed.contains(&Guard::Unique) {
            let attribute = kind.unique.to_owned();
            return Err(scim::Error::Uniqueness { attribute }.into());
        }
        Ok(true)
    }

    /// The stored record.
    pub(crate) async fn record(&self, kind: &Kind, id: &str) -> Result<Record, Error> {
        if !is_id(id) {
            return Err(not_found(kind, id));
        }
        let item = self.table.get(&self.id.resource(kind, id)).await?;
        Record::from_item(item.ok_or_else(|| not_found(kind, id))?)
    }

    /// The stored record, ready to be written: the precondition holds and no intent is open on it.
    async fn record_to_write(
        &self,
        kind: &Kind,
        id: &str,
        precondition: &Precondition,
    ) -> Result<Record, Error> {
        let mut record = self.record(kind, id).await?;
        if record.intent.is_some() {
            self.settle().await?;
            record = self.record(kind, id).await?;
        }
        match precondition.allows_write(&record.etag()) {
            true => Ok(record),
            false => Err(scim::Error::PreconditionFailed.into()),
        }
    }
}

/// Splits the members off a POST or PUT body.
fn take_members(resource: &mut Resource) -> Option<MemberChange> {
    match resource.remove("members")? {
        Value::Array(members) => Some(MemberChange {
            ops: vec![MemberOp::Replace(members)],
        }),
        _ => None,
    }
}

pub(crate) fn not_found(kind: &Kind, id: &str) -> Error {
    // Whatever stands in the path is echoed, but not at any length.
    let shown: String = id.chars().take(64).collect();
    let what = format!("{} `{shown}`", kind.resource_type.name);
    scim::Error::NotFound { what }.into()
}
