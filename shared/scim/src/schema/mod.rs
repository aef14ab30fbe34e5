//! Schema declarations: data that validation, filter, PATCH, projection and `/Schemas` all read.
//!
//! An attribute's characteristics (RFC 7643 §2.2) are fields of [`Attribute`]. Users and Groups differ
//! by the data in this module, not by a second code path.

mod common;
mod enterprise;
mod group;
mod meta;
mod user;

pub use self::enterprise::ENTERPRISE_USER_SCHEMA;
pub use self::group::{GROUP, GROUP_SCHEMA};
pub use self::meta::{RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA, SERVICE_PROVIDER_CONFIG_SCHEMA};
pub use self::user::{USER, USER_SCHEMA};

pub(crate) use self::common::COMMON;
use crate::path::AttrPath;

/// The data type of an attribute (RFC 7643 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeKind {
    /// Text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Decimal,
    /// A number without fraction.
    Integer,
    /// An `xsd:dateTime`.
    DateTime,
    /// Bytes in base64.
    Binary,
    /// A URI.
    Reference,
    /// An object of sub-attributes.
    Complex,
}

impl AttributeKind {
    /// Returns the name that `/Schemas` shows.
    pub fn as_str(self) -> &'static str {
        match self {
            AttributeKind::String => "string",
            AttributeKind::Boolean => "boolean",
            AttributeKind::Decimal => "decimal",
            AttributeKind::Integer => "integer",
            AttributeKind::DateTime => "dateTime",
            AttributeKind::Binary => "binary",
            AttributeKind::Reference => "reference",
            AttributeKind::Complex => "complex",
        }
    }

    /// Whether a value is written as a JSON string.
    pub(crate) fn is_text(self) -> bool {
        use AttributeKind::{Binary, DateTime, Reference, String};
        matches!(self, String | DateTime | Binary | Reference)
    }
}

/// Who may change an attribute, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutability {
    /// Nobody but the service.
    ReadOnly,
    /// The client, any time.
    ReadWrite,
    /// The client, once.
    Immutable,
    /// The client, and it cannot be read back.
    WriteOnly,
}

impl Mutability {
    /// Returns the name that `/Schemas` shows.
    pub fn as_str(self) -> &'static str {
        match self {
            Mutability::ReadOnly => "readOnly",
            Mutability::ReadWrite => "readWrite",
            Mutability::Immutable => "immutable",
            Mutability::WriteOnly => "writeOnly",
        }
    }
}

/// When an attribute is part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// Whatever the client asks.
    Always,
    /// In no answer.
    Never,
    /// Unless the client asks otherwise.
    Default,
    /// When the client asks for it.
    Request,
}

impl Returned {
    /// Returns the name that `/Schemas` shows.
    pub fn as_str(self) -> &'static str {
        match self {
            Returned::Always => "always",
            Returned::Never => "never",
            Returned::Default => "default",
            Returned::Request => "request",
        }
    }
}

/// Among which resources a value occurs once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uniqueness {
    /// It may occur any number of times.
    None,
    /// It occurs once in a tenant.
    Server,
    /// It occurs once in the world.
    Global,
}

impl Uniqueness {
    /// Returns the name that `/Schemas` shows.
    pub fn as_str(self) -> &'static str {
        match self {
            Uniqueness::None => "none",
            Uniqueness::Server => "server",
            Uniqueness::Global => "global",
        }
    }
}

/// One attribute and its characteristics (RFC 7643 §2.2, §7).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attribute {
    /// The name as it is emitted; names compare caselessly.
    pub name: &'static str,
    /// The data type.
    pub kind: AttributeKind,
    /// Whether the value is an array.
    pub multi_valued: bool,
    /// Whether a resource must have it.
    pub required: bool,
    /// Whether text compares by case.
    pub case_exact: bool,
    /// Who may change it.
    pub mutability: Mutability,
    /// When it is part of an answer.
    pub returned: Returned,
    /// Among which resources a value occurs once.
    pub uniqueness: Uniqueness,
    /// Suggested values; others are taken too.
    pub canonical_values: &'static [&'static str],
    /// What a reference points to.
    pub reference_types: &'static [&'static str],
    /// The attributes inside a complex attribute.
    pub sub_attributes: &'static [Attribute],
    /// What it means, in a sentence.
    pub description: &'static str,
}

impl Attribute {
    /// Declares an attribute with the characteristics RFC 7643 §2.2 gives by default.
    const fn new(name: &'static str, kind: AttributeKind, description: &'static str) -> Self {
        Attribute {
            name,
            kind,
            multi_valued: false,
            required: false,
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            canonical_values: &[],
            reference_types: &[],
            sub_attributes: &[],
            description,
        }
    }

    const fn string(name: &'static str, description: &'static str) -> Self {
        Attribute::new(name, AttributeKind::String, description)
    }

    const fn boolean(name: &'static str, description: &'static str) -> Self {
        Attribute::new(name, AttributeKind::Boolean, description)
    }

    const fn complex(
        name: &'static str,
        sub_attributes: &'static [Attribute],
        description: &'static str,
    ) -> Self {
        let attribute = Attribute::new(name, AttributeKind::Complex, description);
        Attribute {
            sub_attributes,
            ..attribute
        }
    }

    const fn reference(
        name: &'static str,
        reference_types: &'static [&'static str],
        description: &'static str,
    ) -> Self {
        let attribute = Attribute::new(name, AttributeKind::Reference, description);
        Attribute {
            reference_types,
            ..attribute
        }
    }

    const fn multi_valued(self) -> Self {
        Attribute {
            multi_valued: true,
            ..self
        }
    }

    const fn required(self) -> Self {
        Attribute {
            required: true,
            ..self
        }
    }

    const fn case_exact(self) -> Self {
        Attribute {
            case_exact: true,
            ..self
        }
    }

    const fn mutability(self, mutability: Mutability) -> Self {
        Attribute { mutability, ..self }
    }

    const fn read_only(self) -> Self {
        self.mutability(Mutability::ReadOnly)
    }

    const fn immutable(self) -> Self {
        self.mutability(Mutability::Immutable)
    }

    const fn returned(self, returned: Returned) -> Self {
        Attribute { returned, ..self }
    }

    const fn unique(self, uniqueness: Uniqueness) -> Self {
        Attribute { uniqueness, ..self }
    }

    const fn canonical(self, canonical_values: &'static [&'static str]) -> Self {
        Attribute {
            canonical_values,
            ..self
        }
    }

    /// Returns the sub-attribute of that name, in any case.
    pub fn sub(&self, name: &str) -> Option<&'static Attribute> {
        find(self.sub_attributes, name)
    }

    /// Whether the value is an object, or an array of them.
    pub(crate) fn is_complex(&self) -> bool {
        self.kind == AttributeKind::Complex
    }

    /// Whether the values are a set keyed by an immutable `value`, as the members of a Group are.
    pub(crate) fn is_keyed(&self) -> bool {
        self.multi_valued
            && self
                .sub("value")
                .is_some_and(|value| value.mutability == Mutability::Immutable)
    }
}

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

    /// Returns the first extension that declares an attribute of that name.
    pub(crate) fn extension_declaring(&self, name: &str) -> Option<&'static Schema> {
        self.extensions
            .iter()
            .map(|extension| extension.schema)
            .find(|schema| schema.attribute(name).is_some())
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
