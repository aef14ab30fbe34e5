//! The messages in the reconciler's queue.

use jiff::Timestamp;
use rollcall_directory::{Continuation, Erased, Event, EventType, Tenant, TenantId, makes_real};
use serde::{Deserialize, Serialize};

/// The number of parts of the pass that the schedule orders: they begin one after the other within the hour.
pub(crate) const PARTS: u8 = 12;

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
    /// A full pass over all tenants, or one that only renews the roles that tenants have from the stack. The schedules send
    /// `{"full_pass": {"spread": true}}` and `{"full_pass": {"only_roles": true}}`. To an earlier version, each is
    /// `{"full_pass": {}}`, which does all of it at once.
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
    /// How many people of that tenant were looked at. An earlier version ignores it and looks at all.
    #[serde(skip_serializing_if = "is_zero")]
    pub people: u64,
    /// Whether it only orders the parts of a pass, each to begin when it is its turn.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub spread: bool,
    /// The part of the pass, of which each has its share of the tenants; absent for all tenants. An earlier version ignores
    /// it and looks at all that are not `behind`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<u8>,
    /// When the part begins, if it is not its turn yet. An earlier version ignores it, so `behind` then has the last possible
    /// tenant, and that version looks at none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
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

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Pass {
    /// Returns whether it orders a pass over all tenants, of which nothing is done yet.
    pub(crate) fn begins_all(&self) -> bool {
        let spread = Self {
            spread: true,
            ..Self::default()
        };
        *self == Self::default() || *self == spread
    }

    /// Returns whether it looks at this tenant.
    pub(crate) fn is_for(&self, tenant: &TenantId) -> bool {
        self.part.is_none_or(|part| part == part_of(tenant))
    }
}

/// Returns the part of a pass that looks at a tenant: always the same one, so that an hour lies between two looks.
fn part_of(tenant: &TenantId) -> u8 {
    let bytes = tenant.as_str().bytes();
    // FNV-1a: neighbours in the list of tenants are in different parts, and a newer compiler changes nothing.
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    u8::try_from(hash % u32::from(PARTS)).unwrap_or_default()
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
            read(r#"{"full_pass": {"spread": true}}"#),
            Ok(Message::FullPass { full_pass }) if full_pass.spread && full_pass.begins_all()
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

    #[test]
    fn each_tenant_is_in_one_part_and_no_part_is_large() {
        let mut sizes = [0_u32; PARTS as usize];
        for number in 0..1_200 {
            let tenant: TenantId = format!("tenant-{number}").parse().unwrap();
            let of_part = |part| Pass {
                part: Some(part),
                ..Pass::default()
            };
            let parts = (0..PARTS).filter(|part| of_part(*part).is_for(&tenant));
            let parts: Vec<u8> = parts.collect();
            assert_eq!(parts, [part_of(&tenant)]);
            assert!(Pass::default().is_for(&tenant));
            sizes[usize::from(parts[0])] += 1;
        }
        assert!(
            sizes.iter().all(|size| (60..140).contains(size)),
            "{sizes:?}"
        );
        // A stored message names a part by number.
        assert_eq!(part_of(&"acme".parse().unwrap()), 7);
    }
}
