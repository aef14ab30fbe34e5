//! What is archived of events: what ended or was taken away, when, and its id. It names nobody.

use jiff::Timestamp;
use rollcall_model::{EventType, TenantId, new_id, sha256_hex};
use rollcall_scim::fold;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::journal::feed::Event;

/// The type of an archived revocation of a service key, which belongs to no tenant.
pub(crate) const SERVICE_KEY_REVOKED: &str = "service_key.revoked";

/// What the types of archived changes of webhooks of the stack begin with. Earlier versions skip such types.
const OF_STACK: &str = "stack_";

/// Returns the type of what is done to a webhook of the stack.
pub(crate) fn of_stack(kind: EventType) -> String {
    format!("{OF_STACK}{kind}")
}

/// The types of events that are archived: what ends something, and what takes that back.
const ARCHIVED: [EventType; 25] = [
    EventType::TokenRevoked,
    EventType::ConnectionDeleted,
    EventType::GroupDeleted,
    EventType::TenantDeleted,
    EventType::TenantErasureRequested,
    EventType::UserDeactivated,
    EventType::UserReactivated,
    EventType::UserBlocked,
    EventType::UserUnblocked,
    EventType::UserDeleted,
    EventType::UserMerged,
    EventType::UserRestored,
    EventType::UserErasureRequested,
    EventType::UserErased,
    EventType::UserSubjectsForgotten,
    EventType::UserRoleGiven,
    EventType::GroupMappingChanged,
    EventType::GroupMemberAdded,
    EventType::GroupMemberRemoved,
    EventType::TenantGroupAwaited,
    EventType::WebhookChanged,
    EventType::WebhookSecretRotated,
    EventType::WebhookPaused,
    EventType::WebhookResumed,
    EventType::WebhookDeleted,
];

/// How many members one row names at most: DynamoDB charges a write by the KB, so a row for each would cost forty times as much.
const MOST_MEMBERS: usize = 500;

/// An archived event, or several that one change of a group's members has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Archived {
    /// The tenant; `None` for a service key and for a webhook of the stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<TenantId>,
    /// The type of the event.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The id of what ended.
    pub(crate) subject: String,
    /// The ids of what the subject no longer has: roles by hand, roles by a group, members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) taken: Vec<String>,
    /// The ids of what it has then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) left: Vec<String>,
    /// When.
    pub(crate) at: Timestamp,
    /// The id of the first event, so that an event that comes twice is archived once.
    pub(crate) event: String,
}

impl Archived {
    /// Returns the records of events, in their order. Members of a group that were added or removed by one change are in one.
    pub(crate) fn of_all(events: &[Event]) -> Vec<Self> {
        let mut all = Vec::<Self>::new();
        for record in events.iter().filter_map(Self::of) {
            match all.last_mut() {
                Some(last) if last.goes_on_with(&record) => {
                    last.taken.extend(record.taken);
                    last.left.extend(record.left);
                }
                _ => all.push(record),
            }
        }
        all
    }

    /// Whether the next record tells of further members of the same change.
    fn goes_on_with(&self, next: &Self) -> bool {
        let kinds = [EventType::GroupMemberAdded, EventType::GroupMemberRemoved];
        kinds.iter().any(|kind| kind.as_str() == self.kind)
            && self.taken.len() + self.left.len() < MOST_MEMBERS
            && (&self.tenant, &self.kind, &self.subject)
                == (&next.tenant, &next.kind, &next.subject)
            && (self.at, self.entry()) == (next.at, next.entry())
    }

    /// Returns the id of the entry of the event. An entry with several events numbers them behind a dot.
    fn entry(&self) -> &str {
        self.event.split('.').next().unwrap_or_default()
    }

    /// Returns the record of an event; `None` for an event that ends nothing.
    fn of(event: &Event) -> Option<Self> {
        let kind = EventType::of(&event.kind)?;
        let (taken, left) = changes(kind, event);
        ARCHIVED.contains(&kind).then(|| Self {
            taken,
            left,
            tenant: Some(event.tenant.clone()),
            kind: event.kind.clone(),
            subject: subject(kind, event),
            at: event.occurred_at,
            event: event.id.clone(),
        })
    }

    /// Returns the record of a service key that is revoked now.
    pub(crate) fn of_service_key(id: &str, at: Timestamp) -> Self {
        Self {
            tenant: None,
            kind: SERVICE_KEY_REVOKED.to_owned(),
            subject: id.to_owned(),
            taken: Vec::new(),
            left: Vec::new(),
            at,
            event: id.to_owned(),
        }
    }

    /// Returns the record of what is done to a webhook of the stack.
    pub(crate) fn of_stack_webhook(id: &str, kind: EventType, at: Timestamp) -> Self {
        Self {
            kind: of_stack(kind),
            event: new_id(),
            ..Self::of_service_key(id, at)
        }
    }

    /// Returns the type, if it is known here and not that of a service key, and whether it is that of a webhook of the stack.
    pub(crate) fn known(&self) -> Option<(EventType, bool)> {
        let of_stack = self.kind.strip_prefix(OF_STACK);
        let kind = EventType::of(of_stack.unwrap_or(&self.kind))?;
        Some((kind, of_stack.is_some()))
    }
}

/// Returns what stands for a group that is awaited: a hash of its name.
pub(crate) fn awaited(name: &str) -> String {
    sha256_hex(&fold(name))
}

fn subject(kind: EventType, event: &Event) -> String {
    let told = event.after.as_ref().or(event.before.as_ref());
    match (kind, told.and_then(|told| told["group"].as_str())) {
        (EventType::TenantGroupAwaited, Some(name)) => awaited(name),
        _ => event.subject.id.clone(),
    }
}

/// Returns the ids of what an event takes from its subject, and of what the subject has then.
fn changes(kind: EventType, event: &Event) -> (Vec<String>, Vec<String>) {
    let member = || ids(event.after.as_ref().map(|after| &after["member"]));
    match kind {
        EventType::UserRoleGiven
        | EventType::GroupMappingChanged
        | EventType::TenantGroupAwaited => {
            let (mut taken, left) = (
                role_ids(event.before.as_ref()),
                role_ids(event.after.as_ref()),
            );
            taken.retain(|id| !left.contains(id));
            (taken, left)
        }
        EventType::GroupMemberAdded => (Vec::new(), member()),
        EventType::GroupMemberRemoved => (member(), Vec::new()),
        _ => (Vec::new(), Vec::new()),
    }
}

/// Returns the ids of roles as events tell them. Earlier versions told one.
fn role_ids(told: Option<&Value>) -> Vec<String> {
    let all = ids(told.map(|told| &told["role_ids"]));
    match all.is_empty() {
        true => ids(told.map(|told| &told["role_id"])),
        false => all,
    }
}

fn ids(told: Option<&Value>) -> Vec<String> {
    let listed = told.and_then(Value::as_array).into_iter().flatten();
    let ids = told
        .filter(|told| told.is_string())
        .into_iter()
        .chain(listed);
    ids.filter_map(Value::as_str).map(str::to_owned).collect()
}
