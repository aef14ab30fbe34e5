//! Schema declarations: the data that validation, filters, PATCH, projection and `/Schemas` share.
//!
//! The fields of [`Attribute`] are its characteristics (RFC 7643 §2.2). Only the data in this module
//! distinguishes Users from Groups. Both use the same code.

mod attribute;
mod declared;
mod known;
mod resource_type;
mod resource_types;

mod common;
mod enterprise;
mod group;
mod meta;
mod user;

pub use self::attribute::{Attribute, AttributeKind, Mutability, Returned, Uniqueness};
pub use self::declared::{Declaration, DeclaredAttribute, ExtendedType, Incompatible};
pub use self::enterprise::ENTERPRISE_USER_SCHEMA;
pub use self::group::{GROUP, GROUP_SCHEMA};
pub use self::meta::{RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA, SERVICE_PROVIDER_CONFIG_SCHEMA};
pub use self::resource_type::{Extension, ResourceType, Schema};
pub use self::resource_types::ResourceTypes;
pub use self::user::{USER, USER_SCHEMA};

pub(crate) use self::common::COMMON;

/// The schemas that are no extensions, in the order in which `/Schemas` lists them.
pub(crate) const SCHEMAS: [&Schema; 5] = [
    &USER_SCHEMA,
    &GROUP_SCHEMA,
    &SERVICE_PROVIDER_CONFIG_SCHEMA,
    &RESOURCE_TYPE_SCHEMA,
    &SCHEMA_SCHEMA,
];

#[cfg(test)]
mod tests {
    use super::*;

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
            .chain(SCHEMAS.iter().flat_map(|schema| schema.attributes))
            .chain(ENTERPRISE_USER_SCHEMA.attributes)
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
