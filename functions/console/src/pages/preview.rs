//! Preview: what mapping a group to a role would change, before it is saved.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{Catalogue, Preview, Role, RoleChange, RoleId};
use rollcall_edge_api::{Configure, Gate, Id, Params};
use rollcall_edge_http::Problem;
use rollcall_insight::{GroupSummary, Insight};
use serde::{Deserialize, Serialize};

use super::fields::{self, Also};
use crate::display;
use crate::layout::render;
use crate::visitor::Visitor;

/// The query of a preview. It is made in steps, and each step adds to the totals of the steps before.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PreviewParams {
    role: String,
    #[serde(flatten)]
    also: Also,
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
    before: Vec<Role>,
    roles: Vec<Role>,
    /// The options for both in the form.
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

/// The people who would change from some roles to others. The ids of the roles are those in the address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Counted {
    from: Vec<RoleId>,
    to: Vec<RoleId>,
    people: u64,
}

impl From<&RoleChange> for Counted {
    fn from(change: &RoleChange) -> Self {
        Self {
            from: change.from.iter().copied().map(RoleId::from).collect(),
            to: change.to.iter().copied().map(RoleId::from).collect(),
            people: change.people,
        }
    }
}

/// The totals of a preview's steps.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Totals {
    changes: Vec<Counted>,
    at_sign_in: Vec<Counted>,
    anyway: Vec<Counted>,
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
    let option = params.also.option(&params.role);
    let part = preview_part(&visitor, &group, &option, behind, totals).await?;
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
    let catalogue = visitor.catalogue();
    let roles = fields::parse_roles_option(option, catalogue)?;
    let step = tenant
        .roles()
        .preview_mapping(&group.id, roles.clone(), behind)
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
        before: known(&group.roles, catalogue),
        roles: roles.into_iter().rev().collect(),
        from: fields::roles_option(&group.roles),
        option: option.to_owned(),
        sentences: changes.iter().map(|one| sentence(one, catalogue)).collect(),
        later: later.iter().map(|one| sentence(one, catalogue)).collect(),
        anyway: totals
            .anyway
            .iter()
            .map(|one| sentence(one, catalogue))
            .collect(),
        at_next_sign_in: step.at_next_sign_in,
        claims_decide: step.claims_decide,
        looked_at: totals.looked_at,
        of: step.of.max(totals.looked_at),
        next,
    })
}

/// Adds changes, so that each kind of change occurs once.
fn add_changes(all: &mut Vec<Counted>, changes: &[RoleChange]) {
    for change in changes.iter().map(Counted::from) {
        let is_same = |one: &&mut Counted| (&one.from, &one.to) == (&change.from, &change.to);
        match all.iter_mut().find(is_same) {
            Some(known) => known.people = known.people.saturating_add(change.people),
            None => all.push(change),
        }
    }
}

fn known(ids: &[RoleId], roles: &Catalogue) -> Vec<Role> {
    ids.iter().filter_map(|id| roles.role(id)).collect()
}

/// Describes one kind of change: of the highest role, and of those below it that are gained or, if the highest stays, lost.
fn sentence(change: &Counted, roles: &Catalogue) -> String {
    let people = display::count(&change.people, "person", "people");
    let one = change.people == 1;
    let (had, get) = (known(&change.from, roles), known(&change.to, roles));
    let (from, to) = (had.first().copied(), get.first().copied());
    let only_in = |these: &[Role], others: &[Role]| {
        let only: Vec<Role> = these
            .iter()
            .filter(|role| !others.contains(role))
            .copied()
            .collect();
        display::role_names(&only)
    };
    let (gains, loses) = match one {
        true => ("gains", "loses"),
        false => ("gain", "lose"),
    };
    match (from, to) {
        (None, Some(_)) => format!("{people} {gains} {}", only_in(&get, &had)),
        (Some(_), None) => format!(
            "{people} {loses} {} and {} no role",
            only_in(&had, &get),
            if one { "has" } else { "have" },
        ),
        (Some(from), Some(to)) if to > from => format!(
            "{people} {gains} {} instead of {}",
            only_in(&get, &had),
            display::role(&from),
        ),
        (Some(from), Some(to)) if to < from => format!(
            "{people} {loses} {} and {} {}",
            only_in(&had, &get),
            if one { "becomes" } else { "become" },
            display::role(&to),
        ),
        (Some(_), Some(_)) if get.len() > had.len() => {
            format!("{people} {gains} {}", only_in(&get, &had))
        }
        (Some(_), Some(_)) if had != get => format!("{people} {loses} {}", only_in(&had, &get)),
        _ => format!(
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
        let (admin, member) = (Role::Admin, Role::Member);
        for (from, to, people, text) in [
            (&[][..], &[admin][..], 3, "3 people gain Admin"),
            (&[admin], &[], 1, "1 person loses Admin and has no role"),
            (
                &[member],
                &[admin],
                1,
                "1 person gains Admin instead of Member",
            ),
            (
                &[admin],
                &[member],
                2,
                "2 people lose Admin and become Member",
            ),
            (&[admin], &[admin, member], 2, "2 people gain Member"),
            (&[admin, member], &[admin], 1, "1 person loses Member"),
            (&[], &[admin, member], 1, "1 person gains Admin, Member"),
        ] {
            let (from, to) = (from.to_vec(), to.to_vec());
            let change = Counted::from(&RoleChange { from, to, people });
            assert_eq!(sentence(&change, &Catalogue::default()), text);
        }
    }

    #[test]
    fn steps_add_up() {
        let change = |people| RoleChange {
            from: vec![],
            to: vec![Role::Admin],
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
        let counted = |people| Counted::from(&change(people));
        let mut totals = Totals::default();
        for times in 1..3 {
            totals.add(&step);
            let expected = Totals {
                changes: vec![counted(2 * times)],
                at_sign_in: vec![counted(3 * times)],
                anyway: vec![counted(times)],
                looked_at: 5 * times,
            };
            assert_eq!(totals, expected);
        }
    }
}
