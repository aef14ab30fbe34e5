//! The attributes of extension schemas in bodies, and the segment of the path that names a schema.

use axum::extract::FromRequestParts;
use http::request::Parts;
use rollcall_edge_http::Problem;
use rollcall_scim as scim;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fields::segment;

/// The segment `{urn}` of the path, decoded.
#[derive(Clone, Debug)]
pub(crate) struct Urn(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Urn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self(segment(parts, "urn").await?))
    }
}

/// The data type of an attribute (RFC 7643 §2.3).
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AttributeType {
    String,
    Boolean,
    Decimal,
    Integer,
    DateTime,
    Binary,
    Reference,
    Complex,
}

/// When an identity provider may change an attribute (RFC 7643 §7).
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AttributeMutability {
    /// Never. Nobody can declare such an attribute.
    ReadOnly,
    /// At any time.
    #[default]
    ReadWrite,
    /// Only while it has no value.
    Immutable,
    /// At any time, and SCIM never returns it.
    WriteOnly,
}

/// When SCIM returns an attribute (RFC 7643 §7). This API always does.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AttributeReturned {
    /// In every answer.
    Always,
    /// In no answer.
    Never,
    /// Unless the request leaves it out.
    #[default]
    Default,
    /// Only if the request names it.
    Request,
}

/// Among whom a value occurs once (RFC 7643 §7).
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AttributeUniqueness {
    /// Values can repeat.
    #[default]
    None,
    /// Among the resources of a tenant.
    Server,
    /// Worldwide. Nobody can declare such an attribute.
    Global,
}

/// The type of the resources that a schema extends.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) enum ExtendedType {
    /// Users.
    #[default]
    User,
    /// Groups.
    Group,
}

macro_rules! same_as {
    ($($own:ident = $scim:ident { $($variant:ident),* })*) => {$(
        impl From<$own> for scim::$scim {
            fn from(own: $own) -> Self {
                match own { $($own::$variant => Self::$variant,)* }
            }
        }

        impl From<scim::$scim> for $own {
            fn from(stored: scim::$scim) -> Self {
                match stored { $(scim::$scim::$variant => Self::$variant,)* }
            }
        }
    )*};
}

same_as! {
    AttributeType = AttributeKind { String, Boolean, Decimal, Integer, DateTime, Binary, Reference, Complex }
    AttributeMutability = Mutability { ReadOnly, ReadWrite, Immutable, WriteOnly }
    AttributeReturned = Returned { Always, Never, Default, Request }
    AttributeUniqueness = Uniqueness { None, Server, Global }
    ExtendedType = ExtendedType { User, Group }
}

/// An attribute to declare.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSchemaAttribute {
    /// Its name: a letter, and then letters, digits, `-` and `_`.
    #[schema(example = "badge")]
    name: String,
    /// Its data type.
    r#type: AttributeType,
    /// What it is for.
    #[serde(default)]
    description: String,
    /// Whether it has an array of values.
    #[serde(default)]
    multi_valued: bool,
    /// Whether text is compared by case.
    #[serde(default)]
    case_exact: bool,
    /// Suggested values. Others are accepted, too.
    #[serde(default)]
    canonical_values: Vec<String>,
    /// What a reference points to: `User`, `Group`, `external` or `uri`. By default `external`.
    #[serde(default)]
    reference_types: Vec<String>,
    /// Whether whoever has the extension must have a value.
    #[serde(default)]
    required: bool,
    /// When an identity provider may change it.
    #[serde(default)]
    mutability: AttributeMutability,
    /// When SCIM returns it. This API always does.
    #[serde(default)]
    returned: AttributeReturned,
    /// Among whom a value occurs once.
    #[serde(default)]
    uniqueness: AttributeUniqueness,
    /// The attributes inside a `complex` one, which cannot be `complex` themselves.
    #[serde(default)]
    sub_attributes: Vec<NewSubAttribute>,
}

/// An attribute to declare inside a complex one, whose other characteristics it has.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSubAttribute {
    /// Its name: a letter, and then letters, digits, `-` and `_`.
    #[schema(example = "badge")]
    name: String,
    /// Its data type.
    r#type: AttributeType,
    /// What it is for.
    #[serde(default)]
    description: String,
    /// Whether it has an array of values.
    #[serde(default)]
    multi_valued: bool,
    /// Whether text is compared by case.
    #[serde(default)]
    case_exact: bool,
    /// Suggested values. Others are accepted, too.
    #[serde(default)]
    canonical_values: Vec<String>,
    /// What a reference points to: `User`, `Group`, `external` or `uri`. By default `external`.
    #[serde(default)]
    reference_types: Vec<String>,
}

/// An attribute of a schema.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SchemaAttribute {
    /// Its name: a letter, and then letters, digits, `-` and `_`.
    #[schema(example = "badge")]
    name: String,
    /// Its data type.
    r#type: AttributeType,
    /// What it is for.
    description: String,
    /// Whether it has an array of values.
    multi_valued: bool,
    /// Whether text is compared by case.
    case_exact: bool,
    /// Suggested values. Others are accepted, too.
    canonical_values: Vec<String>,
    /// What a reference points to: `User`, `Group`, `external` or `uri`. By default `external`.
    reference_types: Vec<String>,
    /// Whether whoever has the extension must have a value.
    required: bool,
    /// When an identity provider may change it.
    mutability: AttributeMutability,
    /// When SCIM returns it. This API always does.
    returned: AttributeReturned,
    /// Among whom a value occurs once.
    uniqueness: AttributeUniqueness,
    /// The attributes inside a `complex` one, which cannot be `complex` themselves.
    sub_attributes: Vec<SubAttribute>,
}

/// An attribute inside a complex one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubAttribute {
    /// Its name: a letter, and then letters, digits, `-` and `_`.
    #[schema(example = "badge")]
    name: String,
    /// Its data type.
    r#type: AttributeType,
    /// What it is for.
    description: String,
    /// Whether it has an array of values.
    multi_valued: bool,
    /// Whether text is compared by case.
    case_exact: bool,
    /// Suggested values. Others are accepted, too.
    canonical_values: Vec<String>,
    /// What a reference points to: `User`, `Group`, `external` or `uri`. By default `external`.
    reference_types: Vec<String>,
}

impl From<NewSubAttribute> for scim::DeclaredAttribute {
    fn from(sub: NewSubAttribute) -> Self {
        Self {
            description: sub.description,
            multi_valued: sub.multi_valued,
            case_exact: sub.case_exact,
            canonical_values: sub.canonical_values,
            reference_types: sub.reference_types,
            ..Self::new(sub.name, sub.r#type.into())
        }
    }
}

impl From<NewSchemaAttribute> for scim::DeclaredAttribute {
    fn from(attribute: NewSchemaAttribute) -> Self {
        Self {
            description: attribute.description,
            multi_valued: attribute.multi_valued,
            required: attribute.required,
            case_exact: attribute.case_exact,
            mutability: attribute.mutability.into(),
            returned: attribute.returned.into(),
            uniqueness: attribute.uniqueness.into(),
            canonical_values: attribute.canonical_values,
            reference_types: attribute.reference_types,
            sub_attributes: attribute
                .sub_attributes
                .into_iter()
                .map(Self::from)
                .collect(),
            ..Self::new(attribute.name, attribute.r#type.into())
        }
    }
}

impl From<&scim::DeclaredAttribute> for SubAttribute {
    fn from(sub: &scim::DeclaredAttribute) -> Self {
        Self {
            name: sub.name.clone(),
            r#type: sub.kind.into(),
            description: sub.description.clone(),
            multi_valued: sub.multi_valued,
            case_exact: sub.case_exact,
            canonical_values: sub.canonical_values.clone(),
            reference_types: sub.reference_types.clone(),
        }
    }
}

impl From<&scim::DeclaredAttribute> for SchemaAttribute {
    fn from(attribute: &scim::DeclaredAttribute) -> Self {
        Self {
            name: attribute.name.clone(),
            r#type: attribute.kind.into(),
            description: attribute.description.clone(),
            multi_valued: attribute.multi_valued,
            case_exact: attribute.case_exact,
            canonical_values: attribute.canonical_values.clone(),
            reference_types: attribute.reference_types.clone(),
            required: attribute.required,
            mutability: attribute.mutability.into(),
            returned: attribute.returned.into(),
            uniqueness: attribute.uniqueness.into(),
            sub_attributes: attribute
                .sub_attributes
                .iter()
                .map(SubAttribute::from)
                .collect(),
        }
    }
}
