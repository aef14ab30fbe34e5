//! The list of held changes, by which they are found. What counts is the mark on the person or the group.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rollcall_model::{Kind, new_id};
use rollcall_store::{Error, Scope, Transaction, now, to_item};
use serde::{Deserialize, Serialize};

use crate::resources::brake::Hold;
use crate::resources::counters::write_unseen;
use crate::resources::record::Record;

/// What a held change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum About {
    /// A person who is deactivated or deleted.
    Person,
    /// A group that is deleted.
    Group,
    /// Members who leave a group.
    Members,
    /// Something that only a newer version knows.
    #[serde(other)]
    Unknown,
}

/// A held change in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HeldItem {
    #[serde(rename = "SK")]
    pub(crate) key: String,
    pub(crate) about: About,
    /// The id of the person, or of the group.
    pub(crate) id: String,
    /// The members who leave the group.
    #[serde(
        default,
        with = "serde_dynamo::string_set",
        skip_serializing_if = "BTreeSet::is_empty"
    )]
    pub(crate) people: BTreeSet<String>,
    /// Since when.
    pub(crate) at: Timestamp,
    /// When it takes effect unless somebody decides otherwise.
    pub(crate) until: Timestamp,
}

impl HeldItem {
    /// Returns the connection that said it, if that was only observed then.
    pub(crate) fn observer(&self) -> Option<&str> {
        let (connection, _) = self.key.split_once('#')?;
        (self.until == Hold::UNENDING).then_some(connection)
    }
}

/// Returns what identifies the held change of a person or a group in the list of its connection.
fn name_of(kind: &Kind, id: &str) -> String {
    format!("{}#{id}", kind.code.to_ascii_lowercase())
}

/// Adds a person or a group to the list of held changes, or takes it off.
pub(super) fn write_held(
    scope: &Scope,
    transaction: &mut Transaction,
    kind: &Kind,
    before: Option<&Record>,
    after: Option<&Record>,
) -> Result<(), Error> {
    let holder = |record: Option<&Record>| {
        let record = record.filter(|record| record.identity.is_held())?;
        record.identity.held_by.clone()
    };
    let (old, new) = (holder(before), holder(after));
    let Some(record) = after.or(before) else {
        return Ok(());
    };
    let name = name_of(kind, &record.id);
    if let Some(old) = old.as_ref().filter(|old| Some(*old) != new.as_ref()) {
        transaction.delete(scope.keys().held_change(old, &name));
    }
    if let Some(new) = new.filter(|new| old.as_ref() != Some(new)) {
        let key = scope.keys().held_change(&new, &name);
        let item = HeldItem {
            key: key.sort().to_owned(),
            about: match kind.has_members() {
                true => About::Group,
                false => About::Person,
            },
            id: record.id.clone(),
            people: BTreeSet::new(),
            at: now(),
            until: record.identity.held_until.unwrap_or_else(now),
        };
        transaction.put(to_item(&key, &item)?);
    }
    let unseen = |record: Option<&Record>| {
        let record = record.filter(|record| record.identity.deletion_held)?;
        record.identity.held_by.clone()
    };
    let (was, is) = (unseen(before), unseen(after));
    write_unseen(scope, transaction, kind, was.as_deref(), is.as_deref());
    Ok(())
}

/// Adds members who leave a group to the list of held changes.
pub(super) fn write_held_members(
    scope: &Scope,
    transaction: &mut Transaction,
    group: &str,
    hold: &Hold,
    people: BTreeSet<String>,
) -> Result<(), Error> {
    let name = format!("m#{}", new_id());
    let key = scope.keys().held_change(&hold.connection, &name);
    let item = HeldItem {
        key: key.sort().to_owned(),
        about: About::Members,
        id: group.to_owned(),
        people,
        at: now(),
        until: hold.until,
    };
    transaction.put(to_item(&key, &item)?);
    Ok(())
}
