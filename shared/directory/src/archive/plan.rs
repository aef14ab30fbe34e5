//! What the archived events come to: only how each thing ended counts. Pure.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_model::{EventType, TenantId};

use crate::archive::record::{Archived, SERVICE_KEY_REVOKED};

/// What is done again. The order is that of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// How a person is, after what was archived.
#[derive(Clone, Copy, Debug, Default)]
struct Person {
    inactive: bool,
    blocked: bool,
    /// The subjects of the restored table were forgotten. Those that were bound later are not in it.
    unbound: bool,
    deleted: bool,
    erased: bool,
}

/// How a webhook is, after what was archived.
#[derive(Clone, Copy, Debug, Default)]
struct Webhook {
    /// The restored table has another URL, other types or another secret.
    outdated: bool,
    paused: bool,
}

impl Webhook {
    fn concerns(kind: EventType) -> bool {
        matches!(
            kind,
            EventType::WebhookChanged
                | EventType::WebhookSecretRotated
                | EventType::WebhookPaused
                | EventType::WebhookResumed
        )
    }

    fn after(self, kind: EventType) -> Self {
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
    fn after(mut self, kind: EventType) -> Self {
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

    fn actions(self) -> Vec<Action> {
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

/// Returns the steps that do again what the records say, which are in order of time.
pub(crate) fn plan(records: Vec<Archived>) -> Vec<Step> {
    let mut people = BTreeMap::<(TenantId, String), Person>::new();
    let mut taken = BTreeMap::<(Action, TenantId, String), BTreeSet<String>>::new();
    let mut webhooks = BTreeMap::<(Option<TenantId>, String), Webhook>::new();
    let mut steps = Vec::new();
    for record in records {
        let action = match (record.known(), record.kind.as_str()) {
            (_, SERVICE_KEY_REVOKED) => Action::RevokeServiceKey,
            (Some((EventType::WebhookDeleted, true)), _) => Action::DeleteStackWebhook,
            (Some((kind, of_stack)), _) if Webhook::concerns(kind) => {
                if of_stack == record.tenant.is_none() {
                    let whose = (record.tenant, record.subject);
                    let webhook = webhooks.entry(whose).or_default();
                    *webhook = webhook.after(kind);
                }
                continue;
            }
            (Some((_, true)), _) => continue,
            (Some((EventType::TokenRevoked, _)), _) => Action::RevokeToken,
            (Some((EventType::ConnectionDeleted, _)), _) => Action::DeleteConnection,
            (Some((EventType::WebhookDeleted, _)), _) => Action::DeleteWebhook,
            (Some((EventType::GroupDeleted, _)), _) => Action::DeleteGroup,
            (Some((EventType::TenantDeleted, _)), _) => Action::DeleteTenant,
            (Some((EventType::TenantErasureRequested, _)), _) => Action::EraseTenant,
            (Some((kind, _)), _) => {
                let Some(tenant) = record.tenant else {
                    continue;
                };
                if let Some(action) = takes(kind) {
                    let ids = taken.entry((action, tenant, record.subject)).or_default();
                    ids.extend(record.taken);
                    ids.retain(|id| !record.left.contains(id));
                } else {
                    let person = people.entry((tenant, record.subject)).or_default();
                    *person = person.after(kind);
                }
                continue;
            }
            (None, _) => continue,
        };
        steps.push(Step {
            action,
            tenant: record.tenant,
            id: record.subject,
            taken: BTreeSet::new(),
        });
    }
    taken.retain(|_, ids| !ids.is_empty());
    steps.extend(taken.into_iter().map(|((action, tenant, id), taken)| Step {
        action,
        tenant: Some(tenant),
        id,
        taken,
    }));
    webhooks.retain(|_, webhook| webhook.outdated || webhook.paused);
    steps.extend(webhooks.into_keys().map(|(tenant, id)| Step {
        action: match tenant {
            Some(_) => Action::PauseWebhook,
            None => Action::PauseStackWebhook,
        },
        tenant,
        id,
        taken: BTreeSet::new(),
    }));
    for ((tenant, id), person) in people {
        let actions = person.actions().into_iter();
        steps.extend(actions.map(|action| Step {
            action,
            tenant: Some(tenant.clone()),
            id: id.clone(),
            taken: BTreeSet::new(),
        }));
    }
    steps.sort_by_key(|step| step.action);
    steps
}

/// Returns what is done again, if the event takes something away from its subject.
fn takes(kind: EventType) -> Option<Action> {
    match kind {
        EventType::UserRoleGiven => Some(Action::TakeRoles),
        EventType::GroupMappingChanged => Some(Action::Unmap),
        EventType::TenantGroupAwaited => Some(Action::UnmapAwaited),
        EventType::GroupMemberAdded | EventType::GroupMemberRemoved => Some(Action::RemoveMembers),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

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
}
