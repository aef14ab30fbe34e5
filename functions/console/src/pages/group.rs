//! One group: its members and their states, and what mapping it to a role would change before it is saved.

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

/// Members shown at once.
const PAGE_SIZE: usize = 50;

/// What is asked of one group.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct GroupParams {
    done: Option<String>,
    /// When the mapping was saved that the page follows.
    since: Option<Timestamp>,
    /// The role that a mapping is thought of to, `none` for none.
    role: Option<String>,
    /// A state of members.
    #[serde(default)]
    state: String,
    after: Option<String>,
    /// Where a preview goes on without scripts, and what its steps so far add up to.
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
    /// The role chosen in the form, as its option has it.
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

/// A role as a form's option has it.
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

/// Members of a group, on their own or within a page.
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

/// What a mapping would change, on its own or within a page.
#[derive(Template)]
#[template(path = "preview.html")]
struct PreviewPart {
    console: String,
    form_token: String,
    group_id: String,
    group_name: String,
    before: Option<Role>,
    role: Option<Role>,
    /// Both as the form has them.
    from: String,
    option: String,
    /// What saving changes, at once or, where roles change at sign-in only, then.
    sentences: Vec<String>,
    /// What changes at sign-in beside that which changes at once.
    later: Vec<String>,
    /// What changes at sign-in without this too.
    anyway: Vec<String>,
    at_next_sign_in: bool,
    claims_decide: bool,
    looked_at: u64,
    of: u64,
    /// Where the rest is looked at; none when everybody was.
    next: Option<String>,
}

/// What is asked of a preview: it is made in steps, each adding to the ones before.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PreviewParams {
    role: String,
    behind: Option<String>,
    /// The sum of the steps before, as the step before said it.
    #[serde(default)]
    sum: String,
}

/// What the steps of a preview add up to.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Totals {
    changes: Vec<RoleChange>,
    at_sign_in: Vec<RoleChange>,
    anyway: Vec<RoleChange>,
    looked_at: u64,
}

impl Totals {
    /// What an address says; anything can stand there.
    fn of(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The sum comes from an address, where anything can stand.
    fn add(&mut self, step: &Preview) {
        add_changes(&mut self.changes, &step.changes);
        add_changes(&mut self.at_sign_in, &step.at_sign_in);
        add_changes(&mut self.anyway, &step.anyway);
        self.looked_at = self.looked_at.saturating_add(step.looked_at);
    }
}

/// Adds changes, so that each kind is there once.
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

/// One kind of change in words.
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

/// How far the consequences of a saved mapping have come, on its own or within a page.
#[derive(Template)]
#[template(path = "progress.html")]
struct ProgressPart {
    since: Timestamp,
    /// Whether roles change at sign-in only.
    at_next_sign_in: bool,
    /// None until it has begun.
    progress: Option<Progress>,
}

impl ProgressPart {
    fn is_finished(&self) -> bool {
        self.progress
            .as_ref()
            .is_some_and(|progress| progress.finished_at.is_some())
    }
}

/// Which mapping is followed.
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
        // One that began earlier follows an earlier mapping.
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

/// A mapping to be.
#[derive(Debug, Deserialize)]
pub(crate) struct NewMapping {
    /// What the group was mapped to when the preview was made.
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
    // Nothing follows from what was so before.
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
    fn changes_read_as_sentences() {
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
