//! Groups and roles: the pushed groups, their numbers of members, and the roles they give.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{GROUPS, Role, Way};
use rollcall_edge_api::{Params, Read};
use rollcall_edge_http::Problem;
use rollcall_insight::{GroupFilter, GroupSummary, Insight};
use serde::Deserialize;

use super::fields;
use crate::layout::{Layout, Section, render};
use crate::visitor::Visitor;

/// Groups on one page.
const PAGE_SIZE: usize = 50;

/// The search for groups.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Search {
    done: Option<String>,
    /// The beginning of the group's name.
    #[serde(default)]
    name: String,
    /// What the group lacks: a `role`, or `members`.
    #[serde(default)]
    lacking: String,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "groups.html")]
struct Page {
    layout: Layout,
    groups: Vec<GroupSummary>,
    roles: Vec<Role>,
    total: u64,
    name: String,
    lacking: String,
    next: Option<String>,
}

pub(crate) async fn show(
    visitor: Visitor<Read>,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let lacking = parse_lacking(&search.lacking)?;
    let (groups, next) = Insight::of(tenant)
        .search_groups(&search.name, lacking, search.after, PAGE_SIZE)
        .await?;
    render(&Page {
        layout: visitor
            .layout(Section::Groups)
            .with_notice(search.done.as_deref()),
        groups,
        roles: visitor.catalogue().given(Way::Mapping),
        total: Insight::of(tenant).total(&GROUPS).await?,
        next: next.map(|next| {
            fields::query_string(&[
                ("name", &search.name),
                ("lacking", &search.lacking),
                ("after", &next),
            ])
        }),
        name: search.name,
        lacking: search.lacking,
    })
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
