//! The schemas of what events say of declared extension schemas. Only the OpenAPI document uses these types.

use utoipa::ToSchema;

use crate::schema_fields::{
    AttributeMutability, AttributeReturned, AttributeType, AttributeUniqueness, ExtendedType,
};

/// The extension schema of the tenant that changed, as it is declared; or, if those of the stack changed, which these are.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
pub(crate) struct DeclaredSchema {
    schema: Option<DeclaredSchemaText>,
    /// The URNs of the schemas of the stack.
    inherited: Option<Vec<String>>,
    /// How often those of the stack had changed.
    stack_version: Option<u64>,
}

/// A declared extension schema, with the attributes that were removed from it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
pub(crate) struct DeclaredSchemaText {
    /// Its URN.
    urn: String,
    /// Its name.
    name: String,
    /// What it is for.
    description: String,
    /// The type of the resources that it extends; absent for users.
    resource_type: Option<ExtendedType>,
    /// Its attributes, with their characteristics.
    attributes: Vec<DeclaredAttribute>,
}

/// An attribute of a declared extension schema.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
pub(crate) struct DeclaredAttribute {
    name: String,
    r#type: AttributeType,
    description: String,
    multi_valued: bool,
    required: bool,
    case_exact: bool,
    mutability: AttributeMutability,
    returned: AttributeReturned,
    uniqueness: AttributeUniqueness,
    canonical_values: Vec<String>,
    reference_types: Vec<String>,
    /// Those inside a complex attribute.
    sub_attributes: Option<Vec<DeclaredSubAttribute>>,
    /// Whether it was removed.
    removed: Option<bool>,
}

/// An attribute inside a complex one.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
pub(crate) struct DeclaredSubAttribute {
    name: String,
    r#type: AttributeType,
    description: String,
    multi_valued: bool,
    required: bool,
    case_exact: bool,
    mutability: AttributeMutability,
    returned: AttributeReturned,
    uniqueness: AttributeUniqueness,
    canonical_values: Vec<String>,
    reference_types: Vec<String>,
}
