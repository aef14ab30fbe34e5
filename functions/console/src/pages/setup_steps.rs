//! How far the setup of a connection is, and which steps of its guide are open. Pure.

use std::fmt;

use askama::filters::HtmlSafe;
use rollcall_insight::Milestones;

/// How far the setup of a connection is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Setup {
    has_token: bool,
    is_reached: bool,
    has_people: bool,
    has_groups: bool,
    has_left: bool,
}

/// The attributes of a step in the guide: whether it is done, and whether it is unfolded because it is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StepMark {
    is_done: bool,
    is_next: bool,
}

impl StepMark {
    /// A step that is next, whatever was seen.
    pub(super) const NEXT: Self = Self {
        is_done: false,
        is_next: true,
    };
}

impl HtmlSafe for StepMark {}

impl fmt::Display for StepMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "data-done=\"{}\"", self.is_done)?;
        match self.is_next {
            true => f.write_str(" data-now=\"true\" open"),
            false => Ok(()),
        }
    }
}

impl Setup {
    pub(super) fn of(has_token: bool, milestones: &Milestones) -> Self {
        Self {
            has_token,
            is_reached: milestones.tested_at.is_some() || milestones.first_user_at.is_some(),
            has_people: milestones.first_user_at.is_some(),
            has_groups: milestones.first_group_at.is_some(),
            has_left: milestones.first_deactivation_at.is_some(),
        }
    }

    /// Whether a step of the guide is done: `prepare`, `enter`, `choose`, `assign` or `leave`.
    pub(super) fn is_done(self, stage: &str) -> bool {
        match stage {
            "prepare" => self.has_token || self.is_reached,
            "enter" => self.is_reached,
            "choose" => self.has_people,
            "assign" => self.has_people && self.has_groups,
            _ => self.has_left,
        }
    }

    /// Returns the attributes of a step of the guide.
    pub(super) fn mark(self, stage: &str) -> StepMark {
        let is_done = self.is_done(stage);
        let is_reachable = match stage {
            "prepare" | "enter" => true,
            "choose" | "assign" => self.is_reached,
            _ => self.has_people,
        };
        StepMark {
            is_done,
            is_next: is_reachable && !is_done,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn the_steps_that_are_next_are_open() {
        let at = Some(Timestamp::UNIX_EPOCH);
        let tested = Milestones {
            tested_at: at,
            ..Milestones::default()
        };
        let arrived = Milestones {
            first_user_at: at,
            ..tested.clone()
        };
        let all = Milestones {
            first_group_at: at,
            first_deactivation_at: at,
            ..arrived.clone()
        };
        for (has_token, milestones, open) in [
            (false, Milestones::default(), &["prepare", "enter"][..]),
            (true, Milestones::default(), &["enter"]),
            (true, tested, &["choose", "assign"]),
            (true, arrived, &["assign", "leave"]),
            (true, all, &[]),
        ] {
            let setup = Setup::of(has_token, &milestones);
            let stages = ["prepare", "enter", "choose", "assign", "leave"];
            let next = stages.iter().filter(|stage| setup.mark(stage).is_next);
            assert_eq!(next.copied().collect::<Vec<_>>(), open);
        }
        let mark = Setup::default().mark("leave").to_string();
        assert_eq!(mark, "data-done=\"false\"");
    }
}
