//! Resources: JSON that is valid for its schemas (RFC 7643 §3).

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::dialect;
use crate::error::{Error, quoted};
use crate::formatted;
use crate::limits::MAX_RESOURCE_BYTES;
use crate::names::is_urn;
use crate::path::AttrPath;
use crate::reading::Reading;
use crate::schema::{Attribute, Mutability, ResourceType, Returned, Schema};
use crate::value;

/// A User or Group in canonical form.
///
/// Names have the spelling of the schema, and booleans are JSON booleans. A resource contains no `null`,
/// no empty array or object, and no password. It omits attributes that no schema declares, except for
/// undeclared extensions: objects with a URN as the key.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    resource_type: &'static ResourceType,
    attributes: Map<String, Value>,
}

impl Resource {
    /// Parses the body of a POST or PUT (RFC 7644 §3.3, §3.5.1).
    ///
    /// The resource omits read-only attributes (such as `id`, `meta` and `groups`), `password`, and
    /// unknown attributes.
    ///
    /// # Errors
    /// `InvalidSyntax` when the body is not an object. `InvalidValue` when `schemas` lacks the core schema, a value
    /// does not match its attribute, a required value is missing, or the resource exceeds [`MAX_RESOURCE_BYTES`].
    pub fn parse(rt: &'static ResourceType, body: Value) -> Result<Resource, Error> {
        let mut body = object(body)?;
        let schemas = dialect::values::take(&mut body, "schemas");
        let schemas = dialect::values::schemas(schemas, rt.schema.id);
        require_schema(Some(schemas), rt.schema.id, |urn| {
            rt.extension(urn).is_some() || body.keys().any(|key| key.eq_ignore_ascii_case(urn))
        })?;
        let mut attributes = Map::new();
        for (name, value) in body {
            if let Some((name, value)) = check_member(rt, name, value)? {
                attributes.insert(name, value);
            }
        }
        let resource = Resource::from_stored(rt, attributes);
        resource.check_whole(None)?;
        Ok(resource)
    }

    /// Returns the resource as one of this type, which differs from its own in the extensions that are declared.
    #[must_use]
    pub fn of_type(self, rt: &'static ResourceType) -> Resource {
        Resource {
            resource_type: rt,
            ..self
        }
    }

    /// Returns this resource after a PUT of `new` (RFC 7644 §3.5.1).
    ///
    /// The PUT clears the attributes that `new` omits, except for read-only attributes, immutable
    /// attributes, attributes of extensions that the client cannot read, and `active`: a missing key must not reactivate
    /// a User.
    ///
    /// # Errors
    /// `Mutability` when `new` changes an immutable attribute.
    pub fn replaced_by(&self, new: Resource) -> Result<Resource, Error> {
        let rt = self.resource_type;
        let mut attributes = new.attributes;
        for (name, value) in &self.attributes {
            let kept = rt.attribute(name).is_some_and(|attribute| {
                let owned = attribute.mutability == Mutability::ReadOnly;
                let kept = owned || attribute.mutability == Mutability::Immutable;
                owned || (!attributes.contains_key(name) && (kept || name == "active"))
            });
            if kept {
                attributes.insert(name.clone(), value.clone());
            }
        }
        for schema in rt.extensions.iter().map(|extension| extension.schema) {
            keep_unreplaced(schema, &self.attributes, &mut attributes);
        }
        formatted::refresh(&self.attributes, &mut attributes);
        let replaced = Resource::from_stored(rt, attributes);
        self.check_immutable(&replaced)?;
        Ok(replaced)
    }

    /// Creates a resource from stored attributes, without checks: they were valid when they were stored.
    ///
    /// The function computes `schemas` from the attributes.
    pub fn from_stored(rt: &'static ResourceType, attributes: Map<String, Value>) -> Resource {
        let mut resource = Resource {
            resource_type: rt,
            attributes,
        };
        resource.name_schemas();
        resource
    }

    /// Returns the resource type.
    pub fn resource_type(&self) -> &'static ResourceType {
        self.resource_type
    }

    /// Returns all attributes, including `schemas`. Extensions are objects with their URN as the key.
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.attributes
    }

    /// Converts the resource into its attributes, including `schemas`.
    pub fn into_attributes(self) -> Map<String, Value> {
        self.attributes
    }

    /// Returns the value of the attribute or extension with this canonical name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.attributes.get(name)
    }

    /// Sets an attribute that the service owns, by its canonical name. `null` and empty arrays or
    /// objects remove the attribute.
    pub fn set(&mut self, name: &str, value: Value) {
        match value::without_nulls(value) {
            Some(value) => {
                self.attributes.insert(name.to_owned(), value);
            }
            None => {
                self.attributes.shift_remove(name);
            }
        }
        self.name_schemas();
    }

    /// Removes an attribute by its canonical name. Returns the value that it had.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let removed = self.attributes.shift_remove(name);
        self.name_schemas();
        removed
    }

    /// Returns all strings at a path, one for each value of a multi-valued attribute.
    ///
    /// If the path names a complex attribute as a whole, the function returns its `value`.
    pub fn strings(&self, path: &AttrPath) -> Vec<&str> {
        let mut strings = Vec::new();
        path.visit(&self.attributes, &mut |value| {
            strings.extend(value.as_str().or_else(|| value::key(value)));
            false
        });
        strings
    }

    /// Checks the resource as a whole: required attributes and total size. An extension that is as `before` was declared
    /// later than it was stored, and must not hinder other changes.
    pub(crate) fn check_whole(&self, before: Option<&Resource>) -> Result<(), Error> {
        self.check_required(before)?;
        let counts = |(name, _): &(&String, &Value)| name.as_str() != "members";
        let size: usize = self
            .attributes
            .iter()
            .filter(counts)
            .map(|(name, value)| name.len() + value.to_string().len())
            .sum();
        if size > MAX_RESOURCE_BYTES {
            return Err(Error::InvalidValue(format!(
                "a {} can be at most {MAX_RESOURCE_BYTES} bytes large, send less data",
                self.resource_type.name
            )));
        }
        Ok(())
    }

    /// Checks that every required attribute has a value, and that the value is not blank.
    fn check_required(&self, before: Option<&Resource>) -> Result<(), Error> {
        let rt = self.resource_type;
        check_present(rt.schema.attributes, &self.attributes, "")?;
        for extension in rt.extensions {
            let urn = extension.schema.id;
            if before.is_some_and(|before| before.get(urn) == self.get(urn)) {
                continue;
            }
            match self.attributes.get(urn).and_then(Value::as_object) {
                Some(object) => check_present(extension.schema.attributes, object, urn)?,
                None if extension.required => return Err(missing(urn)),
                None => {}
            }
        }
        Ok(())
    }

    /// Checks that `new` does not change the value of an immutable attribute.
    pub(crate) fn check_immutable(&self, new: &Resource) -> Result<(), Error> {
        let rt = self.resource_type;
        check_unchanged(rt.schema.attributes, &self.attributes, &new.attributes, "")?;
        let empty = Map::new();
        for schema in rt.extensions.iter().map(|extension| extension.schema) {
            let Some(before) = extension_of(schema, &self.attributes) else {
                continue;
            };
            let after = extension_of(schema, &new.attributes).unwrap_or(&empty);
            check_unchanged(schema.attributes, before, after, schema.id)?;
        }
        Ok(())
    }

    /// Computes `schemas` and puts it first.
    fn name_schemas(&mut self) {
        let schemas = schemas_of(self.resource_type, &self.attributes);
        self.attributes
            .shift_insert(0, "schemas".to_owned(), schemas);
    }
}

/// Returns the `schemas` of a resource with these attributes: the core schema and each extension
/// with data (RFC 7643 §3).
pub(crate) fn schemas_of(rt: &ResourceType, attributes: &Map<String, Value>) -> Value {
    let extensions = attributes.keys().filter(|name| is_urn(name));
    std::iter::once(rt.schema.id)
        .chain(extensions.map(String::as_str))
        .map(Value::from)
        .collect()
}

/// Checks one member of the body. Returns `None` for a member that the resource omits.
fn check_member(
    rt: &'static ResourceType,
    name: String,
    value: Value,
) -> Result<Option<(String, Value)>, Error> {
    let (name, value) = if let Some(attribute) = rt.attribute(&name) {
        if !value::is_settable(attribute) {
            value::note_ignored(attribute);
            return Ok(None);
        }
        (
            attribute.name.to_owned(),
            value::check_whole(attribute, value)?,
        )
    } else if let Some(schema) = rt.extension(&name) {
        (schema.id.to_owned(), value::check_extension(schema, value)?)
    } else if is_undeclared_extension(rt, &name) && value.is_object() {
        (name, value::without_nulls(value))
    } else {
        Reading::AttributeIgnored.note_about(&name);
        return Ok(None);
    };
    Ok(value.map(|value| (name, value)))
}

/// Whether a key can be the URN of an extension that no schema declares. The path of an attribute is none.
fn is_undeclared_extension(rt: &ResourceType, name: &str) -> bool {
    is_urn(name)
        && !name.eq_ignore_ascii_case(rt.schema.id)
        && dialect::urns::colon_after_urn(rt, name).is_none()
}

/// Returns the members of a request body.
///
/// # Errors
/// `InvalidSyntax` when it is not an object.
pub(crate) fn object(body: Value) -> Result<Map<String, Value>, Error> {
    match body {
        Value::Object(object) => Ok(object),
        _ => Err(Error::InvalidSyntax(
            "the request body must be a JSON object".to_owned(),
        )),
    }
}

/// Checks that `schemas` contains the URN. It can contain others, because Entra adds its own. Those that are not `known`
/// are ignored.
pub(crate) fn require_schema(
    schemas: Option<Value>,
    urn: &str,
    known: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    let Some(Value::Array(schemas)) = schemas else {
        return Err(Error::InvalidSyntax(format!(
            "the request body needs `schemas`, an array with `{urn}`"
        )));
    };
    let named = |schema: &Value| schema.as_str().is_some_and(|s| s.eq_ignore_ascii_case(urn));
    let other = |schema: &Value| !named(schema) && !schema.as_str().is_some_and(&known);
    Reading::SchemaIgnored.note_if(schemas.iter().any(other));
    if schemas.iter().any(named) {
        return Ok(());
    }
    Err(Error::InvalidValue(format!(
        "`schemas` must contain `{urn}`"
    )))
}

/// Returns the attributes of an extension. Before it was declared, a client may have spelled its URN in another case.
fn extension_of<'a>(
    schema: &Schema,
    attributes: &'a Map<String, Value>,
) -> Option<&'a Map<String, Value>> {
    let is_it = |(name, _): &(&String, &Value)| name.eq_ignore_ascii_case(schema.id);
    attributes.iter().find(is_it)?.1.as_object()
}

/// Keeps what a PUT does not replace in an extension: what the client cannot change, what it cannot read, and what the
/// declaration no longer has.
fn keep_unreplaced(schema: &Schema, old: &Map<String, Value>, new: &mut Map<String, Value>) {
    let Some(old) = extension_of(schema, old) else {
        return;
    };
    let sent = extension_of(schema, new);
    let is_sent = |name: &str| sent.is_some_and(|sent| sent.contains_key(name));
    let is_kept = |(name, _): &(&String, &Value)| match schema.attribute(name) {
        None => true,
        Some(attribute) => {
            let is_fixed = matches!(
                attribute.mutability,
                Mutability::ReadOnly | Mutability::Immutable
            );
            (is_fixed || attribute.returned == Returned::Never) && !is_sent(attribute.name)
        }
    };
    let kept: Map<String, Value> = old
        .iter()
        .filter(is_kept)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if kept.is_empty() {
        return;
    }
    let extension = new
        .entry(schema.id)
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(extension) = extension {
        extension.extend(kept);
    }
}

/// Checks that no immutable attribute that has a value gets another one.
fn check_unchanged(
    attributes: &[Attribute],
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    urn: &str,
) -> Result<(), Error> {
    let is_changed = |attribute: &&Attribute| {
        let old = before.get(attribute.name);
        attribute.mutability == Mutability::Immutable
            && old.is_some()
            && old != after.get(attribute.name)
    };
    let name = match attributes.iter().find(is_changed) {
        None => return Ok(()),
        Some(attribute) if urn.is_empty() => attribute.name.to_owned(),
        Some(attribute) => format!("{urn}:{}", attribute.name),
    };
    Err(Error::Mutability(format!(
        "{} is immutable, leave it as it was created",
        quoted(&name)
    )))
}

fn check_present(
    attributes: &[Attribute],
    object: &Map<String, Value>,
    urn: &str,
) -> Result<(), Error> {
    let is_missing = |attribute: &&Attribute| {
        let blank = |value: &Value| value.as_str().is_some_and(|text| text.trim().is_empty());
        attribute.required && object.get(attribute.name).is_none_or(blank)
    };
    match attributes.iter().find(is_missing) {
        None => Ok(()),
        Some(attribute) if urn.is_empty() => Err(missing(attribute.name)),
        Some(attribute) => Err(missing(&format!("{urn}:{}", attribute.name))),
    }
}

fn missing(name: &str) -> Error {
    let name = quoted(name);
    Error::InvalidValue(format!("{name} is required and must not be empty"))
}
