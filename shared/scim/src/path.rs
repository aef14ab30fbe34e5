//! Attribute paths: `userName`, `name.givenName`, `urn:…:User:manager.value` (RFC 7644 §3.10).

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::dialect;
use crate::error::{Error, quoted};
use crate::schema::{Attribute, ResourceType};

/// A path to an attribute or sub-attribute. Two paths that differ in case only are equal.
///
/// A path that came from a [`ResourceType`] is canonical: names are spelled as the schema spells them,
/// the core schema's URN is left out, and an attribute that only an extension declares has that
/// extension's URN. An empty `attribute` stands for the extension itself.
#[derive(Debug, Clone, Eq)]
pub struct AttrPath {
    /// The URN of the extension, where it is not the core schema.
    pub schema: Option<String>,
    /// The name of the attribute; empty for the whole extension.
    pub attribute: String,
    /// The name of the sub-attribute.
    pub sub: Option<String>,
}

impl AttrPath {
    /// Makes the path of a core attribute.
    pub fn new(attribute: impl Into<String>) -> Self {
        AttrPath {
            schema: None,
            attribute: attribute.into(),
            sub: None,
        }
    }

    /// Makes the path of an attribute of an extension.
    pub fn extended(schema: impl Into<String>, attribute: impl Into<String>) -> Self {
        AttrPath {
            schema: Some(schema.into()),
            ..AttrPath::new(attribute)
        }
    }

    /// Makes the path of a sub-attribute of this attribute.
    pub fn with_sub(self, sub: impl Into<String>) -> Self {
        AttrPath {
            sub: Some(sub.into()),
            ..self
        }
    }

    /// Parses a path and spells it as the resource type declares it. Unknown names stay as they are.
    ///
    /// # Errors
    /// `InvalidPath` when the text is not a path.
    pub fn parse(rt: &'static ResourceType, text: &str) -> Result<Self, Error> {
        match whole_schema(rt, text) {
            Some(path) => Ok(path),
            None => Ok(text.parse::<AttrPath>()?.canonical(rt)),
        }
    }

    /// Whether this is an extension, or the core schema, as a whole.
    pub fn is_whole_schema(&self) -> bool {
        self.attribute.is_empty()
    }

    /// Whether this names the extension with that URN as a whole.
    ///
    /// Of a URN that nobody declared only the data tells where it ends: `urn:x:ext` may be the attribute
    /// `ext` of `urn:x`, or all of `urn:x:ext`.
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

    /// Whether this is the core attribute of that name, or one of its sub-attributes.
    pub fn is_core(&self, attribute: &str) -> bool {
        self.schema.is_none() && self.attribute.eq_ignore_ascii_case(attribute)
    }

    /// Returns the attribute that this canonical path names, its sub-attribute left aside.
    pub(crate) fn attribute_in(&self, rt: &ResourceType) -> Option<&'static Attribute> {
        match &self.schema {
            None => rt.attribute(&self.attribute),
            Some(urn) => rt.extension(urn)?.attribute(&self.attribute),
        }
    }

    /// Returns the attribute or sub-attribute that this canonical path names.
    pub(crate) fn declared_in(&self, rt: &ResourceType) -> Option<&'static Attribute> {
        self.within(self.attribute_in(rt)?)
    }

    /// Returns the sub-attribute that this path names in the attribute, or else the attribute.
    pub(crate) fn within(&self, attribute: &'static Attribute) -> Option<&'static Attribute> {
        match &self.sub {
            None => Some(attribute),
            Some(sub) => attribute.sub(sub),
        }
    }

    /// Shows the values at this path one by one until one is taken; returns whether one was.
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

    /// Whether both paths name the same attribute, whatever their sub-attributes.
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

/// Recognises a path that is the URN of a schema and nothing else.
fn whole_schema(rt: &'static ResourceType, text: &str) -> Option<AttrPath> {
    if text.eq_ignore_ascii_case(rt.schema.id) {
        return Some(AttrPath::new(""));
    }
    if let Some(extension) = rt.extension(text) {
        return Some(AttrPath::extended(extension.id, ""));
    }
    is_versioned_urn(text).then(|| AttrPath::extended(text, ""))
}

/// Whether text is the URN of a schema by its looks: it ends as `:2.0:User` does.
fn is_versioned_urn(text: &str) -> bool {
    let mut parts = text.rsplitn(3, ':');
    let (Some(name), Some(version), Some(namespace)) = (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    is_name(name)
        && is_urn(namespace)
        && version
            .split_once('.')
            .is_some_and(|(major, minor)| is_number(major) && is_number(minor))
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

/// Whether text is an ATTRNAME (RFC 7643 §2.1), or `$ref`.
pub(crate) fn is_name(text: &str) -> bool {
    let text = text.strip_prefix('$').unwrap_or(text);
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Whether text can stand where the URN of a schema stands; it may be a URL too.
pub(crate) fn is_urn(text: &str) -> bool {
    let reserved = |c: char| c.is_whitespace() || c.is_control() || "[]()\"".contains(c);
    let begins = |scheme: &str| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    (begins("urn:") || begins("http://") || begins("https://")) && !text.contains(reserved)
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

/// Looks a name up as it is, and in any case where nobody declared how it is spelled.
fn get<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| {
        let found = object
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(found.1)
    })
}
