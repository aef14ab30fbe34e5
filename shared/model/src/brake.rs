//! The brake of a connection: how much it may take away within an hour, and what becomes of more. Pure.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// The highest share that a limit can have, in percent.
pub const MAX_PERCENT: u32 = 100;
/// The highest number of changes that a limit can allow whatever the share is.
pub const MAX_AT_LEAST: u32 = 100_000;

/// What a connection may take away within [`BrakeLimit::WINDOW`]: deactivations, deletions and lost groups, counted
/// together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BrakeLimit {
    /// The share of the tenant's people, in percent, 0 to 100.
    pub percent: u32,
    /// The number of changes that are always allowed, 1 to 100,000.
    pub at_least: u32,
}

impl Default for BrakeLimit {
    fn default() -> Self {
        Self {
            percent: 10,
            at_least: 20,
        }
    }
}

impl BrakeLimit {
    /// The time within which changes are counted: the last hour, at every moment.
    pub const WINDOW: SignedDuration = SignedDuration::from_hours(1);
    /// How long changes are held. Then they take effect, because nobody who left must stay in for want of a decision.
    pub const HELD: SignedDuration = SignedDuration::from_hours(24);

    /// Returns how many changes are allowed within the window in a tenant with this many people.
    pub fn allowed(self, people: u64) -> u64 {
        let share = people.saturating_mul(self.percent.into()) / 100;
        share.max(self.at_least.into())
    }

    /// Returns whether the values are within their bounds.
    pub fn is_valid(self) -> bool {
        self.percent <= MAX_PERCENT && (1..=MAX_AT_LEAST).contains(&self.at_least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_people_and_never_less_than_the_floor() {
        let limit = BrakeLimit::default();
        for (people, allowed) in [
            (0, 20),
            (30, 20),
            (200, 20),
            (209, 20),
            (210, 21),
            (1_000, 100),
        ] {
            assert_eq!(limit.allowed(people), allowed, "{people}");
        }
        let never = BrakeLimit {
            percent: 0,
            at_least: 1,
        };
        assert_eq!(never.allowed(1_000_000), 1);
        assert!(limit.is_valid() && never.is_valid());
        for (percent, at_least) in [(101, 1), (10, 0), (10, 100_001)] {
            assert!(!BrakeLimit { percent, at_least }.is_valid());
        }
    }
}
