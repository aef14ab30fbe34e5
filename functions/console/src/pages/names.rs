//! Names: the people whom one change of a preview is about, a bounded number at a time.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{AffectedPerson, RoleId, WantedMappings};
use rollcall_edge_api::Gate;
use rollcall_edge_http::Problem;
use rollcall_insight::Insight;

use super::fields::{self, Typed};
use super::totals::{Ask, Named, ids, known};
use crate::display;
use crate::layout::{Layout, Section, render};
use crate::visitor::{IsPart, Visitor};

/// People among whom one step looks for those of one change, to name them.
const NAMED_AT_ONCE: usize = 400;

/// Names of the people of one change, to go after those that are there.
#[derive(Template)]
#[template(path = "names.html")]
struct NamesPart {
    console: String,
    named: Vec<Named>,
    /// Asks for more of them.
    next: Option<String>,
}

/// The page with the people of one change, without scripts.
#[derive(Template)]
#[template(path = "names_page.html")]
struct NamesPage {
    layout: Layout,
    title: String,
    names: NamesPart,
    /// The rows of the form that change: the group, and the options for its roles before and after.
    rows: Vec<(String, String, String)>,
}

/// Names the next people of one change.
pub(super) async fn show<G: Gate>(
    visitor: &Visitor<G>,
    wanted: &WantedMappings,
    form: &Typed,
    is_part: IsPart,
) -> Result<Response, Problem> {
    let unreadable = |_| Problem::invalid("`names` does not say whose names");
    let ask: Ask = serde_json::from_str(form.value("names")).map_err(unreadable)?;
    let roles = visitor.tenant().roles();
    let step = roles
        .preview_mappings(wanted, ask.after.as_deref(), NAMED_AT_ONCE)
        .await?;
    let is_asked_for = |one: &&AffectedPerson| ids(&one.from) == ask.from && ids(&one.to) == ask.to;
    let skip = match is_part.0 {
        true => ask.skip,
        false => 0,
    };
    let found = step.affected.iter().filter(is_asked_for);
    let mut named: Vec<Named> = found.clone().skip(skip).map(Named::from).collect();
    let groups = named.iter().map(|one| one.group.clone()).collect();
    let groups = Insight::of(visitor.tenant()).group_names(&groups).await?;
    for one in &mut named {
        one.group = groups.get(&one.group).cloned().unwrap_or_default();
    }
    let next = step.next.map(|after| Ask {
        after: Some(after),
        skip: skip.saturating_sub(found.count()),
        ..ask.clone()
    });
    let names = NamesPart {
        console: visitor.console(),
        named,
        next: next.and_then(|next| serde_json::to_string(&next).ok()),
    };
    if is_part.0 {
        return render(&names);
    }
    let catalogue = visitor.catalogue();
    let (from, to) = (known(&ask.from, catalogue), known(&ask.to, catalogue));
    let rows = wanted.iter().map(|(group, roles)| {
        let was = form.value(&format!("was.{group}")).to_owned();
        let roles: Vec<RoleId> = roles.iter().rev().copied().map(RoleId::from).collect();
        (group.clone(), was, fields::roles_option(&roles))
    });
    render(&NamesPage {
        layout: visitor.layout(Section::Groups),
        title: format!(
            "{} → {}",
            display::role_names(&from),
            display::role_names(&to)
        ),
        names,
        rows: rows.collect(),
    })
}
