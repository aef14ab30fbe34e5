//! Says what a change in the journal is, such as "Added 3 members to Finance". Pure.

use std::collections::BTreeSet;

use rollcall_directory::{Actor, Entry, EventType};
use serde_json::{Map, Value};

use crate::bursts::Cause;
use crate::change_summary::{attributes, ids, named_role, summary};
use crate::display;
use crate::sentence::{Names, Sentence};

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
pub(crate) fn sentence(entry: &Entry, names: &Names) -> Sentence {
    let known = match entry.subject.kind.as_ref() {
        "user" | "group" => names.of(&entry.subject.id),
        _ => None,
    };
    let name = known.unwrap_or(&entry.subject.name);
    let about = |words: &str| Sentence::of(words).name(name);
    match EventType::of(&entry.action) {
        Some(EventType::UserCreated) => about("Added "),
        Some(EventType::GroupCreated) => about("Added group "),
        Some(EventType::UserDeactivated) => about("Deactivated "),
        Some(EventType::UserReactivated) => about("Reactivated "),
        Some(EventType::UserRestored) => about("Restored "),
        Some(EventType::UserBlocked) => about("Blocked "),
        Some(EventType::UserUnblocked) => about("Unblocked "),
        Some(EventType::UserDeleted) => about("Deleted "),
        Some(EventType::GroupDeleted) => about("Deleted group "),
        Some(EventType::ConnectionDeleted) => about("Deleted connection "),
        Some(EventType::UserUpdated | EventType::GroupUpdated) => {
            about(&format!("{} of ", summary(entry)))
        }
        Some(EventType::UserRoleChanged) => role_changed(entry, name),
        Some(EventType::GroupMembersChanged) => members_changed(entry, name, names),
        Some(EventType::GroupMappingChanged) => {
            let summary = summary(entry);
            let roles = summary.split_once(": ").map_or("", |(_, roles)| roles);
            about("Role of members of ").text(format!(": {roles}"))
        }
        _ if entry.subject.name.is_empty() => Sentence::of(summary(entry)),
        _ => Sentence::of(format!("{} · ", summary(entry))).name(name),
    }
}

/// What several such changes of one actor have in common; `None` for a change that always has a line of its own: a decision,
/// a sign-in, or something that was refused.
pub(crate) fn cause(entry: &Entry) -> Option<Cause> {
    let mut about = "";
    let words = match EventType::of(&entry.action)? {
        EventType::UserCreated => "Added # people".to_owned(),
        EventType::GroupCreated => "Added # groups".to_owned(),
        EventType::UserUpdated => "Changed # people".to_owned(),
        EventType::GroupUpdated => "Changed # groups".to_owned(),
        EventType::UserDeactivated => "Deactivated # people".to_owned(),
        EventType::UserReactivated => "Reactivated # people".to_owned(),
        EventType::UserDeleted => "Deleted # people".to_owned(),
        EventType::GroupDeleted => "Deleted # groups".to_owned(),
        EventType::UserRestored => "Restored # people".to_owned(),
        EventType::UserErased => "Erased # people".to_owned(),
        EventType::UserTakenOver => "Took over # people".to_owned(),
        EventType::GroupTakenOver => "Took over # groups".to_owned(),
        EventType::UserConfirmed => "Confirmed the identifiers of # people".to_owned(),
        EventType::UserSessionsEnded => "Signed # people out everywhere".to_owned(),
        EventType::BrakeHeld => "# changes held".to_owned(),
        EventType::BrakeDiscarded => "# held changes taken back".to_owned(),
        EventType::UserRoleChanged => match role(&entry.after) {
            Some(role) => format!("# people became {}", role.replace(['#', '%'], "")),
            None => "# people lost their role".to_owned(),
        },
        EventType::GroupMembersChanged => {
            about = &entry.subject.id;
            "Changed the members of % # times".to_owned()
        }
        _ => return None,
    };
    Some(Cause {
        by: by(&entry.actor),
        words,
        about: about.to_owned(),
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
            | EventType::ConnectionSubjectsChanged
            | EventType::WebhookPaused
    )
}

/// Whose changes have one cause: those of a connection, whichever token it used, or of one other actor.
fn by(actor: &Actor) -> String {
    let id = actor.connection().or_else(|| actor.id());
    format!("{} {}", actor.kind(), id.unwrap_or_default())
}

fn role(side: &Option<String>) -> Option<String> {
    attributes(side).get("role")?.as_str().map(named_role)
}

fn role_changed(entry: &Entry, name: &str) -> Sentence {
    let said = Sentence::about(name);
    match (role(&entry.before), role(&entry.after)) {
        (None, Some(to)) => said.text(format!(" became {to}")),
        (Some(from), Some(to)) => said.text(format!(" became {to}, was {from}")),
        (Some(from), None) => said.text(format!(" lost the role {from}")),
        (None, None) => said.text(": role changed"),
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

fn members_changed(entry: &Entry, group: &str, names: &Names) -> Sentence {
    if let Some((id, is_added)) = only_member(entry)
        && let Some(member) = names.of(&id)
    {
        return match is_added {
            true => Sentence::of("Added ").name(member).text(" to ").name(group),
            false => Sentence::of("Removed ")
                .name(member)
                .text(" from ")
                .name(group),
        };
    }
    let people = |number: usize| display::count(&(number as u64), "member", "members");
    match added_and_removed(&attributes(&entry.after)) {
        (0, 0) => Sentence::of("Changed what is shown of members of ").name(group),
        (added, 0) => Sentence::of(format!("Added {} to ", people(added))).name(group),
        (0, removed) => Sentence::of(format!("Removed {} from ", people(removed))).name(group),
        (added, removed) => Sentence::of(format!("Added {} to ", people(added)))
            .name(group)
            .text(format!(", removed {}", display::number(&(removed as u64)))),
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
            assert_eq!(sentence(&one, &names).to_string(), expected);
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
        let told = |cause: Option<Cause>| cause.map(|it| it.told(1_951, "").to_string());
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
