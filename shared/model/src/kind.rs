//! The kinds of resource: the data by which users and groups differ.

use rollcall_scim::{AttrPath, GROUP, Resource, ResourceType, USER, fold};

/// One kind of resource: its SCIM type, and how the table stores it.
#[derive(Debug)]
pub struct Kind {
    /// The SCIM resource type.
    pub resource_type: &'static ResourceType,
    /// The first letter of the kind's partitions.
    pub code: &'static str,
    /// The word for it in journal entries (`user.created`).
    pub noun: &'static str,
    /// The attribute that is unique in a tenant, ignoring case.
    pub unique: &'static str,
    /// The attributes whose `eq` is a key read.
    pub lookups: &'static [Lookup],
    members: bool,
}

/// One attribute by which resources are found with a key read.
#[derive(Debug)]
pub struct Lookup {
    /// The letter that stands for the attribute in keys.
    pub code: &'static str,
    /// The attribute.
    pub attribute: &'static str,
    /// The sub-attribute, where the attribute is complex.
    pub sub: Option<&'static str>,
    /// Whether values are compared with regard to case.
    pub case_exact: bool,
}

/// People.
pub static USERS: Kind = Kind {
    resource_type: &USER,
    code: "U",
    noun: "user",
    unique: "userName",
    lookups: &[
        Lookup {
            code: "X",
            attribute: "externalId",
            sub: None,
            case_exact: true,
        },
        Lookup {
            code: "E",
            attribute: "emails",
            sub: Some("value"),
            case_exact: false,
        },
        Lookup {
            code: "L",
            attribute: "displayName",
            sub: None,
            case_exact: false,
        },
    ],
    members: false,
};

/// Groups.
pub static GROUPS: Kind = Kind {
    resource_type: &GROUP,
    code: "G",
    noun: "group",
    unique: "displayName",
    lookups: &[Lookup {
        code: "X",
        attribute: "externalId",
        sub: None,
        case_exact: true,
    }],
    members: true,
};

impl Kind {
    /// Returns whether resources of this kind have members.
    pub const fn has_members(&self) -> bool {
        self.members
    }

    /// Returns the unique name of a resource, folded for comparison.
    pub fn name_of(&self, resource: &Resource) -> Option<String> {
        resource
            .get(self.unique)
            .and_then(|name| name.as_str())
            .map(fold)
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Lookup {
    /// Returns the path of the attribute.
    pub fn path(&self) -> AttrPath {
        AttrPath {
            schema: None,
            attribute: self.attribute.to_owned(),
            sub: self.sub.map(str::to_owned),
        }
    }

    /// Returns a value as it stands in the key.
    pub fn normalise(&self, value: &str) -> String {
        if self.case_exact {
            value.to_owned()
        } else {
            fold(value)
        }
    }

    /// Returns the distinct values of a resource, as they stand in keys.
    pub fn values_of(&self, resource: &Resource) -> std::collections::BTreeSet<String> {
        resource
            .strings(&self.path())
            .into_iter()
            .map(|value| self.normalise(value))
            .collect()
    }
}
