//! Groups that came with an import: nobody owns them, so the first push of their name adopts them, with the members that
//! they have.

use rollcall_model::{GROUPS, Identity, PersonOrigin, new_id};
use rollcall_scim::{MemberChange, MemberOp, Precondition, Resource};
use rollcall_store::{Error, from_item, now};
use serde_json::{Value, json};

use crate::resources::create::ceiling_reached;
use crate::resources::draft::{Draft, Saved};
use crate::resources::handle::Resources;
use crate::resources::names::{check_name, is_taken_by_group};
use crate::resources::ownership::Ownership;
use crate::resources::record::Record;
use crate::resources::writes::{Pointer, committed, resource_writes};

impl Resources<'_> {
    /// Creates a group of an import, without members. Returns `None` if there is a group of this name by now.
    ///
    /// # Errors
    /// `invalidValue` for a name that cannot be stored; `403` when the tenant has as many groups as it may have.
    pub(crate) async fn create_imported_group(self, name: &str) -> Result<Option<Record>, Error> {
        let body = json!({"schemas": [GROUPS.resource_type.schema.id], "displayName": name});
        let resource = Resource::parse(GROUPS.resource_type, body)?;
        check_name(&GROUPS, None, &resource)?;
        if self.scope.stored_tenant().await?.at_ceiling.groups {
            return Err(ceiling_reached("groups"));
        }
        let mut record = Record::new(&GROUPS, new_id(), resource, now())?;
        record.identity = Identity {
            origin: Some(PersonOrigin::Import),
            ..Identity::default()
        };
        let transaction = resource_writes(self.scope, &GROUPS, None, Some(&record))?;
        match committed(self.scope, &transaction, &GROUPS).await {
            Err(error) if is_taken_by_group(&error) => Ok(None),
            done => Ok(done?.then_some(record)),
        }
    }

    /// Makes people members of a group. Those who are members stay so.
    ///
    /// # Errors
    /// `404` when the group was deleted.
    pub(crate) async fn add_members(self, group: &str, people: &[String]) -> Result<(), Error> {
        let members = people.iter().map(|id| json!({"value": id})).collect();
        let change = MemberChange {
            ops: vec![MemberOp::Add(members)],
        };
        let same = |current: &Resource| Ok(current.clone());
        let none = Precondition::none();
        self.change(&GROUPS, group, &none, &same, Some(&change))
            .await
            .map(|_| ())
    }

    /// Gives the group that came with an import and holds the name of a pushed one to the connection, or returns the
    /// error. The pushed members are added to those that it has.
    pub(super) async fn adopt_group(
        self,
        pushed: &Record,
        change: Option<&MemberChange>,
        error: Error,
    ) -> Result<Option<Saved>, Error> {
        let Some(by) = pushed.identity.owner.clone() else {
            return Err(error);
        };
        let name = pushed.name_in_key(&GROUPS)?.unwrap_or_default();
        let key = self.scope.keys().name(&GROUPS, &name);
        let Some(pointer) = self.scope.table.get(&key).await? else {
            return Ok(None);
        };
        let holder = from_item::<Pointer>(pointer)?.id;
        let holder = self.record(&GROUPS, &holder).await?;
        if !holder.identity.is_unowned() || holder.intent.is_some() {
            return Err(error);
        }
        let resource = pushed.resource(&GROUPS)?.clone();
        let mut after = match holder.changed_to(&GROUPS, resource, now())? {
            Some(after) => after,
            None => holder.rewritten(),
        };
        let ownership = Ownership::Adopted { by };
        ownership.settle(&mut after);
        after.observe(Some(&holder), self.scope);
        let added = change.map(only_added);
        let planned = self.plan_members(&holder.id, added.as_ref()).await?;
        let draft = Draft {
            kind: &GROUPS,
            before: Some(&holder),
            after: Some(after),
            steps: planned.steps,
            pinned: true,
            ownership,
        };
        self.save(draft, planned.skipped).await
    }
}

/// Returns the change that adds the members of a POST.
fn only_added(change: &MemberChange) -> MemberChange {
    let members = change.ops.iter().flat_map(|op| match op {
        MemberOp::Add(members) | MemberOp::Replace(members) => members.clone(),
        _ => Vec::<Value>::new(),
    });
    MemberChange {
        ops: vec![MemberOp::Add(members.collect())],
    }
}
