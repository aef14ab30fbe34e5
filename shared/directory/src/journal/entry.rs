//! Journal entries: one for every change, made and read.
//!
//! An entry's id is a UUIDv7 made before the commit, so ids do not tell the order of commits. The feed's sequence is given
//! later, by the relay that reads the table's stream.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rollcall_model::{Actor, Subject, new_id};
use rollcall_scim::{Resource, fold};
use rollcall_store::{Error, Item, Keys, Scope, now, to_item};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::journal::handle::Journal;
use crate::journal::read_back::{LogRange, Logged, read_back};

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id, a UUIDv7: in order of time, not of commits.
    #[serde(rename = "SK")]
    pub id: String,
    /// `user.created`, `group.members_changed`, …
    #[serde(rename = "type")]
    pub action: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// Within which request.
    pub request_id: String,
    /// About what.
    pub subject: Subject,
    /// The attributes that changed as they were, as a JSON object; absent on creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The attributes that changed as they are now; absent on deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The sequence of its first event in the feed, once it has one.
    #[serde(rename = "placed_at", default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
}

/// What an audit query asks for; everything is optional.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Not before.
    pub from: Option<Timestamp>,
    /// Not after.
    pub to: Option<Timestamp>,
    /// Who did it, any of these: the id of a token, connection or person, or a kind of actor (`portal_link`).
    pub actors: Vec<String>,
    /// The id or name of the person or thing it was done to, names without regard to case.
    pub subject: Option<String>,
    /// The action, or the beginning of it (`user.`).
    pub action: Option<String>,
    /// Behind this entry of an earlier page.
    pub after: Option<String>,
    /// At most so many entries.
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
    /// Returns an entry of what the scope's actor does now.
    pub(crate) fn new(scope: &Scope, action: impl Into<String>, subject: Subject) -> Self {
        Self {
            id: new_id(),
            action: action.into(),
            at: now(),
            actor: scope.actor.clone(),
            request_id: scope.request_id.clone(),
            subject,
            before: None,
            after: None,
            sequence: None,
        }
    }

    /// Returns the entry with the values that changed, each as a JSON object.
    #[must_use]
    pub(crate) fn with_change(self, before: Option<Value>, after: Option<Value>) -> Self {
        Self {
            before: before.map(|value| value.to_string()),
            after: after.map(|value| value.to_string()),
            ..self
        }
    }

    pub(crate) fn to_item(&self, keys: Keys<'_>) -> Result<Item, Error> {
        to_item(&keys.journal().at(&self.id), self)
    }

    fn has_changed_member(&self, wanted: &String) -> bool {
        let after = self.after.as_deref().unwrap_or_default();
        self.action == MEMBERS_CHANGED
            && serde_json::from_str::<BTreeMap<String, Vec<String>>>(after)
                .is_ok_and(|lists| lists.values().any(|ids| ids.contains(wanted)))
    }

    /// `subject_name` is what the query calls the subject, folded.
    fn answers(&self, query: &AuditQuery, subject_name: &str) -> bool {
        let subject = |wanted: &String| {
            self.subject.id == *wanted
                || fold(&self.subject.name) == subject_name
                || self.has_changed_member(wanted)
        };
        let is_by = |wanted: &String| self.actor.is_called(wanted);
        (query.actors.is_empty() || query.actors.iter().any(is_by))
            && query.subject.as_ref().is_none_or(subject)
            && query
                .action
                .as_ref()
                .is_none_or(|wanted| self.action.starts_with(wanted))
            && query.from.is_none_or(|from| self.at >= from)
            && query.to.is_none_or(|to| self.at <= to)
    }
}

/// The action of entries that hold several changes of members.
pub(crate) const MEMBERS_CHANGED: &str = "group.members_changed";

impl Journal<'_> {
    /// The audit log, newest first, and behind which entry the next page starts.
    ///
    /// A page may be short, even empty, and still have a next one: looking is bounded.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn audit(self, query: &AuditQuery) -> Result<(Vec<Entry>, Option<String>), Error> {
        let subject_name = query.subject.as_deref().map(fold).unwrap_or_default();
        let range = LogRange {
            from: query.from,
            to: query.to,
            after: query.after.as_ref(),
            limit: query.limit,
        };
        let wanted = |entry: &Entry| entry.answers(query, &subject_name);
        read_back(self.scope, self.scope.keys().journal(), range, wanted).await
    }
}

/// Returns the attributes in which two states of a resource differ, as they were and as they are, as JSON objects.
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

/// Some attributes of a resource, in its order.
struct Attributes<'a>(Vec<(&'a String, &'a Value)>);

impl Serialize for Attributes<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}
