//! Resource types and the schemas they are made of (RFC 7643 §6, §7).

use super::attribute::{Attribute, find};
use super::common::COMMON;

/// A set of attributes under a URN (RFC 7643 §7).
#[derive(Debug, PartialEq)]
pub struct Schema {
    /// The URN.
    pub id: &'static str,
    /// The name, as in `User`.
    pub name: &'static str,
    /// What it describes, in a sentence.
    pub description: &'static str,
    /// The attributes.
    pub attributes: &'static [Attribute],
}

impl Schema {
    /// Returns the attribute of that name, in any case.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        find(self.attributes, name)
    }
}

/// A schema that adds attributes to a resource type under its own URN (RFC 7643 §3.3).
#[derive(Debug, PartialEq)]
pub struct Extension {
    /// The attributes and the URN they stand under.
    pub schema: &'static Schema,
    /// Whether a resource must have it.
    pub required: bool,
}

/// A kind of resource and where it is served (RFC 7643 §6).
#[derive(Debug, PartialEq)]
pub struct ResourceType {
    /// The name, which is `meta.resourceType` of its resources.
    pub name: &'static str,
    /// The path below the base URL, as in `/Users`.
    pub endpoint: &'static str,
    /// What it is, in a sentence.
    pub description: &'static str,
    /// The core schema.
    pub schema: &'static Schema,
    /// The schemas that add to it.
    pub extensions: &'static [Extension],
}

impl ResourceType {
    /// Returns the core or common attribute of that name, in any case.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        find(&COMMON, name).or_else(|| self.schema.attribute(name))
    }

    /// Returns the extension's schema with that URN, in any case.
    pub fn extension(&self, urn: &str) -> Option<&'static Schema> {
        self.extensions
            .iter()
            .map(|extension| extension.schema)
            .find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }
}
