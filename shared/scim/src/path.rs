//! Attribute paths: `userName`, `name.givenName`, `urn:…:User:manager.value` (RFC 7644 §3.10).

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::dialect;
use crate::error::{Error, quoted};
use crate::names::{is_name, is_urn, is_versioned_urn};
use crate::schema::{Attribute, ResourceType};

/// The path of an attribute or sub-attribute (RFC 7644 §3.10). Paths that differ only in case are equal.
///
/// [`AttrPath::parse`] returns a canonical path: names have the spelling of the schema, the URN of the
/// core schema is omitted, and an attribute that only an extension declares has the URN of that
/// extension. An empty `attribute` denotes a schema as a whole.
#[derive(Debug, Clone, Eq)]
pub struct AttrPath {
    /// The URN of the extension. `None` means the core schema.
    pub schema: Option<String>,
    /// The name of the attribute. It is empty for a schema as a whole.
    pub attribute: String,
    /// The name of the sub-attribute, if the path names one.
    pub sub: Option<String>,
}

impl AttrPath {
    /// Creates the path of a core attribute.
    pub fn new(attribute: impl Into<String>) -> Self {
        AttrPath {
            schema: None,
            attribute: attribute.into(),
            sub: None,
        }
    }

    /// Creates the path of an attribute of an extension.
    pub fn extended(schema: impl Into<String>, attribute: impl Into<String>) -> Self {
        AttrPath {
            schema: Some(schema.into()),
            ..AttrPath::new(attribute)
        }
    }

    /// Returns the path of a sub-attribute of this attribute.
    pub fn with_sub(self, sub: impl Into<String>) -> Self {
        AttrPath {
            sub: Some(sub.into()),
            ..self
        }
    }

    /// Parses a path into its canonical form for a resource type. Unknown names keep their spelling.
    ///
    /// # Errors
    /// `InvalidPath` when the text is not a path.
    pub fn parse(rt: &'static ResourceType, text: &str) -> Result<Self, Error> {
        if let Some(path) = whole_schema(rt, text) {
            return Ok(path);
        }
        let parsed: AttrPath = match dialect::urns::colon_after_urn(rt, text) {
            Some(text) => text.parse()?,
            None => text.parse()?,
        };
        Ok(parsed.canonical(rt))
    }

    /// Whether the path denotes an extension, or the core schema, as a whole.
    pub fn is_whole_schema(&self) -> bool {
        self.attribute.is_empty()
    }

    /// Whether the path denotes the extension with this URN as a whole.
    ///
    /// The parser cannot tell where the URN of an undeclared extension ends: `urn:x:ext` is either the
    /// attribute `ext` of `urn:x`, or the extension `urn:x:ext`. The URNs in the data decide.
    pub(crate) fn names_schema(&self, urn: &str) -> bool {
        let Some(schema) = &self.schema else {
            return false;
        };
        let rest = match urn.get(..schema.len()) {
            Some(start) if start.eq_ignore_ascii_case(schema) => &urn[schema.len()..],
            _ => return false,
        };
        let named = match rest.strip_prefix(':') {
            None => rest.is_empty() && self.is_whole_schema(),
            Some(name) => name.eq_ignore_ascii_case(&self.attribute),
        };
        named && self.sub.is_none()
    }

    /// Whether the path names this core attribute or one of its sub-attributes.
    pub fn is_core(&self, attribute: &str) -> bool {
        self.schema.is_none() && self.attribute.eq_ignore_ascii_case(attribute)
    }

    /// Returns the declaration of the attribute in this canonical path, and ignores the sub-attribute.
    pub(crate) fn attribute_in(&self, rt: &ResourceType) -> Option<&'static Attribute> {
        match &self.schema {
            None => rt.attribute(&self.attribute),
            Some(urn) => rt.extension(urn)?.attribute(&self.attribute),
        }
    }

    /// Returns the declaration of the attribute or sub-attribute that this canonical path names.
    pub(crate) fn declared_in(&self, rt: &ResourceType) -> Option<&'static Attribute> {
        self.within(self.attribute_in(rt)?)
    }

    /// Whether the path names an attribute that would have to be declared, and is not, so that no resource has it.
    /// Extensions that no schema declares can have any attributes.
    pub fn is_unknown_in(&self, rt: &ResourceType) -> bool {
        let declarable = match &self.schema {
            None => true,
            Some(urn) => rt.extension(urn).is_some(),
        };
        declarable && !self.is_whole_schema() && self.declared_in(rt).is_none()
    }

    /// Returns the sub-attribute of `attribute` that the path names, or `attribute` if it names none.
    pub(crate) fn within(&self, attribute: &'static Attribute) -> Option<&'static Attribute> {
        match &self.sub {
            None => Some(attribute),
            Some(sub) => attribute.sub(sub),
        }
    }

    /// Calls `take` with each value at this path until it returns `true`. Returns whether it did.
    pub(crate) fn visit<'a>(
        &self,
        object: &'a Map<String, Value>,
        take: &mut dyn FnMut(&'a Value) -> bool,
    ) -> bool {
        let object = match &self.schema {
            None => Some(object),
            Some(urn) => match object.iter().find(|(name, _)| self.names_schema(name)) {
                Some((_, extension)) => return take(extension),
                None => get(object, urn).and_then(Value::as_object),
            },
        };
        let Some(value) = object.and_then(|object| get(object, &self.attribute)) else {
            return false;
        };
        each(value, &mut |value| match &self.sub {
            None => take(value),
            Some(sub) => value
                .as_object()
                .and_then(|object| get(object, sub))
                .is_some_and(|value| each(value, take)),
        })
    }

    /// Whether both paths name the same attribute. Their sub-attributes can differ.
    pub(crate) fn is_same_attribute(&self, other: &AttrPath) -> bool {
        self.attribute.eq_ignore_ascii_case(&other.attribute)
            && is_same_name(self.schema.as_deref(), other.schema.as_deref())
    }

    fn canonical(self, rt: &'static ResourceType) -> Self {
        let schema = match self.schema {
            Some(urn) if urn.eq_ignore_ascii_case(rt.schema.id) => None,
            Some(urn) => Some(rt.extension(&urn).map_or(urn, |known| known.id.to_owned())),
            None if rt.attribute(&self.attribute).is_some() => None,
            None => {
                dialect::values::short_name(rt, &self.attribute).map(|found| found.id.to_owned())
            }
        };
        let path = AttrPath { schema, ..self };
        let Some(attribute) = path.attribute_in(rt) else {
            return path;
        };
        let known = |sub: String| attribute.sub(&sub).map_or(sub, |sub| sub.name.to_owned());
        AttrPath {
            attribute: attribute.name.to_owned(),
            sub: path.sub.map(known),
            ..path
        }
    }
}

/// Parses a path that consists of only the URN of a schema.
fn whole_schema(rt: &'static ResourceType, text: &str) -> Option<AttrPath> {
    if text.eq_ignore_ascii_case(rt.schema.id) {
        return Some(AttrPath::new(""));
    }
    if let Some(extension) = rt.extension(text) {
        return Some(AttrPath::extended(extension.id, ""));
    }
    is_versioned_urn(text).then(|| AttrPath::extended(text, ""))
}

impl FromStr for AttrPath {
    type Err = Error;

    /// Parses `[URI ":"] ATTRNAME ["." ATTRNAME]`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (schema, names) = match text.rsplit_once(':') {
            Some((urn, names)) => (Some(urn), names),
            None => (None, text),
        };
        let (attribute, sub) = match names.split_once('.') {
            Some((attribute, sub)) => (attribute, Some(sub)),
            None => (names, None),
        };
        if !schema.is_none_or(is_urn) || !is_name(attribute) || !sub.is_none_or(is_name) {
            let text = quoted(text);
            return Err(Error::InvalidPath(format!(
                "{text} is not an attribute path, write it as in `name.givenName`"
            )));
        }
        Ok(AttrPath {
            schema: schema.map(str::to_owned),
            attribute: attribute.to_owned(),
            sub: sub.map(str::to_owned),
        })
    }
}

impl PartialEq for AttrPath {
    fn eq(&self, other: &Self) -> bool {
        self.is_same_attribute(other) && is_same_name(self.sub.as_deref(), other.sub.as_deref())
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            f.write_str(schema)?;
            if !self.is_whole_schema() {
                f.write_str(":")?;
            }
        }
        f.write_str(&self.attribute)?;
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

fn is_same_name(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        (None, None) => true,
        _ => false,
    }
}

fn each<'a>(value: &'a Value, take: &mut dyn FnMut(&'a Value) -> bool) -> bool {
    match value {
        Value::Array(values) => values.iter().any(take),
        Value::Null => false,
        value => take(value),
    }
}

/// Looks up a name, first with its exact spelling and then without regard to case.
///
/// Names that no schema declares keep the spelling of the client, so the case can differ.
fn get<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| {
        let found = object
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(found.1)
    })
}
