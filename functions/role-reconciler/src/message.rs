//! The messages in the reconciler's queue.

use rollcall_directory::{Continuation, Erased, Event, EventType, Tenant, TenantId, makes_real};
use serde::{Deserialize, Serialize};

/// One message.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Message {
    /// An event as EventBridge delivers it. Only its `detail` is used.
    Event {
        /// The event.
        detail: Box<Event>,
    },
    /// Work that an earlier call did not finish in time.
    Rest {
        /// The tenant.
        tenant: TenantId,
        /// The remaining work.
        rest: Continuation,
    },
    /// An erasure that is not finished.
    Erasure {
        /// Whose.
        erasure: Erased,
    },
    /// A full pass over all people, or one that only renews the roles that tenants have from the stack. The schedules send
    /// `{"full_pass": {}}` and `{"full_pass": {"only_roles": true}}`. To an earlier version, both are the former.
    FullPass {
        /// The position from which to continue.
        full_pass: Pass,
    },
}

/// The progress of a full pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pass {
    /// The last finished tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<TenantId>,
    /// The tenant to continue with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// The last held change of that tenant that was looked at, while they are released. An earlier version ignores it and
    /// starts the tenant again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// The last processed person of that tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The connection of that tenant that is no longer only observed: it is a pass for what that has said, and for no
    /// other tenant. An earlier version ignores it and does a full pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_real: Option<String>,
    /// Whether it only renews the roles that tenants have from the stack.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only_roles: bool,
    /// Whether a tenant did not get the roles of the stack.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
}

impl Message {
    pub(crate) fn rest(tenant: TenantId, rest: Continuation) -> Self {
        Self::Rest { tenant, rest }
    }

    /// Returns the pass that an event orders, if it says that a connection is no longer only observed.
    pub(crate) fn pass_of(event: &Event) -> Option<Pass> {
        makes_real(event).then(|| Pass {
            tenant: Some(event.tenant.clone()),
            made_real: Some(event.subject.id.clone()),
            ..Pass::default()
        })
    }

    /// Returns the message that makes real what a connection of a tenant has said while it was observed.
    pub(crate) fn made_real(tenant: &Tenant, connection: String) -> Self {
        Self::FullPass {
            full_pass: Pass {
                tenant: Some(tenant.id().clone()),
                made_real: Some(connection),
                ..Pass::default()
            },
        }
    }

    /// Returns whose erasure an event orders, if it does.
    pub(crate) fn ordered_by(event: &Event) -> Option<Erased> {
        let person = match EventType::of(&event.kind)? {
            EventType::TenantErasureRequested => None,
            EventType::UserErasureRequested => Some(event.subject.id.clone()),
            _ => return None,
        };
        Some(Erased {
            tenant: event.tenant.clone(),
            person,
        })
    }

    /// Returns whether the message can take all of the time, because it concerns all people or all members of a group.
    pub(crate) fn is_long(&self) -> bool {
        match self {
            Self::Event { detail } => matches!(
                EventType::of(&detail.kind),
                Some(
                    EventType::ConnectionRulesChanged
                        | EventType::GroupMappingChanged
                        | EventType::GroupDeleted
                        | EventType::TenantRolesChanged
                        | EventType::TenantSettingsChanged
                        | EventType::TenantErasureRequested
                        | EventType::UserErasureRequested
                )
            ),
            Self::Rest { .. } | Self::Erasure { .. } | Self::FullPass { .. } => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart_by_what_they_hold() {
        let read = |text: &str| serde_json::from_str::<Message>(text);
        assert!(matches!(
            read(r#"{"full_pass": {}}"#),
            Ok(Message::FullPass { full_pass }) if full_pass == Pass::default()
        ));
        assert!(matches!(
            read(r#"{"full_pass": {"only_roles": true}}"#),
            Ok(Message::FullPass { full_pass }) if full_pass.only_roles
        ));
        assert!(matches!(
            read(r#"{"tenant": "acme", "rest": {"group": "g"}}"#),
            Ok(Message::Rest { rest: Continuation::Group(group), .. }) if group == "g"
        ));
        assert!(matches!(
            read(r#"{"tenant": "acme", "rest": {"people_behind": "p"}}"#),
            Ok(Message::Rest { rest: Continuation::PeopleBehind(person), .. }) if person == "p"
        ));
        assert!(matches!(
            read(r#"{"erasure": {"tenant": "acme", "person": "p"}}"#),
            Ok(Message::Erasure { erasure }) if erasure.person.as_deref() == Some("p")
        ));
        for other in [r#"{"tenant": "acme"}"#, "{}", "[]", "", r#"{"detail": {}}"#] {
            assert!(read(other).is_err(), "{other}");
        }
    }
}
