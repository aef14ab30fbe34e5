//! One group: its members and their states, and what mapping it to a role would change before it is saved.

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{
    GroupSummary, Person, PersonState, Preview, Progress, Role, RoleChange, RoleSync,
};
use rollcall_edge_api::{Configure, Gate, Id, Params, Read};
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};

use super::groups::mappable;
use crate::frame::{Frame, Section, go};
use crate::visitor::{Change, Visitor};
use crate::words;

/// Members shown at once.
const PAGE: usize = 50;

/// What is asked of one group.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
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
    frame: Frame,
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
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let group = tenant.group(&id).await?;
    let frame = visitor
        .frame(Section::Groups)
        .with_notice(asked.done.as_deref());
    let preview = match &asked.role {
        Some(role) if frame.may_configure() => {
            let (behind, sum) = (asked.behind.as_deref(), Sum::of(&asked.sum));
            Some(preview_of(&visitor, &group, role, behind, sum).await?)
        }
        _ => None,
    };
    let progress = match asked.since {
        Some(since) if frame.may_configure() => Some(progress_of(&visitor, &id, since).await?),
        _ => None,
    };
    let members = members_of(&visitor, &id, &asked).await?;
    let chosen = asked.role.unwrap_or_else(|| option_of(group.role));
    crate::frame::show(&Page {
        frame,
        roles: mappable(),
        chosen,
        preview,
        progress,
        members,
        group,
    })
}

/// A role as a form's option has it.
fn option_of(role: Option<Role>) -> String {
    role.map_or("none", Role::as_str).to_owned()
}

fn role_of(option: &str) -> Result<Option<Role>, Problem> {
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

async fn members_of<G: Gate>(
    visitor: &Visitor<G>,
    group: &str,
    asked: &Asked,
) -> Result<MembersPart, Problem> {
    let states: Vec<PersonState> = super::state(&asked.state)?.into_iter().collect();
    let (people, next) = visitor
        .tenant()
        .group_people(group, &states, asked.after.clone(), PAGE)
        .await?;
    Ok(MembersPart {
        console: visitor.console(),
        group_id: group.to_owned(),
        people,
        next: next.map(|next| super::query(&[("state", &asked.state), ("after", &next)])),
        state: asked.state.clone(),
    })
}

pub(crate) async fn members(
    visitor: Visitor<Read>,
    Id(id): Id,
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    crate::frame::show(&members_of(&visitor, &id, &asked).await?)
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
pub(crate) struct PreviewAsked {
    role: String,
    behind: Option<String>,
    /// The sum of the steps before, as the step before said it.
    #[serde(default)]
    sum: String,
}

/// What the steps of a preview add up to.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sum {
    changes: Vec<RoleChange>,
    at_sign_in: Vec<RoleChange>,
    anyway: Vec<RoleChange>,
    looked_at: u64,
}

impl Sum {
    /// What an address says; anything can stand there.
    fn of(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The sum comes from an address, where anything can stand.
    fn add(&mut self, step: &Preview) {
        add(&mut self.changes, &step.changes);
        add(&mut self.at_sign_in, &step.at_sign_in);
        add(&mut self.anyway, &step.anyway);
        self.looked_at = self.looked_at.saturating_add(step.looked_at);
    }
}

/// Adds changes, so that each kind is there once.
fn add(all: &mut Vec<RoleChange>, changes: &[RoleChange]) {
    for change in changes {
        let is_same = |one: &&mut RoleChange| (one.from, one.to) == (change.from, change.to);
        match all.iter_mut().find(is_same) {
            Some(known) => known.people = known.people.saturating_add(change.people),
            None => all.push(change.clone()),
        }
    }
}

async fn preview_of<G: Gate>(
    visitor: &Visitor<G>,
    group: &GroupSummary,
    option: &str,
    behind: Option<&str>,
    mut sum: Sum,
) -> Result<PreviewPart, Problem> {
    let tenant = visitor.tenant();
    let role = role_of(option)?;
    let step = tenant.preview_mapping(&group.id, role, behind).await?;
    sum.add(&step);
    let next = step.next.as_ref().map(|next| {
        let sum = serde_json::to_string(&sum).unwrap_or_default();
        super::query(&[("role", option), ("behind", next), ("sum", &sum)])
    });
    let (changes, later) = match step.at_next_sign_in {
        true => (&sum.at_sign_in, &sum.changes),
        false => (&sum.changes, &sum.at_sign_in),
    };
    Ok(PreviewPart {
        console: visitor.console(),
        form_token: visitor.form_token(),
        group_id: group.id.clone(),
        group_name: group.display_name.clone(),
        before: group.role,
        role,
        from: option_of(group.role),
        option: option.to_owned(),
        sentences: changes.iter().map(sentence).collect(),
        later: later.iter().map(sentence).collect(),
        anyway: sum.anyway.iter().map(sentence).collect(),
        at_next_sign_in: step.at_next_sign_in,
        claims_decide: step.claims_decide,
        looked_at: sum.looked_at,
        of: step.of.max(sum.looked_at),
        next,
    })
}

/// One kind of change in words.
fn sentence(change: &RoleChange) -> String {
    let people = words::count(&change.people, "person", "people");
    let one = change.people == 1;
    match (change.from, change.to) {
        (None, Some(to)) => format!(
            "{people} {} {}",
            if one { "gains" } else { "gain" },
            words::role(&to)
        ),
        (Some(from), None) => format!(
            "{people} {} {} and {} no role",
            if one { "loses" } else { "lose" },
            words::role(&from),
            if one { "has" } else { "have" },
        ),
        (Some(from), Some(to)) if to > from => format!(
            "{people} {} {} instead of {}",
            if one { "gains" } else { "gain" },
            words::role(&to),
            words::role(&from),
        ),
        (Some(from), Some(to)) => format!(
            "{people} {} {} and {} {}",
            if one { "loses" } else { "lose" },
            words::role(&from),
            if one { "becomes" } else { "become" },
            words::role(&to),
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
    Params(asked): Params<PreviewAsked>,
) -> Result<Response, Problem> {
    let (behind, sum) = (asked.behind.as_deref(), Sum::of(&asked.sum));
    let group = visitor.tenant().group(&id).await?;
    let part = preview_of(&visitor, &group, &asked.role, behind, sum).await?;
    crate::frame::show(&part)
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
    fn is_over(&self) -> bool {
        self.progress
            .as_ref()
            .is_some_and(|progress| progress.finished_at.is_some())
    }
}

/// Which mapping is followed.
#[derive(Debug, Deserialize)]
pub(crate) struct ProgressAsked {
    since: Timestamp,
}

async fn progress_of<G: Gate>(
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
    Params(asked): Params<ProgressAsked>,
) -> Result<Response, Problem> {
    let progress = progress_of(&visitor, &id, asked.since).await?;
    crate::frame::show_part(&progress, progress.is_over())
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
    let (before, role) = (role_of(&form.from)?, role_of(&form.role)?);
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
    Ok(go(&format!(
        "{}/groups/{id}?{}",
        visitor.console(),
        super::query(&to)
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
        let mut sum = Sum::default();
        for times in 1..3 {
            sum.add(&step);
            let expected = Sum {
                changes: vec![change(2 * times)],
                at_sign_in: vec![change(3 * times)],
                anyway: vec![change(times)],
                looked_at: 5 * times,
            };
            assert_eq!(sum, expected);
        }
    }
}
