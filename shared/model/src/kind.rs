//! The kinds of resources: the data in which users and groups differ.

use rollcall_scim::{AttrPath, GROUP, Resource, ResourceType, USER, fold};

/// A kind of resource: its SCIM resource type, and how the table stores it.
#[derive(Debug)]
pub struct Kind {
    /// The SCIM resource type.
    pub resource_type: &'static ResourceType,
    /// The letter for the kind in keys.
    pub code: &'static str,
    /// The name of the kind in journal entries, as in `user.created`.
    pub noun: &'static str,
    /// The attribute that is unique within a tenant, ignoring case.
    pub unique: &'static str,
    /// The attributes for which an `eq` filter is a query of one partition.
    pub lookups: &'static [Lookup],
    members: bool,
}

/// An attribute by which resources are found with a query of one partition.
#[derive(Debug)]
pub struct Lookup {
    /// The letter for the attribute in keys.
    pub code: &'static str,
    /// The name of the attribute.
    pub attribute: &'static str,
    /// The name of the sub-attribute, if the attribute is complex.
    pub sub: Option<&'static str>,
    /// Whether the comparison of values is case-sensitive (`caseExact`).
    pub case_exact: bool,
    /// Whether one item also lists the ids with a value, so that one call finds those of many values.
    pub listed: bool,
}

/// The kind of users.
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
            listed: false,
        },
        Lookup {
            code: "E",
            attribute: "emails",
            sub: Some("value"),
            case_exact: false,
            listed: false,
        },
        Lookup {
            code: "L",
            attribute: "displayName",
            sub: None,
            case_exact: false,
            listed: false,
        },
    ],
    members: false,
};

/// The kind of groups.
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
        listed: true,
    }],
    members: true,
};

impl Kind {
    /// Returns whether resources of this kind have members.
    pub const fn has_members(&self) -> bool {
        self.members
    }

    /// Returns the folded unique name of a resource, if it has one.
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
    /// Returns the SCIM attribute path.
    pub fn path(&self) -> AttrPath {
        AttrPath {
            schema: None,
            attribute: self.attribute.to_owned(),
            sub: self.sub.map(str::to_owned),
        }
    }

    /// Returns a value in the form that keys contain.
    pub fn normalise(&self, value: &str) -> String {
        if self.case_exact {
            value.to_owned()
        } else {
            fold(value)
        }
    }

    /// Returns the distinct values of the attribute in a resource, in the form that keys contain.
    pub fn values_of(&self, resource: &Resource) -> std::collections::BTreeSet<String> {
        resource
            .strings(&self.path())
            .into_iter()
            .map(|value| self.normalise(value))
            .collect()
    }
}
