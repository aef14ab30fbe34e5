//! Group: the members of one group, its role, and the progress of a saved mapping.

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Person, PersonState, Progress, Role, RoleId, RoleSync, Way};
use rollcall_edge_api::{Configure, Gate, Id, Params, Read, check_below};
use rollcall_edge_http::Problem;
use rollcall_insight::{GroupSummary, Insight};
use serde::Deserialize;

use super::fields;
use super::preview::{PreviewPart, Totals, preview_part};
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
    let group = Insight::of(tenant).group(&id).await?;
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
    let chosen = params
        .role
        .unwrap_or_else(|| fields::role_option(&group.role));
    render(&Page {
        layout,
        roles: visitor.catalogue().given(Way::Mapping),
        chosen,
        preview,
        progress,
        members,
        group,
    })
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
    let (people, next) = Insight::of(visitor.tenant())
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
    let progress = visitor.tenant().roles().reconciliation(group).await?;
    let settings = visitor.tenant().settings().read().await?;
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
        fields::role_id_of_option(&form.from),
        fields::parse_role_option(&form.role, visitor.catalogue())?,
    );
    check_below(role, visitor.role())?;
    let since = Timestamp::now();
    if !visitor
        .tenant()
        .roles()
        .map_group_from(&id, before.as_ref(), role)
        .await?
    {
        return Err(Problem::conflict(
            "the group was mapped to another role since you opened this page, so nothing was saved; open the group \
             again and see what it would change now",
        ));
    }
    let since = since.to_string();
    let mut to = vec![("done", "role-mapped")];
    // Saving the same role starts no work, so there is no progress to show.
    if before != role.map(RoleId::from) {
        to.push(("since", &since));
    }
    Ok(redirect(&format!(
        "{}/groups/{id}?{}",
        visitor.console(),
        fields::query_string(&to)
    )))
}
