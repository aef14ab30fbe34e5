//! The kinds of resources: the data in which users and groups differ.

use rollcall_scim::{AttrPath, GROUP, Resource, ResourceType, USER, compared_user_name, fold};

use crate::event_type::EventType;

/// A kind of resource: its SCIM resource type, and how the table stores it.
#[derive(Debug)]
pub struct Kind {
    /// The SCIM resource type.
    pub resource_type: &'static ResourceType,
    /// The letter for the kind in keys.
    pub code: &'static str,
    /// The name of the kind as the subject of journal entries.
    pub noun: &'static str,
    /// The types of the events that changes of a resource cause.
    pub events: ChangeEvents,
    /// The attribute that is unique within a tenant, ignoring case.
    pub unique: &'static str,
    /// Returns the unique name in the form that is compared.
    compared: fn(&str) -> String,
    /// The attributes for which an `eq` filter is a query of one partition.
    pub lookups: &'static [Lookup],
    members: bool,
}

/// The types of the events that changes of a resource cause.
#[derive(Clone, Copy, Debug)]
pub struct ChangeEvents {
    /// It was created.
    pub created: EventType,
    /// Its attributes changed.
    pub updated: EventType,
    /// It became inactive.
    pub deactivated: EventType,
    /// It became active again.
    pub reactivated: EventType,
    /// It was deleted.
    pub deleted: EventType,
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
    events: ChangeEvents {
        created: EventType::UserCreated,
        updated: EventType::UserUpdated,
        deactivated: EventType::UserDeactivated,
        reactivated: EventType::UserReactivated,
        deleted: EventType::UserDeleted,
    },
    unique: "userName",
    compared: compared_user_name,
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
    events: ChangeEvents {
        created: EventType::GroupCreated,
        updated: EventType::GroupUpdated,
        // A group has no state.
        deactivated: EventType::GroupUpdated,
        reactivated: EventType::GroupUpdated,
        deleted: EventType::GroupDeleted,
    },
    unique: "displayName",
    compared: fold,
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

    /// Returns a unique name in the form that is compared, and that keys contain.
    pub fn compared(&self, name: &str) -> String {
        (self.compared)(name)
    }

    /// Returns the form of a name that keys of earlier versions contain, if it is another one: they folded all names, so
    /// that `groß` and `gross` had one key. A key of that form can be that of another name.
    pub fn compared_before(&self, name: &str) -> Option<String> {
        if name.is_ascii() {
            return None;
        }
        Some(fold(name)).filter(|folded| *folded != self.compared(name))
    }

    /// Returns the form of a name that is compared, if keys of earlier versions contain another one.
    pub fn compared_since(&self, name: &str) -> Option<String> {
        self.compared_before(name).map(|_| self.compared(name))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_the_forms_of_their_keys() {
        for (kind, name, now, before) in [
            (&USERS, "Ada", "ada", None),
            (&USERS, "ÉMILE", "émile", None),
            (&USERS, "groß", "groß", Some("gross")),
            (&USERS, "ada\u{17f}", "ada\u{17f}", Some("adas")),
            (&USERS, "ＡＤＡ", "ada", Some("ａｄａ")),
            (&GROUPS, "Groß", "gross", None),
            (&GROUPS, "営業（東京）", "営業（東京）", None),
        ] {
            assert_eq!(kind.compared(name), now, "{name}");
            assert_eq!(kind.compared_before(name).as_deref(), before, "{name}");
            let since = before.map(|_| now);
            assert_eq!(kind.compared_since(name).as_deref(), since, "{name}");
        }
    }
}
