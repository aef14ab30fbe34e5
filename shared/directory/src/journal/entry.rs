//! The journal: one entry for every change, written in the transaction of the change.
//!
//! The entry is the audit log, the event feed and the outbox at once. Its id is a UUIDv7 made before the commit, so
//! ids do not tell the order of commits; the feed's sequence is given later, by whoever reads the table's stream.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use rollcall_scim::{Resource, fold};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Error;
use crate::journal::read_back::{Logged, Stretch};
use crate::resources::record::now;
use crate::store::item::{Item, to_item};
use crate::store::keys::TenantId;
use crate::tenant::Tenant;

/// Who made a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    /// An identity provider, by one of its tokens.
    Token {
        /// The token's id.
        id: String,
        /// The connection the token belongs to.
        connection: String,
    },
    /// A person in a session.
    Person {
        /// The user's id.
        id: String,
    },
    /// Whoever opened a portal link.
    PortalLink,
    /// The application, by its service key.
    Application,
    /// Rollcall itself.
    System,
}

impl Actor {
    /// What sort of actor it is, as `type` has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Token { .. } => "token",
            Self::Person { .. } => "person",
            Self::PortalLink => "portal_link",
            Self::Application => "application",
            Self::System => "system",
        }
    }

    fn is_called(&self, wanted: &String) -> bool {
        let is_known_by_id = match self {
            Self::Token { id, connection } => id == wanted || connection == wanted,
            Self::Person { id } => id == wanted,
            Self::PortalLink | Self::Application | Self::System => false,
        };
        is_known_by_id || self.kind() == wanted
    }
}

/// What a change was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Subject {
    /// `user`, `group`, `tenant`, `connection`, `token`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: Cow<'static, str>,
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
}

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
    pub(crate) fn to_item(&self, tenant: &TenantId) -> Result<Item, Error> {
        to_item(&tenant.journal().at(&self.id), self)
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

impl Tenant {
    pub(crate) fn entry(&self, action: impl Into<String>, subject: Subject) -> Entry {
        Entry {
            id: Uuid::now_v7().to_string(),
            action: action.into(),
            at: now(),
            actor: self.actor.clone(),
            request_id: self.request_id.clone(),
            subject,
            before: None,
            after: None,
            sequence: None,
        }
    }

    /// The audit log, newest first, and behind which entry the next page starts.
    ///
    /// A page may be short, even empty, and still have a next one: looking is bounded.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn audit(&self, query: &AuditQuery) -> Result<(Vec<Entry>, Option<String>), Error> {
        let subject_name = query.subject.as_deref().map(fold).unwrap_or_default();
        let stretch = Stretch {
            from: query.from,
            to: query.to,
            after: query.after.as_ref(),
            limit: query.limit,
        };
        let wanted = |entry: &Entry| entry.answers(query, &subject_name);
        self.look_back(self.id.journal(), stretch, wanted).await
    }
}

/// An id behind every entry made up to this millisecond.
pub(crate) fn just_after(at: Timestamp) -> String {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis.saturating_add(1), &[0; 10])
        .into_uuid()
        .to_string()
}

/// The attributes in which two states of a resource differ, as they were and as they are.
pub(crate) fn difference(
    before: Option<&Resource>,
    after: Option<&Resource>,
) -> (Option<String>, Option<String>) {
    let attributes = |resource: Option<&Resource>| resource.map(|r| r.attributes().clone());
    match (attributes(before), attributes(after)) {
        (Some(mut old), Some(mut new)) => {
            let same = |k: &String, v: &Value, other: &Map<String, Value>| other.get(k) == Some(v);
            let kept = old.clone();
            old.retain(|k, v| !same(k, v, &new));
            new.retain(|k, v| !same(k, v, &kept));
            (Some(json!(old).to_string()), Some(json!(new).to_string()))
        }
        (old, new) => (
            old.map(|o| json!(o).to_string()),
            new.map(|n| json!(n).to_string()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_what_entries_say() {
        let id = String::new;
        for actor in [
            Actor::Token {
                id: id(),
                connection: id(),
            },
            Actor::Person { id: id() },
            Actor::PortalLink,
            Actor::Application,
            Actor::System,
        ] {
            assert_eq!(json!(actor)["type"], actor.kind());
        }
    }
}
