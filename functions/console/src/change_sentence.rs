//! Says what a change in the journal is, such as "Added 3 members to Finance". Pure.

use std::collections::BTreeSet;

use rollcall_directory::{Actor, Entry, EventType};
use serde_json::{Map, Value};

use crate::bursts::Cause;
use crate::change_summary::{attributes, changed_attributes, given_by, ids, named_role, summary};
use crate::known_names::Names;
use crate::messages::{Text, t};

/// Adds the ids whose names the line of a change needs: of whom or what it is about, and of the one member it adds or
/// removes.
pub(crate) fn name_ids(
    entry: &Entry,
    people: &mut BTreeSet<String>,
    groups: &mut BTreeSet<String>,
) {
    let id = entry.subject.id.clone();
    match entry.subject.kind.as_ref() {
        "user" => _ = people.insert(id),
        "group" => _ = groups.insert(id),
        _ => {}
    }
    people.extend(entry.actor.person_id().map(str::to_owned));
    people.extend(only_member(entry).map(|(id, _)| id));
}

/// Says what the change is.
pub(crate) fn sentence(entry: &Entry, names: &Names) -> Text {
    let known = match entry.subject.kind.as_ref() {
        "user" | "group" => names.of(&entry.subject.id),
        _ => None,
    };
    let name = known.unwrap_or(&entry.subject.name);
    match EventType::of(&entry.action) {
        Some(EventType::UserCreated) => t("change-user-created").name("name", name),
        Some(EventType::GroupCreated) => t("change-group-created").name("name", name),
        Some(EventType::UserDeactivated) => t("change-user-deactivated").name("name", name),
        Some(EventType::UserReactivated) => t("change-user-reactivated").name("name", name),
        Some(EventType::UserRestored) => t("change-user-restored").name("name", name),
        Some(EventType::UserBlocked) => t("change-user-blocked").name("name", name),
        Some(EventType::UserUnblocked) => t("change-user-unblocked").name("name", name),
        Some(EventType::UserDeleted) => t("change-user-deleted").name("name", name),
        Some(EventType::GroupDeleted) => t("change-group-deleted").name("name", name),
        Some(EventType::ConnectionDeleted) => t("change-connection-deleted").name("name", name),
        Some(EventType::UserUpdated | EventType::GroupUpdated) => match changed_attributes(entry) {
            Some((attributes, more)) => t("change-attributes-of")
                .bdi("attributes", attributes)
                .n("more", more)
                .name("name", name),
            None => t("change-something-of").name("name", name),
        },
        Some(EventType::UserRoleChanged) => role_changed(entry, name),
        Some(EventType::GroupMembersChanged) => members_changed(entry, name, names),
        Some(EventType::GroupMappingChanged) => t("change-mapping-of")
            .name("name", name)
            .s("from", given_by(&attributes(&entry.before)))
            .s("to", given_by(&attributes(&entry.after))),
        _ if entry.subject.name.is_empty() => summary(entry),
        _ => t("change-about")
            .part("what", summary(entry))
            .name("name", name),
    }
}

/// What several such changes of one actor have in common; `None` for a change that always has a line of its own: a decision,
/// a sign-in, or something that was refused.
pub(crate) fn cause(entry: &Entry) -> Option<Cause> {
    let mut about = "";
    let mut role = String::new();
    let key = match EventType::of(&entry.action)? {
        EventType::UserCreated => "change-many-people-added",
        EventType::GroupCreated => "change-many-groups-added",
        EventType::UserUpdated => "change-many-people-changed",
        EventType::GroupUpdated => "change-many-groups-changed",
        EventType::UserDeactivated => "change-many-people-deactivated",
        EventType::UserReactivated => "change-many-people-reactivated",
        EventType::UserDeleted => "change-many-people-deleted",
        EventType::GroupDeleted => "change-many-groups-deleted",
        EventType::UserRestored => "change-many-people-restored",
        EventType::UserErased => "change-many-people-erased",
        EventType::UserTakenOver => "change-many-people-taken-over",
        EventType::GroupTakenOver => "change-many-groups-taken-over",
        EventType::UserConfirmed => "change-many-people-confirmed",
        EventType::UserSessionsEnded => "change-many-people-signed-out",
        EventType::BrakeHeld => "change-many-held",
        EventType::BrakeDiscarded => "change-many-discarded",
        EventType::UserRoleChanged => match role_of(&entry.after) {
            Some(held) => {
                role = held;
                "change-many-roles"
            }
            None => "change-many-roles-lost",
        },
        EventType::GroupMembersChanged => {
            about = &entry.subject.id;
            "change-many-memberships"
        }
        _ => return None,
    };
    Some(Cause {
        by: by(&entry.actor),
        key,
        about: about.to_owned(),
        role,
    })
}

/// The icon of a change.
pub(crate) fn icon(entry: &Entry) -> &'static str {
    use EventType as E;
    match EventType::of(&entry.action) {
        Some(E::UserCreated | E::UserRestored) => "user-plus",
        Some(E::UserReactivated | E::UserUnblocked | E::UserConfirmed) => "user-check",
        Some(E::UserDeactivated | E::UserDeleted | E::UserBlocked | E::UserErased) => "user-x",
        Some(E::UserRoleChanged | E::UserRoleGiven | E::GroupMappingChanged) => "shield",
        Some(E::AuthLogin) => "log-in",
        Some(E::AuthLogout | E::UserSessionEnded | E::UserSessionsEnded) => "log-out",
        Some(E::GroupMembersChanged | E::GroupCreated) => "users",
        Some(E::BrakeTripped | E::BrakeHeld) => "octagon-pause",
        Some(E::TokenCreated | E::TokenRevoked) => "key-round",
        Some(E::ConnectionCreated) => "plug",
        Some(kind) if is_refusal(kind) => "circle-x",
        _ => "pencil",
    }
}

/// The colour of the icon, which means something only where it must be seen.
pub(crate) fn tone(entry: &Entry) -> &'static str {
    match EventType::of(&entry.action) {
        Some(EventType::BrakeTripped | EventType::BrakeHeld) => "invited",
        Some(kind) if is_refusal(kind) => "failed",
        _ => "",
    }
}

fn is_refusal(kind: EventType) -> bool {
    matches!(
        kind,
        EventType::AuthRefused
            | EventType::UserNotInvited
            | EventType::PortalLinkNotMailed
            | EventType::MailRejected
            | EventType::ConnectionSubjectsChanged
            | EventType::WebhookPaused
    )
}

/// Whose changes have one cause: those of a connection, whichever token it used, or of one other actor.
fn by(actor: &Actor) -> String {
    let id = actor.connection().or_else(|| actor.id());
    format!("{} {}", actor.kind(), id.unwrap_or_default())
}

fn role_of(side: &Option<String>) -> Option<String> {
    attributes(side).get("role")?.as_str().map(named_role)
}

fn role_changed(entry: &Entry, name: &str) -> Text {
    match (role_of(&entry.before), role_of(&entry.after)) {
        (None, Some(to)) => t("change-role-first").name("name", name).s("to", to),
        (Some(from), Some(to)) => t("change-role-other")
            .name("name", name)
            .s("to", to)
            .s("from", from),
        (Some(from), None) => t("change-role-lost").name("name", name).s("from", from),
        (None, None) => t("change-role-somehow").name("name", name),
    }
}

fn added_and_removed(after: &Map<String, Value>) -> (usize, usize) {
    let count = |list| ids(after, list).count();
    (count("added"), count("removed"))
}

/// The one member whom a change adds (`true`) or removes.
fn only_member(entry: &Entry) -> Option<(String, bool)> {
    if !entry.is(EventType::GroupMembersChanged) {
        return None;
    }
    let after = attributes(&entry.after);
    let one = |list| ids(&after, list).next().map(str::to_owned);
    match added_and_removed(&after) {
        (1, 0) => one("added").map(|id| (id, true)),
        (0, 1) => one("removed").map(|id| (id, false)),
        _ => None,
    }
}

fn members_changed(entry: &Entry, group: &str, names: &Names) -> Text {
    if let Some((id, is_added)) = only_member(entry)
        && let Some(member) = names.of(&id)
    {
        return match is_added {
            true => t("change-member-added")
                .name("member", member)
                .name("name", group),
            false => t("change-member-removed")
                .name("member", member)
                .name("name", group),
        };
    }
    match added_and_removed(&attributes(&entry.after)) {
        (0, 0) => t("change-members-shown").name("name", group),
        (added, 0) => t("change-members-added")
            .n("added", added)
            .name("name", group),
        (0, removed) => t("change-members-removed")
            .n("removed", removed)
            .name("name", group),
        (added, removed) => t("change-members-added-and-removed")
            .n("added", added)
            .name("name", group)
            .n("removed", removed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(action: &str, subject: (&str, &str, &str), before: Value, after: Value) -> Entry {
        let text = |value: Value| (!value.is_null()).then(|| value.to_string());
        let (kind, id, name) = subject;
        let entry = json!({
            "SK": "1", "type": action, "at": "2026-11-25T10:00:00Z",
            "actor": {"type": "token", "id": "t", "connection": "c"}, "request_id": "r",
            "subject": {"type": kind, "id": id, "name": name}, "before": text(before), "after": text(after),
        });
        serde_json::from_value(entry).unwrap()
    }

    #[test]
    fn changes_are_told_with_names() {
        let names = Names::known(
            [("u", "Maya Chen"), ("g", "Finance")]
                .map(|(id, name)| (id.to_owned(), name.to_owned()))
                .into(),
        );
        let (maya, gone) = (("user", "u", "maya@x"), ("user", "x", "left@x"));
        let (group, none) = (("group", "g", "finance"), Value::Null);
        for (action, subject, before, after, expected) in [
            (
                "user.deactivated",
                maya,
                none.clone(),
                none.clone(),
                "Deactivated Maya Chen",
            ),
            (
                "user.deleted",
                gone,
                none.clone(),
                none.clone(),
                "Deleted left@x",
            ),
            (
                "user.updated",
                maya,
                none.clone(),
                json!({"title": "x"}),
                "Changed title of Maya Chen",
            ),
            (
                "user.role_changed",
                maya,
                json!({"role": null}),
                json!({"role": "viewer"}),
                "Maya Chen became Viewer",
            ),
            (
                "user.role_changed",
                maya,
                json!({"role": "admin"}),
                json!({"role": "viewer"}),
                "Maya Chen became Viewer, was Admin",
            ),
            (
                "user.role_changed",
                maya,
                json!({"role": "admin"}),
                json!({"role": null}),
                "Maya Chen lost the role Admin",
            ),
            (
                "group.members_changed",
                group,
                none.clone(),
                json!({"added": ["a", "b", "c"], "removed": []}),
                "Added 3 members to Finance",
            ),
            (
                "group.members_changed",
                group,
                none.clone(),
                json!({"added": ["u"], "removed": []}),
                "Added Maya Chen to Finance",
            ),
            (
                "group.members_changed",
                group,
                none.clone(),
                json!({"added": [], "removed": ["x"]}),
                "Removed 1 member from Finance",
            ),
            (
                "group.members_changed",
                group,
                none.clone(),
                json!({"added": ["a"], "removed": ["x"]}),
                "Added 1 member to Finance, removed 1",
            ),
            (
                "group.mapping_changed",
                group,
                json!({"role_id": "viewer"}),
                json!({"role_id": null}),
                "Role of members of Finance: Viewer → none",
            ),
            (
                "auth.logout",
                maya,
                none.clone(),
                none.clone(),
                "Signed out · Maya Chen",
            ),
            (
                "tenant.settings_changed",
                ("tenant", "t", ""),
                none.clone(),
                json!({"a": 1}),
                "Changed a",
            ),
            (
                "later.thing",
                maya,
                none.clone(),
                none.clone(),
                "later.thing · Maya Chen",
            ),
        ] {
            let one = entry(action, subject, before, after);
            assert_eq!(sentence(&one, &names).plain(), expected);
        }
    }

    #[test]
    fn attributes_of_others_are_contained() {
        let names = Names::known([].into());
        for (action, subject, said) in [
            (
                "user.updated",
                ("user", "u", "maya@x"),
                "Changed <bdi>\u{202e}a</bdi> of",
            ),
            (
                "tenant.settings_changed",
                ("tenant", "t", ""),
                "Changed <bdi>\u{202e}a</bdi>",
            ),
        ] {
            let one = entry(action, subject, Value::Null, json!({"\u{202e}a": 1}));
            let html = sentence(&one, &names).to_string();
            assert!(html.starts_with(said), "{html}");
        }
    }

    #[test]
    fn only_what_can_come_in_numbers_has_a_cause_to_share() {
        let maya = ("user", "u", "maya@x");
        let became = |role: Value| {
            let one = entry(
                "user.role_changed",
                maya,
                json!({"role": null}),
                json!({"role": role}),
            );
            cause(&one)
        };
        let told = |cause: Option<Cause>| cause.map(|it| it.told(1_951, "").plain());
        assert_eq!(
            told(became(json!("viewer"))).as_deref(),
            Some("1,951 people became Viewer")
        );
        assert_eq!(
            told(became(Value::Null)).as_deref(),
            Some("1,951 people lost their role")
        );
        assert_ne!(became(json!("viewer")), became(json!("admin")));
        for action in [
            "auth.refused",
            "auth.login",
            "brake.tripped",
            "user.not_invited",
            "group.mapping_changed",
            "token.created",
            "user.role_given",
            "later.thing",
        ] {
            let one = entry(action, maya, Value::Null, Value::Null);
            assert_eq!(cause(&one), None, "{action}");
        }
    }
}
