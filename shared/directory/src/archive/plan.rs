//! What the archived events come to: only how each thing ended counts. Pure.
//!
//! There can be more things than fit into memory. A window has the first of them, in their order; the next window begins
//! behind it and is made from the same events.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_model::{EventType, TenantId};
use serde::{Deserialize, Serialize};

use crate::archive::fate::{Action, Person, Webhook, takes};
use crate::archive::record::{Archived, SERVICE_KEY_REVOKED};

/// How many members or roles one step takes away at most.
const MOST_TAKEN: usize = 500;

/// The end of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) action: Action,
    /// The tenant; `None` for a service key and for a webhook of the stack.
    pub(crate) tenant: Option<TenantId>,
    pub(crate) id: String,
    /// The ids of what is taken away again: roles, or members.
    pub(crate) taken: BTreeSet<String>,
}

impl Step {
    /// Returns its place in the order of the work.
    pub(crate) fn place(&self) -> Place {
        Place {
            action: self.action,
            tenant: self.tenant.clone(),
            id: self.id.clone(),
            taken: self.taken.last().cloned().unwrap_or_default(),
        }
    }
}

/// A thing that can end, and a place in the order of the work. It does not depend on what else has ended, so it stays the same
/// from call to call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    /// What is done; of a person, the first that can be.
    action: Action,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<TenantId>,
    id: String,
    /// The id of what can be taken from it: of a role, or a member.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    taken: String,
}

/// How a thing is, after what was archived.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Ended,
    Person(Person),
    Webhook(Webhook),
}

/// The first things of those that have ended, in the order of their places.
#[derive(Debug)]
pub(crate) struct Window {
    begin: Option<Place>,
    /// The first place behind the window; `None` for none.
    end: Option<Place>,
    /// How many things it has at most.
    most: usize,
    things: BTreeMap<Place, Fate>,
}

impl Window {
    /// Returns a window that begins at a place, or with the first thing. It has at least one thing.
    pub(crate) fn new(begin: Option<Place>, most: usize) -> Self {
        Self {
            begin,
            end: None,
            most: most.max(1),
            things: BTreeMap::new(),
        }
    }

    /// Adds what is archived next. The order is that of time.
    pub(crate) fn add(&mut self, record: &Archived) {
        let (tenant, subject) = (&record.tenant, &record.subject);
        let thing = |action| Place {
            action,
            tenant: tenant.clone(),
            id: subject.clone(),
            taken: String::new(),
        };
        let ended = match (record.known(), record.kind.as_str()) {
            (_, SERVICE_KEY_REVOKED) => Action::RevokeServiceKey,
            (Some((EventType::WebhookDeleted, true)), _) => Action::DeleteStackWebhook,
            (Some((kind, of_stack)), _) if Webhook::concerns(kind) => {
                if of_stack == tenant.is_none() {
                    let action = match of_stack {
                        true => Action::PauseStackWebhook,
                        false => Action::PauseWebhook,
                    };
                    self.change(thing(action), |fate| {
                        let before = match fate {
                            Some(Fate::Webhook(webhook)) => webhook,
                            _ => Webhook::default(),
                        };
                        let webhook = before.after(kind);
                        (webhook != Webhook::default()).then_some(Fate::Webhook(webhook))
                    });
                }
                return;
            }
            (Some((_, true)) | None, _) => return,
            (Some((EventType::TokenRevoked, _)), _) => Action::RevokeToken,
            (Some((EventType::ConnectionDeleted, _)), _) => Action::DeleteConnection,
            (Some((EventType::WebhookDeleted, _)), _) => Action::DeleteWebhook,
            (Some((EventType::GroupDeleted, _)), _) => Action::DeleteGroup,
            (Some((EventType::TenantDeleted, _)), _) => Action::DeleteTenant,
            (Some((EventType::TenantErasureRequested, _)), _) => Action::EraseTenant,
            (Some(_), _) if tenant.is_none() => return,
            (Some((kind, _)), _) => {
                match takes(kind) {
                    Some(action) => self.take(&thing(action), record),
                    None => self.change(thing(Action::FIRST_OF_PERSON), |fate| {
                        let before = match fate {
                            Some(Fate::Person(person)) => person,
                            _ => Person::default(),
                        };
                        let person = before.after(kind);
                        (person != Person::default()).then_some(Fate::Person(person))
                    }),
                }
                return;
            }
        };
        self.change(thing(ended), |_| Some(Fate::Ended));
    }

    /// Adds that something was taken from a thing, or given to it.
    fn take(&mut self, from: &Place, record: &Archived) {
        let of = |id: &String| Place {
            taken: id.clone(),
            ..from.clone()
        };
        for id in &record.taken {
            self.change(of(id), |_| Some(Fate::Ended));
        }
        for id in &record.left {
            self.change(of(id), |_| None);
        }
    }

    /// Changes the fate of a thing. What has none takes no room: most members are added and stay.
    fn change(&mut self, place: Place, change: impl FnOnce(Option<Fate>) -> Option<Fate>) {
        let is_before = self.begin.as_ref().is_some_and(|begin| place < *begin);
        let is_behind = self.end.as_ref().is_some_and(|end| place >= *end);
        if is_before || is_behind {
            return;
        }
        if let Some(fate) = change(self.things.remove(&place)) {
            self.things.insert(place, fate);
        }
        if self.things.len() > self.most
            && let Some((last, _)) = self.things.pop_last()
        {
            self.end = Some(last);
        }
    }

    /// Returns the steps that do again what was added, in the order of the work, and where the next window begins; `None` if
    /// this was the last.
    pub(crate) fn steps(self) -> (Vec<Step>, Option<Place>) {
        let mut steps = Vec::<Step>::new();
        for (place, fate) in self.things {
            let actions = match fate {
                Fate::Person(person) => person.actions(),
                _ => vec![place.action],
            };
            let taken = Some(place.taken).filter(|taken| !taken.is_empty());
            if let (Some(taken), Some(last)) = (&taken, steps.last_mut())
                && (last.action, &last.tenant, &last.id) == (place.action, &place.tenant, &place.id)
                && last.taken.len() < MOST_TAKEN
            {
                last.taken.insert(taken.clone());
                continue;
            }
            steps.extend(actions.into_iter().map(|action| Step {
                action,
                tenant: place.tenant.clone(),
                id: place.id.clone(),
                taken: taken.iter().cloned().collect(),
            }));
        }
        // The actions of all people come one after the other.
        steps.sort_by_key(|step| step.action);
        (steps, self.end)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn plan(records: Vec<Archived>) -> Vec<Step> {
        let mut window = Window::new(None, usize::MAX);
        records.iter().for_each(|record| window.add(record));
        let (steps, next) = window.steps();
        assert_eq!(next, None);
        steps
    }

    #[test]
    fn only_how_it_ended_counts() {
        for (kinds, expected) in [
            (&["user.deactivated"][..], &[Action::DeactivatePerson][..]),
            (&["user.deactivated", "user.reactivated"], &[]),
            (
                &["user.blocked", "user.deactivated"],
                &[Action::DeactivatePerson, Action::BlockPerson],
            ),
            (
                &["user.subjects_forgotten", "user.blocked"],
                &[Action::ForgetSubjects, Action::BlockPerson],
            ),
            (
                &["user.subjects_forgotten", "user.deleted"],
                &[Action::DeletePerson],
            ),
            (
                &["user.subjects_forgotten", "user.deleted", "user.restored"],
                &[Action::ForgetSubjects],
            ),
            (&["user.deleted"], &[Action::DeletePerson]),
            (&["user.deleted", "user.restored"], &[]),
            (
                &["user.deleted", "user.erasure_requested", "user.erased"],
                &[Action::ErasePerson],
            ),
            (
                &["tenant.deleted", "token.revoked", "service_key.revoked"],
                &[
                    Action::RevokeServiceKey,
                    Action::RevokeToken,
                    Action::DeleteTenant,
                ],
            ),
            (&["webhook.deleted"], &[Action::DeleteWebhook]),
            (&["webhook.changed"], &[Action::PauseWebhook]),
            (
                &[
                    "webhook.secret_rotated",
                    "webhook.paused",
                    "webhook.resumed",
                ],
                &[Action::PauseWebhook],
            ),
            (&["webhook.paused"], &[Action::PauseWebhook]),
            (&["webhook.paused", "webhook.resumed"], &[]),
            (
                &["webhook.changed", "webhook.deleted"],
                &[Action::PauseWebhook, Action::DeleteWebhook],
            ),
            (&["something.newer"], &[]),
        ] {
            let record = |kind: &&str| Archived {
                tenant: Some("acme".parse().unwrap()),
                kind: (*kind).to_owned(),
                subject: "x".to_owned(),
                taken: Vec::new(),
                left: Vec::new(),
                at: Timestamp::UNIX_EPOCH,
                event: "e".to_owned(),
            };
            let steps = plan(kinds.iter().map(record).collect());
            let actions: Vec<Action> = steps.iter().map(|step| step.action).collect();
            assert_eq!(actions, expected, "{kinds:?}");
        }
    }

    #[test]
    fn webhooks_of_the_stack_are_not_those_of_tenants() {
        let at = Timestamp::UNIX_EPOCH;
        let of_stack = |id: &str, kind| Archived::of_stack_webhook(id, kind, at);
        let of_tenant = Archived {
            tenant: Some("acme".parse().unwrap()),
            kind: "webhook.changed".to_owned(),
            ..Archived::of_service_key("siem", at)
        };
        let steps = plan(vec![
            of_tenant,
            of_stack("siem", EventType::WebhookPaused),
            of_stack("siem", EventType::WebhookResumed),
            of_stack("moved", EventType::WebhookChanged),
            of_stack("gone", EventType::WebhookDeleted),
            of_stack("other", EventType::TokenRevoked),
        ]);
        let found: Vec<_> = steps
            .iter()
            .map(|step| (step.action, step.tenant.is_some(), step.id.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                (Action::PauseStackWebhook, false, "moved"),
                (Action::DeleteStackWebhook, false, "gone"),
                (Action::PauseWebhook, true, "siem"),
            ]
        );
    }

    #[test]
    fn what_was_given_again_is_not_taken() {
        let record = |kind: &str, taken: &[&str], left: &[&str]| {
            let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
            Archived {
                tenant: Some("acme".parse().unwrap()),
                kind: kind.to_owned(),
                subject: "x".to_owned(),
                taken: ids(taken),
                left: ids(left),
                at: Timestamp::UNIX_EPOCH,
                event: "e".to_owned(),
            }
        };
        let steps = plan(vec![
            record("group.member_removed", &["a"], &[]),
            record("group.member_removed", &["b"], &[]),
            record("group.member_added", &[], &["a"]),
            record("user.role_given", &["admin"], &["billing"]),
            record("user.role_given", &["billing"], &["admin"]),
            record("group.mapping_changed", &["admin"], &[]),
            record("group.mapping_changed", &[], &["admin"]),
        ]);
        let ids = |step: &Step| step.taken.iter().cloned().collect::<Vec<String>>();
        let steps: Vec<_> = steps.iter().map(|step| (step.action, ids(step))).collect();
        assert_eq!(
            steps,
            [
                (Action::TakeRoles, vec!["billing".to_owned()]),
                (Action::RemoveMembers, vec!["b".to_owned()]),
            ]
        );
    }

    /// Windows of any size have the steps of one, each once.
    #[test]
    fn windows_come_to_the_same() {
        let kinds = [
            ("group.member_removed", true),
            ("group.member_added", false),
            ("group.member_removed", true),
            ("user.deactivated", true),
            ("user.reactivated", true),
            ("user.blocked", true),
            ("user.deleted", true),
            ("token.revoked", true),
            ("webhook.paused", true),
            ("webhook.resumed", true),
        ];
        let records: Vec<Archived> = (0..3_000_usize)
            .map(|number| {
                // A fixed sequence in which everything meets everything.
                let mixed = number * 7_919 % 3_001;
                let (kind, takes) = kinds[mixed % kinds.len()];
                let member = vec![format!("m{}", mixed / 7 % 40)];
                let of_group = kind.starts_with("group");
                let (taken, left) = match (of_group, takes) {
                    (false, _) => (Vec::new(), Vec::new()),
                    (true, true) => (member, Vec::new()),
                    (true, false) => (Vec::new(), member),
                };
                Archived {
                    tenant: Some(format!("t{}", mixed % 3).parse().unwrap()),
                    kind: kind.to_owned(),
                    subject: format!("x{}", mixed / 3 % 20),
                    taken,
                    left,
                    at: Timestamp::UNIX_EPOCH,
                    event: number.to_string(),
                }
            })
            .collect();
        let each = |steps: &[Step]| {
            let mut all = BTreeSet::new();
            for step in steps {
                let taken: Vec<String> = match step.taken.is_empty() {
                    true => vec![String::new()],
                    false => step.taken.iter().cloned().collect(),
                };
                for taken in taken {
                    let one = (step.action, step.tenant.clone(), step.id.clone(), taken);
                    assert!(all.insert(one), "{step:?} is done twice");
                }
            }
            all
        };
        let whole = each(&plan(records.clone()));
        assert!(whole.len() > 150, "{}", whole.len());
        for most in [1, 7, 100, 10_000] {
            let (mut begin, mut steps, mut windows) = (None, Vec::new(), 0);
            loop {
                let mut window = Window::new(begin, most);
                for record in &records {
                    window.add(record);
                    assert!(window.things.len() <= most);
                }
                let (more, next) = window.steps();
                steps.extend(more);
                windows += 1;
                begin = next;
                if begin.is_none() {
                    break;
                }
            }
            assert_eq!(each(&steps), whole, "{most}");
            assert!(windows <= whole.len() / most + 1, "{windows} of {most}");
        }
    }
}
