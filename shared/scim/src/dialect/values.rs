//! Rules for values, and for the names and literals that occur with them.

use serde_json::{Map, Value};

use crate::reading::Reading;
use crate::schema::{Attribute, AttributeKind, ResourceType, Schema};

/// Reads a boolean that is sent as a string.
///
/// `{"active": "False"}` → `{"active": false}`. Entra without the flag `aadOptscim062020` sends it, and
/// so does the Entra validator (`"primary": "True"`). The rule is only for attributes of type boolean,
/// and leaves strings in other attributes unchanged.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    let value = truth(text);
    Reading::BooleanAsText.note_if(value.is_some());
    value
}

/// Reads `true` or `false` in any case. Without quotes, both are literals of filters.
pub(crate) fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Reads the values of a multi-valued attribute that is sent without an array.
///
/// `{"emails": {"value": "a@b"}}` → `{"emails": [{"value": "a@b"}]}`. JSON templates of OneLogin
/// produce it.
pub(crate) fn values(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        value => {
            Reading::ValueWithoutArray.note();
            vec![value]
        }
    }
}

/// Reads the first value of a single-valued attribute that is sent as an array.
///
/// `{"manager": [{"value": "271"}]}` → `{"manager": {"value": "271"}}`. Entra's documentation has this
/// example. An array of several simple values stays an array, so that the type check rejects it and no
/// value is lost silently.
pub(crate) fn single(attribute: &Attribute, value: Value) -> Value {
    match value {
        Value::Array(values) if values.len() <= 1 || attribute.kind == AttributeKind::Complex => {
            Reading::ArrayForOneValue.note();
            values.into_iter().next().unwrap_or(Value::Null)
        }
        value => value,
    }
}

/// Reads a complex value that is sent as a string. The string is its `value`, and `""` is no value.
///
/// `{"manager": "271"}` → `{"manager": {"value": "271"}}`, and `{"manager": ""}` → no manager. Entra
/// sends the first to set a manager and the second to remove it.
pub(crate) fn complex(attribute: &Attribute, value: Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => {
            Reading::TextForObject.note();
            Value::Null
        }
        Value::String(text) if attribute.sub("value").is_some() => {
            Reading::TextForObject.note();
            Value::Object(Map::from_iter([("value".to_owned(), text.into())]))
        }
        value => value,
    }
}

/// Whether the empty `value` of a complex value means "no value", because it identifies nothing.
///
/// `{"manager": {"value": ""}}` → no manager, and `{"emails": [{"type": "work", "value": ""}]}` → no address. JSON
/// templates of OneLogin and JumpCloud send it for the missing values. An array of one value counts as the value, as in
/// [`single`].
pub(crate) fn is_blank_identifier(sub: &str, value: &Value) -> bool {
    let value = match value.as_array().map(Vec::as_slice) {
        Some([only]) => only,
        _ => value,
    };
    let blank = sub == "value" && value.as_str() == Some("");
    Reading::EmptyTextDropped.note_if(blank);
    blank
}

/// Reads a resource without `schemas` as one of the core schema of its endpoint.
///
/// `{"userName": "ada"}` → `{"schemas": ["urn:…:core:2.0:User"], "userName": "ada"}`. The clients of WSO2 and Oxide omit it.
pub(crate) fn schemas(schemas: Option<Value>, core: &str) -> Value {
    match schemas {
        Some(schemas) => schemas,
        None => {
            Reading::SchemasMissing.note();
            Value::from(vec![core])
        }
    }
}

/// Whether an empty string means "no value", because it is not valid for the attribute's type.
///
/// `{"profileUrl": ""}` → no `profileUrl`. JSON templates of OneLogin and JumpCloud send all their keys,
/// with empty strings for the missing values.
pub(crate) fn is_blank(kind: AttributeKind, text: &str) -> bool {
    let blank = text.is_empty() && kind.is_text() && kind != AttributeKind::String;
    Reading::EmptyTextDropped.note_if(blank);
    blank
}

/// Takes the value of a key out of a message, whatever the case of the key.
///
/// `{"operations": […]}` → `{"Operations": […]}`. Keys are attribute names, and those are
/// case-insensitive (RFC 7643 §2.1).
pub(crate) fn take(message: &mut Map<String, Value>, key: &str) -> Option<Value> {
    let name = message
        .keys()
        .find(|name| name.eq_ignore_ascii_case(key))?
        .clone();
    Reading::KeyInOtherCase.note_if(name != key);
    message.shift_remove(&name)
}

/// Reads the name of a PATCH operation, whatever its case.
///
/// `{"op": "Add"}` → `{"op": "add"}`. Entra sends it.
pub(crate) fn op_name(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    Reading::OperationInOtherCase.note_if(lower != name);
    lower
}

/// Reads the `value` of a `remove` operation as the values to remove.
///
/// `{"op": "remove", "path": "members", "value": [{"value": "7f4b"}]}` removes only that member. Entra,
/// JumpCloud, Rauthy and authentik send it, although `remove` has no `value` in RFC 7644 §3.5.2.2. An
/// empty array removes nothing. Without `value`, or with `null` (Keycloak), the operation removes all
/// values, as the RFC requires.
pub(crate) fn removed_values(value: Option<Value>) -> Option<Vec<Value>> {
    match value {
        None | Some(Value::Null) => None,
        Some(value) => {
            Reading::RemoveWithValue.note();
            Some(values(value))
        }
    }
}

/// Reads a filter literal without quotes as a string, if the attribute's values are JSON strings.
///
/// `externalId eq jyoung` and `externalId eq 701984` → `externalId eq "…"`. Entra's documentation has
/// these examples.
pub(crate) fn bare_literal(kind: AttributeKind, word: &str) -> Option<String> {
    Reading::FilterWithoutQuotes.note_if(kind.is_text());
    kind.is_text().then(|| word.to_owned())
}

/// Returns the sub-attribute to compare when a filter names a complex attribute: its `value`.
///
/// `manager eq "271"` → `manager.value eq "271"`, and likewise `members eq "…"`. Entra sends these
/// filters to check references.
pub(crate) fn compared_sub_attribute(attribute: &Attribute) -> Option<&'static str> {
    let value = attribute.sub("value")?;
    Reading::ObjectCompared.note();
    Some(value.name)
}

/// Finds the extension that declares an attribute, for an attribute that the core schema lacks.
///
/// `manager` → `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager`, in filters and in
/// the paths of PATCH operations. Entra sends it to check references, and its documentation has an
/// example.
pub(crate) fn short_name(rt: &'static ResourceType, attribute: &str) -> Option<&'static Schema> {
    let mut schemas = rt.extensions.iter().map(|extension| extension.schema);
    let schema = schemas.find(|schema| schema.attribute(attribute).is_some());
    Reading::ExtensionWithoutUrn.note_if(schema.is_some());
    schema
}
