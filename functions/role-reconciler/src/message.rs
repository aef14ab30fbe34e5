//! The messages in the reconciler's queue.

use std::time::Duration;

use jiff::Timestamp;
use rollcall_directory::{
    Continuation, Erased, Event, EventType, PassStep, Tenant, TenantId, makes_real,
};
use serde::{Deserialize, Serialize};

/// The number of parts of the pass that the schedule orders: they begin one after the other within the hour.
pub(crate) const PARTS: u8 = 12;

/// The longest time after which work that waits for its turn asks again, in seconds.
const LONGEST_WAIT: u64 = 60;

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
        /// Its place among the tenant's long work. An earlier version ignores it.
        #[serde(flatten)]
        place: Place,
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

/// The place of a message among the long work of its tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// The event that ordered the work. Absent in messages of an earlier version, and in work that no event ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    ordered_by: Option<String>,
    /// How often it waited for other long work of the tenant since the last part of it.
    #[serde(skip_serializing_if = "is_never")]
    waited: u8,
}

impl Place {
    pub(crate) fn of(event: &Event) -> Self {
        Self {
            ordered_by: Some(event.id.clone()),
            waited: 0,
        }
    }

    fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Returns what the work is called, so that two messages do not do it at the same time. `name` is what is done.
    pub(crate) fn holder(&self, name: &str) -> String {
        match &self.ordered_by {
            Some(event) => format!("{name}#{event}"),
            None => name.to_owned(),
        }
    }

    /// Returns the place after a part of the work.
    pub(crate) fn at_work(self) -> Self {
        Self { waited: 0, ..self }
    }

    /// Returns the place after one more wait, and how long that is.
    pub(crate) fn waiting(self) -> (Self, Duration) {
        let seconds = 1_u64.checked_shl(self.waited.into());
        let seconds = seconds.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
        let waited = self.waited.saturating_add(1);
        (Self { waited, ..self }, Duration::from_secs(seconds))
    }
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
    /// The last held change of that tenant that was looked at, while they are released. A version before that ignores it and
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
    /// The pass of the part, or the pass over all tenants, by the time at which it was ordered; absent in messages of an earlier
    /// version, which ignores it, and if that is not known. If it takes back what a connection said, when it began with the
    /// first person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass: Option<Timestamp>,
    /// How many messages of the pass, or of the part, have done their work before this one.
    #[serde(skip_serializing_if = "is_none_before")]
    pub step: u32,
    /// When the part begins, if it is not its turn yet. An earlier version ignores it, so `behind` then has the last possible
    /// tenant, and that version looks at none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The connection of that tenant that is no longer only observed: it is a pass for what that has said, and for no
    /// other tenant. An earlier version ignores it and does a full pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_real: Option<String>,
    /// The connection of that tenant that was deleted while it was only observed: it is a pass that takes back what that has
    /// said, and for no other tenant. An earlier version ignores it and does a full pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_back: Option<String>,
    /// Whether it is a pass that goes on to release what was held in that tenant, and for no other tenant. An earlier version
    /// ignores it and does a full pass from there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub released: bool,
    /// Its place among the long work of the tenant. An earlier version ignores it.
    #[serde(skip_serializing_if = "Place::is_none")]
    pub place: Place,
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

fn is_none_before(number: &u32) -> bool {
    *number == 0
}

fn is_never(times: &u8) -> bool {
    *times == 0
}

impl Pass {
    /// Returns which message of a pass it is; `None` if it is not known when the pass was ordered.
    pub(crate) fn mark(&self) -> Option<PassStep> {
        Some(PassStep {
            pass: self.pass?,
            part: self.part.unwrap_or(PassStep::ALL_TENANTS),
            step: self.step,
        })
    }

    /// Returns whether it is a pass over all tenants at once, of which nothing is done yet.
    pub(crate) fn begins_all(&self) -> bool {
        let at_no_time = Self {
            pass: None,
            ..self.clone()
        };
        at_no_time == Self::default()
    }

    /// Returns the message of the pass with another place.
    pub(crate) fn at(self, place: Place) -> Message {
        let full_pass = Self { place, ..self };
        Message::FullPass { full_pass }
    }

    /// Returns the message that continues the pass after a part of it.
    pub(crate) fn at_work(self) -> Message {
        let place = self.place.clone().at_work();
        self.at(place)
    }

    /// Returns whether it is behind this tenant.
    pub(crate) fn is_behind(&self, tenant: &TenantId) -> bool {
        self.behind.as_ref().is_some_and(|behind| behind >= tenant)
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
    pub(crate) fn rest(tenant: TenantId, rest: Continuation, place: Place) -> Self {
        Self::Rest {
            tenant,
            rest,
            place,
        }
    }

    /// Returns the pass that an event orders, if it says that a connection is no longer only observed.
    pub(crate) fn pass_of(event: &Event) -> Option<Pass> {
        makes_real(event).then(|| Pass {
            tenant: Some(event.tenant.clone()),
            made_real: Some(event.subject.id.clone()),
            place: Place::of(event),
            ..Pass::default()
        })
    }

    /// Returns the pass that an event orders, if it says that a connection was deleted whose people stay. If it was only
    /// observed, what it said is taken back.
    pub(crate) fn taken_back_by(event: &Event) -> Option<Pass> {
        let after = event.after.as_ref();
        let is_kept = after.is_some_and(|after| after["people"] == "keep");
        let is_deleted = EventType::of(&event.kind) == Some(EventType::ConnectionDeleted);
        (is_deleted && is_kept).then(|| Pass {
            tenant: Some(event.tenant.clone()),
            taken_back: Some(event.subject.id.clone()),
            place: Place::of(event),
            ..Pass::default()
        })
    }

    /// Returns the message that takes back what a deleted connection of a tenant has said while it was observed.
    pub(crate) fn taken_back(tenant: &Tenant, connection: String) -> Self {
        Self::FullPass {
            full_pass: Pass {
                tenant: Some(tenant.id().clone()),
                taken_back: Some(connection),
                ..Pass::default()
            },
        }
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

    /// Returns the message that goes on behind `held` to release what was held in a tenant.
    pub(crate) fn released(tenant: &Tenant, held: String) -> Self {
        Self::FullPass {
            full_pass: Pass {
                tenant: Some(tenant.id().clone()),
                held: Some(held),
                released: true,
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
                    EventType::ConnectionDeleted
                        | EventType::ConnectionRulesChanged
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
            Ok(Message::FullPass { full_pass }) if full_pass.spread && !full_pass.begins_all()
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
    fn work_that_waits_asks_less_and_less_often() {
        let (mut place, mut waits) = (Place::default(), Vec::new());
        for _ in 0..300 {
            let (next, wait) = place.waiting();
            waits.push(wait.as_secs());
            place = next;
        }
        assert_eq!(waits[..7], [1, 2, 4, 8, 16, 32, 60]);
        assert!(waits[7..].iter().all(|wait| *wait == 60));
        assert_eq!(place.at_work(), Place::default());
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
