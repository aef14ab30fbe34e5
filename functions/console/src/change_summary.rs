//! Describes a change in words, such as "Role changed: Member → Admin". The pages show the action's name beside it.

use rollcall_directory::{Entry, EventType, Role};
use serde_json::{Map, Value};

use crate::display;

/// Attributes named in a summary. The details show all of them.
const MAX_NAMES: usize = 4;

/// Describes one change. An unknown action is shown by its own name.
pub(crate) fn summary(entry: &Entry) -> String {
    let (before, after) = (attributes(&entry.before), attributes(&entry.after));
    let Some(action) = EventType::of(&entry.action) else {
        return entry.action.clone();
    };
    match action {
        EventType::UserCreated | EventType::GroupCreated => "Added".to_owned(),
        EventType::UserUpdated
        | EventType::GroupUpdated
        | EventType::ConnectionUpdated
        | EventType::ConnectionRulesChanged
        | EventType::TenantSettingsChanged => attribute_change(&before, &after),
        EventType::UserDeactivated => "Deactivated".to_owned(),
        EventType::UserReactivated => "Active again".to_owned(),
        EventType::UserDeleted
        | EventType::GroupDeleted
        | EventType::ConnectionDeleted
        | EventType::TenantDeleted => "Deleted".to_owned(),
        EventType::TenantErasureRequested | EventType::UserErasureRequested => {
            "To be erased".to_owned()
        }
        EventType::WebhookCreated => "Webhook added".to_owned(),
        EventType::WebhookChanged => attribute_change(&before, &after),
        EventType::WebhookSecretRotated => "New signing secret".to_owned(),
        EventType::WebhookTested => "Test event requested".to_owned(),
        EventType::WebhookPaused => paused(&after).to_owned(),
        EventType::WebhookResumed => "Sends again".to_owned(),
        EventType::WebhookReplayed => "Sends again from another event".to_owned(),
        EventType::WebhookDeleted => "Webhook deleted".to_owned(),
        EventType::UserErased => "Erased".to_owned(),
        EventType::UserRestored => "Restored".to_owned(),
        EventType::UserAdmittedAsNew => "Others may have the identifiers".to_owned(),
        EventType::UserIdentityChanged => {
            "User name or external id changed, of someone with a role given by hand".to_owned()
        }
        EventType::UserRoleGiven => role_change("Role given by hand", &before, &after),
        EventType::UserRoleChanged => {
            let (from, to) = (role_in(&before, "role"), role_in(&after, "role"));
            format!("Role changed: {from} → {to}")
        }
        EventType::UserSessionsEnded => "Signed out everywhere".to_owned(),
        EventType::UserTakenOver | EventType::GroupTakenOver => {
            "Taken over by another connection".to_owned()
        }
        EventType::UserBlocked => "Blocked".to_owned(),
        EventType::UserUnblocked => "Unblocked".to_owned(),
        EventType::UserSubjectsForgotten => "To be bound anew at the next sign-in".to_owned(),
        EventType::UserConfirmed => "Identifiers confirmed".to_owned(),
        EventType::UserNotInvited => not_invited(&after).to_owned(),
        EventType::UserAdopted => "Pushed, after signing in alone".to_owned(),
        EventType::UserMerged => "Closed: the name went to a person who was pushed".to_owned(),
        EventType::UserSubjectBound => "Bound to the subject of a sign-in".to_owned(),
        EventType::UserSubjectMoved => "Subject of a sign-in taken over".to_owned(),
        EventType::AuthRefused => refused(&after).to_owned(),
        EventType::AuthLogout => "Signed out".to_owned(),
        EventType::AuthLogin => format!("Signed in: {}", role_in(&after, "role")),
        EventType::GroupMembersChanged => member_change(&after),
        EventType::GroupMappingChanged => role_change("Role of its members", &before, &after),
        EventType::ConnectionSubjectsChanged => {
            let many = after.get("refused_people").and_then(Value::as_u64);
            let many = display::count(&many.unwrap_or_default(), "person", "people");
            format!("Other subjects than before: {many} refused")
        }
        EventType::BrakeTripped => {
            let taken = after.get("taken").and_then(Value::as_u64);
            let taken = display::count(&taken.unwrap_or_default(), "change", "changes");
            match after.get("holds").and_then(Value::as_bool) {
                Some(true) => {
                    format!("Limit exceeded: {taken} within an hour, further ones are held")
                }
                _ => format!("Limit exceeded: {taken} within an hour"),
            }
        }
        EventType::BrakeHeld => "Held: not in effect until an admin decides".to_owned(),
        EventType::BrakeDiscarded => "Held change taken back".to_owned(),
        EventType::HealthOpened
        | EventType::HealthClosed
        | EventType::HealthAcknowledged
        | EventType::HealthSnoozed
        | EventType::HealthUnsnoozed => finding_change(action, &before, &after),
        EventType::ConnectionCreated => "Connection made".to_owned(),
        EventType::TokenCreated => match after.get("kind").and_then(Value::as_str) {
            Some("oauth_client") => "OAuth client made".to_owned(),
            _ => "Token made".to_owned(),
        },
        EventType::TokenRevoked => "Token revoked".to_owned(),
        EventType::TenantCreated => "Set up".to_owned(),
        EventType::TenantRenamed => "Renamed".to_owned(),
        EventType::TenantCeilingChanged => "Limit of all tokens together changed".to_owned(),
        EventType::PortalLinkCreated => link_made(&after),
        EventType::TenantGroupAwaited => {
            let group = after.get("group").and_then(Value::as_str);
            let what = format!("Role of “{}”, once it is pushed", group.unwrap_or_default());
            role_change(&what, &before, &after)
        }
        EventType::TenantRolesChanged => "The roles changed".to_owned(),
        EventType::TenantSchemasChanged => "The attributes of people changed".to_owned(),
        EventType::TenantBrandingChanged => {
            "The name, logo or colour of the console changed".to_owned()
        }
        EventType::UserSessionEnded => "Signed out".to_owned(),
        EventType::PortalLinkNotMailed => not_mailed(&after).to_owned(),
        EventType::PortalLinkEnded => "Setup link ended".to_owned(),
        EventType::PortalLinkOpened => "Setup link opened".to_owned(),
        EventType::GroupMemberAdded => "Member added".to_owned(),
        EventType::GroupMemberRemoved => "Member removed".to_owned(),
    }
}

/// Says what became of a finding, and why somebody put it off.
fn finding_change(
    action: EventType,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> String {
    let text = |name: &str| {
        let found = [after, before]
            .into_iter()
            .find_map(|map| map.get(name)?.as_str());
        display::truncated(found.unwrap_or_default())
    };
    let what = match action {
        EventType::HealthOpened => "Finding",
        EventType::HealthClosed => "Finding resolved",
        EventType::HealthAcknowledged => "Finding acknowledged",
        EventType::HealthSnoozed => "Finding snoozed",
        _ => "Finding counts again",
    };
    match action {
        EventType::HealthAcknowledged | EventType::HealthSnoozed => {
            format!("{what}: {}. Reason: {}", text("title"), text("reason"))
        }
        _ => format!("{what}: {}", text("title")),
    }
}

/// Says for whom a link was made, and with which role.
fn link_made(after: &Map<String, Value>) -> String {
    let whom = after.get("email").and_then(Value::as_str);
    let whom = whom.map_or(String::new(), |email| {
        format!(" for {}", display::name(email))
    });
    let role = role_in(after, "role_id");
    let how = match after.get("mail") {
        Some(Value::Bool(true)) => ", to be mailed",
        _ => "",
    };
    match after.get("support_reason").and_then(Value::as_str) {
        Some(reason) => format!(
            "Support access granted{whom}, read-only, as {role}. Reason: {}",
            display::name(reason)
        ),
        None => format!("Setup link made{whom}{how}: {role}"),
    }
}

fn not_invited(after: &Map<String, Value>) -> &'static str {
    match after.get("reason").and_then(Value::as_str) {
        Some("no_address") => "Not invited: no e-mail address",
        Some("invalid_address") => "Not invited: mail cannot be sent to the address",
        Some("domain_not_allowed") => "Not invited: the domain of the address is not allowed",
        Some("already_invited") => "Not invited: the address got an invitation a short time ago",
        Some("daily_limit") => "Not invited: the invitations of the day are used up",
        Some("undeliverable") => "Not invited: the mail service refused the mail",
        _ => "Not invited",
    }
}

fn not_mailed(after: &Map<String, Value>) -> &'static str {
    match after.get("reason").and_then(Value::as_str) {
        Some("invalid_address") => "Setup link not mailed: mail cannot be sent to the address",
        Some("domain_not_allowed") => {
            "Setup link not mailed: the domain of the address is not allowed"
        }
        Some("already_mailed") => "Setup link not mailed: the address got one within the last hour",
        Some("daily_limit") => "Setup link not mailed: the mails of the day are used up",
        Some("undeliverable") => "Setup link not mailed: the mail service refused the mail",
        Some("link_ended") => "Setup link not mailed: it can no longer be opened",
        _ => "Setup link not mailed",
    }
}

fn paused(after: &Map<String, Value>) -> &'static str {
    match after.get("reason").and_then(Value::as_str) {
        Some("failing") => "Paused: every delivery failed for three days",
        Some("gone") => "Paused: the endpoint does not exist any more",
        Some("events_expired") => "Paused: the next events have expired",
        Some("restored") => "Paused: the table was restored to before a change",
        Some("cursor_ahead") => "Paused: the feed ends before its place",
        _ => "Paused",
    }
}

fn refused(after: &Map<String, Value>) -> &'static str {
    match after.get("reason").and_then(Value::as_str) {
        Some("ambiguous") => "Sign-in refused: it could be several people",
        Some("other_subject") => "Sign-in refused: it brings another subject",
        Some("other_external_id") => "Sign-in refused: it brings another external id",
        Some("other_connection") => "Sign-in refused: the person belongs to another connection",
        Some("unproven") => "Sign-in refused: the name is not yet known to be theirs",
        Some("same_email") => "Sign-in refused: someone else has the e-mail address",
        Some("inactive") => "Sign-in refused: deactivated or deleted",
        Some("not_provisioned") => "Sign-in refused: never pushed",
        _ => "Sign-in refused",
    }
}

/// Says whether the person joined the group (`true`) or left it (`false`); `None` for any other change.
pub(crate) fn joined(entry: &Entry, person: &str) -> Option<bool> {
    if !entry.is(EventType::GroupMembersChanged) {
        return None;
    }
    let after = attributes(&entry.after);
    let has = |list| ids(&after, list).any(|id| id == person);
    (has("added") || has("removed")).then(|| has("added"))
}

/// Reads the attributes of one side of a change; none if there is no JSON object.
pub(crate) fn attributes(text: &Option<String>) -> Map<String, Value> {
    let parse = |text: &String| serde_json::from_str(text).ok();
    text.as_ref().and_then(parse).unwrap_or_default()
}

/// Lists the ids that a change has under this name.
pub(crate) fn ids<'a>(after: &'a Map<String, Value>, list: &str) -> impl Iterator<Item = &'a str> {
    let ids = after.get(list).and_then(Value::as_array);
    ids.into_iter().flatten().filter_map(Value::as_str)
}

fn member_change(after: &Map<String, Value>) -> String {
    let number = |list| ids(after, list).count() as u64;
    let phrase = |number: u64, verb| {
        let many = display::count(&number, "member", "members");
        (number > 0).then(|| format!("{many} {verb}"))
    };
    let parts = [
        phrase(number("added"), "added"),
        phrase(number("removed"), "removed"),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    match parts.is_empty() {
        true => "What is shown of members changed".to_owned(),
        false => parts.join(", "),
    }
}

/// Lists the attributes that differ. Attributes of an extension are listed in place of its URN.
fn attribute_change(before: &Map<String, Value>, after: &Map<String, Value>) -> String {
    let nothing = Map::new();
    let mut names = Vec::new();
    for name in differing(before, after) {
        match name.as_str() {
            // The list of extensions adds nothing to their attributes.
            "schemas" => {}
            urn if urn.starts_with("urn:") => names.extend(differing(
                within(before, name).unwrap_or(&nothing),
                within(after, name).unwrap_or(&nothing),
            )),
            _ => names.push(name),
        }
    }
    let shown: Vec<_> = names
        .iter()
        .take(MAX_NAMES)
        .map(|name| display::name(name))
        .collect();
    match names.len().saturating_sub(MAX_NAMES) {
        0 if names.is_empty() => "Changed".to_owned(),
        0 => format!("Changed {}", shown.join(", ")),
        more => format!("Changed {} and {more} more", shown.join(", ")),
    }
}

fn within<'a>(side: &'a Map<String, Value>, urn: &str) -> Option<&'a Map<String, Value>> {
    side.get(urn)?.as_object()
}

/// Lists the keys whose values differ. Some entries hold the whole resource and not only the difference.
fn differing<'a>(before: &'a Map<String, Value>, after: &'a Map<String, Value>) -> Vec<&'a String> {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let other = after
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(*value))
        .map(|(name, _)| name);
    other.chain(gone).collect()
}

/// Describes a change of one source of a role. It says "none" and not "No role", since another source may give a role.
fn role_change(what: &str, before: &Map<String, Value>, after: &Map<String, Value>) -> String {
    let held = |side: &Map<String, Value>| match side.get("role_ids").and_then(Value::as_array) {
        Some(ids) if ids.len() > 1 => {
            let names = ids.iter().filter_map(Value::as_str).map(named_role);
            names.collect::<Vec<_>>().join(", ")
        }
        _ => role_name(side, "role_id").unwrap_or_else(|| "none".to_owned()),
    };
    format!("{what}: {} → {}", held(before), held(after))
}

fn role_in(side: &Map<String, Value>, key: &str) -> String {
    role_name(side, key).unwrap_or_else(|| "No role".to_owned())
}

/// Names a role that an entry mentions. The catalogue may not have it any more, so only default roles have names.
fn role_name(side: &Map<String, Value>, key: &str) -> Option<String> {
    side.get(key)?.as_str().map(named_role)
}

pub(crate) fn named_role(id: &str) -> String {
    let known = Role::ALL.iter().find(|role| role.as_str() == id);
    known.map_or_else(|| display::name(id), |role| role.title().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn entry(action: &str, before: Value, after: Value) -> Entry {
        let text = |value: Value| (!value.is_null()).then(|| value.to_string());
        let entry = json!({
            "SK": "1", "type": action, "at": "2026-11-25T10:00:00Z", "actor": {"type": "system"}, "request_id": "r",
            "subject": {"type": "user", "id": "u", "name": "ada"}, "before": text(before), "after": text(after),
        });
        serde_json::from_value(entry).unwrap()
    }

    #[test]
    fn changes_are_described() {
        let none = Value::Null;
        for (action, before, after, expected) in [
            (
                "user.created",
                none.clone(),
                json!({"userName": "ada"}),
                "Added",
            ),
            (
                "user.updated",
                json!({"title": "a"}),
                json!({"locale": "b"}),
                "Changed locale, title",
            ),
            ("user.updated", none.clone(), json!({}), "Changed"),
            (
                "user.updated",
                none.clone(),
                json!({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}),
                "Changed a, b, c, d and 1 more",
            ),
            (
                "user.role_changed",
                json!({"role": null}),
                json!({"role": "admin"}),
                "Role changed: No role → Admin",
            ),
            (
                "group.mapping_changed",
                json!({"role_id": "viewer"}),
                json!({"role_id": null}),
                "Role of its members: Viewer → none",
            ),
            (
                "user.role_given",
                json!({"role_id": "admin"}),
                json!({"role_id": null}),
                "Role given by hand: Admin → none",
            ),
            (
                "tenant.settings_changed",
                json!({"invitations": false, "role_sync": true, "manual_roles": "add"}),
                json!({"invitations": true, "role_sync": true, "manual_roles": "add"}),
                "Changed invitations",
            ),
            (
                "user.updated",
                json!({"schemas": ["a"], "title": "t"}),
                json!({"schemas": ["a", "b"], "title": "t", ENTERPRISE: {"division": "x"}}),
                "Changed division",
            ),
            (
                "user.updated",
                json!({ENTERPRISE: {"division": "x", "manager": {"value": "m"}, "costCenter": "c"}}),
                json!({ENTERPRISE: {"division": "y", "manager": {"value": "m"}}}),
                "Changed division, costCenter",
            ),
            (
                "auth.login",
                none.clone(),
                json!({"role": "member"}),
                "Signed in: Member",
            ),
            (
                "auth.refused",
                none.clone(),
                json!({"reason": "unproven", "candidates": ["u"]}),
                "Sign-in refused: the name is not yet known to be theirs",
            ),
            ("auth.logout", none.clone(), none.clone(), "Signed out"),
            (
                "connection.subjects_changed",
                none.clone(),
                json!({"refused_people": 6}),
                "Other subjects than before: 6 people refused",
            ),
            (
                "portal_link.created",
                none.clone(),
                json!({"id": "l", "email": "it@x.test", "role_id": "admin"}),
                "Setup link made for it@x.test: Admin",
            ),
            (
                "portal_link.created",
                none.clone(),
                json!({"id": "l", "role_id": "owner"}),
                "Setup link made: Owner",
            ),
            (
                "portal_link.created",
                none.clone(),
                json!({"id": "l", "email": "it@x.test", "role_id": "admin", "mail": true}),
                "Setup link made for it@x.test, to be mailed: Admin",
            ),
            (
                "token.created",
                none.clone(),
                json!({"kind": "oauth_client", "connection": "c"}),
                "OAuth client made",
            ),
            (
                "portal_link.not_mailed",
                none.clone(),
                json!({"id": "l", "email": "it@x.test", "reason": "daily_limit"}),
                "Setup link not mailed: the mails of the day are used up",
            ),
            (
                "connection.rules_changed",
                json!({"replaces": [], "external_ids_unrelated": false, "rebind_until": null}),
                json!({"replaces": ["c"], "external_ids_unrelated": false, "rebind_until": null}),
                "Changed replaces",
            ),
            (
                "group.members_changed",
                none.clone(),
                json!({"added": ["u", "v"], "removed": ["w"]}),
                "2 members added, 1 member removed",
            ),
            (
                "group.members_changed",
                none.clone(),
                json!({"added": [], "removed": []}),
                "What is shown of members changed",
            ),
            ("later.thing", none.clone(), none.clone(), "later.thing"),
        ] {
            assert_eq!(summary(&entry(action, before, after)), expected);
        }
    }

    #[test]
    fn a_person_joins_or_leaves() {
        let change = entry(
            "group.members_changed",
            Value::Null,
            json!({"added": ["u"], "removed": ["w"]}),
        );
        let of = |person| joined(&change, person);
        assert_eq!((of("u"), of("w"), of("x")), (Some(true), Some(false), None));
        let other = entry("user.created", Value::Null, json!({"added": ["u"]}));
        assert_eq!(joined(&other, "u"), None);
    }
}
