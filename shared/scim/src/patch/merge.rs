//! Merges complex values.

use serde_json::{Map, Value};

/// Sets all keys of `new` in `old`. Other keys of `old` keep their values.
pub(super) fn overlay(old: &mut Map<String, Value>, new: &Map<String, Value>) {
    for (name, value) in new {
        old.insert(name.clone(), value.clone());
    }
}

/// Merges `new` into `old` if both are complex, and otherwise returns `new`.
pub(super) fn laid_over(old: Value, new: &Value) -> Value {
    match (old, new) {
        (Value::Object(mut old), Value::Object(new)) => {
            overlay(&mut old, new);
            Value::Object(old)
        }
        _ => new.clone(),
    }
}

/// Merges `new` into `old`, unless their `value` differs: then they identify different things, and the
/// function returns `new`.
pub(super) fn merged(old: Value, new: &Value) -> Value {
    match (old.get("value"), new.get("value")) {
        (Some(before), Some(after)) if before != after => new.clone(),
        _ => laid_over(old, new),
    }
}
