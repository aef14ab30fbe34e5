//! What a caller can have shown of people beside what lists show: their attributes and their groups. Of groups, it is
//! their attributes.

use std::collections::BTreeMap;

use rollcall_directory::{Person as Stored, Reason, Tenant, shown};
use rollcall_edge_http::Problem;
use rollcall_insight::Insight;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The most bytes of a page. Lambda returns at most 6 MB, in which quotes are escaped.
const MAX_PAGE_BYTES: usize = 4_500_000;

/// The parts that are shown only when asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    attributes: bool,
    groups: bool,
}

impl Parts {
    /// All parts.
    pub(crate) const ALL: Self = Self {
        attributes: true,
        groups: true,
    };

    /// Reads a parameter such as `include=attributes,groups`.
    ///
    /// # Errors
    /// 400 for a part that people do not have.
    pub(crate) fn parse(given: Option<&str>) -> Result<Self, Problem> {
        let mut parts = Self::default();
        for part in given.into_iter().flat_map(|list| list.split(',')) {
            match part.trim() {
                "attributes" => parts.attributes = true,
                "groups" => parts.groups = true,
                other => {
                    return Err(Problem::invalid(format!(
                        "`include` is a list of `attributes` and `groups`, not `{}`",
                        shown(other)
                    )));
                }
            }
        }
        Ok(parts)
    }

    /// Reads a parameter of groups, which is `include=attributes`.
    ///
    /// # Errors
    /// 400 for a part that groups do not have.
    pub(crate) fn of_groups(given: Option<&str>) -> Result<Self, Problem> {
        match given {
            None => Ok(Self::default()),
            Some("attributes") => Ok(Self {
                attributes: true,
                groups: false,
            }),
            Some(other) => Err(Problem::invalid(format!(
                "`include` is `attributes`, not `{}`",
                shown(other)
            ))),
        }
    }

    /// Checks that the page fits into a response, as one without attributes does whatever its size.
    ///
    /// # Errors
    /// 400 when it does not.
    pub(crate) fn check_size(self, page: &impl Serialize) -> Result<(), Problem> {
        let size = serde_json::to_vec(page).map_or(0, |page| page.len());
        match self.attributes && size > MAX_PAGE_BYTES {
            true => Err(Problem::new(
                Reason::TooMany,
                "the attributes of so many do not fit into one response; choose a smaller `limit`",
            )),
            false => Ok(()),
        }
    }

    /// Reads the names of the people's groups, if they are shown: each group once.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn names(self, tenant: &Tenant, people: &[Stored]) -> Result<Names, Problem> {
        let people = people.iter().filter(|_| self.groups);
        let ids = people.flat_map(|person| person.groups.iter().cloned());
        Ok(Insight::of(tenant).group_names(&ids.collect()).await?)
    }

    /// Returns the attributes of a person or group, if they are shown.
    pub(crate) fn attributes(self, attributes: Attributes) -> Option<Attributes> {
        self.attributes.then_some(attributes)
    }

    /// Returns the groups of a person, if they are shown.
    pub(crate) fn groups(self, person: &Stored, names: &Names) -> Option<Vec<PersonGroup>> {
        let known = person
            .groups
            .iter()
            .filter_map(|id| names.get_key_value(id));
        let known = known.map(|(id, name)| PersonGroup {
            id: id.clone(),
            display_name: name.clone(),
        });
        self.groups.then(|| known.collect())
    }
}

/// The names of groups by id.
pub(crate) type Names = BTreeMap<String, String>;

/// A group of a person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonGroup {
    /// Its id.
    id: String,
    /// What people call it.
    display_name: String,
}

/// The attributes of a person or group as they were pushed, by their SCIM names: `name`, `emails`, `title`, and those of
/// an extension below its URN.
pub(crate) type Attributes = Map<String, Value>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_parsed() {
        let (attributes, groups) = (true, true);
        let both = Parts { attributes, groups };
        assert_eq!(Parts::parse(Some("groups, attributes")).ok(), Some(both));
        assert_eq!(Parts::parse(None).ok(), Some(Parts::default()));
        for unknown in ["", "roles", "groups,"] {
            assert!(Parts::parse(Some(unknown)).is_err(), "{unknown}");
        }
        let of_groups = |given| Parts::of_groups(given).map(|parts| parts.attributes).ok();
        for (given, expected) in [
            (None, Some(false)),
            (Some("attributes"), Some(true)),
            (Some("groups"), None),
            (Some(""), None),
        ] {
            assert_eq!(of_groups(given), expected, "{given:?}");
        }
    }
}
