//! The common attributes of all resources (RFC 7643 §3.1). No schema lists them.

use super::attribute::{Attribute, AttributeKind, Returned, Uniqueness};

const META: &[Attribute] = &[
    Attribute::string("resourceType", "The name of the resource type.")
        .case_exact()
        .read_only(),
    Attribute::new(
        "created",
        AttributeKind::DateTime,
        "When the resource was created.",
    )
    .read_only(),
    Attribute::new(
        "lastModified",
        AttributeKind::DateTime,
        "When the resource was last changed.",
    )
    .read_only(),
    Attribute::reference("location", &["uri"], "The URI of the resource.")
        .case_exact()
        .read_only(),
    Attribute::string("version", "The version of the resource; its ETag.")
        .case_exact()
        .read_only(),
];

/// The common attributes. `meta` comes last, as in a response.
pub(crate) static COMMON: [Attribute; 4] = [
    Attribute::reference("schemas", &["uri"], "The URNs of the schemas in use.")
        .multi_valued()
        .required()
        .case_exact()
        .read_only()
        .returned(Returned::Always),
    Attribute::string("id", "The identifier the service gave.")
        .case_exact()
        .read_only()
        .returned(Returned::Always)
        .unique(Uniqueness::Server),
    Attribute::string("externalId", "The identifier the provisioning client gave.").case_exact(),
    Attribute::complex("meta", META, "Facts about the resource itself.").read_only(),
];
