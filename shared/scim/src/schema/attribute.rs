//! Attributes and their characteristics (RFC 7643 §2.2).

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

/// Returns the attribute of that name, in any case.
pub(super) fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes
        .iter()
        .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}
