//! Checks JSON values against their attributes, and converts them to canonical form.
//!
//! In canonical form, names have the spelling of the schema, and booleans are JSON booleans. `null`,
//! empty arrays and empty objects are omitted, because they mean "unassigned" (RFC 7643 §2.5). Strings
//! stay unchanged.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::dialect;
use crate::error::{Error, quoted};
use crate::fold::{fold, fold_unless};
use crate::limits::MAX_VALUES;
use crate::reading::Reading;
use crate::schema::{Attribute, AttributeKind, Mutability, Schema};

/// The description of a `dateTime` in error messages.
pub(crate) const DATE_TIME: &str = "a date and time as in `2008-01-23T04:56:22Z`";

/// Checks the whole value of an attribute. Returns `None` for an unassigned value.
///
/// # Errors
/// `InvalidValue` when the value does not match the attribute.
pub(crate) fn check(attribute: &'static Attribute, value: Value) -> Result<Option<Value>, Error> {
    check_as(attribute, attribute.name, value)
}

/// Checks a single-valued attribute, or one value of a multi-valued attribute. Returns `None` for an
/// unassigned value.
pub(crate) fn check_one(
    attribute: &'static Attribute,
    value: Value,
) -> Result<Option<Value>, Error> {
    check_one_at(attribute, attribute.name, value)
}

/// Checks the attributes of an extension. Returns `None` if no attribute has a value.
pub(crate) fn check_extension(
    schema: &'static Schema,
    value: Value,
) -> Result<Option<Value>, Error> {
    match value {
        Value::Null => Ok(None),
        Value::Object(object) => check_object(object, |name| schema.attribute(name), None),
        other => Err(wrong_type(schema.id, "an object", &other)),
    }
}

/// Whether the client can set the attribute. The checks drop other attributes without an error.
pub(crate) fn is_settable(attribute: &Attribute) -> bool {
    attribute.mutability != Mutability::ReadOnly && !attribute.discarded
}

/// Notes that a value of an attribute that the client cannot set is ignored.
pub(crate) fn note_ignored(attribute: &Attribute) {
    match attribute.discarded {
        true => Reading::PasswordIgnored.note(),
        false => Reading::ReadOnlyIgnored.note_about(attribute.name),
    }
}

/// Removes unassigned values (`null`, empty arrays and empty objects) from JSON without a schema.
pub(crate) fn without_nulls(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(values) => {
            Reading::NullDropped.note_if(values.contains(&Value::Null));
            let values: Vec<Value> = values.into_iter().filter_map(without_nulls).collect();
            (!values.is_empty()).then_some(Value::Array(values))
        }
        Value::Object(object) => {
            let kept = |(name, value)| Some((name, without_nulls(value)?));
            let object: Map<String, Value> = object.into_iter().filter_map(kept).collect();
            (!object.is_empty()).then_some(Value::Object(object))
        }
        scalar => Some(scalar),
    }
}

/// Parses an `xsd:dateTime` (RFC 7643 §2.3.5). Without an offset, the time is in UTC.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let local: DateTime = text.parse().ok()?;
        let zoned = local.to_zoned(TimeZone::UTC).ok()?;
        text.contains('T').then(|| zoned.timestamp())
    })
}

/// Checks a value as [`check`] does, with `path` as the name in errors.
pub(crate) fn check_as(
    attribute: &'static Attribute,
    path: &str,
    value: Value,
) -> Result<Option<Value>, Error> {
    if value.is_null() {
        return Ok(None);
    }
    if !attribute.multi_valued {
        return check_one_at(attribute, path, dialect::values::single(attribute, value));
    }
    let mut values = Vec::new();
    for value in dialect::values::values(value) {
        match check_one_at(attribute, path, value)? {
            Some(value) => values.push(value),
            None if attribute.is_keyed() => return Err(keyless(path)),
            None => Reading::NullDropped.note(),
        }
    }
    if attribute.is_keyed() {
        keep_first_of_each_key(path, &mut values)?;
    } else {
        check_values(path, &values)?;
    }
    Ok((!values.is_empty()).then_some(Value::Array(values)))
}

/// Checks a value as [`check`] does, and drops what identifies nothing: entries of which only `type` and `primary` are
/// left, and repeated ones.
pub(crate) fn check_whole(
    attribute: &'static Attribute,
    value: Value,
) -> Result<Option<Value>, Error> {
    let mut checked = check(attribute, value)?;
    if let Some(Value::Array(values)) = &mut checked {
        tidy(attribute, values);
    }
    Ok(checked.filter(|value| value.as_array().is_none_or(|values| !values.is_empty())))
}

/// Drops entries of which only `type` and `primary` are left, and all but the first of those that are the same.
pub(crate) fn tidy(attribute: &'static Attribute, values: &mut Vec<Value>) {
    if attribute.is_keyed() {
        return;
    }
    let sent = values.len();
    values.retain(|value| !is_incomplete(value));
    let complete = values.len();
    Reading::ValueIncomplete.note_if(complete < sent);
    let mut seen = BTreeSet::new();
    values.retain(|value| seen.insert(identity(Some(attribute), value)));
    Reading::ValueRepeated.note_if(values.len() < complete);
}

fn is_incomplete(value: &Value) -> bool {
    let says_little = |name: &String| matches!(name.as_str(), "type" | "primary");
    value
        .as_object()
        .is_some_and(|object| object.keys().all(says_little))
}

/// Returns what two values of a multi-valued attribute have in common if they are the same: their `type` and `value`
/// (RFC 7643 §2.4) or, without a `value`, everything.
pub(crate) fn identity(attribute: Option<&'static Attribute>, value: &Value) -> String {
    let Some(key) = key(value) else {
        let mut text = String::new();
        write_sorted(value, &mut text);
        return text;
    };
    let exact = attribute
        .and_then(|attribute| attribute.sub("value"))
        .is_some_and(|value| value.case_exact);
    let key = fold_unless(exact, key);
    match value.get("type").and_then(Value::as_str) {
        Some(kind) => format!("{}\u{0}{key}", fold(kind)),
        None => key.into_owned(),
    }
}

/// Writes JSON as text, with the names in alphabetical order.
fn write_sorted(value: &Value, text: &mut String) {
    match value {
        Value::Object(object) => {
            let sorted: BTreeMap<&String, &Value> = object.iter().collect();
            for (name, value) in sorted {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write_sorted(value, text);
            }
            text.push('}');
        }
        Value::Array(values) => {
            for value in values {
                write_sorted(value, text);
            }
            text.push(']');
        }
        scalar => {
            text.push_str(&scalar.to_string());
            text.push(',');
        }
    }
}

/// Checks that a multi-valued attribute has at most [`MAX_VALUES`] values and one `primary` value
/// (RFC 7643 §2.4).
pub(crate) fn check_values(path: &str, values: &[Value]) -> Result<(), Error> {
    check_count(path, values)?;
    if values.iter().filter(|value| is_primary(value)).count() > 1 {
        return Err(Error::InvalidValue(format!(
            "`{path}` has more than one value with `primary` true, mark at most one"
        )));
    }
    Ok(())
}

/// Checks that a multi-valued attribute has at most [`MAX_VALUES`] values.
pub(crate) fn check_count(path: &str, values: &[Value]) -> Result<(), Error> {
    if values.len() <= MAX_VALUES {
        return Ok(());
    }
    let path = quoted(path);
    Err(Error::InvalidValue(format!(
        "{path} holds at most {MAX_VALUES} values"
    )))
}

/// Whether `primary` marks a value as the preferred one.
pub(crate) fn is_primary(value: &Value) -> bool {
    value.get("primary") == Some(&Value::Bool(true))
}

/// Checks that every value of a keyed attribute has its key, and removes repeated values.
fn keep_first_of_each_key(path: &str, values: &mut Vec<Value>) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for value in values.iter() {
        if key(value).is_none_or(str::is_empty) {
            return Err(keyless(path));
        }
    }
    let sent = values.len();
    values.retain(|value| seen.insert(key(value).unwrap_or_default().to_owned()));
    Reading::MemberRepeated.note_if(values.len() < sent);
    Ok(())
}

fn keyless(path: &str) -> Error {
    Error::InvalidValue(format!(
        "every value of `{path}` needs a `value`, the id of the member"
    ))
}

/// Returns the `value` sub-attribute of a complex value, if it is a string.
pub(crate) fn key(value: &Value) -> Option<&str> {
    value.get("value")?.as_str()
}

fn check_one_at(
    attribute: &'static Attribute,
    path: &str,
    value: Value,
) -> Result<Option<Value>, Error> {
    let wrong = |expected: &str, value: &Value| Err(wrong_type(path, expected, value));
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(None),
        (AttributeKind::Complex, value) => match dialect::values::complex(attribute, value) {
            Value::Null => Ok(None),
            Value::Object(object) => check_complex(attribute, path, object),
            other => wrong("an object", &other),
        },
        (AttributeKind::Boolean, Value::Bool(value)) => Ok(Some(value.into())),
        (AttributeKind::Boolean, Value::String(text)) => match dialect::values::boolean(&text) {
            Some(value) => {
                Reading::BooleanAsText.note_about(path);
                Ok(Some(value.into()))
            }
            None => wrong("true or false", &Value::String(text)),
        },
        (AttributeKind::Boolean, other) => wrong("true or false", &other),
        (AttributeKind::Decimal, value @ Value::Number(_)) => Ok(Some(value)),
        (AttributeKind::Decimal, other) => wrong("a number", &other),
        (AttributeKind::Integer, value) if value.is_i64() || value.is_u64() => Ok(Some(value)),
        (AttributeKind::Integer, other) => wrong("an integer", &other),
        (_, Value::String(text)) if attribute.address && is_json(&text) => Err(
            Error::InvalidValue(format!("`{path}` must be an address, not JSON as text")),
        ),
        (kind, Value::String(text)) => check_text(kind, path, text),
        (_, other) => wrong("a string", &other),
    }
}

/// Checks a complex value. Without the `value` that identifies it, a single one such as `manager` is no value.
fn check_complex(
    attribute: &'static Attribute,
    path: &str,
    mut object: Map<String, Value>,
) -> Result<Option<Value>, Error> {
    let given = object.len();
    object.retain(|name, value| {
        let sub = attribute.sub(name).map_or("", |sub| sub.name);
        !dialect::values::is_blank_identifier(sub, value)
    });
    if object.len() < given && !attribute.multi_valued {
        return Ok(None);
    }
    let checked = check_object(object, |name| attribute.sub(name), Some(path))?;
    Ok(checked.map(|value| match attribute.is_keyed() {
        true => dialect::members::own(value),
        false => value,
    }))
}

fn check_text(kind: AttributeKind, path: &str, text: String) -> Result<Option<Value>, Error> {
    if dialect::values::is_blank(kind, &text) {
        return Ok(None);
    }
    let (good, expected) = match kind {
        AttributeKind::DateTime => (instant(&text).is_some(), DATE_TIME),
        AttributeKind::Binary => (is_base64(&text), "bytes in base64"),
        AttributeKind::Reference => (is_reference(&text), "a URI, without spaces"),
        _ => (true, "a string"),
    };
    if good {
        Ok(Some(Value::String(text)))
    } else {
        Err(Error::InvalidValue(format!("`{path}` must be {expected}")))
    }
}

fn check_object(
    object: Map<String, Value>,
    declared: impl Fn(&str) -> Option<&'static Attribute>,
    parent: Option<&str>,
) -> Result<Option<Value>, Error> {
    let mut checked = Map::new();
    for (name, value) in object {
        let Some(attribute) = declared(&name) else {
            match parent {
                Some(parent) => Reading::AttributeIgnored.note_about(format!("{parent}.{name}")),
                None => Reading::AttributeIgnored.note_about(&name),
            }
            continue;
        };
        if !is_settable(attribute) {
            note_ignored(attribute);
            continue;
        }
        let value = match parent {
            Some(parent) => check_as(attribute, &format!("{parent}.{}", attribute.name), value)?,
            None => check(attribute, value)?,
        };
        if let Some(value) = value {
            checked.insert(attribute.name.to_owned(), value);
        }
    }
    Ok((!checked.is_empty()).then_some(Value::Object(checked)))
}

/// Whether text is a JSON object or array.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<Value>(text).is_ok()
}

/// Whether text can be a reference. A reference can be relative (RFC 7643 §2.3.7), so the function only
/// rejects characters that no URI contains.
fn is_reference(text: &str) -> bool {
    !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Whether text is base64. RFC 7643 §2.3.6 allows both alphabets of RFC 4648, and some clients omit the
/// padding.
fn is_base64(text: &str) -> bool {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [STANDARD, URL_SAFE]
        .iter()
        .any(|alphabet| GeneralPurpose::new(alphabet, config).decode(text).is_ok())
}

fn wrong_type(path: &str, expected: &str, value: &Value) -> Error {
    let actual = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Error::InvalidValue(format!("`{path}` must be {expected}, not {actual}"))
}
