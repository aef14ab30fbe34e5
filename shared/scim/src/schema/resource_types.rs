//! The resource types of a tenant: of users and of groups, each with the extensions that are declared for it.

use super::declared::{Declaration, ExtendedType};
use super::group::GROUP;
use super::resource_type::ResourceType;
use super::user::USER;

/// The types of the resources of one tenant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResourceTypes {
    /// The type of Users.
    pub users: &'static ResourceType,
    /// The type of Groups.
    pub groups: &'static ResourceType,
}

impl Default for ResourceTypes {
    fn default() -> Self {
        Self {
            users: &USER,
            groups: &GROUP,
        }
    }
}

impl ResourceTypes {
    /// Returns the types with the extensions that are declared, each in the order of the declarations.
    pub fn declared(declarations: &[Declaration]) -> Self {
        let extending = |one: ExtendedType| -> Vec<Declaration> {
            let of_type = declarations.iter().filter(|it| it.resource_type == one);
            of_type.cloned().collect()
        };
        Self {
            users: USER.extended_by(&extending(ExtendedType::User)),
            groups: GROUP.extended_by(&extending(ExtendedType::Group)),
        }
    }
}
