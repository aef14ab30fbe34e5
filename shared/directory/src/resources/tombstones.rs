//! What stays of a deleted person under their id: what a return needs. Of their identifiers, only keyed hashes stay
//! (`traces`).

use std::collections::BTreeSet;

use jiff::Timestamp;
use rollcall_model::{Account, Identity, Kind, USERS, is_id};
use rollcall_store::{Error, Item, Scope, from_item, now, to_item};
use serde::{Deserialize, Serialize};

use crate::resources::record::Record;
use crate::resources::traces::Traces;

/// The tombstone of a user or group. Earlier versions stored only when the resource was deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tombstone {
    pub(crate) deleted: Timestamp,
    /// The person that the account was closed into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) merged_into: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) created: Option<Timestamp>,
    #[serde(default)]
    pub(super) version: u64,
    #[serde(default)]
    pub(super) revision: u64,
    #[serde(default, skip_serializing_if = "Identity::is_default")]
    pub(super) identity: Identity,
    #[serde(
        rename = "standing",
        default,
        skip_serializing_if = "Account::is_default"
    )]
    pub(super) account: Account,
    /// The groups that the person was in.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) groups: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Traces::is_empty")]
    pub(super) traces: Traces,
}

impl Tombstone {
    /// Returns the tombstone of a resource that is deleted now.
    pub(super) fn of(kind: &Kind, record: &Record, traces: Traces) -> Self {
        let is_person = *kind == USERS;
        // What was only observed does not become real with a return.
        let is_real = |group: &&String| is_person && !record.observed_groups.contains(*group);
        let groups = record.groups.iter().filter(is_real);
        let mut identity = record.identity.clone();
        // Nothing is held of somebody who is deleted.
        identity.end_hold();
        Self {
            deleted: now(),
            merged_into: None,
            created: Some(record.created),
            version: record.version,
            revision: record.revision,
            // The traces have them, and the application's id is free again.
            identity: Identity {
                former: Vec::new(),
                application_id: None,
                ..identity
            },
            account: record.account.clone(),
            groups: groups.chain(&record.identity.returning).cloned().collect(),
            traces,
        }
    }

    /// Returns the tombstone of an account that is closed into this person.
    pub(super) fn merged_into(self, person: &str) -> Self {
        Self {
            merged_into: Some(person.to_owned()),
            ..self
        }
    }

    /// Reads the tombstone of a person; `None` if nobody with this id was deleted.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn of_person(scope: &Scope, id: &str) -> Result<Option<Self>, Error> {
        if !is_id(id) {
            return Ok(None);
        }
        let item = scope.table.get(&scope.keys().tombstone(&USERS, id)).await?;
        item.map(from_item).transpose()
    }

    /// Returns the hashes of the subjects that were bound to the person.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = &String> {
        let bindings = self.identity.bindings.values();
        bindings.map(|binding| &binding.subject)
    }

    /// Returns the groups that the `groups` claim of the person's last sign-in named.
    pub(crate) fn claimed_groups(&self) -> impl Iterator<Item = &String> {
        let claimed = self.account.claim.iter();
        claimed.flat_map(|claimed| &claimed.groups)
    }

    /// Removes the traces of the person with this id.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn erase_traces(&self, scope: &Scope, id: &str) -> Result<(), Error> {
        self.traces.remove(scope, id).await
    }

    pub(super) fn to_item(&self, scope: &Scope, kind: &Kind, id: &str) -> Result<Item, Error> {
        to_item(&scope.keys().tombstone(kind, id), self)
    }
}
