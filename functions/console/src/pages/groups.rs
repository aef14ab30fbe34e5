//! Groups and roles: each pushed group, how many are in it, and the role it gives.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{GROUPS, GroupSummary, Lacking, Role};
use rollcall_edge_api::{Params, Read};
use rollcall_edge_http::Problem;
use serde::Deserialize;

use crate::frame::{Frame, Section};
use crate::visitor::Visitor;

/// Groups on one page.
const PAGE: usize = 50;

/// Which groups are looked at.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    done: Option<String>,
    /// What their names begin with.
    #[serde(default)]
    name: String,
    /// What they lack: a `role`, or `members`.
    #[serde(default)]
    lacking: String,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "groups.html")]
struct Page {
    frame: Frame,
    groups: Vec<GroupSummary>,
    roles: Vec<Role>,
    total: u64,
    name: String,
    lacking: String,
    next: Option<String>,
}

pub(crate) async fn show(
    visitor: Visitor<Read>,
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let lacking = lacking(&asked.lacking)?;
    let (groups, next) = tenant
        .search_groups(&asked.name, lacking, asked.after, PAGE)
        .await?;
    crate::frame::show(&Page {
        frame: visitor
            .frame(Section::Groups)
            .with_notice(asked.done.as_deref()),
        groups,
        roles: mappable(),
        total: tenant.total(&GROUPS).await?,
        next: next.map(|next| {
            super::query(&[
                ("name", &asked.name),
                ("lacking", &asked.lacking),
                ("after", &next),
            ])
        }),
        name: asked.name,
        lacking: asked.lacking,
    })
}

/// What a form asks for; an empty one asks for nothing.
fn lacking(asked: &str) -> Result<Lacking, Problem> {
    match asked {
        "" => Ok(Lacking::Nothing),
        "role" => Ok(Lacking::Role),
        "members" => Ok(Lacking::Members),
        _ => Err(Problem::invalid("`lacking` is one of `role` and `members`")),
    }
}

/// The roles that a group can give.
pub(super) fn mappable() -> Vec<Role> {
    Role::ALL
        .into_iter()
        .filter(|role| role.is_mappable())
        .collect()
}
