//! Describes a change in words, such as "Role changed: Member → Admin". The pages show the action's name beside it.

use rollcall_directory::{Entry, EventType, Role};
use serde_json::{Map, Value};

use crate::display;
use crate::finding_words::{paused, stored_title};
use crate::messages::{Text, t};

/// Attributes named in a summary. The details show all of them.
const MAX_NAMES: usize = 4;

/// Describes one change. An unknown action is shown by its own name.
pub(crate) fn summary(entry: &Entry) -> Text {
    let (before, after) = (attributes(&entry.before), attributes(&entry.after));
    let Some(action) = EventType::of(&entry.action) else {
        return t("change-unknown").s("action", &entry.action);
    };
    match action {
        EventType::UserCreated | EventType::GroupCreated => t("change-added"),
        EventType::UserUpdated
        | EventType::GroupUpdated
        | EventType::ConnectionUpdated
        | EventType::ConnectionRulesChanged
        | EventType::TenantSettingsChanged
        | EventType::WebhookChanged => match attributes_changed(&before, &after) {
            Some((names, more)) => t("change-attributes")
                .bdi("attributes", names)
                .n("more", more),
            None => t("change-something"),
        },
        EventType::UserDeactivated => t("change-deactivated"),
        EventType::UserReactivated => t("change-reactivated"),
        EventType::UserDeleted
        | EventType::GroupDeleted
        | EventType::ConnectionDeleted
        | EventType::TenantDeleted => t("change-deleted"),
        EventType::TenantErasureRequested | EventType::UserErasureRequested => {
            t("change-to-be-erased")
        }
        EventType::WebhookCreated => t("change-webhook-created"),
        EventType::WebhookSecretRotated => t("change-webhook-secret-rotated"),
        EventType::WebhookTested => t("change-webhook-tested"),
        EventType::WebhookPaused => paused(text_in(&after, "reason")),
        EventType::WebhookResumed => t("change-webhook-resumed"),
        EventType::WebhookReplayed => t("change-webhook-replayed"),
        EventType::WebhookDeleted => t("change-webhook-deleted"),
        EventType::UserErased => t("change-erased"),
        EventType::UserRestored => t("change-restored"),
        EventType::UserAdmittedAsNew => t("change-admitted-as-new"),
        EventType::UserIdentityChanged => t("change-identity-changed"),
        EventType::UserRoleGiven => t("change-role-given")
            .s("from", given_by(&before))
            .s("to", given_by(&after)),
        EventType::UserRoleChanged => t("change-role")
            .s("from", role_in(&before, "role"))
            .s("to", role_in(&after, "role")),
        EventType::UserSessionsEnded => t("change-sessions-ended"),
        EventType::UserTakenOver | EventType::GroupTakenOver => t("change-taken-over"),
        EventType::UserBlocked => t("change-blocked"),
        EventType::UserUnblocked => t("change-unblocked"),
        EventType::UserSubjectsForgotten => t("change-subjects-forgotten"),
        EventType::UserConfirmed => t("change-confirmed"),
        EventType::UserNotInvited => not_invited(&after),
        EventType::UserAdopted => t("change-adopted"),
        EventType::UserMerged => t("change-merged"),
        EventType::UserSubjectBound => t("change-subject-bound"),
        EventType::UserSubjectMoved => t("change-subject-moved"),
        EventType::AuthRefused => refused(&after),
        EventType::AuthLogout | EventType::UserSessionEnded => t("change-signed-out"),
        EventType::AuthLogin => t("change-signed-in").s("role", role_in(&after, "role")),
        EventType::GroupMembersChanged => members_changed(&after),
        EventType::GroupMappingChanged => t("change-mapping")
            .s("from", given_by(&before))
            .s("to", given_by(&after)),
        EventType::ConnectionSubjectsChanged => {
            t("change-subjects-changed").n("people", number_in(&after, "refused_people"))
        }
        EventType::BrakeTripped => {
            let changes = number_in(&after, "taken");
            match after.get("holds").and_then(Value::as_bool) {
                Some(true) => t("change-brake-tripped-and-holds").n("changes", changes),
                _ => t("change-brake-tripped").n("changes", changes),
            }
        }
        EventType::BrakeHeld => t("change-brake-held"),
        EventType::BrakeDiscarded => t("change-brake-discarded"),
        EventType::HealthOpened
        | EventType::HealthClosed
        | EventType::HealthAcknowledged
        | EventType::HealthSnoozed
        | EventType::HealthUnsnoozed => finding_change(action, &before, &after),
        EventType::ConnectionCreated => t("change-connection-created"),
        EventType::TokenCreated => match text_in(&after, "kind") {
            Some("oauth_client") => t("change-oauth-client-created"),
            _ => t("change-token-created"),
        },
        EventType::TokenRevoked => t("change-token-revoked"),
        EventType::TenantCreated => t("change-tenant-created"),
        EventType::TenantRenamed => t("change-tenant-renamed"),
        EventType::TenantCeilingChanged => t("change-tenant-ceiling"),
        EventType::PortalLinkCreated => link_made(&after),
        EventType::TenantGroupAwaited => t("change-group-awaited")
            .s("group", text_in(&after, "group").unwrap_or_default())
            .s("from", given_by(&before))
            .s("to", given_by(&after)),
        EventType::TenantRolesChanged => t("change-roles"),
        EventType::TenantSchemasChanged => t("change-schemas"),
        EventType::TenantBrandingChanged => t("change-branding"),
        EventType::PortalLinkNotMailed => not_mailed(&after),
        EventType::MailRejected => mail_rejected(&after),
        EventType::PortalLinkEnded => t("change-link-ended"),
        EventType::PortalLinkOpened => t("change-link-opened"),
        EventType::GroupMemberAdded => t("change-one-member-added"),
        EventType::GroupMemberRemoved => t("change-one-member-removed"),
    }
}

fn text_in<'a>(side: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    side.get(name).and_then(Value::as_str)
}

fn number_in(side: &Map<String, Value>, name: &str) -> u64 {
    side.get(name).and_then(Value::as_u64).unwrap_or_default()
}

/// Says what became of a finding, and why somebody put it off.
fn finding_change(
    action: EventType,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Text {
    let found = |name: &str| {
        let found = text_in(after, name).or_else(|| text_in(before, name));
        found.unwrap_or_default()
    };
    let text = |name: &str| display::truncated(found(name));
    let title = display::truncated(&stored_title(found("kind"), found("title")));
    match action {
        EventType::HealthOpened => t("change-health-opened").s("title", title),
        EventType::HealthClosed => t("change-health-closed").s("title", title),
        EventType::HealthAcknowledged => t("change-health-acknowledged")
            .s("title", title)
            .s("reason", text("reason")),
        EventType::HealthSnoozed => t("change-health-snoozed")
            .s("title", title)
            .s("reason", text("reason")),
        _ => t("change-health-unsnoozed").s("title", title),
    }
}

/// Says for whom a link was made, and with which role.
fn link_made(after: &Map<String, Value>) -> Text {
    let email = text_in(after, "email").map(display::name);
    let role = role_in(after, "role_id");
    let reason = text_in(after, "support_reason").map(display::name);
    let is_mailed = after.get("mail") == Some(&Value::Bool(true));
    match (reason, email, is_mailed) {
        (Some(reason), Some(email), _) => t("change-support-granted-for")
            .s("email", email)
            .s("role", role)
            .s("reason", reason),
        (Some(reason), None, _) => t("change-support-granted")
            .s("role", role)
            .s("reason", reason),
        (None, Some(email), true) => t("change-link-made-for-to-be-mailed")
            .s("email", email)
            .s("role", role),
        (None, Some(email), false) => t("change-link-made-for").s("email", email).s("role", role),
        (None, None, true) => t("change-link-made-to-be-mailed").s("role", role),
        (None, None, false) => t("change-link-made").s("role", role),
    }
}

fn not_invited(after: &Map<String, Value>) -> Text {
    match text_in(after, "reason") {
        Some("no_address") => t("change-not-invited-no-address"),
        Some("invalid_address") => t("change-not-invited-invalid-address"),
        Some("domain_not_allowed") => t("change-not-invited-domain-not-allowed"),
        Some("already_invited") => t("change-not-invited-already-invited"),
        Some("daily_limit") => t("change-not-invited-daily-limit"),
        Some("undeliverable") => t("change-not-invited-undeliverable"),
        _ => t("change-not-invited"),
    }
}

fn not_mailed(after: &Map<String, Value>) -> Text {
    match text_in(after, "reason") {
        Some("invalid_address") => t("change-not-mailed-invalid-address"),
        Some("domain_not_allowed") => t("change-not-mailed-domain-not-allowed"),
        Some("already_mailed") => t("change-not-mailed-already-mailed"),
        Some("daily_limit") => t("change-not-mailed-daily-limit"),
        Some("undeliverable") => t("change-not-mailed-undeliverable"),
        Some("link_ended") => t("change-not-mailed-link-ended"),
        _ => t("change-not-mailed"),
    }
}

fn mail_rejected(after: &Map<String, Value>) -> Text {
    let is_spam = text_in(after, "reason") == Some("complained");
    match (text_in(after, "to"), is_spam) {
        (Some("portal_link"), false) => t("change-mail-bounced-link"),
        (Some("portal_link"), true) => t("change-mail-complained-link"),
        (Some("contact"), false) => t("change-mail-bounced-contact"),
        (Some("contact"), true) => t("change-mail-complained-contact"),
        (_, false) => t("change-mail-bounced"),
        (_, true) => t("change-mail-complained"),
    }
}

fn refused(after: &Map<String, Value>) -> Text {
    match text_in(after, "reason") {
        Some("ambiguous") => t("change-refused-ambiguous"),
        Some("other_subject") => t("change-refused-other-subject"),
        Some("other_external_id") => t("change-refused-other-external-id"),
        Some("other_connection") => t("change-refused-other-connection"),
        Some("unproven") => t("change-refused-unproven"),
        Some("same_email") => t("change-refused-same-email"),
        Some("inactive") => t("change-refused-inactive"),
        Some("not_provisioned") => t("change-refused-not-provisioned"),
        _ => t("change-refused"),
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

fn members_changed(after: &Map<String, Value>) -> Text {
    let number = |list| ids(after, list).count();
    match (number("added"), number("removed")) {
        (0, 0) => t("change-members-none"),
        (added, removed) => t("change-members").n("added", added).n("removed", removed),
    }
}

/// Names the attributes that a change of a person or a group is about, and counts the others; `None` if it is about none.
pub(crate) fn changed_attributes(entry: &Entry) -> Option<(String, usize)> {
    attributes_changed(&attributes(&entry.before), &attributes(&entry.after))
}

/// Lists the attributes that differ. Attributes of an extension are listed in place of its URN.
fn attributes_changed(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Option<(String, usize)> {
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
    let shown = names.iter().take(MAX_NAMES);
    let shown: Vec<_> = shown.map(|name| display::name(name)).collect();
    let more = names.len().saturating_sub(MAX_NAMES);
    (!shown.is_empty()).then(|| (shown.join(", "), more))
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

/// Names the roles that one source gives. It says "none" and not "No role", since another source may give a role.
pub(crate) fn given_by(side: &Map<String, Value>) -> String {
    match side.get("role_ids").and_then(Value::as_array) {
        Some(ids) if ids.len() > 1 => {
            let names = ids.iter().filter_map(Value::as_str).map(named_role);
            names.collect::<Vec<_>>().join(", ")
        }
        _ => role_name(side, "role_id").unwrap_or_else(|| t("change-no-role-from-it").plain()),
    }
}

fn role_in(side: &Map<String, Value>, key: &str) -> String {
    role_name(side, key).unwrap_or_else(|| t("no-role").plain())
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
    use crate::language::{self, Language};
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
                "Sign-in refused: the name is not confirmed as theirs yet",
            ),
            ("auth.logout", none.clone(), none.clone(), "Signed out"),
            (
                "connection.subjects_changed",
                none.clone(),
                json!({"refused_people": 6}),
                "Subjects differ from before: 6 people refused",
            ),
            (
                "portal_link.created",
                none.clone(),
                json!({"id": "l", "email": "it@x.test", "role_id": "admin"}),
                "Setup link created for it@x.test: Admin",
            ),
            (
                "portal_link.created",
                none.clone(),
                json!({"id": "l", "role_id": "owner"}),
                "Setup link created: Owner",
            ),
            (
                "portal_link.created",
                none.clone(),
                json!({"id": "l", "email": "it@x.test", "role_id": "admin", "mail": true}),
                "Setup link created for it@x.test, to be mailed: Admin",
            ),
            (
                "token.created",
                none.clone(),
                json!({"kind": "oauth_client", "connection": "c"}),
                "OAuth client created",
            ),
            (
                "portal_link.not_mailed",
                none.clone(),
                json!({"id": "l", "email": "it@x.test", "reason": "daily_limit"}),
                "Setup link not mailed: the daily limit of mails is reached",
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
                "Display of members changed",
            ),
            ("later.thing", none.clone(), none.clone(), "later.thing"),
        ] {
            assert_eq!(summary(&entry(action, before, after)).plain(), expected);
        }
    }

    #[test]
    fn what_only_a_newer_version_knows_has_its_code_in_each_language() {
        for language in Language::ALL {
            language::with(language, || {
                let later = entry("later.thing", Value::Null, Value::Null);
                assert_eq!(summary(&later).plain(), "later.thing");
                let known = |reason: Value| {
                    let refused = entry("auth.refused", Value::Null, json!({"reason": reason}));
                    summary(&refused).plain()
                };
                assert_eq!(known(json!("later")), known(Value::Null));
                assert_ne!(known(json!("inactive")), known(Value::Null));
            });
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
