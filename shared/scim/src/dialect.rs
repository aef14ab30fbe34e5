//! What identity providers send that the RFC does not allow, and how it is read.
//!
//! Every deviation is one function here, with what comes in, what it becomes, and who sends it.
//! The rest of the crate knows RFC 7643 and 7644 only and calls these at the edge of a value, a
//! filter or a PATCH operation. Emitted JSON never uses a dialect.

use serde_json::{Map, Value};

use crate::schema::{Attribute, AttributeKind};

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::{ENTERPRISE_USER_SCHEMA, USER};

    #[test]
    fn booleans() {
        let check = |text: &str, expected| assert_eq!(boolean(text), expected, "{text}");
        check("True", Some(true));
        check("FALSE", Some(false));
        check("false", Some(false));
        check("1", None);
        check("", None);
    }

    #[test]
    fn one_and_many() {
        assert_eq!(values(json!({"value": "a"})), [json!({"value": "a"})]);
        assert_eq!(values(json!(["a", "b"])), [json!("a"), json!("b")]);
        let manager = ENTERPRISE_USER_SCHEMA.attribute("manager").unwrap();
        assert_eq!(
            single(manager, json!([{"value": "1"}, {"value": "2"}])),
            json!({"value": "1"})
        );
        let title = USER.attribute("title").unwrap();
        assert_eq!(single(title, json!([])), Value::Null);
        assert_eq!(single(title, json!(["a"])), json!("a"));
        assert_eq!(single(title, json!(["a", "b"])), json!(["a", "b"]));
        assert_eq!(single(title, json!("a")), json!("a"));
    }

    #[test]
    fn complex_values_as_text() {
        let manager = ENTERPRISE_USER_SCHEMA.attribute("manager").unwrap();
        let name = USER.attribute("name").unwrap();
        assert_eq!(complex(manager, json!("271")), json!({"value": "271"}));
        assert_eq!(complex(manager, json!("")), Value::Null);
        assert_eq!(complex(manager, json!({"value": ""})), json!({"value": ""}));
        assert_eq!(
            complex(name, json!("Ada")),
            json!("Ada"),
            "a name has no `value`"
        );
    }

    #[test]
    fn blank_text() {
        assert!(is_blank(AttributeKind::Reference, ""));
        assert!(!is_blank(AttributeKind::String, ""));
        assert!(!is_blank(AttributeKind::Boolean, ""));
        assert!(!is_blank(AttributeKind::Reference, " "));
    }

    #[test]
    fn removed() {
        assert_eq!(removed_values(None), None);
        assert_eq!(removed_values(Some(Value::Null)), None);
        assert_eq!(removed_values(Some(json!([]))), Some(vec![]));
        assert_eq!(removed_values(Some(json!("a"))), Some(vec![json!("a")]));
    }

    #[test]
    fn keys_in_any_case() {
        let Value::Object(mut message) = json!({"OPERATIONS": [1]}) else {
            unreachable!("an object literal")
        };
        assert_eq!(take(&mut message, "Operations"), Some(json!([1])));
        assert_eq!(take(&mut message, "Operations"), None);
    }
}
