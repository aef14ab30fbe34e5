//! Checks events against their schemas in the OpenAPI document. All tests read events through it.

use std::sync::LazyLock;

use rollcall_directory::EventType;
use serde_json::{Value, json};

use crate::json_schema::Schemas;

/// The OpenAPI document that the service serves.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| json!(rollcall_edge_api::document()));

/// Events of these types can have neither `before` nor `after`, although their schemas have them; those of the last one if an
/// earlier version has written them.
const WITHOUT_CHANGE: [&str; 2] = ["group.updated", "token.created"];

/// Asserts that an event matches the schema of its type, and that it says what changed.
///
/// # Panics
/// Panics when it does not.
#[track_caller]
pub fn check_event(event: &Value) {
    if let Err(error) = matches_schema(event) {
        panic!("{error}\n{event:#}");
    }
}

/// Returns why an event does not match the schema of its type.
///
/// # Errors
/// The part of the event that does not match.
pub fn matches_schema(event: &Value) -> Result<(), String> {
    let mut event = event.clone();
    // The feed adds the hashes, which are not a part of the event.
    event
        .as_object_mut()
        .and_then(|event| event.remove("integrity"));
    let kind = event["type"].as_str().unwrap_or_default();
    let schemas = Schemas(&DOCUMENT);
    let known = &DOCUMENT["components"]["schemas"]["KnownEvent"];
    let Some(pointer) = known["discriminator"]["mapping"][kind].as_str() else {
        // A test of what a newer version stored.
        return match EventType::of(kind) {
            Some(_) => Err(format!("`{kind}` has no schema")),
            None => Ok(()),
        };
    };
    let name = pointer.rsplit('/').next().unwrap_or_default();
    let schema = schemas
        .named(name)
        .ok_or_else(|| format!("no schema {name}"))?;
    schemas.check(&event, schema, kind)?;
    let is_erased = event["request_id"] == "erased";
    if is_erased || event["abridged"] == true || WITHOUT_CHANGE.contains(&kind) {
        return Ok(());
    }
    for change in ["before", "after"] {
        if schema["properties"].get(change).is_some() && event.get(change).is_none() {
            return Err(format!("{kind}: no `{change}`"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, subject: &str, change: Value) -> Value {
        let mut event = json!({
            "id": "e-1", "sequence": 1, "type": kind, "version": 1, "tenant": "acme",
            "occurred_at": "2026-11-22T20:31:07.412Z", "actor": {"type": "application"},
            "subject": {"type": subject, "id": "s-1", "name": "s"}, "request_id": "r-1",
        });
        let members = change.as_object().into_iter().flatten();
        for (name, value) in members {
            event[name] = value.clone();
        }
        event
    }

    #[test]
    fn a_checkpoint_must_be_as_its_type_demands() {
        let checkpoint = |head: Value| json!({"type": "feed.checkpoint", "version": 1, "tenant": "acme", "at": "2026-11-22T21:00:02.118Z", "head": head});
        let whole = checkpoint(json!({"sequence": 42, "hash": "5f0c"}));
        assert_eq!(matches_schema(&whole), Ok(()));
        let without_hash = matches_schema(&checkpoint(json!({"sequence": 42})));
        assert!(without_hash.is_err_and(|error| error.contains("hash")));
        let mut with_subject = whole;
        with_subject["subject"] = json!({});
        assert!(matches_schema(&with_subject).is_err_and(|error| error.contains("subject")));
    }

    /// Rows: the type of an event, that of its subject, other members, and what is wrong.
    #[test]
    fn an_event_must_be_as_its_type_demands() {
        let decided = |role: Value, values: Value| json!({"after": {"role": role, "source": "existing-grants", "matched": [], "claim_values": values}});
        let settings = |role: &str| {
            let mut settings = json!(rollcall_directory::Settings::default());
            settings["sso_default_role"] = json!(role);
            json!({"before": settings, "after": settings})
        };
        let origin = json!({"address": "203.0.113.7", "user_agent": "x"});
        for (kind, subject, change, wrong) in [
            (
                "auth.login",
                "user",
                decided(Value::Null, Value::Null),
                None,
            ),
            (
                "auth.login",
                "user",
                decided(json!("auditor"), json!(3)),
                None,
            ),
            (
                "auth.login",
                "user",
                decided(json!("admin"), json!("3")),
                Some("claim_values"),
            ),
            (
                "auth.login",
                "person",
                decided(json!("admin"), json!(3)),
                Some("subject"),
            ),
            ("auth.login", "user", json!({}), Some("no `after`")),
            (
                "tenant.settings_changed",
                "tenant",
                settings("auditor"),
                None,
            ),
            (
                "user.created",
                "user",
                json!({"after": {"userName": "ada", "urn:x:y": {"z": 1}}}),
                None,
            ),
            (
                "user.created",
                "user",
                json!({"after": {"userName": 1}}),
                Some("userName"),
            ),
            (
                "user.created",
                "user",
                json!({"after": {}, "before": {}}),
                Some("before: not declared"),
            ),
            ("tenant.created", "tenant", json!({"origin": origin}), None),
            (
                "tenant.created",
                "tenant",
                json!({"origin": {"ip": "x"}}),
                Some("ip"),
            ),
            (
                "tenant.created",
                "tenant",
                json!({"actor": {"type": "robot"}}),
                Some("actor"),
            ),
            (
                "tenant.created",
                "tenant",
                json!({"actor": {"type": "portal_link"}}),
                None,
            ),
            ("tenant.moved", "tenant", json!({}), None),
            (
                "group.members_changed",
                "group",
                json!({}),
                Some("has no schema"),
            ),
        ] {
            let result = matches_schema(&event(kind, subject, change));
            match wrong {
                None => assert_eq!(result, Ok(())),
                Some(wrong) => assert!(
                    result.clone().is_err_and(|error| error.contains(wrong)),
                    "{result:?}, not {wrong}"
                ),
            }
        }
    }
}
