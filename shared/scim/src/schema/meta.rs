//! The schemas of the discovery documents (RFC 7643 §8.7.2).

use super::attribute::{Attribute, AttributeKind, Returned, Uniqueness};
use super::resource_type::Schema;

const SUPPORTED: Attribute = Attribute::boolean("supported", "Whether the operation is supported.")
    .required()
    .read_only();

const fn count(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, AttributeKind::Integer, description)
        .required()
        .read_only()
}

const fn feature(
    name: &'static str,
    sub_attributes: &'static [Attribute],
    description: &'static str,
) -> Attribute {
    Attribute::complex(name, sub_attributes, description)
        .required()
        .read_only()
}

const fn text(name: &'static str, description: &'static str) -> Attribute {
    Attribute::string(name, description).required().read_only()
}

const fn uri(name: &'static str, description: &'static str) -> Attribute {
    Attribute::reference(name, &["uri"], description)
        .required()
        .case_exact()
        .read_only()
}

const fn documentation(name: &'static str, description: &'static str) -> Attribute {
    Attribute::reference(name, &["external"], description).read_only()
}

const BULK: &[Attribute] = &[
    SUPPORTED,
    count("maxOperations", "The most operations in one request."),
    count("maxPayloadSize", "The largest request body, in bytes."),
];

const FILTER: &[Attribute] = &[
    SUPPORTED,
    count("maxResults", "The most resources in one answer."),
];

/// RFC 9865 §4.
const PAGINATION: &[Attribute] = &[
    Attribute::boolean("cursor", "Whether pages can be read by cursor.")
        .required()
        .read_only(),
    Attribute::boolean("index", "Whether pages can be read by index.")
        .required()
        .read_only(),
    Attribute::string(
        "defaultPaginationMethod",
        "How pages are read if a query does not say.",
    )
    .read_only()
    .canonical(&["cursor", "index"]),
    Attribute::new(
        "defaultPageSize",
        AttributeKind::Integer,
        "The resources of a page if a query has no `count`.",
    )
    .read_only(),
    Attribute::new(
        "maxPageSize",
        AttributeKind::Integer,
        "The most resources of a page.",
    )
    .read_only(),
    Attribute::new(
        "cursorTimeout",
        AttributeKind::Integer,
        "How long a cursor is valid, in seconds.",
    )
    .read_only(),
];

const AUTHENTICATION_SCHEMES: &[Attribute] = &[
    text("type", "The authentication scheme.").canonical(&[
        "oauth",
        "oauth2",
        "oauthbearertoken",
        "httpbasic",
        "httpdigest",
    ]),
    text(
        "name",
        "The common name of the scheme, such as `HTTP Basic`.",
    ),
    text("description", "A description of the scheme."),
    documentation("specUri", "The URL of the scheme's specification."),
    documentation("documentationUri", "The URL of the scheme's documentation."),
    Attribute::boolean("primary", "Whether this is the preferred scheme.").read_only(),
];

/// The schema of the ServiceProviderConfig (RFC 7643 §5).
pub static SERVICE_PROVIDER_CONFIG_SCHEMA: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
    name: "ServiceProviderConfig",
    description: "What the service provider supports",
    attributes: &[
        documentation(
            "documentationUri",
            "The URL of the documentation for people.",
        ),
        feature("patch", &[SUPPORTED], "Options of PATCH."),
        feature("bulk", BULK, "Options of bulk operations."),
        feature("filter", FILTER, "Options of filters."),
        feature(
            "changePassword",
            &[SUPPORTED],
            "Options of changing a password.",
        ),
        feature("sort", &[SUPPORTED], "Options of sorting."),
        feature("etag", &[SUPPORTED], "Options of ETags."),
        Attribute::complex("pagination", PAGINATION, "Options of pages.").read_only(),
        feature(
            "authenticationSchemes",
            AUTHENTICATION_SCHEMES,
            "The authentication schemes that are supported.",
        )
        .multi_valued()
        .returned(Returned::Always),
    ],
};

const SCHEMA_EXTENSIONS: &[Attribute] = &[
    uri("schema", "The URN of the extension."),
    Attribute::boolean("required", "Whether a resource must have the extension.")
        .required()
        .read_only(),
];

/// The schema of a ResourceType (RFC 7643 §6).
pub static RESOURCE_TYPE_SCHEMA: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:ResourceType",
    name: "ResourceType",
    description: "A kind of resource and where it is served",
    attributes: &[
        Attribute::string("id", "The identifier of the resource type, its name.").read_only(),
        text("name", "The name of the resource type.")
            .case_exact()
            .unique(Uniqueness::Server),
        Attribute::string("description", "A description of the resource type.").read_only(),
        uri("endpoint", "The path below the base URL, as in `/Users`.").unique(Uniqueness::Server),
        uri("schema", "The URN of the core schema."),
        Attribute::complex(
            "schemaExtensions",
            SCHEMA_EXTENSIONS,
            "The extensions of the resource type.",
        )
        .multi_valued()
        .read_only(),
    ],
};

/// The characteristics that attributes and sub-attributes share. Only attributes have `subAttributes`.
const CHARACTERISTICS: [Attribute; 11] = [
    text("name", "The name of the attribute.").case_exact(),
    text("type", "The data type.").canonical(&[
        "string",
        "complex",
        "boolean",
        "decimal",
        "integer",
        "dateTime",
        "reference",
        "binary",
    ]),
    Attribute::boolean("multiValued", "Whether the value is an array.")
        .required()
        .read_only(),
    Attribute::string("description", "A description of the attribute.")
        .case_exact()
        .read_only(),
    Attribute::boolean("required", "Whether a resource must have the attribute.").read_only(),
    Attribute::string("canonicalValues", "Suggested values.")
        .multi_valued()
        .case_exact()
        .read_only(),
    Attribute::boolean("caseExact", "Whether text compares by case.").read_only(),
    Attribute::string("mutability", "Who may change the attribute.")
        .case_exact()
        .read_only()
        .canonical(&["readOnly", "readWrite", "immutable", "writeOnly"]),
    Attribute::string("returned", "When the attribute is part of an answer.")
        .case_exact()
        .read_only()
        .canonical(&["always", "never", "default", "request"]),
    Attribute::string("uniqueness", "Among which resources a value occurs once.")
        .case_exact()
        .read_only()
        .canonical(&["none", "server", "global"]),
    Attribute::string("referenceTypes", "What a reference points to.")
        .multi_valued()
        .case_exact()
        .read_only(),
];

const SUB_ATTRIBUTES: Attribute = Attribute::complex(
    "subAttributes",
    &CHARACTERISTICS,
    "The attributes inside a complex attribute.",
)
.multi_valued()
.read_only();

const ATTRIBUTES: &[Attribute] = &{
    let [a, b, c, d, e, f, g, h, i, j, k] = CHARACTERISTICS;
    [a, b, c, d, e, f, g, h, i, j, k, SUB_ATTRIBUTES]
};

/// The schema of a Schema (RFC 7643 §7).
pub static SCHEMA_SCHEMA: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:Schema",
    name: "Schema",
    description: "A set of attributes under a URN",
    attributes: &[
        uri("id", "The URN of the schema."),
        text("name", "The name of the schema."),
        Attribute::string("description", "A description of the schema.").read_only(),
        Attribute::complex("attributes", ATTRIBUTES, "The attributes of the schema.")
            .multi_valued()
            .required()
            .read_only(),
    ],
};
