//! Checks a JSON value against the attribute it is for, and gives it its canonical form.
//!
//! In the canonical form names are spelled as declared, booleans are booleans, and nothing is `null`
//! or empty: those are all "unassigned" (RFC 7643 §2.5). Strings are kept byte for byte.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::dialect;
use crate::error::{Error, quoted};
use crate::limits::MAX_VALUES;
use crate::schema::{Attribute, AttributeKind, Mutability, Returned, Schema};

/// What a `dateTime` must be, as errors name it.
pub(crate) const DATE_TIME: &str = "a date and time as in `2008-01-23T04:56:22Z`";

/// Checks the whole value of an attribute. `None` means unassigned.
///
/// # Errors
/// `InvalidValue` when the value is not of the attribute's type.
pub(crate) fn check(attribute: &'static Attribute, value: Value) -> Result<Option<Value>, Error> {
    check_as(attribute, attribute.name, value)
}

/// Checks one value of a multi-valued attribute, or the value of another. `None` means unassigned.
pub(crate) fn check_one(
    attribute: &'static Attribute,
    value: Value,
) -> Result<Option<Value>, Error> {
    check_one_at(attribute, attribute.name, value)
}

/// Checks the attributes of an extension. `None` means that nothing is left of it.
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

/// Whether the client may set the attribute; what it may not is dropped without an error.
pub(crate) fn is_settable(attribute: &Attribute) -> bool {
    attribute.mutability != Mutability::ReadOnly && attribute.returned != Returned::Never
}

/// Drops what means "unassigned" from JSON that no schema describes.
pub(crate) fn without_nulls(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(values) => {
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

/// Reads an `xsd:dateTime`; one without an offset is taken as UTC.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let local: DateTime = text.parse().ok()?;
        let zoned = local.to_zoned(TimeZone::UTC).ok()?;
        text.contains('T').then(|| zoned.timestamp())
    })
}

/// Checks as [`check`] does, under the name that errors are to show.
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
        values.extend(check_one_at(attribute, path, value)?);
    }
    if attribute.is_keyed() {
        keep_first_of_each_key(path, &mut values)?;
    } else {
        check_values(path, &values)?;
    }
    Ok((!values.is_empty()).then_some(Value::Array(values)))
}

/// Checks the laws of a multi-valued attribute as a whole (RFC 7643 §2.4).
pub(crate) fn check_values(path: &str, values: &[Value]) -> Result<(), Error> {
    check_count(path, values)?;
    if values.iter().filter(|value| is_primary(value)).count() > 1 {
        return Err(Error::InvalidValue(format!(
            "`{path}` has more than one value with `primary` true, mark one at most"
        )));
    }
    Ok(())
}

/// Checks that there are no more than [`MAX_VALUES`] values.
pub(crate) fn check_count(path: &str, values: &[Value]) -> Result<(), Error> {
    if values.len() <= MAX_VALUES {
        return Ok(());
    }
    let path = quoted(path);
    Err(Error::InvalidValue(format!(
        "{path} holds at most {MAX_VALUES} values"
    )))
}

/// Whether a value is marked as the preferred one.
pub(crate) fn is_primary(value: &Value) -> bool {
    value.get("primary") == Some(&Value::Bool(true))
}

/// A value of a keyed attribute without its key names nothing; one that comes twice is one.
fn keep_first_of_each_key(path: &str, values: &mut Vec<Value>) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for value in values.iter() {
        if key(value).is_none_or(str::is_empty) {
            return Err(Error::InvalidValue(format!(
                "every one of `{path}` needs a `value`, the id of the member"
            )));
        }
    }
    values.retain(|value| seen.insert(key(value).unwrap_or_default().to_owned()));
    Ok(())
}

/// Returns the `value` of a complex value.
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
            Value::Object(object) => check_object(object, |name| attribute.sub(name), Some(path)),
            other => wrong("an object", &other),
        },
        (AttributeKind::Boolean, Value::Bool(value)) => Ok(Some(value.into())),
        (AttributeKind::Boolean, Value::String(text)) => match dialect::values::boolean(&text) {
            Some(value) => Ok(Some(value.into())),
            None => wrong("true or false", &Value::String(text)),
        },
        (AttributeKind::Boolean, other) => wrong("true or false", &other),
        (AttributeKind::Decimal, value @ Value::Number(_)) => Ok(Some(value)),
        (AttributeKind::Decimal, other) => wrong("a number", &other),
        (AttributeKind::Integer, value) if value.is_i64() || value.is_u64() => Ok(Some(value)),
        (AttributeKind::Integer, other) => wrong("an integer", &other),
        (kind, Value::String(text)) => check_text(kind, path, text),
        (_, other) => wrong("a string", &other),
    }
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
        let Some(attribute) = declared(&name).filter(|attribute| is_settable(attribute)) else {
            continue;
        };
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

/// A reference may be relative; what no URI can hold is refused.
fn is_reference(text: &str) -> bool {
    !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Both alphabets of RFC 4648 are base64 to RFC 7643 §2.3.6, and padding is left out by some.
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
