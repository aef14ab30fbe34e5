//! Groups and roles: the pushed groups, their numbers of members, and the roles they give, many in one form.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Role, RoleId, Way};
use rollcall_edge_api::{Gate, Params, Read};
use rollcall_edge_http::Problem;
use rollcall_insight::{FoundGroups, GroupFilter, GroupQuery, GroupSummary, Insight};
use serde::Deserialize;

use super::fields;
use super::preview::PreviewPart;
use super::saved::{SavedPart, saved_part};
use super::staged::Staged;
use crate::display;
use crate::layout::{Layout, Section, render, status_of};
use crate::messages::t;
use crate::visitor::Visitor;

/// Groups on one page.
const PAGE_SIZE: usize = 50;

/// The search for groups.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Search {
    /// A part of the group's name.
    #[serde(default)]
    name: String,
    /// What the group lacks: a `role`, or `members`.
    #[serde(default)]
    lacking: String,
    /// The id of a role of the group.
    #[serde(default)]
    role: String,
    after: Option<String>,
    done: Option<String>,
    /// When mappings were saved whose progress the page shows, and the ids of their groups.
    since: Option<Timestamp>,
    #[serde(default)]
    saved: String,
}

impl Search {
    fn query(&self) -> Result<GroupQuery, Problem> {
        Ok(GroupQuery {
            text: self.name.clone(),
            filter: parse_lacking(&self.lacking)?,
            role: Some(RoleId::named(&self.role)).filter(|_| !self.role.is_empty()),
            after: self.after.clone(),
            limit: PAGE_SIZE,
        })
    }

    /// The address of the list with these filters instead, below the console's path.
    fn with(&self, lacking: &str, role: &str, after: &str) -> String {
        let query = fields::query_string(&[
            ("name", &self.name),
            ("lacking", lacking),
            ("role", role),
            ("after", after),
        ]);
        match query.is_empty() {
            true => Section::Groups.path().to_owned(),
            false => format!("{}?{query}", Section::Groups.path()),
        }
    }

    /// The address of this page of the list, below the console's path.
    pub(super) fn here(&self) -> String {
        let after = self.after.as_deref().unwrap_or_default();
        self.with(&self.lacking, &self.role, after)
    }

    /// Whether the list shows all groups, from the first one.
    fn is_all(&self) -> bool {
        self.name.is_empty() && self.lacking.is_empty() && self.role.is_empty()
    }
}

/// One group in the list, with the roles that are chosen for it.
struct Row {
    group: GroupSummary,
    /// The option for the roles that it has.
    was: String,
    /// The option that is chosen.
    chosen: String,
    /// The names of the roles that it has.
    was_titles: String,
    /// The option for the roles that it has, unless all groups have this option.
    own_option: Option<String>,
    /// The names of the roles that it had when the form was made, if it has others now.
    expected: Option<String>,
    is_picked: bool,
}

impl Row {
    fn of(group: GroupSummary, staged: &Staged, roles: &[Role]) -> Self {
        let was = fields::roles_option(&group.roles);
        let was_titles = display::mapped_roles(&group.roles, roles);
        let is_common = was == "none" || roles.iter().any(|role| role.as_str() == was);
        let sent = staged.of_group(&group.id);
        let expected = sent.filter(|sent| sent.is_changed() && sent.was != was);
        Self {
            chosen: sent.map_or_else(|| was.clone(), |sent| sent.role.clone()),
            expected: expected.map(|sent| {
                let ids = fields::role_ids_of_option(&sent.was);
                display::mapped_roles(&ids, roles)
            }),
            is_picked: staged.picked.contains(&group.id),
            own_option: (!is_common).then(|| was.clone()),
            was,
            was_titles,
            group,
        }
    }

    fn is_changed(&self) -> bool {
        self.chosen != self.was
    }
}

/// A filter in the address.
struct Chip {
    title: String,
    /// How many groups it shows, if that is known.
    count: Option<u64>,
    address: String,
    is_current: bool,
}

#[derive(Template)]
#[template(path = "groups.html")]
struct Page {
    layout: Layout,
    rows: Vec<Row>,
    roles: Vec<Role>,
    chips: Vec<Chip>,
    total: u64,
    name: String,
    lacking: String,
    role: String,
    /// Whether filters or a text leave groups out.
    is_filtered: bool,
    /// The address of this page of the list.
    here: String,
    next: Option<String>,
    preview: Option<PreviewPart>,
    saved: Option<SavedPart>,
    /// The number of rows with another role than the saved one.
    changed: usize,
}

pub(crate) async fn show(
    visitor: Visitor<Read>,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    let layout = visitor
        .layout(Section::Groups)
        .with_notice(search.done.as_deref());
    let saved = match (search.since, layout.may_configure()) {
        (Some(since), true) => Some(saved_part(&visitor, &search.saved, since).await?),
        _ => None,
    };
    page(&visitor, &search, layout, &Staged::default(), None, saved).await
}

/// Renders the list with the roles that were chosen, what saving them would change, and why they were not saved.
pub(super) async fn staged<G: Gate>(
    visitor: &Visitor<G>,
    search: &Search,
    staged: &Staged,
    preview: Option<PreviewPart>,
    problem: Option<&Problem>,
) -> Result<Response, Problem> {
    let layout = visitor.layout(Section::Groups).with_refusal(problem);
    let mut response = page(visitor, search, layout, staged, preview, None).await?;
    if let Some(problem) = problem {
        *response.status_mut() = status_of(problem);
    }
    Ok(response)
}

async fn page<G: Gate>(
    visitor: &Visitor<G>,
    search: &Search,
    layout: Layout,
    staged: &Staged,
    preview: Option<PreviewPart>,
    saved: Option<SavedPart>,
) -> Result<Response, Problem> {
    let insight = Insight::of(visitor.tenant());
    let mut query = search.query()?;
    let mut found = insight.find_groups(&query).await?;
    if found.groups.is_empty() && found.next.is_none() && query.after.take().is_some() {
        // A place that leads nowhere leads to the first page.
        found = insight.find_groups(&query).await?;
    }
    // What was chosen stays in sight, even if the group is on another page of the list by now.
    let listed: BTreeSet<&String> = found.groups.iter().map(|group| &group.id).collect();
    let missing = staged.changes_of(|id| !listed.contains(id));
    if !missing.is_empty() {
        let mut groups = insight.groups_by_id(&missing).await?;
        groups.append(&mut found.groups);
        found.groups = groups;
    }
    let roles = visitor.catalogue().given(Way::Mapping);
    let all_roles = visitor.catalogue().roles();
    let chips = chips(search, &found, &all_roles);
    let rows = found.groups.into_iter();
    let rows: Vec<Row> = rows.map(|one| Row::of(one, staged, &all_roles)).collect();
    render(&Page {
        layout,
        changed: rows.iter().filter(|row| row.is_changed()).count(),
        rows,
        roles,
        chips,
        total: found.total,
        name: search.name.clone(),
        lacking: search.lacking.clone(),
        role: search.role.clone(),
        is_filtered: !search.is_all(),
        here: search.here(),
        next: found
            .next
            .map(|next| search.with(&search.lacking, &search.role, &next)),
        preview,
        saved,
    })
}

fn chips(search: &Search, found: &FoundGroups, roles: &[Role]) -> Vec<Chip> {
    let chip = |title: String, count, lacking: &str, role: &str| Chip {
        title,
        count,
        address: search.with(lacking, role, ""),
        is_current: search.lacking == lacking && search.role == role,
    };
    let mut chips = vec![
        chip(t("groups-chip-all").plain(), Some(found.total), "", ""),
        chip(t("no-role").plain(), Some(found.without_role), "role", ""),
        chip(t("groups-chip-empty").plain(), None, "members", ""),
    ];
    let counts: &BTreeMap<RoleId, u64> = &found.by_role;
    for role in roles.iter().rev() {
        let count = counts.get(&RoleId::from(*role)).copied();
        if count.is_some() || search.role == role.as_str() {
            chips.push(chip(role.title().to_owned(), count, "", role.as_str()));
        }
    }
    chips
}

/// Reads the `lacking` field; an empty one selects all groups.
fn parse_lacking(lacking: &str) -> Result<GroupFilter, Problem> {
    match lacking {
        "" => Ok(GroupFilter::All),
        "role" => Ok(GroupFilter::WithoutRole),
        "members" => Ok(GroupFilter::WithoutMembers),
        _ => Err(Problem::invalid("`lacking` is one of `role` and `members`")),
    }
}
