//! The checklist of a connection: what has been seen to work, and the groups that get roles next.

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Connection, GROUPS, Permission};
use rollcall_edge_api::{Gate, Id, ReadConnections};
use rollcall_edge_http::Problem;
use rollcall_insight::{Digest, Insight, Milestones};

use crate::layout::render_part;
use crate::visitor::{Poll, Visitor};

/// One step of the checklist.
pub(super) struct Step {
    /// The message that names it.
    title: &'static str,
    /// The message that says how to complete it.
    hint: &'static str,
    pub(super) at: Option<Timestamp>,
}

/// The checklist of a connection, in the usual order of its steps.
pub(super) fn steps(milestones: &Milestones) -> [Step; 4] {
    [
        Step {
            title: "checklist-tested",
            hint: "checklist-tested-hint",
            at: milestones.tested_at,
        },
        Step {
            title: "checklist-person",
            hint: "checklist-person-hint",
            at: milestones.first_user_at,
        },
        Step {
            title: "checklist-group",
            hint: "checklist-group-hint",
            at: milestones.first_group_at,
        },
        Step {
            title: "checklist-leaver",
            hint: "checklist-leaver-hint",
            at: milestones.first_deactivation_at,
        },
    ]
}

/// The checklist, within the page or alone.
#[derive(Template)]
#[template(path = "checklist.html")]
pub(super) struct Checklist {
    steps: [Step; 4],
    pub(super) all_done: bool,
    /// Whether the whole request log has been read.
    complete: bool,
    /// The start of the part of the log that was read, if an earlier part was skipped.
    seen_since: Option<Timestamp>,
    last_request_at: Option<Timestamp>,
    /// The console's path.
    console: String,
    /// The number of groups, which get roles next; `None` if the visitor may not see them.
    groups: Option<u64>,
}

impl Checklist {
    pub(super) fn of(
        digest: &Digest,
        connection: &Connection,
        milestones: &Milestones,
        console: String,
        groups: Option<u64>,
    ) -> Self {
        let steps = steps(milestones);
        Self {
            all_done: steps.iter().all(|step| step.at.is_some()),
            complete: digest.complete,
            seen_since: digest.seen_since(connection),
            steps,
            last_request_at: milestones.last_request_at,
            console,
            groups,
        }
    }

    /// Whether the checklist can no longer change.
    pub(super) fn is_finished(&self) -> bool {
        self.all_done && self.complete
    }
}

/// Returns the number of groups, which get roles next; 0 until the connection has sent one, and `None` if the visitor may
/// not see them.
pub(super) async fn groups_next<G: Gate>(
    visitor: &Visitor<G>,
    milestones: &Milestones,
) -> Result<Option<u64>, Problem> {
    Ok(match visitor.may(Permission::DirectoryRead) {
        true if milestones.first_group_at.is_some() => {
            Some(Insight::of(visitor.tenant()).total(&GROUPS).await?)
        }
        sees_groups => sees_groups.then_some(0),
    })
}

pub(crate) async fn show(
    Poll(visitor): Poll<ReadConnections>,
    Id(id): Id,
) -> Result<Response, Problem> {
    let connection = visitor.tenant().credentials().connection(&id).await?;
    let digest = Insight::of(visitor.tenant()).digest().await?;
    let milestones = digest.connections.get(&id).cloned().unwrap_or_default();
    let groups = groups_next(&visitor, &milestones).await?;
    let checklist = Checklist::of(&digest, &connection, &milestones, visitor.console(), groups);
    render_part(&checklist, checklist.is_finished())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_in_a_skipped_part_of_the_log_is_not_shown_as_undone() {
        let shown = |seen_since: Option<Timestamp>| {
            let milestones = Milestones {
                tested_at: Some(Timestamp::UNIX_EPOCH),
                ..Milestones::default()
            };
            let checklist = Checklist {
                steps: steps(&milestones),
                all_done: false,
                complete: true,
                seen_since,
                last_request_at: None,
                console: String::new(),
                groups: None,
            };
            checklist.render().unwrap()
        };
        let (whole, part) = (shown(None), shown(Some(Timestamp::UNIX_EPOCH)));
        assert_eq!(whole.matches(": not yet").count(), 3, "{whole}");
        assert!(whole.contains("No request yet"), "{whole}");
        assert_eq!(part.matches("not seen since").count(), 3, "{part}");
        assert!(!part.contains("yet"), "{part}");
    }
}
