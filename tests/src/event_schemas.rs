//! Checks events against their schemas in the OpenAPI document. All tests read events through it.

use std::sync::LazyLock;

use rollcall_directory::EventType;
use serde_json::{Value, json};

use crate::json_schema::Schemas;

/// The OpenAPI document that the service serves.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| json!(rollcall_edge_api::document()));

/// Events of these types can have neither `before` nor `after`, although their schemas have both.
const WITHOUT_CHANGE: [&str; 1] = ["group.updated"];

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
