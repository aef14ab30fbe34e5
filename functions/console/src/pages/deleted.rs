//! People who were deleted: the list of them, and the page of one, where they can be restored or admitted as new.

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{AuditQuery, Error, EventType, Fate};
use rollcall_edge_api::{Gate, Params, ReadLogs, explained};
use rollcall_edge_http::Problem;
use rollcall_insight::{DeletedPerson, Insight};
use serde::Deserialize;

use super::audit::{Row, rows};
use super::fields;
use super::log_names::Reader;
use super::log_view::time_of;
use super::person_actions::Action;
use crate::layout::{Layout, Section, render};
use crate::visitor::Visitor;

/// People on one page of the list.
const PAGE_SIZE: usize = 50;
/// Changes on the page of a person. Activity shows the rest.
const HISTORY_SIZE: usize = 20;

/// The search for people who were deleted.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Search {
    /// A whole user name or id.
    #[serde(default)]
    name: String,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "deleted.html")]
struct List {
    layout: Layout,
    people: Vec<DeletedPerson>,
    name: String,
    /// The query of the next page, if there is one.
    next: Option<String>,
    /// How far back the list has looked, if there is a next page.
    back_to: Option<Timestamp>,
}

pub(crate) async fn show(
    visitor: Visitor<ReadLogs>,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    let name = search.name.trim().to_owned();
    let asked = Some(name.clone()).filter(|name| !name.is_empty());
    let (people, next) = Insight::of(visitor.tenant())
        .deleted_people(asked, search.after, PAGE_SIZE)
        .await?;
    render(&List {
        layout: visitor.layout(Section::People),
        people,
        back_to: next.as_deref().and_then(time_of),
        next: next.map(|next| fields::query_string(&[("name", &name), ("after", &next)])),
        name,
    })
}

/// A person who was deleted, or an account that was closed into another person.
#[derive(Template)]
#[template(path = "deleted_person.html")]
struct Page {
    layout: Layout,
    id: String,
    /// The user name, if the visitor may read the log and the log still has it.
    user_name: Option<String>,
    fate: Fate,
    actions: Vec<Action>,
    history: Vec<Row>,
}

/// Renders the page of a person who is not there, if they were deleted. Other errors stay as they are.
pub(super) async fn page<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    layout: Layout,
    error: Error,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let Some(fate) = tenant.resources().fate(id).await? else {
        return Err(explained(tenant, id, error).await);
    };
    let history = match layout.may_read_logs() {
        true => history(visitor, id).await?,
        false => Vec::new(),
    };
    let is_end = |row: &&Row| {
        let entry = &row.entry;
        entry.is(EventType::UserDeleted) || entry.is(EventType::UserMerged)
    };
    let end = history.iter().find(is_end);
    let actions = match fate.merged_into {
        Some(_) => Vec::new(),
        None => Action::offered_after_deletion(&layout),
    };
    render(&Page {
        id: id.to_owned(),
        user_name: end.map(|row| row.entry.subject.name.clone()),
        fate,
        actions,
        history,
        layout,
    })
}

async fn history<G: Gate>(visitor: &Visitor<G>, id: &str) -> Result<Vec<Row>, Problem> {
    let tenant = visitor.tenant();
    let query = AuditQuery {
        subject: Some(id.to_owned()),
        limit: HISTORY_SIZE,
        ..AuditQuery::default()
    };
    let (changes, _) = tenant.journal().audit(&query).await?;
    let connections = tenant.credentials().connections().await?;
    Ok(rows(Reader::of(visitor, &connections), changes).await?)
}
