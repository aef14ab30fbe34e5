//! How users and groups are stored: the data by which they differ.

use rollcall_scim::{AttrPath, GROUP, Resource, ResourceType, USER, fold};

/// One kind of resource: its SCIM type, and where and under which names the table holds it.
#[derive(Debug)]
pub struct Kind {
    /// The SCIM resource type.
    pub resource_type: &'static ResourceType,
    /// The first letter of the kind's partitions.
    pub(crate) code: &'static str,
    /// The word for it in journal entries (`user.created`).
    pub(crate) noun: &'static str,
    /// The attribute that is unique in a tenant, without regard to case.
    pub(crate) unique: &'static str,
    /// The attributes whose `eq` is a key read.
    pub(crate) lookups: &'static [Lookup],
}

/// One attribute by which resources are found without reading all.
#[derive(Debug)]
pub(crate) struct Lookup {
    pub(crate) code: &'static str,
    pub(crate) attribute: &'static str,
    pub(crate) sub: Option<&'static str>,
    pub(crate) case_exact: bool,
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
};

impl Kind {
    /// Whether members hang on resources of this kind.
    pub fn has_members(&self) -> bool {
        std::ptr::eq(self, &GROUPS)
    }

    /// The folded unique name of a resource.
    pub(crate) fn name_of(&self, resource: &Resource) -> Option<String> {
        resource
            .get(self.unique)
            .and_then(|name| name.as_str())
            .map(fold)
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Lookup {
    pub(crate) fn path(&self) -> AttrPath {
        AttrPath {
            schema: None,
            attribute: self.attribute.to_owned(),
            sub: self.sub.map(str::to_owned),
        }
    }

    /// A value as it stands in the key.
    pub(crate) fn normalise(&self, value: &str) -> String {
        if self.case_exact {
            value.to_owned()
        } else {
            fold(value)
        }
    }

    /// The distinct values of a resource, as they stand in keys.
    pub(crate) fn values_of(&self, resource: &Resource) -> std::collections::BTreeSet<String> {
        resource
            .strings(&self.path())
            .into_iter()
            .map(|value| self.normalise(value))
            .collect()
    }
}
