//! Rules for values, and for the names and literals that go with them.

use serde_json::{Map, Value};

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

/// The name of an operation, in any case.
///
/// `{"op": "Add"}` → `{"op": "add"}`. Entra.
pub(crate) fn op_name(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Takes the value of a key out of a message, whatever the case of the key.
pub(crate) fn take(message: &mut Map<String, Value>, key: &str) -> Option<Value> {
    let name = message
        .keys()
        .find(|name| name.eq_ignore_ascii_case(key))?
        .clone();
    message.shift_remove(&name)
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
