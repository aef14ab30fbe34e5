//! References to resources that the same request creates: `bulkId:` and the `bulkId` of the creation (RFC 7644 §3.7.2).
//!
//! A reference is a whole value, such as the `value` of a member or of a manager. In the `path` of a PATCH operation, it is
//! also a literal of the filter: `members[value eq "bulkId:ann"]`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::limits::MAX_FILTER_BYTES;

const PREFIX: &str = "bulkId:";
/// The beginning of a reference within a filter.
const LITERAL: &str = "\"bulkId:";

/// Returns the `bulkId` that a value refers to.
pub(super) fn of(value: &str) -> Option<&str> {
    value.strip_prefix(PREFIX)
}

/// Finds the references in a value.
pub(super) fn find<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) => found.extend(of(text)),
        Value::Array(values) => values.iter().for_each(|value| find(value, found)),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(path) if is_path(name) => found.extend(in_filter(path)),
                    other => find(other, found),
                }
            }
        }
        _ => {}
    }
}

/// Puts ids in place of the references in a value.
pub(super) fn resolve_all<'a>(value: &mut Value, id_of: &impl Fn(&str) -> Option<&'a str>) {
    match value {
        Value::String(text) => resolve(text, id_of),
        Value::Array(values) => values.iter_mut().for_each(|it| resolve_all(it, id_of)),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(path) if is_path(name) => resolve_filter(path, id_of),
                    other => resolve_all(other, id_of),
                }
            }
        }
        _ => {}
    }
}

/// Puts the id in place of a reference.
pub(super) fn resolve<'a>(text: &mut String, id_of: &impl Fn(&str) -> Option<&'a str>) {
    if let Some(id) = of(text).and_then(id_of) {
        *text = id.to_owned();
    }
}

fn resolve_filter<'a>(path: &mut String, id_of: &impl Fn(&str) -> Option<&'a str>) {
    // A longer filter is refused, and resolving it would take long.
    if path.len() > MAX_FILTER_BYTES {
        return;
    }
    let named: BTreeSet<String> = in_filter(path).map(str::to_owned).collect();
    for name in named {
        if let Some(id) = id_of(&name) {
            *path = path.replace(&format!("{LITERAL}{name}\""), &format!("\"{id}\""));
        }
    }
}

fn in_filter(path: &str) -> impl Iterator<Item = &str> {
    let parts = path.split(LITERAL).skip(1);
    parts.filter_map(|part| part.split_once('"').map(|(name, _)| name))
}

fn is_path(name: &str) -> bool {
    name.eq_ignore_ascii_case("path")
}
