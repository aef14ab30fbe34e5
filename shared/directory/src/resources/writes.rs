//! The writes that one change of a resource needs: planned here, for users and groups alike, from before and after.

use std::collections::BTreeSet;

use rollcall_scim::{self as scim, Resource};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::Error;
use crate::journal::entry::{Subject, difference};
use crate::model::kind::{Kind, Lookup};
use crate::resources::record::Record;
use crate::store::item::{number, to_item};
use crate::store::keys::COUNT_SHARDS;
use crate::store::transaction::{Expression, Guard, Transaction};
use crate::tenant::Tenant;

/// Most values of one look-up attribute: all of them change hands in one transaction.
const MAX_LOOKUP_VALUES: usize = 40;

/// What a unique name or a look-up points to.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pointer {
    pub(crate) id: String,
}

/// A record and its document, read once.
#[derive(Debug)]
pub(crate) struct State<'a> {
    pub(crate) record: &'a Record,
    pub(crate) resource: Resource,
}

impl<'a> State<'a> {
    pub(crate) fn of(kind: &Kind, record: &'a Record) -> Result<Self, Error> {
        Ok(Self {
            record,
            resource: record.resource(kind)?,
        })
    }
}

impl Tenant {
    /// The transaction that takes a resource from `before` (absent: it is new) to `after` (absent: it is deleted).
    pub(crate) fn resource_writes(
        &self,
        kind: &Kind,
        before: Option<&Record>,
        after: Option<&Record>,
    ) -> Result<Transaction, Error> {
        let before = before.map(|record| State::of(kind, record)).transpose()?;
        let after = after.map(|record| State::of(kind, record)).transpose()?;
        let mut transaction = Transaction::default();
        self.write_record(&mut transaction, kind, before.as_ref(), after.as_ref())?;
        self.write_name(&mut transaction, kind, before.as_ref(), after.as_ref())?;
        for lookup in kind.lookups {
            self.write_lookup(
                &mut transaction,
                kind,
                lookup,
                before.as_ref(),
                after.as_ref(),
            )?;
        }
        self.write_owners(
            &mut transaction,
            before.as_ref().map(|state| state.record),
            after.as_ref().map(|state| state.record),
        );
        self.write_count(&mut transaction, kind, before.is_some(), after.is_some());
        self.write_entry(&mut transaction, kind, before.as_ref(), after.as_ref())?;
        Ok(transaction)
    }

    fn write_record(
        &self,
        transaction: &mut Transaction,
        kind: &Kind,
        before: Option<&State<'_>>,
        after: Option<&State<'_>>,
    ) -> Result<(), Error> {
        let unchanged = before.map_or_else(Expression::absent, |b| {
            Expression::at_revision(b.record.revision)
        });
        match (before, after) {
            (_, Some(after)) => {
                transaction.put_if(
                    after.record.to_item(&self.id, kind)?,
                    unchanged,
                    Guard::Stale,
                );
            }
            (Some(before), None) => {
                let id = &before.record.id;
                transaction.delete_if(self.id.resource(kind, id), unchanged, Guard::Stale);
                transaction.put(to_item(
                    &self.id.tombstone(kind, id),
                    &json!({"deleted": crate::resources::record::now()}),
                )?);
            }
            (None, None) => {}
        }
        Ok(())
    }

    fn write_name(
        &self,
        transaction: &mut Transaction,
        kind: &Kind,
        before: Option<&State<'_>>,
        after: Option<&State<'_>>,
    ) -> Result<(), Error> {
        let name = |state: Option<&State<'_>>| state.and_then(|s| kind.name_of(&s.resource));
        let (old, new) = (name(before), name(after));
        if old == new {
            return Ok(());
        }
        if let Some(old) = old {
            transaction.delete(self.id.name(kind, &old));
        }
        if let (Some(new), Some(after)) = (new, after) {
            let item = to_item(
                &self.id.name(kind, &new),
                &Pointer {
                    id: after.record.id.clone(),
                },
            )?;
            transaction.put_if(item, Expression::absent(), Guard::Unique);
        }
        Ok(())
    }

    fn write_lookup(
        &self,
        transaction: &mut Transaction,
        kind: &Kind,
        lookup: &Lookup,
        before: Option<&State<'_>>,
        after: Option<&State<'_>>,
    ) -> Result<(), Error> {
        let values = |state: Option<&State<'_>>| {
            state.map_or_else(BTreeSet::new, |s| lookup.values_of(&s.resource))
        };
        let (old, new) = (values(before), values(after));
        if new.len() > MAX_LOOKUP_VALUES {
            let detail = format!(
                "`{}` has more than {MAX_LOOKUP_VALUES} values, send fewer",
                lookup.attribute
            );
            return Err(scim::Error::InvalidValue(detail).into());
        }
        let partition = |value: &str| self.id.lookup(kind, lookup.code, value);
        if let Some(before) = before {
            for gone in old.difference(&new) {
                transaction.delete(partition(gone).at(&before.record.id));
            }
        }
        if let Some(after) = after {
            for come in new.difference(&old) {
                transaction.put(to_item(&partition(come).at(&after.record.id), &json!({}))?);
            }
        }
        Ok(())
    }

    fn write_count(&self, transaction: &mut Transaction, kind: &Kind, was: bool, is: bool) {
        let change = i32::from(is) - i32::from(was);
        if change != 0 {
            let shard = rand::random_range(0..COUNT_SHARDS);
            let add = Expression::new("ADD amount :change").with(":change", number(change));
            transaction.update(self.id.count(kind, shard), add);
        }
    }

    fn write_entry(
        &self,
        transaction: &mut Transaction,
        kind: &Kind,
        before: Option<&State<'_>>,
        after: Option<&State<'_>>,
    ) -> Result<(), Error> {
        let Some(state) = after.or(before) else {
            return Ok(());
        };
        let records = (
            before.map(|state| state.record),
            after.map(|state| state.record),
        );
        let action = action(kind, records.0, records.1);
        let mut entry = self.entry(action, subject(kind, state));
        (entry.before, entry.after) = difference(
            before.map(|state| &state.resource),
            after.map(|state| &state.resource),
        );
        transaction.put(entry.to_item(&self.id)?);
        Ok(())
    }
}

/// The journal's word for the change.
pub(crate) fn action(kind: &Kind, before: Option<&Record>, after: Option<&Record>) -> String {
    let verb = match (before, after) {
        (None, _) => "created",
        (_, None) => "deleted",
        (Some(before), Some(after)) => match (before.inactive, after.inactive) {
            (false, true) => "deactivated",
            (true, false) => "reactivated",
            _ => "updated",
        },
    };
    format!("{}.{verb}", kind.noun)
}

pub(crate) fn subject(kind: &Kind, state: &State<'_>) -> Subject {
    let name = state
        .resource
        .get(kind.unique)
        .and_then(|name| name.as_str())
        .unwrap_or_default();
    Subject {
        kind: kind.noun.into(),
        id: state.record.id.clone(),
        name: name.to_owned(),
    }
}
