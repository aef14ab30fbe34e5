//! Preview: what mapping a group to a role would change, before it is saved.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{Preview, Role, RoleChange};
use rollcall_edge_api::{Configure, Gate, Id, Params};
use rollcall_edge_http::Problem;
use rollcall_insight::{GroupSummary, Insight};
use serde::{Deserialize, Serialize};

use super::fields;
use crate::display;
use crate::layout::render;
use crate::visitor::Visitor;

/// The query of a preview. It is made in steps, and each step adds to the totals of the steps before.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PreviewParams {
    role: String,
    behind: Option<String>,
    /// The totals of the steps before, as JSON.
    #[serde(default)]
    sum: String,
}

/// The preview of a mapping, within the page or alone.
#[derive(Template)]
#[template(path = "preview.html")]
pub(super) struct PreviewPart {
    console: String,
    form_token: String,
    group_id: String,
    group_name: String,
    before: Option<Role>,
    role: Option<Role>,
    /// The options for both roles in the form.
    from: String,
    option: String,
    /// The changes on saving: at once, or at the next sign-in if roles change only then.
    sentences: Vec<String>,
    /// The further changes at the next sign-in.
    later: Vec<String>,
    /// The changes at the next sign-in that happen even without this mapping.
    anyway: Vec<String>,
    at_next_sign_in: bool,
    claims_decide: bool,
    looked_at: u64,
    of: u64,
    /// The query of the next step; none after the last.
    next: Option<String>,
}

/// The totals of a preview's steps.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Totals {
    changes: Vec<RoleChange>,
    at_sign_in: Vec<RoleChange>,
    anyway: Vec<RoleChange>,
    looked_at: u64,
}

impl Totals {
    /// Reads the totals from an address. Anybody can edit an address, so unreadable totals count as none.
    pub(super) fn of(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Adds a step. The totals come from an address and can have any size, so the sum saturates.
    fn add(&mut self, step: &Preview) {
        add_changes(&mut self.changes, &step.changes);
        add_changes(&mut self.at_sign_in, &step.at_sign_in);
        add_changes(&mut self.anyway, &step.anyway);
        self.looked_at = self.looked_at.saturating_add(step.looked_at);
    }
}

pub(crate) async fn show(
    visitor: Visitor<Configure>,
    Id(id): Id,
    Params(params): Params<PreviewParams>,
) -> Result<Response, Problem> {
    let (behind, totals) = (params.behind.as_deref(), Totals::of(&params.sum));
    let group = Insight::of(visitor.tenant()).group(&id).await?;
    let part = preview_part(&visitor, &group, &params.role, behind, totals).await?;
    render(&part)
}

/// Looks at the next people and adds them to the totals.
pub(super) async fn preview_part<G: Gate>(
    visitor: &Visitor<G>,
    group: &GroupSummary,
    option: &str,
    behind: Option<&str>,
    mut totals: Totals,
) -> Result<PreviewPart, Problem> {
    let tenant = visitor.tenant();
    let role = fields::parse_role_option(option)?;
    let step = tenant
        .roles()
        .preview_mapping(&group.id, role, behind)
        .await?;
    totals.add(&step);
    let next = step.next.as_ref().map(|next| {
        let sum = serde_json::to_string(&totals).unwrap_or_default();
        fields::query_string(&[("role", option), ("behind", next), ("sum", &sum)])
    });
    let (changes, later) = match step.at_next_sign_in {
        true => (&totals.at_sign_in, &totals.changes),
        false => (&totals.changes, &totals.at_sign_in),
    };
    Ok(PreviewPart {
        console: visitor.console(),
        form_token: visitor.form_token(),
        group_id: group.id.clone(),
        group_name: group.display_name.clone(),
        before: group.role,
        role,
        from: fields::role_option(group.role),
        option: option.to_owned(),
        sentences: changes.iter().map(sentence).collect(),
        later: later.iter().map(sentence).collect(),
        anyway: totals.anyway.iter().map(sentence).collect(),
        at_next_sign_in: step.at_next_sign_in,
        claims_decide: step.claims_decide,
        looked_at: totals.looked_at,
        of: step.of.max(totals.looked_at),
        next,
    })
}

/// Adds changes, so that each kind of change occurs once.
fn add_changes(all: &mut Vec<RoleChange>, changes: &[RoleChange]) {
    for change in changes {
        let is_same = |one: &&mut RoleChange| (one.from, one.to) == (change.from, change.to);
        match all.iter_mut().find(is_same) {
            Some(known) => known.people = known.people.saturating_add(change.people),
            None => all.push(change.clone()),
        }
    }
}

/// Describes one kind of change.
fn sentence(change: &RoleChange) -> String {
    let people = display::count(&change.people, "person", "people");
    let one = change.people == 1;
    match (change.from, change.to) {
        (None, Some(to)) => format!(
            "{people} {} {}",
            if one { "gains" } else { "gain" },
            display::role(&to)
        ),
        (Some(from), None) => format!(
            "{people} {} {} and {} no role",
            if one { "loses" } else { "lose" },
            display::role(&from),
            if one { "has" } else { "have" },
        ),
        (Some(from), Some(to)) if to > from => format!(
            "{people} {} {} instead of {}",
            if one { "gains" } else { "gain" },
            display::role(&to),
            display::role(&from),
        ),
        (Some(from), Some(to)) => format!(
            "{people} {} {} and {} {}",
            if one { "loses" } else { "lose" },
            display::role(&from),
            if one { "becomes" } else { "become" },
            display::role(&to),
        ),
        (None, None) => format!(
            "{people} {} as they are",
            if one { "stays" } else { "stay" }
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_described() {
        use Role::{Admin, Member};
        for (from, to, people, text) in [
            (None, Some(Admin), 3, "3 people gain Admin"),
            (Some(Admin), None, 1, "1 person loses Admin and has no role"),
            (
                Some(Member),
                Some(Admin),
                1,
                "1 person gains Admin instead of Member",
            ),
            (
                Some(Admin),
                Some(Member),
                2,
                "2 people lose Admin and become Member",
            ),
        ] {
            assert_eq!(sentence(&RoleChange { from, to, people }), text);
        }
    }

    #[test]
    fn steps_add_up() {
        let change = |people| RoleChange {
            from: None,
            to: Some(Role::Admin),
            people,
        };
        let step = Preview {
            changes: vec![change(2)],
            at_sign_in: vec![change(3)],
            anyway: vec![change(1)],
            looked_at: 5,
            of: 5,
            next: None,
            at_next_sign_in: false,
            claims_decide: false,
        };
        let mut totals = Totals::default();
        for times in 1..3 {
            totals.add(&step);
            let expected = Totals {
                changes: vec![change(2 * times)],
                at_sign_in: vec![change(3 * times)],
                anyway: vec![change(times)],
                looked_at: 5 * times,
            };
            assert_eq!(totals, expected);
        }
    }
}
