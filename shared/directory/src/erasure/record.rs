//! What is kept of an erasure: who ordered it, when, and how far it is. It names nobody other than by an id.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rollcall_model::{Actor, TenantId};
use rollcall_store::{
    Error, Expression, Guard, Key, Scope, StackKeys, SweptTo, Transaction, from_item, key_item,
    now, to_item,
};
use serde::{Deserialize, Serialize};

use crate::erasure::handle::Erasures;

/// Whose data is erased: a tenant's, or a person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// The tenant.
    pub tenant: TenantId,
    /// The id of the person; `None` for everything of the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
}

/// An erasure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Erasure {
    /// When it was ordered.
    pub requested_at: Timestamp,
    /// Who ordered it, by id alone.
    pub requested_by: Actor,
    /// When it begins.
    pub due_at: Timestamp,
    /// When it ended; `None` until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// How many items of the table were removed so far. What an interrupted step had removed does not count.
    #[serde(default)]
    pub removed: u64,
    /// How many log entries about others were cleaned so far of what they said about the person.
    #[serde(default)]
    pub cleaned: u64,
    /// How many identifiers of the person were too many to be searched for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
    /// How far it is; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) progress: Option<Progress>,
    /// Increases by one with every write.
    revision: u64,
}

/// How far an erasure is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Progress {
    /// The place in the table up to which a tenant's items were removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) swept_to: Option<SweptTo>,
    /// Whether something was found since the beginning of the table.
    pub(super) found: bool,
    /// The step of a person's erasure.
    pub(super) step: usize,
    /// The sort key up to which the step is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) behind: Option<String>,
    /// Whether the step met an entry that waits for its place in the feed.
    pub(super) waits: bool,
    /// The identifiers of the person. They go with the progress.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) identifiers: BTreeSet<String>,
    /// What the person is called and others can be called too. It goes with the progress.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) names: BTreeSet<String>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Erasure {
    pub(super) fn ordered(scope: &Scope, due_at: Timestamp) -> Self {
        Self {
            requested_at: now(),
            requested_by: scope.actor.clone().by_id_alone(),
            due_at,
            finished_at: None,
            removed: 0,
            cleaned: 0,
            left_out: 0,
            progress: Some(Progress::default()),
            revision: 1,
        }
    }

    /// Returns the order of an erasure in place of an earlier one, which is finished.
    pub(super) fn ordered_after(scope: &Scope, known: Option<&Self>) -> Self {
        let earlier = known.map_or(0, |known| known.revision);
        Self {
            revision: earlier + 1,
            ..Self::ordered(scope, now())
        }
    }

    /// Reads an erasure.
    pub(super) async fn read(scope: &Scope, person: Option<&str>) -> Result<Option<Self>, Error> {
        let item = scope.table.get(&key(scope, person)).await?;
        item.map(from_item).transpose()
    }

    /// Writes a new erasure, in place of an earlier one if there is one, and lists it as not finished.
    pub(super) fn open(
        &self,
        scope: &Scope,
        transaction: &mut Transaction,
        person: Option<&str>,
    ) -> Result<(), Error> {
        let item = to_item(&key(scope, person), self)?;
        let unchanged = match self.revision {
            1 => Expression::absent(),
            revision => Expression::at_revision(revision - 1),
        };
        transaction.put_if(item, unchanged, Guard::Stale);
        transaction.put(key_item(&listed(scope, person)));
        Ok(())
    }

    /// Writes the erasure, on the condition that it is as it was read.
    pub(super) fn write(
        &mut self,
        scope: &Scope,
        transaction: &mut Transaction,
        person: Option<&str>,
    ) -> Result<(), Error> {
        let unchanged = Expression::at_revision(self.revision);
        self.revision += 1;
        transaction.put_if(to_item(&key(scope, person), self)?, unchanged, Guard::Stale);
        Ok(())
    }

    /// Stores how far the erasure is. Returns `false` if somebody else goes on with it.
    pub(super) async fn save(
        &mut self,
        scope: &Scope,
        person: Option<&str>,
    ) -> Result<bool, Error> {
        let mut transaction = Transaction::default();
        self.write(scope, &mut transaction, person)?;
        Ok(scope.table.transact(&transaction).await?.is_empty())
    }

    /// Writes the end of the erasure.
    pub(super) fn finish(
        &mut self,
        scope: &Scope,
        transaction: &mut Transaction,
        person: Option<&str>,
    ) -> Result<(), Error> {
        self.finished_at = Some(now());
        self.progress = None;
        self.write(scope, transaction, person)?;
        transaction.delete(listed(scope, person));
        Ok(())
    }
}

impl Erasures<'_> {
    /// Reads the erasure of a person, or else of the tenant; `None` if none was ordered.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn read(self, person: Option<&str>) -> Result<Option<Erasure>, Error> {
        Erasure::read(self.scope, person).await
    }
}

/// Returns the key of an erasure. That of a person goes with the tenant.
fn key(scope: &Scope, person: Option<&str>) -> Key {
    match person {
        Some(person) => scope.keys().erasures().at(person),
        None => StackKeys::erasure(&scope.tenant),
    }
}

/// Returns the key in the list of erasures that are not finished.
pub(super) fn listed(scope: &Scope, person: Option<&str>) -> Key {
    let tenant = scope.tenant.as_str();
    StackKeys::erasing().at(match person {
        Some(person) => format!("{tenant}#{person}"),
        None => tenant.to_owned(),
    })
}
