//! Schema declarations: data that validation, filter, PATCH, projection and `/Schemas` all read.
//!
//! An attribute's characteristics (RFC 7643 §2.2) are fields of [`Attribute`]. Users and Groups differ
//! by the data in this module, not by a second code path.

mod attribute;

mod common;
mod enterprise;
mod group;
mod meta;
mod user;

pub use self::attribute::{Attribute, AttributeKind, Mutability, Returned, Uniqueness};
pub use self::enterprise::ENTERPRISE_USER_SCHEMA;
pub use self::group::{GROUP, GROUP_SCHEMA};
pub use self::meta::{RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA, SERVICE_PROVIDER_CONFIG_SCHEMA};
pub use self::user::{USER, USER_SCHEMA};

pub(crate) use self::common::COMMON;
use crate::path::AttrPath;

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

    /// Returns the attribute that a canonical path names, its sub-attribute left aside.
    pub(crate) fn declared(&self, path: &AttrPath) -> Option<&'static Attribute> {
        match &path.schema {
            None => self.attribute(&path.attribute),
            Some(urn) => self.extension(urn)?.attribute(&path.attribute),
        }
    }
}

fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes
        .iter()
        .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &[&Schema] = &[
        &USER_SCHEMA,
        &GROUP_SCHEMA,
        &ENTERPRISE_USER_SCHEMA,
        &SERVICE_PROVIDER_CONFIG_SCHEMA,
        &RESOURCE_TYPE_SCHEMA,
        &SCHEMA_SCHEMA,
    ];

    fn check(attribute: &Attribute, path: &str) {
        let complex = attribute.is_complex();
        assert_eq!(
            complex,
            !attribute.sub_attributes.is_empty(),
            "{path}: sub-attributes go with complex"
        );
        let reference = attribute.kind == AttributeKind::Reference;
        assert_eq!(
            reference,
            !attribute.reference_types.is_empty(),
            "{path}: reference types go with reference"
        );
        assert!(!attribute.description.is_empty(), "{path}: no description");
        for sub in attribute.sub_attributes {
            check(sub, &format!("{path}.{}", sub.name));
        }
    }

    #[test]
    fn declarations_are_consistent() {
        for attribute in COMMON
            .iter()
            .chain(ALL.iter().flat_map(|schema| schema.attributes))
        {
            check(attribute, attribute.name);
        }
    }

    #[test]
    fn names_are_found_in_any_case() {
        assert_eq!(USER.attribute("USERNAME").map(|a| a.name), Some("userName"));
        assert_eq!(
            USER.attribute("ExternalID").map(|a| a.name),
            Some("externalId")
        );
        assert_eq!(USER.attribute("manager"), None);
        let urn = ENTERPRISE_USER_SCHEMA.id.to_uppercase();
        assert_eq!(USER.extension(&urn), Some(&ENTERPRISE_USER_SCHEMA));
    }

    #[test]
    fn only_group_members_are_keyed() {
        let keyed = |rt: &ResourceType| -> Vec<&str> {
            rt.schema
                .attributes
                .iter()
                .filter(|attribute| attribute.is_keyed())
                .map(|attribute| attribute.name)
                .collect()
        };
        assert_eq!(keyed(&GROUP), ["members"]);
        assert!(keyed(&USER).is_empty());
    }
}
