//! Lays one complex value over another.

use serde_json::{Map, Value};

/// Lays the members of `new` over those of `old`.
pub(super) fn overlay(old: &mut Map<String, Value>, new: &Map<String, Value>) {
    for (name, value) in new {
        old.insert(name.clone(), value.clone());
    }
}

/// Lays one complex value over another; what is not complex is replaced.
pub(super) fn laid_over(old: Value, new: &Value) -> Value {
    match (old, new) {
        (Value::Object(mut old), Value::Object(new)) => {
            overlay(&mut old, new);
            Value::Object(old)
        }
        _ => new.clone(),
    }
}

/// Lays one complex value over another, unless their `value` tells that they are different things.
pub(super) fn merged(old: Value, new: &Value) -> Value {
    match (old.get("value"), new.get("value")) {
        (Some(before), Some(after)) if before != after => new.clone(),
        _ => laid_over(old, new),
    }
}
