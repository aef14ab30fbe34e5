//! The Group resource type (RFC 7643 §4.2, §8.7.1).

use super::attribute::Attribute;
use super::resource_type::{ResourceType, Schema};

/// Clients send `display`, which RFC 7643 §8.7.1 omits here although §2.4 defines it.
const MEMBERS: &[Attribute] = &[
    Attribute::string("value", "The id of the member.")
        .case_exact()
        .immutable(),
    Attribute::reference("$ref", &["User"], "The URI of the member.").immutable(),
    Attribute::string("type", "The kind of member.")
        .immutable()
        .canonical(&["User"]),
    Attribute::string("display", "A name for the member, for display only."),
];

/// The core schema of a Group (RFC 7643 §4.2).
pub static GROUP_SCHEMA: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:Group",
    name: "Group",
    description: "Group",
    attributes: &[
        // RFC 7643 §4.2 says REQUIRED, but the schema in §8.7.1 says false.
        // This code takes the stance: required, because clients find Groups by `displayName`.
        Attribute::string("displayName", "A name for the Group, unique in the tenant.").required(),
        Attribute::complex("members", MEMBERS, "The members of the Group.").multi_valued(),
    ],
};

/// The Group resource type (RFC 7643 §4.2, §6).
pub static GROUP: ResourceType = ResourceType {
    name: "Group",
    endpoint: "/Groups",
    description: "Group",
    schema: &GROUP_SCHEMA,
    extensions: &[],
};
