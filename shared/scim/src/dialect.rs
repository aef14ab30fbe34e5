//! What identity providers send that the RFC does not allow, and how it is read.
//!
//! Every deviation is one function here, with what comes in, what it becomes, and who sends it.
//! The rest of the crate knows RFC 7643 and 7644 only and calls these at the edge of a value, a
//! filter or a PATCH operation. Emitted JSON never uses a dialect.
//!
//! Being lenient is no dialect: unknown attributes, unknown URNs in `schemas`, read-only attributes in
//! a body, and more than one spelling of a name are passed over or read as the RFC allows.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::filter::{CompareOp, Filter, Literal};
use crate::path::AttrPath;
use crate::schema::{Attribute, AttributeKind, ResourceType, Schema};

/// A boolean written as a string is the boolean.
///
/// `{"active": "False"}` → `{"active": false}`. Entra without the flag `aadOptscim062020`, and its
/// validator (`"primary": "True"`). Only for attributes declared boolean: a string stays a string.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A multi-valued attribute sent as one value is an array of one.
///
/// `{"emails": {"value": "a@b"}}` → `{"emails": [{"value": "a@b"}]}`. OneLogin's JSON templates.
pub(crate) fn values(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        value => vec![value],
    }
}

/// A single-valued attribute sent as an array is its first value. Where the value is simple, several
/// are of the wrong type: none of them is dropped unheard.
///
/// `{"manager": [{"value": "271"}]}` → `{"manager": {"value": "271"}}`. Entra's documented example.
pub(crate) fn single(attribute: &Attribute, value: Value) -> Value {
    match value {
        Value::Array(values) if values.len() <= 1 || attribute.kind == AttributeKind::Complex => {
            values.into_iter().next().unwrap_or(Value::Null)
        }
        value => value,
    }
}

/// A complex value sent as text is its `value`; empty text is no value.
///
/// `{"manager": "271"}` → `{"manager": {"value": "271"}}`, and `{"manager": ""}` → none. Entra, when a
/// manager is set and when it is removed.
pub(crate) fn complex(attribute: &Attribute, value: Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::String(text) if attribute.sub("value").is_some() => {
            Value::Object(Map::from_iter([("value".to_owned(), text.into())]))
        }
        value => value,
    }
}

/// Empty text is no value where empty text cannot be one.
///
/// `{"profileUrl": ""}` → none. JSON templates (OneLogin, JumpCloud) send every key they know.
pub(crate) fn is_blank(kind: AttributeKind, text: &str) -> bool {
    text.is_empty() && kind.is_text() && kind != AttributeKind::String
}

/// A literal without quotes is text, where the attribute holds text.
///
/// `externalId eq jyoung` and `externalId eq 701984` → `externalId eq "…"`. Entra's documentation.
pub(crate) fn bare_literal(kind: AttributeKind, word: &str) -> Option<String> {
    kind.is_text().then(|| word.to_owned())
}

/// A complex attribute compared as a whole compares its `value`.
///
/// `manager eq "271"` → `manager.value eq "271"`; `members eq "…"` likewise. Entra's reference checks.
pub(crate) fn compared_sub_attribute(attribute: &Attribute) -> Option<&'static str> {
    attribute.sub("value").map(|value| value.name)
}

/// A comparison after the bracket of a value path is part of the value path.
///
/// `emails[type eq "work"].value eq "a@b"` → `emails[type eq "work" and value eq "a@b"]`. Entra, where
/// an e-mail address is what users are matched by.
pub(crate) fn compared_within(filter: Filter, compared: Filter) -> Filter {
    let mut all = match filter {
        Filter::And(all) => all,
        one => vec![one],
    };
    all.push(compared);
    Filter::And(all)
}

/// An attribute that the core schema does not have is that of the extension that has it.
///
/// `manager` → `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager`, in filters and in
/// paths of operations. Entra's reference checks and its documented example.
pub(crate) fn short_name(rt: &'static ResourceType, attribute: &str) -> Option<&'static Schema> {
    rt.extensions
        .iter()
        .map(|extension| extension.schema)
        .find(|schema| schema.attribute(attribute).is_some())
}

/// A key of a path-less value that no schema knows is an extension when its value is an object.
///
/// `{"op": "add", "value": {"urn:x:ext": {"a": 1}}}` adds to the extension `urn:x:ext`, as a POST would,
/// and not the attribute `ext` to `urn:x`. Its other keys may be paths, as in
/// `{"name.givenName": "Ada"}` (Entra with the flag `aadOptscim062020`).
pub(crate) fn extension_key(key: &str, value: &Value) -> Option<AttrPath> {
    value.is_object().then(|| AttrPath::extended(key, ""))
}

/// A value path that selects nothing makes the value that its filter describes.
///
/// `add` or `replace` of `emails[type eq "work"].value` → adds `{"type": "work", "value": …}`, where
/// RFC 7644 §3.5.2.3 has `noTarget`. Entra builds values so, one sub-attribute an operation. A filter
/// describes a value when it is `eq` comparisons joined by `and`.
pub(crate) fn described_value(filter: &Filter) -> Option<Map<String, Value>> {
    match filter {
        Filter::Compare {
            path,
            op: CompareOp::Eq,
            value,
        } if *value != Literal::Null => {
            let pair = (path.attribute.clone(), value.to_json());
            Some(Map::from_iter([pair]))
        }
        Filter::And(all) => {
            let mut described = Map::new();
            for filter in all {
                for (name, value) in described_value(filter)? {
                    if *described.entry(name).or_insert_with(|| value.clone()) != value {
                        return None;
                    }
                }
            }
            Some(described)
        }
        _ => None,
    }
}

/// The values of a `remove` are those to remove, where RFC 7644 §3.5.2.2 knows no value.
///
/// `{"op": "remove", "path": "members", "value": [{"value": "7f4b"}]}` removes that member only.
/// Entra, JumpCloud, Rauthy, authentik. An empty array removes nothing; without `value`, or with
/// `null`, everything goes (Keycloak), as the RFC has it.
pub(crate) fn removed_values(value: Option<Value>) -> Option<Vec<Value>> {
    match value {
        None | Some(Value::Null) => None,
        Some(value) => Some(values(value)),
    }
}

/// The name of an operation, or of a key of the message, in any case.
///
/// `{"op": "Add"}` → `{"op": "add"}`. Entra. Takes the value out of the message.
pub(crate) fn take(message: &mut Map<String, Value>, key: &str) -> Option<Value> {
    let name = message
        .keys()
        .find(|name| name.eq_ignore_ascii_case(key))?
        .clone();
    message.shift_remove(&name)
}
