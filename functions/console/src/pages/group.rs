//! Group: the members of one group, its role, and what another role would change.

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{
    GroupSummary, Person, PersonState, Preview, Progress, Role, RoleChange, RoleSync,
};
use rollcall_edge::api::{Configure, Gate, Id, Params, Problem, Read};
use serde::{Deserialize, Serialize};

use super::fields;
use super::groups::mappable_roles;
use crate::display;
use crate::layout::{Layout, Section, redirect, render, render_part};
use crate::visitor::{Change, Visitor};

/// Members on one page.
const PAGE_SIZE: usize = 50;

/// The query of a group's page.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct GroupParams {
    done: Option<String>,
    /// The time of the saved mapping whose progress the page shows.
    since: Option<Timestamp>,
    /// The role to preview, or `none`.
    role: Option<String>,
    /// The state of the members to show.
    #[serde(default)]
    state: String,
    after: Option<String>,
    /// Without scripts, the position from which the preview continues, and the totals so far.
    behind: Option<String>,
    #[serde(default)]
    sum: String,
}

#[derive(Template)]
#[template(path = "group.html")]
struct Page {
    layout: Layout,
    group: GroupSummary,
    roles: Vec<Role>,
    /// The selected option of the role field.
    chosen: String,
    preview: Option<PreviewPart>,
    progress: Option<ProgressPart>,
    members: MembersPart,
}

pub(crate) async fn show(
    visitor: Visitor<Read>,
    Id(id): Id,
    Params(params): Params<GroupParams>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let group = tenant.group(&id).await?;
    let layout = visitor
        .layout(Section::Groups)
        .with_notice(params.done.as_deref());
    let preview = match &params.role {
        Some(role) if layout.may_configure() => {
            let (behind, totals) = (params.behind.as_deref(), Totals::of(&params.sum));
            Some(preview_part(&visitor, &group, role, behind, totals).await?)
        }
        _ => None,
    };
    let progress = match params.since {
        Some(since) if layout.may_configure() => Some(progress_part(&visitor, &id, since).await?),
        _ => None,
    };
    let members = members_part(&visitor, &id, &params).await?;
    let chosen = params.role.unwrap_or_else(|| role_option(group.role));
    render(&Page {
        layout,
        roles: mappable_roles(),
        chosen,
        preview,
        progress,
        members,
        group,
    })
}

/// The option that stands for a role in a form.
fn role_option(role: Option<Role>) -> String {
    role.map_or("none", Role::as_str).to_owned()
}

fn parse_role_option(option: &str) -> Result<Option<Role>, Problem> {
    match option {
        "none" => Ok(None),
        role => match role.parse() {
            Ok(role) => Ok(Some(role)),
            Err(_) => Err(Problem::invalid("`role` is the id of a role, or `none`")),
        },
    }
}

/// The members of a group, within the page or alone.
#[derive(Template)]
#[template(path = "members.html")]
struct MembersPart {
    console: String,
    group_id: String,
    people: Vec<Person>,
    state: String,
    next: Option<String>,
}

async fn members_part<G: Gate>(
    visitor: &Visitor<G>,
    group: &str,
    params: &GroupParams,
) -> Result<MembersPart, Problem> {
    let states: Vec<PersonState> = fields::parse_state(&params.state)?.into_iter().collect();
    let (people, next) = visitor
        .tenant()
        .group_people(group, &states, params.after.clone(), PAGE_SIZE)
        .await?;
    Ok(MembersPart {
        console: visitor.console(),
        group_id: group.to_owned(),
        people,
        next: next.map(|next| fields::query_string(&[("state", &params.state), ("after", &next)])),
        state: params.state.clone(),
    })
}

pub(crate) async fn members(
    visitor: Visitor<Read>,
    Id(id): Id,
    Params(params): Params<GroupParams>,
) -> Result<Response, Problem> {
    render(&members_part(&visitor, &id, &params).await?)
}

/// The preview of a mapping, within the page or alone.
#[derive(Template)]
#[template(path = "preview.html")]
struct PreviewPart {
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

/// The query of a preview. It is made in steps, and each step adds to the totals of the steps before.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PreviewParams {
    role: String,
    behind: Option<String>,
    /// The totals of the steps before, as JSON.
    #[serde(default)]
    sum: String,
}

/// The totals of a preview's steps.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Totals {
    changes: Vec<RoleChange>,
    at_sign_in: Vec<RoleChange>,
    anyway: Vec<RoleChange>,
    looked_at: u64,
}

impl Totals {
    /// Reads the totals from an address. Anybody can edit an address, so unreadable totals count as none.
    fn of(text: &str) -> Self {
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

async fn preview_part<G: Gate>(
    visitor: &Visitor<G>,
    group: &GroupSummary,
    option: &str,
    behind: Option<&str>,
    mut totals: Totals,
) -> Result<PreviewPart, Problem> {
    let tenant = visitor.tenant();
    let role = parse_role_option(option)?;
    let step = tenant.preview_mapping(&group.id, role, behind).await?;
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
        from: role_option(group.role),
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

pub(crate) async fn preview(
    visitor: Visitor<Configure>,
    Id(id): Id,
    Params(params): Params<PreviewParams>,
) -> Result<Response, Problem> {
    let (behind, totals) = (params.behind.as_deref(), Totals::of(&params.sum));
    let group = visitor.tenant().group(&id).await?;
    let part = preview_part(&visitor, &group, &params.role, behind, totals).await?;
    render(&part)
}

/// The progress of a saved mapping, within the page or alone.
#[derive(Template)]
#[template(path = "progress.html")]
struct ProgressPart {
    since: Timestamp,
    /// Whether roles change at sign-in only.
    at_next_sign_in: bool,
    /// None until the work has begun.
    progress: Option<Progress>,
}

impl ProgressPart {
    fn is_finished(&self) -> bool {
        self.progress
            .as_ref()
            .is_some_and(|progress| progress.finished_at.is_some())
    }
}

/// The query of the progress.
#[derive(Debug, Deserialize)]
pub(crate) struct ProgressParams {
    since: Timestamp,
}

async fn progress_part<G: Gate>(
    visitor: &Visitor<G>,
    group: &str,
    since: Timestamp,
) -> Result<ProgressPart, Problem> {
    let progress = visitor.tenant().reconciliation(group).await?;
    let settings = visitor.tenant().settings().await?;
    Ok(ProgressPart {
        at_next_sign_in: settings.role_sync == RoleSync::AtLogin,
        since,
        // Work that began before belongs to an earlier mapping.
        progress: progress.filter(|progress| progress.started_at >= since),
    })
}

pub(crate) async fn progress(
    visitor: Visitor<Configure>,
    Id(id): Id,
    Params(params): Params<ProgressParams>,
) -> Result<Response, Problem> {
    let progress = progress_part(&visitor, &id, params.since).await?;
    render_part(&progress, progress.is_finished())
}

/// The form for a new mapping.
#[derive(Debug, Deserialize)]
pub(crate) struct NewMapping {
    /// The group's role when the preview was made.
    from: String,
    role: String,
}

pub(crate) async fn map(
    Id(id): Id,
    change: Change<Configure, NewMapping>,
) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let (before, role) = (
        parse_role_option(&form.from)?,
        parse_role_option(&form.role)?,
    );
    let since = Timestamp::now();
    if !visitor.tenant().map_group_from(&id, before, role).await? {
        return Err(Problem::conflict(
            "the group was mapped to another role since you opened this page, so nothing was saved; open the group \
             again and see what it would change now",
        ));
    }
    let since = since.to_string();
    let mut to = vec![("done", "role-mapped")];
    // Saving the same role starts no work, so there is no progress to show.
    if before != role {
        to.push(("since", &since));
    }
    Ok(redirect(&format!(
        "{}/groups/{id}?{}",
        visitor.console(),
        fields::query_string(&to)
    )))
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
