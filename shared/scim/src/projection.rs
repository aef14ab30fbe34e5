//! The attributes in a response: `attributes` and `excludedAttributes` (RFC 7644 §3.9).

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::error::{Error, quoted};
use crate::limits::MAX_PROJECTED_ATTRIBUTES;
use crate::location;
use crate::names::is_urn;
use crate::path::AttrPath;
use crate::reading::Reading;
use crate::resource::{Resource, schemas_of};
use crate::schema::{Attribute, COMMON, ResourceType, Returned};

/// The attributes that a response contains (RFC 7644 §3.9).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Projection {
    included: Vec<AttrPath>,
    excluded: Vec<AttrPath>,
}

impl Projection {
    /// Creates a projection of the attributes that responses contain by default.
    pub fn all() -> Self {
        Projection::default()
    }

    /// Parses the two query parameters. Each is a comma-separated list of attribute names. Unknown names
    /// have no effect.
    ///
    /// The RFC declares the parameters mutually exclusive. If a request has both, the response contains
    /// the attributes in `attributes` that are not in `excludedAttributes`.
    ///
    /// # Errors
    /// `InvalidValue` when a name is not an attribute path, or when a list has more than
    /// [`MAX_PROJECTED_ATTRIBUTES`] names.
    pub fn parse(
        rt: &'static ResourceType,
        attributes: Option<&str>,
        excluded: Option<&str>,
    ) -> Result<Self, Error> {
        Ok(Projection {
            included: paths(rt, "attributes", attributes)?,
            excluded: paths(rt, "excludedAttributes", excluded)?,
        })
    }

    /// Whether the request has neither parameter.
    pub fn is_default(&self) -> bool {
        self.included.is_empty() && self.excluded.is_empty()
    }

    /// Whether the response needs the attribute or extension with this canonical name.
    pub fn wants(&self, attribute: &str) -> bool {
        let common = COMMON.iter().find(|common| common.name == attribute);
        if common.is_some_and(|common| common.returned == Returned::Always) {
            return true;
        }
        let names = |path: &AttrPath| match &path.schema {
            None => path.attribute == attribute || path.is_whole_schema(),
            Some(urn) => urn == attribute || path.names_schema(attribute),
        };
        let whole = |path: &AttrPath| {
            path.sub.is_none() && (path.schema.is_none() || path.names_schema(attribute))
        };
        let included = self.included.is_empty() || self.included.iter().any(names);
        included && !self.excluded.iter().any(|path| names(path) && whole(path))
    }

    /// Returns the resource as JSON for a response, with the attributes in the order of the schema.
    ///
    /// `meta.location` and the `$ref` of `groups` and `members` start with the base URL, which ends in `/scim/v2`.
    pub fn render(&self, resource: &Resource, base_url: &str) -> Value {
        let rt = resource.resource_type();
        let mut source = location::shown(resource, base_url);
        let mut answer = Map::new();
        let [common @ .., meta] = &COMMON;
        let meta_value = source.shift_remove(meta.name);
        for attribute in common.iter().chain(rt.schema.attributes) {
            let value = source.shift_remove(attribute.name);
            self.put(&mut answer, attribute, value);
        }
        for (name, value) in source {
            if is_urn(&name) {
                self.put_extension(&mut answer, rt, name, value);
            }
        }
        self.put(&mut answer, meta, meta_value);
        let schemas = schemas_of(rt, &answer);
        answer.insert("schemas".to_owned(), schemas);
        Value::Object(answer)
    }

    fn put(&self, answer: &mut Map<String, Value>, attribute: &Attribute, value: Option<Value>) {
        let path = AttrPath::new(attribute.name);
        let value = value.and_then(|value| self.project(&path, attribute.returned, value));
        if let Some(value) = value {
            answer.insert(attribute.name.to_owned(), value);
        }
    }

    fn put_extension(
        &self,
        answer: &mut Map<String, Value>,
        rt: &'static ResourceType,
        urn: String,
        value: Value,
    ) {
        let schema = rt.extension(&urn);
        let Value::Object(object) = value else { return };
        let kept = |(name, value): (String, Value)| {
            let returned = match schema {
                // What the declaration no longer has stays stored, and no response shows it.
                Some(schema) => schema.attribute(&name)?.returned,
                None => Returned::Default,
            };
            let path = AttrPath::extended(urn.as_str(), name.as_str());
            Some((name, self.project(&path, returned, value)?))
        };
        let object: Map<String, Value> = object.into_iter().filter_map(kept).collect();
        if !object.is_empty() {
            answer.insert(urn, Value::Object(object));
        }
    }

    /// Returns the part of an attribute's value that the response contains.
    fn project(&self, path: &AttrPath, returned: Returned, value: Value) -> Option<Value> {
        match returned {
            Returned::Always => return Some(value),
            Returned::Never => return None,
            Returned::Default | Returned::Request => {}
        }
        let included: Vec<_> = named(&self.included, path).collect();
        let excluded: Vec<_> = named(&self.excluded, path).collect();
        let unasked = included.is_empty();
        if unasked && (returned == Returned::Request || !self.included.is_empty()) {
            return None;
        }
        let whole = included.iter().any(Option::is_none) || unasked;
        if excluded.iter().any(Option::is_none) {
            return None;
        }
        if whole && excluded.is_empty() {
            return Some(value);
        }
        let keeps = |name: &str| {
            let among = |subs: &[Option<&str>]| {
                subs.iter()
                    .flatten()
                    .any(|sub| sub.eq_ignore_ascii_case(name))
            };
            (whole || among(&included)) && !among(&excluded)
        };
        keep_subs(value, &keeps)
    }
}

/// Returns the sub-attributes of an attribute that the paths name. `None` stands for the whole attribute.
fn named<'a>(
    paths: &'a [AttrPath],
    attribute: &'a AttrPath,
) -> impl Iterator<Item = Option<&'a str>> {
    paths.iter().filter_map(|path| {
        let urn = attribute.schema.as_deref();
        let whole = match urn {
            None => path.schema.is_none() && path.is_whole_schema(),
            Some(urn) => path.names_schema(urn),
        };
        if whole {
            return Some(None);
        }
        path.is_same_attribute(attribute)
            .then_some(path.sub.as_deref())
    })
}

fn keep_subs(value: Value, keeps: &dyn Fn(&str) -> bool) -> Option<Value> {
    match value {
        Value::Array(values) => {
            let values: Vec<Value> = values
                .into_iter()
                .filter_map(|value| keep_subs(value, keeps))
                .collect();
            (!values.is_empty()).then_some(Value::Array(values))
        }
        Value::Object(mut object) => {
            object.retain(|name, _| keeps(name));
            (!object.is_empty()).then_some(Value::Object(object))
        }
        simple => Some(simple),
    }
}

fn paths(
    rt: &'static ResourceType,
    parameter: &str,
    list: Option<&str>,
) -> Result<Vec<AttrPath>, Error> {
    let names = list.unwrap_or_default().split(',').map(str::trim);
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    if names.len() > MAX_PROJECTED_ATTRIBUTES {
        return Err(Error::InvalidValue(format!(
            "`{parameter}` can have at most {MAX_PROJECTED_ATTRIBUTES} names"
        )));
    }
    let parse = |name: &str| {
        let path = AttrPath::parse(rt, name).map_err(|_| {
            let name = quoted(name);
            Error::InvalidValue(format!(
                "{name} in `{parameter}` is not the name of an attribute"
            ))
        })?;
        Reading::QueryAttributeUnknown.note_if(path.is_unknown_in(rt));
        Ok(path)
    };
    names.into_iter().map(parse).collect()
}
