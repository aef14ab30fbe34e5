//! Resource types and their schemas (RFC 7643 §6, §7).

use super::attribute::{Attribute, find};
use super::common::COMMON;

/// A set of attributes under a URN (RFC 7643 §7).
#[derive(Debug, PartialEq)]
pub struct Schema {
    /// The URN of the schema.
    pub id: &'static str,
    /// The human-readable name, such as `User`.
    pub name: &'static str,
    /// The human-readable description.
    pub description: &'static str,
    /// The attributes of the schema.
    pub attributes: &'static [Attribute],
}

impl Schema {
    /// Returns the attribute with this name. Names are case-insensitive (RFC 7643 §2.1).
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        find(self.attributes, name)
    }
}

/// A schema that adds attributes to a resource type under its own URN (RFC 7643 §3.3).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extension {
    /// The schema of the extension.
    pub schema: &'static Schema,
    /// Whether every resource of the type must have the extension.
    pub required: bool,
}

/// A type of resource, with its endpoint and its schemas (RFC 7643 §6).
#[derive(Debug, PartialEq)]
pub struct ResourceType {
    /// The name, which is also the `meta.resourceType` of its resources.
    pub name: &'static str,
    /// The path relative to the base URL, such as `/Users`.
    pub endpoint: &'static str,
    /// The human-readable description.
    pub description: &'static str,
    /// The core schema.
    pub schema: &'static Schema,
    /// The schema extensions.
    pub extensions: &'static [Extension],
}

impl ResourceType {
    /// Returns the core or common attribute with this name. Names are case-insensitive.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        find(&COMMON, name).or_else(|| self.schema.attribute(name))
    }

    /// Whether resources of the type have members, so that an operation that is silently ignored could leave somebody
    /// with access.
    pub(crate) fn has_members(&self) -> bool {
        self.schema.attributes.iter().any(Attribute::is_keyed)
    }

    /// Returns the schema of the extension with this URN. URNs are case-insensitive.
    pub fn extension(&self, urn: &str) -> Option<&'static Schema> {
        self.extensions
            .iter()
            .map(|extension| extension.schema)
            .find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }
}
