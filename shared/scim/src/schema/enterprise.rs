//! The Enterprise User extension (RFC 7643 §4.3, §8.7.1).

use super::attribute::Attribute;
use super::resource_type::Schema;

const MANAGER: &[Attribute] = &[
    Attribute::string("value", "The id of the manager's User resource.").case_exact(),
    Attribute::reference("$ref", &["User"], "The URI of the manager's User resource."),
    Attribute::string("displayName", "The displayName of the manager.").read_only(),
];

/// The schema of the Enterprise User extension (RFC 7643 §4.3).
pub static ENTERPRISE_USER_SCHEMA: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name: "EnterpriseUser",
    description: "Attributes of a User who belongs to an organization",
    attributes: &[
        Attribute::string(
            "employeeNumber",
            "A numeric or alphanumeric identifier the organization gave the person.",
        ),
        Attribute::string("costCenter", "The name of a cost center."),
        Attribute::string("organization", "The name of an organization."),
        Attribute::string("division", "The name of a division."),
        Attribute::string("department", "The name of a department."),
        Attribute::complex("manager", MANAGER, "The User's manager, another User."),
    ],
};
