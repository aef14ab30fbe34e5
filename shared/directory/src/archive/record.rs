//! One archived event: what ended, when, and its id. It names nobody.

use jiff::Timestamp;
use rollcall_model::{EventType, TenantId};
use serde::{Deserialize, Serialize};

use crate::journal::feed::Event;

/// The type of an archived revocation of a service key, which belongs to no tenant.
pub(crate) const SERVICE_KEY_REVOKED: &str = "service_key.revoked";

/// The types of events that are archived: what ends something, and what takes that back.
const ARCHIVED: [EventType; 14] = [
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
];

/// An archived event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Archived {
    /// The tenant; `None` for a service key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<TenantId>,
    /// The type of the event.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The id of what ended.
    pub(crate) subject: String,
    /// When.
    pub(crate) at: Timestamp,
    /// The id of the event, so that an event that comes twice is archived once.
    pub(crate) event: String,
}

impl Archived {
    /// Returns the record of an event; `None` for an event that ends nothing.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        let kind = EventType::of(&event.kind)?;
        ARCHIVED.contains(&kind).then(|| Self {
            tenant: Some(event.tenant.clone()),
            kind: event.kind.clone(),
            subject: event.subject.id.clone(),
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
            at,
            event: id.to_owned(),
        }
    }
}
