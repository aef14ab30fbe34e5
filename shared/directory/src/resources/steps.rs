//! The steps from the members that a group has to those that it is to have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::resources::brake::Hold;
use crate::resources::effects::Effects;

/// One step of a change of a group's members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum Step {
    Join {
        member: String,
        sent: Value,
        /// Whether it is only observed: the group does not count for the person.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        observed: bool,
        /// The connection that is only observed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        observer: Option<String>,
    },
    /// The same member, sent with other sub-attributes.
    Alter { member: String, sent: Value },
    Leave {
        member: String,
        /// If it is held: the group counts for the person until somebody agrees.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hold: Option<Hold>,
    },
}

impl Step {
    pub(super) fn member(&self) -> &str {
        let (Self::Join { member, .. } | Self::Alter { member, .. } | Self::Leave { member, .. }) =
            self;
        member
    }

    /// Whether it does not take effect yet.
    pub(super) fn is_held(&self) -> bool {
        matches!(self, Self::Leave { hold: Some(_), .. })
    }
}

/// The steps of a change of members, and the unknown ids that were skipped.
#[derive(Debug, Default)]
pub(super) struct PlannedSteps {
    pub(super) steps: Vec<Step>,
    pub(super) skipped: Effects,
}

/// Returns the steps from the current members to the wanted ones.
pub(super) fn plan(
    current: &BTreeMap<String, Value>,
    wanted: &BTreeMap<String, Value>,
) -> Vec<Step> {
    let left = current.keys().filter(|id| !wanted.contains_key(*id));
    let leave = left.map(|id| Step::Leave {
        member: id.clone(),
        hold: None,
    });
    let stay_or_come = wanted.iter().filter_map(|(id, sent)| {
        let (member, sent) = (id.clone(), sent.clone());
        match current.get(id) {
            None => Some(Step::Join {
                member,
                sent,
                observed: false,
                observer: None,
            }),
            Some(old) if *old != sent => Some(Step::Alter { member, sent }),
            Some(_) => None,
        }
    });
    leave.chain(stay_or_come).collect()
}

/// Whether these steps leave a group that has members without any.
pub(super) fn empties<'a>(
    current: &BTreeMap<String, Value>,
    steps: impl Iterator<Item = &'a Step>,
) -> bool {
    let mut left = current.len();
    for step in steps {
        match step {
            Step::Join { .. } => return false,
            Step::Alter { .. } => {}
            Step::Leave { .. } => left -= 1,
        }
    }
    left == 0 && !current.is_empty()
}

/// Returns the change in the number of members.
pub(super) fn growth(steps: &[Step]) -> i64 {
    steps
        .iter()
        .map(|step| match step {
            Step::Join { .. } => 1,
            Step::Alter { .. } => 0,
            Step::Leave { .. } => -1,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(ids: &[&str]) -> BTreeMap<String, Value> {
        ids.iter()
            .map(|id| ((*id).to_owned(), json!({"value": id})))
            .collect()
    }

    #[test]
    fn the_plan_is_the_difference_and_nothing_more() {
        let check = |current: &[&str], wanted: &[&str], leave: &[&str], join: &[&str]| {
            let steps = plan(&set(current), &set(wanted));
            let of = |joins: bool| -> Vec<&str> {
                let is = |s: &&Step| matches!(s, Step::Join { .. }) == joins;
                steps.iter().filter(is).map(Step::member).collect()
            };
            assert_eq!(of(false), leave);
            assert_eq!(of(true), join);
            assert_eq!(growth(&steps), join.len() as i64 - leave.len() as i64);
        };
        check(&[], &[], &[], &[]);
        check(&["a"], &["a"], &[], &[]);
        check(&["a", "b"], &["b", "c"], &["a"], &["c"]);
        check(&["a", "b"], &[], &["a", "b"], &[]);
    }

    #[test]
    fn a_member_sent_differently_is_altered_not_added() {
        let sent = BTreeMap::from([("a".to_owned(), json!({"value": "a", "display": "A"}))]);
        let steps = plan(&set(&["a"]), &sent);
        assert!(matches!(&steps[..], [Step::Alter { member, .. }] if member == "a"));
        assert_eq!(growth(&steps), 0);
    }
}
