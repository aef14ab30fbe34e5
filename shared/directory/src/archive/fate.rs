//! What is done again, and how what is archived of a person and of a webhook adds up. Pure.

use rollcall_model::EventType;
use serde::{Deserialize, Serialize};

/// What is done again. The order is that of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Action {
    RevokeServiceKey,
    RevokeToken,
    DeleteConnection,
    PauseStackWebhook,
    DeleteStackWebhook,
    PauseWebhook,
    DeleteWebhook,
    TakeRoles,
    Unmap,
    UnmapAwaited,
    RemoveMembers,
    DeleteGroup,
    ForgetSubjects,
    DeactivatePerson,
    BlockPerson,
    DeletePerson,
    ErasePerson,
    DeleteTenant,
    EraseTenant,
}

impl Action {
    /// The first of what can be done to a person. All that can be follows one after the other.
    pub(crate) const FIRST_OF_PERSON: Self = Self::ForgetSubjects;
}

/// How a person is, after what was archived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Person {
    inactive: bool,
    blocked: bool,
    /// The subjects of the restored table were forgotten. Those that were bound later are not in it.
    unbound: bool,
    deleted: bool,
    erased: bool,
}

/// How a webhook is, after what was archived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Webhook {
    /// The restored table has another URL, other types or another secret.
    outdated: bool,
    paused: bool,
}

impl Webhook {
    pub(crate) fn concerns(kind: EventType) -> bool {
        matches!(
            kind,
            EventType::WebhookChanged
                | EventType::WebhookSecretRotated
                | EventType::WebhookPaused
                | EventType::WebhookResumed
        )
    }

    pub(crate) fn after(self, kind: EventType) -> Self {
        Self {
            outdated: self.outdated
                || matches!(
                    kind,
                    EventType::WebhookChanged | EventType::WebhookSecretRotated
                ),
            paused: kind == EventType::WebhookPaused
                || self.paused && kind != EventType::WebhookResumed,
        }
    }
}

impl Person {
    pub(crate) fn after(mut self, kind: EventType) -> Self {
        match kind {
            EventType::UserDeactivated => self.inactive = true,
            // Only going from inactive to active ends a block as well.
            EventType::UserReactivated => (self.inactive, self.blocked) = (false, false),
            EventType::UserBlocked => self.blocked = true,
            EventType::UserUnblocked => self.blocked = false,
            EventType::UserSubjectsForgotten => self.unbound = true,
            EventType::UserDeleted | EventType::UserMerged => self.deleted = true,
            EventType::UserRestored => {
                self = Self {
                    erased: self.erased,
                    unbound: self.unbound,
                    ..Self::default()
                }
            }
            EventType::UserErasureRequested => self.erased = true,
            _ => {}
        }
        self
    }

    pub(crate) fn actions(self) -> Vec<Action> {
        match self {
            Self { erased: true, .. } => vec![Action::ErasePerson],
            Self { deleted: true, .. } => vec![Action::DeletePerson],
            Self {
                inactive,
                blocked,
                unbound,
                ..
            } => {
                let all = [
                    (unbound, Action::ForgetSubjects),
                    (inactive, Action::DeactivatePerson),
                    (blocked, Action::BlockPerson),
                ];
                let held = all.into_iter().filter(|(holds, _)| *holds);
                held.map(|(_, action)| action).collect()
            }
        }
    }
}

/// Returns what is done again, if the event takes something away from its subject.
pub(crate) fn takes(kind: EventType) -> Option<Action> {
    match kind {
        EventType::UserRoleGiven => Some(Action::TakeRoles),
        EventType::GroupMappingChanged => Some(Action::Unmap),
        EventType::TenantGroupAwaited => Some(Action::UnmapAwaited),
        EventType::GroupMemberAdded | EventType::GroupMemberRemoved => Some(Action::RemoveMembers),
        _ => None,
    }
}
