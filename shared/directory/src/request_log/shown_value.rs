//! A JSON value as the request log shows it: secrets are replaced, and of values that no schema declares only the size is
//! kept.

use std::borrow::Cow;

use rollcall_model::{
    self as model, LoggedValues, REDACTED, is_secret_name, names_secret, without_secrets,
};
use rollcall_scim::{AttrPath, Attribute, AttributeKind, GROUP, ResourceType, Schema, USER};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// The members of requests that are not attributes, with plain values (RFC 7644 §3.4.3, §3.5.2).
const MESSAGE: [&str; 10] = [
    "schemas",
    "op",
    "path",
    "filter",
    "attributes",
    "excludedAttributes",
    "sortBy",
    "sortOrder",
    "startIndex",
    "count",
];

/// Where a value stands, which decides how it is shown.
#[derive(Clone, Copy)]
enum Place {
    /// A body, or the attributes of a resource in an operation.
    Resource,
    /// The operations of a PATCH.
    Operations,
    /// The value of this attribute.
    Of(&'static Attribute),
    /// The attributes of an extension.
    Extension(&'static Schema),
    /// A value that is shown as it is.
    Plain,
    /// A value that no schema declares.
    Undeclared,
    /// A secret.
    Secret,
}

/// A value that serialises as the request log shows it.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    value: &'a Value,
    place: Place,
    values: LoggedValues,
}

impl<'a> Shown<'a> {
    /// Returns the body of a request.
    pub(super) fn body(value: &'a Value, values: LoggedValues) -> Self {
        let place = match value {
            Value::Object(_) => Place::Resource,
            _ => Place::Undeclared,
        };
        Self {
            value,
            place,
            values,
        }
    }

    fn at(self, place: Place, value: &'a Value) -> Self {
        let place = match (place, self.values) {
            (Place::Undeclared, LoggedValues::All) => Place::Plain,
            (place, _) => place,
        };
        Self {
            value,
            place,
            ..self
        }
    }

    fn members(self, object: &'a Map<String, Value>) -> impl Iterator<Item = (Cow<'a, str>, Self)> {
        let by_path = match self.place {
            Place::Operations => place_by_path(object),
            _ => None,
        };
        object.iter().map(move |(name, value)| {
            let place = match (self.place, by_path) {
                (_, _) if is_secret_name(name) => Place::Secret,
                (_, Some(place)) if name.eq_ignore_ascii_case("value") => place,
                (Place::Operations, None) if name.eq_ignore_ascii_case("value") => Place::Resource,
                (Place::Operations | Place::Resource, _) => place_in_body(name),
                (Place::Of(attribute), _) => {
                    attribute.sub(name).map_or(Place::Undeclared, Place::Of)
                }
                (Place::Extension(schema), _) => {
                    let declared = schema.attribute(name);
                    declared.map_or(Place::Undeclared, Place::Of)
                }
                (Place::Secret, _) => Place::Secret,
                (Place::Plain | Place::Undeclared, _) => Place::Undeclared,
            };
            (
                shown_name(name),
                self.at(hides_literal(name, value).unwrap_or(place), value),
            )
        })
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.place, self.value) {
            (Place::Secret, _) => serializer.serialize_str(REDACTED),
            (_, Value::Object(object)) => serializer.collect_map(self.members(object)),
            (place, Value::Array(values)) => {
                serializer.collect_seq(values.iter().map(|value| self.at(place, value)))
            }
            (Place::Undeclared | Place::Resource, value) => size_of(value).serialize(serializer),
            (_, Value::String(text)) => serializer.serialize_str(&without_secrets(text)),
            (_, other) => other.serialize(serializer),
        }
    }
}

/// Returns a name as it is shown. Clients use paths with literals as names.
fn shown_name(name: &str) -> Cow<'_, str> {
    match model::compares_secret(name) {
        true => Cow::Borrowed(REDACTED),
        false => without_secrets(name),
    }
}

/// Returns what is kept of a value that no schema declares.
fn size_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(format!("({} characters)", text.chars().count())),
        Value::Number(_) => Some("(a number)".to_owned()),
        Value::Bool(_) => Some("(true or false)".to_owned()),
        _ => None,
    }
}

/// Returns the place of a filter or a path that compares a secret with a literal.
fn hides_literal(name: &str, value: &Value) -> Option<Place> {
    let text = value.as_str()?;
    let is_path = name.eq_ignore_ascii_case("path") && model::compares_secret(text);
    let is_filter = name.eq_ignore_ascii_case("filter") && names_secret(text);
    (is_path || is_filter).then_some(Place::Secret)
}

/// Returns whether a body has a filter, a path or a name that compares a secret with a literal.
pub(super) fn compares_secret(body: &Value) -> bool {
    match body {
        Value::Object(object) => object.iter().any(|(name, value)| {
            model::compares_secret(name)
                || hides_literal(name, value).is_some()
                || compares_secret(value)
        }),
        Value::Array(values) => values.iter().any(compares_secret),
        _ => false,
    }
}

/// Returns the place of the value of an operation that has a path.
fn place_by_path(operation: &Map<String, Value>) -> Option<Place> {
    let mut members = operation.iter();
    let (_, path) = members.find(|(name, _)| name.eq_ignore_ascii_case("path"))?;
    let path = path.as_str().unwrap_or_default();
    Some(match names_secret(path) {
        true => Place::Secret,
        false => place_in_body(path),
    })
}

/// Returns the place of the value of a member or of an attribute path.
fn place_in_body(name: &str) -> Place {
    if MESSAGE.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Place::Plain;
    }
    if name.eq_ignore_ascii_case("Operations") {
        return Place::Operations;
    }
    let place = place_in(&USER, name).or_else(|| place_in(&GROUP, name));
    place.unwrap_or(Place::Undeclared)
}

fn place_in(rt: &'static ResourceType, name: &str) -> Option<Place> {
    if let Some(schema) = rt.extension(name) {
        return Some(Place::Extension(schema));
    }
    if name.eq_ignore_ascii_case(rt.schema.id) {
        return Some(Place::Resource);
    }
    let path = AttrPath::parse(rt, &without_value_filter(name)).ok()?;
    let attribute = match &path.schema {
        None => rt.attribute(&path.attribute),
        Some(urn) => rt.extension(urn)?.attribute(&path.attribute),
    }?;
    let named = match &path.sub {
        None => Some(attribute),
        Some(sub) => attribute.sub(sub),
    };
    named.map(|attribute| match attribute.kind {
        // A value without sub-attributes names the attribute itself, in its short form.
        AttributeKind::Complex => Place::Of(attribute),
        _ => Place::Plain,
    })
}

/// Returns a path without the filter in brackets.
fn without_value_filter(path: &str) -> String {
    match (path.find('['), path.rfind(']')) {
        (Some(begin), Some(end)) if begin < end => {
            format!("{}{}", &path[..begin], &path[end + 1..])
        }
        _ => path.to_owned(),
    }
}
