//! Journal entries: written for every change, and queried as the audit log.
//!
//! An entry's id is a UUIDv7 that is generated before the commit, so ids do not show the order of commits. The relay,
//! which reads the table's stream, assigns the feed's sequence numbers later.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rollcall_model::{
    Actor, EventType, HeldRequest, Origin, REDACTED, Subject, cleaned_value, is_secret_name,
    new_id, without_secrets,
};
use rollcall_scim::{Resource, fold};
use rollcall_store::{Error, Item, Keys, Scope, now, to_item};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::journal::read_back::Logged;

/// More bytes than an entry has beside the values before and after the change: the longest subject, actor and ids.
const ENTRY_OVERHEAD: usize = 4_096;

/// One journal entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The id, a UUIDv7. Ids sort by time, not by commit.
    #[serde(rename = "SK")]
    pub id: String,
    /// The action: the name of an [`EventType`], or of a type that only a newer version knows.
    #[serde(rename = "type")]
    pub action: String,
    /// When the change was made.
    pub at: Timestamp,
    /// Who made the change.
    pub actor: Actor,
    /// Where the request came from. Absent for what Rollcall does by itself, and in entries of earlier versions.
    #[serde(default, skip_serializing_if = "Origin::is_empty")]
    pub origin: Origin,
    /// The id of the request that made the change.
    pub request_id: String,
    /// What the change is about.
    pub subject: Subject,
    /// The changed attributes before the change, as a JSON object; absent on creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The changed attributes after the change, as a JSON object; absent on deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The sequence number of the entry's first event in the feed, once the relay has assigned it.
    #[serde(rename = "placed_at", default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// When the gateway received the request, if the change ended somebody's access. Earlier versions do not store it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// Whether somebody who is deleted could sign in until then, whatever `active` said. Earlier versions do not store it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was_in: Option<bool>,
    /// The request that was held, if the change ends the access that it had already said should end. The entry's own
    /// request let it take effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldRequest>,
}

/// The conditions of an audit query. All are optional.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Only entries at or after this time.
    pub from: Option<Timestamp>,
    /// Only entries at or before this time.
    pub to: Option<Timestamp>,
    /// Only entries by one of these actors: the id of a token, connection or person, or a kind of actor such as
    /// `portal_link`. Empty means all.
    pub actors: Vec<String>,
    /// Only entries about this subject: its id, or its name ignoring case. The id of a user also finds the entries that
    /// add the user to a group or remove them.
    pub subject: Option<String>,
    /// Only entries of the request with this id.
    pub request_id: Option<String>,
    /// Only entries whose action starts with this text, such as `user.`.
    pub action: Option<String>,
    /// Only entries after this cursor, which an earlier page returned.
    pub after: Option<String>,
    /// The maximum number of entries.
    pub limit: usize,
}

impl Logged for Entry {
    fn id(&self) -> &str {
        &self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }
}

impl Entry {
    /// Returns an entry for a change that the scope's actor makes now.
    pub(crate) fn new(scope: &Scope, action: EventType, subject: Subject) -> Self {
        Self {
            id: new_id(),
            action: action.as_str().to_owned(),
            at: now(),
            actor: scope.actor.clone(),
            origin: scope.origin.clone(),
            request_id: scope.request_id.clone(),
            subject,
            before: None,
            after: None,
            sequence: None,
            received_at: scope.origin.received_at.filter(|_| action.ends_access()),
            was_in: None,
            held: None,
        }
    }

    /// Returns the entry with the changed attributes before and after the change, each a JSON object, without what looks like
    /// a secret: labels, reasons and addresses are what somebody typed.
    #[must_use]
    pub(crate) fn with_change(self, before: Option<Value>, after: Option<Value>) -> Self {
        Self {
            before: before.map(|value| cleaned_value(value).to_string()),
            after: after.map(|value| cleaned_value(value).to_string()),
            ..self
        }
    }

    /// Returns the connection whose request said so: of a held change, not that of whoever let it take effect.
    pub fn asked_by(&self) -> Option<&str> {
        let held = self.held.as_ref().map(|held| held.connection.as_str());
        held.or_else(|| self.actor.connection())
    }

    /// Returns the id of the request that said so; of a held change that an earlier version held, that of the request that
    /// let it take effect.
    pub fn asked_in(&self) -> &str {
        let held = self.held.as_ref().map(|held| held.request_id.as_str());
        held.filter(|id| !id.is_empty()).unwrap_or(&self.request_id)
    }

    /// Returns when the gateway received the request that said so; `None` if that is not known.
    pub fn asked_at(&self) -> Option<Timestamp> {
        match &self.held {
            Some(held) => held.received_at,
            None => self.received_at,
        }
    }

    /// Returns whether the action is of this type.
    pub fn is(&self, action: EventType) -> bool {
        self.action == action.as_str()
    }

    pub(crate) fn to_item(&self, keys: Keys<'_>) -> Result<Item, Error> {
        to_item(&keys.journal().at(&self.id), self)
    }

    /// Returns roughly how many bytes the entry has in the table.
    pub(super) fn size(&self) -> usize {
        let change = [&self.before, &self.after].into_iter().flatten();
        change.map(String::len).sum::<usize>() + ENTRY_OVERHEAD
    }

    fn has_changed_member(&self, wanted: &String) -> bool {
        let after = self.after.as_deref().unwrap_or_default();
        self.is(EventType::GroupMembersChanged)
            && serde_json::from_str::<BTreeMap<String, Vec<String>>>(after)
                .is_ok_and(|lists| lists.values().any(|ids| ids.contains(wanted)))
    }

    /// Returns whether the entry matches the query. `subject_name` is the query's subject, folded.
    pub(super) fn answers(&self, query: &AuditQuery, subject_name: &str) -> bool {
        let subject = |wanted: &String| {
            self.subject.id == *wanted
                || fold(&self.subject.name) == subject_name
                || self.has_changed_member(wanted)
        };
        let is_by = |wanted: &String| self.actor.is_called(wanted);
        (query.actors.is_empty() || query.actors.iter().any(is_by))
            && query.subject.as_ref().is_none_or(subject)
            && query
                .request_id
                .as_ref()
                .is_none_or(|wanted| self.request_id == *wanted)
            && query
                .action
                .as_ref()
                .is_none_or(|wanted| self.action.starts_with(wanted))
            && query.from.is_none_or(|from| self.at >= from)
            && query.to.is_none_or(|to| self.at <= to)
    }
}

/// Returns the attributes that differ between two states of a resource, before and after, each as a JSON object without
/// secrets: an identity provider can push some in an extension, and the journal is sent to others.
pub(crate) fn difference(
    before: Option<&Resource>,
    after: Option<&Resource>,
) -> (Option<String>, Option<String>) {
    let only_in = |one: Option<&Resource>, other: Option<&Resource>| {
        let attributes = one?.attributes().iter();
        let same = |name: &str| other.and_then(|other| other.attributes().get(name));
        let changed = attributes.filter(|(name, value)| same(name) != Some(value));
        serde_json::to_string(&Attributes(changed.collect())).ok()
    };
    (only_in(before, after), only_in(after, before))
}

/// Some attributes of a resource, in the resource's order.
struct Attributes<'a>(Vec<(&'a String, &'a Value)>);

impl Serialize for Attributes<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = self
            .0
            .iter()
            .map(|(name, value)| (name, Open::Value(value)));
        serializer.collect_map(shown)
    }
}

/// A value that serialises without its secrets.
enum Open<'a> {
    Secret,
    Value(&'a Value),
}

impl Serialize for Open<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Secret => serializer.serialize_str(REDACTED),
            Self::Value(Value::Object(object)) => {
                let shown = object
                    .iter()
                    .map(|(name, value)| match is_secret_name(name) {
                        true => (name, Self::Secret),
                        false => (name, Open::Value(value)),
                    });
                serializer.collect_map(shown)
            }
            Self::Value(Value::Array(values)) => {
                serializer.collect_seq(values.iter().map(Open::Value))
            }
            Self::Value(Value::String(text)) => serializer.serialize_str(&without_secrets(text)),
            Self::Value(other) => other.serialize(serializer),
        }
    }
}
