//! Group: the members of one group, its role, and the progress of a saved mapping.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Person, PersonState, Progress, Role, RoleSync, Way};
use rollcall_edge_api::{Configure, Gate, Id, Params, Read};
use rollcall_edge_http::Problem;
use rollcall_insight::{GroupSummary, Insight, PeopleOrder, PeopleQuery};
use serde::Deserialize;

use super::fields::{self, Also};
use super::people::listed;
use super::preview::{PreviewPart, preview_part};
use super::totals::Totals;
use crate::layout::{Layout, Section, redirect, render, render_part};
use crate::messages::t;
use crate::visitor::{Change, Poll, Visitor};

/// Members on one page.
const PAGE_SIZE: usize = 50;

/// The query of a group's page.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct GroupParams {
    done: Option<String>,
    /// The time of the saved mapping whose progress the page shows.
    since: Option<Timestamp>,
    /// The roles to preview, or `none`.
    role: Option<String>,
    #[serde(flatten)]
    also: Also,
    /// The beginning of a word of the names and addresses of the members to show.
    #[serde(default)]
    text: String,
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
    /// The roles that are checked besides.
    also: BTreeSet<Role>,
    /// The option, and the roles besides, that the group has.
    saved: String,
    saved_also: BTreeSet<Role>,
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
    let option = params.role.as_ref().map(|role| params.also.option(role));
    let preview = match &option {
        Some(option) if layout.may_configure() => {
            let (behind, totals) = (params.behind.as_deref(), Totals::of(&params.sum));
            Some(preview_part(&visitor, &group, option, behind, totals).await?)
        }
        _ => None,
    };
    let progress = match params.since {
        Some(since) if layout.may_configure() => Some(progress_part(&visitor, &id, since).await?),
        _ => None,
    };
    let members = members_part(&visitor, &id, &params).await?;
    let catalogue = visitor.catalogue();
    let mut saved_also: BTreeSet<Role> = group
        .roles
        .iter()
        .filter_map(|id| catalogue.role(id))
        .collect();
    let saved = saved_also.pop_last();
    let option = option.unwrap_or_else(|| fields::roles_option(&group.roles));
    let ids = fields::role_ids_of_option(&option);
    let mut also: BTreeSet<Role> = ids.iter().filter_map(|id| catalogue.role(id)).collect();
    let mut roles: BTreeSet<Role> = catalogue.given(Way::Mapping).into_iter().collect();
    // The stack may have one of them no more.
    roles.extend(also.iter().copied());
    let chosen = also.pop_last();
    render(&Page {
        layout,
        roles: roles.into_iter().collect(),
        chosen: chosen.map_or("none".to_owned(), |role| role.to_string()),
        also,
        saved: saved.map_or("none".to_owned(), |role| role.to_string()),
        saved_also,
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
    text: String,
    state: String,
    next: Option<String>,
}

async fn members_part<G: Gate>(
    visitor: &Visitor<G>,
    group: &str,
    params: &GroupParams,
) -> Result<MembersPart, Problem> {
    let states: Vec<PersonState> = fields::parse_state(&params.state)?.into_iter().collect();
    let (insight, text) = (Insight::of(visitor.tenant()), params.text.trim());
    let (people, next) = match text.is_empty() {
        true => {
            insight
                .group_people(group, &states, params.after.clone(), PAGE_SIZE)
                .await?
        }
        false => {
            let query = PeopleQuery {
                states,
                text: Some(text.to_owned()),
                group: Some(group.to_owned()),
                limit: PAGE_SIZE,
                ..PeopleQuery::default()
            };
            let (order, after) = (PeopleOrder::default(), params.after.as_deref());
            listed(insight, &query, order, after).await?
        }
    };
    Ok(MembersPart {
        console: visitor.console(),
        group_id: group.to_owned(),
        people,
        next: next.map(|next| {
            fields::query_string(&[("text", text), ("state", &params.state), ("after", &next)])
        }),
        text: text.to_owned(),
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
    Poll(visitor): Poll<Configure>,
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
    let (before, roles) = (
        fields::role_ids_of_option(&form.from),
        fields::parse_roles_option(&form.role, visitor.catalogue())?,
    );
    let since = Timestamp::now();
    if !visitor
        .tenant()
        .roles()
        .map_group_from(&id, &before, &roles, visitor.role())
        .await?
    {
        return Err(Problem::conflict(t("error-group-mapped").plain()));
    }
    let since = since.to_string();
    let mut to = vec![("done", "role-mapped")];
    // Saving the same roles starts no work, so there is no progress to show.
    if !before.iter().eq(roles.iter().rev()) {
        to.push(("since", &since));
    }
    Ok(redirect(&format!(
        "{}/groups/{id}?{}",
        visitor.console(),
        fields::query_string(&to)
    )))
}
