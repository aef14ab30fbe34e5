//! Attributes and their characteristics (RFC 7643 §2.2).

use serde::{Deserialize, Serialize};

/// The data type of an attribute (RFC 7643 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AttributeKind {
    /// A string of Unicode characters.
    String,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Decimal,
    /// A number without a fractional part.
    Integer,
    /// A date and time, encoded as `xsd:dateTime`.
    DateTime,
    /// Binary data, encoded as base64.
    Binary,
    /// A URI.
    Reference,
    /// An object with sub-attributes.
    Complex,
}

impl AttributeKind {
    /// Returns the name in `/Schemas`.
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

    /// Whether a value is a JSON string.
    pub(crate) fn is_text(self) -> bool {
        use AttributeKind::{Binary, DateTime, Reference, String};
        matches!(self, String | DateTime | Binary | Reference)
    }
}

/// Who can change an attribute, and when (RFC 7643 §7, `mutability`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mutability {
    /// Only the service sets the value.
    ReadOnly,
    /// The client can change the value at any time.
    ReadWrite,
    /// The client can set the value once and cannot change it afterwards.
    Immutable,
    /// The client can set the value, but no response contains it.
    WriteOnly,
}

impl Mutability {
    /// Returns the name in `/Schemas`.
    pub fn as_str(self) -> &'static str {
        match self {
            Mutability::ReadOnly => "readOnly",
            Mutability::ReadWrite => "readWrite",
            Mutability::Immutable => "immutable",
            Mutability::WriteOnly => "writeOnly",
        }
    }
}

/// When a response contains an attribute (RFC 7643 §7, `returned`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    /// In every response.
    Always,
    /// In no response.
    Never,
    /// Unless `attributes` or `excludedAttributes` omits it.
    Default,
    /// Only if the request names it in `attributes`.
    Request,
}

impl Returned {
    /// Returns the name in `/Schemas`.
    pub fn as_str(self) -> &'static str {
        match self {
            Returned::Always => "always",
            Returned::Never => "never",
            Returned::Default => "default",
            Returned::Request => "request",
        }
    }
}

/// The scope in which a value is unique (RFC 7643 §7, `uniqueness`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Uniqueness {
    /// Values can repeat.
    None,
    /// A value occurs once in a tenant.
    Server,
    /// A value occurs once worldwide.
    Global,
}

impl Uniqueness {
    /// Returns the name in `/Schemas`.
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
    /// The name, in the spelling that responses use. Names are case-insensitive.
    pub name: &'static str,
    /// The data type.
    pub kind: AttributeKind,
    /// Whether the attribute holds an array of values.
    pub multi_valued: bool,
    /// Whether every resource must have a value.
    pub required: bool,
    /// Whether string comparison is case-sensitive.
    pub case_exact: bool,
    /// Who can change the attribute.
    pub mutability: Mutability,
    /// When a response contains the attribute.
    pub returned: Returned,
    /// The scope in which a value is unique.
    pub uniqueness: Uniqueness,
    /// Suggested values. The service also accepts others.
    pub canonical_values: &'static [&'static str],
    /// The resource types, or `external` or `uri`, that a reference can point to.
    pub reference_types: &'static [&'static str],
    /// Whether the service throws away what clients send, as it does with `password`.
    pub discarded: bool,
    /// Whether a string is an e-mail address. Of the forms of an address, only JSON as text is refused.
    pub address: bool,
    /// Whether values are compared as user names are (RFC 8265).
    pub user_name: bool,
    /// The sub-attributes of a complex attribute.
    pub sub_attributes: &'static [Attribute],
    /// The human-readable description.
    pub description: &'static str,
}

impl Attribute {
    /// Declares an attribute with the default characteristics of RFC 7643 §2.2.
    pub(super) const fn new(
        name: &'static str,
        kind: AttributeKind,
        description: &'static str,
    ) -> Self {
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
            discarded: false,
            address: false,
            user_name: false,
            sub_attributes: &[],
            description,
        }
    }

    pub(super) const fn string(name: &'static str, description: &'static str) -> Self {
        Attribute::new(name, AttributeKind::String, description)
    }

    pub(super) const fn boolean(name: &'static str, description: &'static str) -> Self {
        Attribute::new(name, AttributeKind::Boolean, description)
    }

    pub(super) const fn complex(
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

    pub(super) const fn reference(
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

    pub(super) const fn multi_valued(self) -> Self {
        Attribute {
            multi_valued: true,
            ..self
        }
    }

    pub(super) const fn required(self) -> Self {
        Attribute {
            required: true,
            ..self
        }
    }

    pub(super) const fn case_exact(self) -> Self {
        Attribute {
            case_exact: true,
            ..self
        }
    }

    pub(super) const fn mutability(self, mutability: Mutability) -> Self {
        Attribute { mutability, ..self }
    }

    pub(super) const fn address(self) -> Self {
        Attribute {
            address: true,
            ..self
        }
    }

    pub(super) const fn user_name(self) -> Self {
        Attribute {
            user_name: true,
            ..self
        }
    }

    pub(super) const fn discarded(self) -> Self {
        Attribute {
            discarded: true,
            ..self
        }
    }

    pub(super) const fn read_only(self) -> Self {
        self.mutability(Mutability::ReadOnly)
    }

    pub(super) const fn immutable(self) -> Self {
        self.mutability(Mutability::Immutable)
    }

    pub(super) const fn returned(self, returned: Returned) -> Self {
        Attribute { returned, ..self }
    }

    pub(super) const fn unique(self, uniqueness: Uniqueness) -> Self {
        Attribute { uniqueness, ..self }
    }

    pub(super) const fn canonical(self, canonical_values: &'static [&'static str]) -> Self {
        Attribute {
            canonical_values,
            ..self
        }
    }

    /// Returns the sub-attribute with this name. Names are case-insensitive.
    pub fn sub(&self, name: &str) -> Option<&'static Attribute> {
        find(self.sub_attributes, name)
    }

    /// Whether the value is an object or an array of objects.
    pub(crate) fn is_complex(&self) -> bool {
        self.kind == AttributeKind::Complex
    }

    /// Whether the values form a set with an immutable `value` as the key, like the members of a Group.
    pub(crate) fn is_keyed(&self) -> bool {
        self.multi_valued
            && self
                .sub("value")
                .is_some_and(|value| value.mutability == Mutability::Immutable)
    }
}

/// Returns the attribute with this name. Names are case-insensitive.
pub(super) fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes
        .iter()
        .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}
