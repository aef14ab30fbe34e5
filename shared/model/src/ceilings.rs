//! What the operator allows a tenant, beside its requests. Only the application sets it.

use serde::{Deserialize, Serialize};

/// The most that a tenant may have. `None` is unlimited.
///
/// Those for people and groups are soft: the hourly pass counts, and what is above stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ceilings {
    /// Tokens that are neither revoked nor expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// People.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<u64>,
    /// Groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<u64>,
    /// Invitations per day; `None` for the number that holds for the stack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitations_per_day: Option<u32>,
    /// The shortest retention that the settings can have, in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_retention_days: Option<u32>,
    /// Read units of DynamoDB that the requests of one token, or of one session, may consume per minute; `None` for
    /// [`DEFAULT_READ_UNITS_PER_MINUTE`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_units_per_minute: Option<u32>,
}

/// How many read units the requests of one token, or of one session, may consume per minute unless the operator says
/// otherwise: two thirds of what one partition of DynamoDB delivers.
pub const DEFAULT_READ_UNITS_PER_MINUTE: u32 = 120_000;

impl Ceilings {
    /// Returns how many read units the requests of one token may consume per minute.
    pub fn read_units_per_minute(&self) -> u32 {
        let set = self.read_units_per_minute;
        set.unwrap_or(DEFAULT_READ_UNITS_PER_MINUTE)
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a tenant had as much of as it may have when it was last counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AtCeiling {
    /// People.
    pub people: bool,
    /// Groups.
    pub groups: bool,
}

impl AtCeiling {
    /// Returns what these numbers of people and groups reach.
    pub fn of(ceilings: &Ceilings, people: u64, groups: u64) -> Self {
        let reaches = |ceiling: Option<u64>, count| ceiling.is_some_and(|most| count >= most);
        Self {
            people: reaches(ceilings.people, people),
            groups: reaches(ceilings.groups, groups),
        }
    }

    /// Returns whether nothing is reached.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_is_reached_by_as_much_as_it_allows() {
        let ceilings = Ceilings {
            people: Some(2),
            ..Ceilings::default()
        };
        for (people, groups, reached) in [(1, 9, false), (2, 0, true), (3, 9, true)] {
            let at = AtCeiling::of(&ceilings, people, groups);
            assert_eq!((at.people, at.groups), (reached, false));
        }
        assert!(AtCeiling::of(&Ceilings::default(), 9, 9).is_empty());
    }
}
