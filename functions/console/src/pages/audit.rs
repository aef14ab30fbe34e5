//! Audit log: every change, who made it, and the values before and after.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{Actor, AuditQuery, Connection, Entry, Error, Tenant};
use rollcall_edge_api::{Params, ReadLogs};
use rollcall_edge_http::Problem;
use rollcall_insight::Insight;
use rollcall_scim::fold;
use serde::Deserialize;
use serde_json::{Value, json};

use super::activity::ConnectionNames;
use super::fields::{self, start_of_day};
use crate::display;
use crate::export::{self, ExportFile, ExportRow, Format};
use crate::layout::{Layout, Section, render};
use crate::visitor::Visitor;

/// Entries on one page.
const PAGE_SIZE: usize = 50;

/// The search for entries.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Search {
    /// The id or name of the changed item.
    #[serde(default)]
    subject: String,
    /// The id of the request that made the change.
    #[serde(default)]
    request: String,
    /// The id or name of a person or connection, or the displayed name of another actor.
    #[serde(default)]
    actor: String,
    /// The beginning of the action's name.
    #[serde(default)]
    action: String,
    /// The first day, UTC.
    #[serde(default)]
    from: String,
    /// The last day, UTC.
    #[serde(default)]
    to: String,
    after: Option<String>,
    #[serde(default)]
    format: Format,
}

impl Search {
    async fn query(
        &self,
        tenant: &Tenant,
        connections: &[Connection],
        limit: usize,
    ) -> Result<AuditQuery, Problem> {
        let given = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let actors = match given(&self.actor) {
            Some(name) => actors_named(tenant, connections, name).await?,
            None => Vec::new(),
        };
        Ok(AuditQuery {
            from: start_of_day("from", &self.from, 0)?,
            to: start_of_day("to", &self.to, 1)?,
            actors,
            subject: given(&self.subject),
            request_id: given(&self.request),
            action: given(&self.action),
            after: self.after.clone(),
            limit,
        })
    }

    /// The search as a query string.
    fn address(&self, after: &str, format: &str) -> String {
        fields::query_string(&[
            ("subject", &self.subject),
            ("request", &self.request),
            ("actor", &self.actor),
            ("action", &self.action),
            ("from", &self.from),
            ("to", &self.to),
            ("after", after),
            ("format", format),
        ])
    }
}

/// Finds the actors with this name, ignoring case: connections, a person, and other actors by their displayed names.
/// The name itself is included, because it may be an id.
async fn actors_named(
    tenant: &Tenant,
    connections: &[Connection],
    name: String,
) -> Result<Vec<String>, Problem> {
    let folded = fold(&name);
    let connections = connections
        .iter()
        .filter(|one| fold(&one.label) == folded)
        .map(|one| one.id.clone());
    let kinds = ["portal_link", "application", "system"]
        .iter()
        .filter(|kind| fold(display::actor_kind(kind)) == folded)
        .map(|kind| (*kind).to_owned());
    let mut actors: Vec<String> = connections.chain(kinds).collect();
    actors.extend(Insight::of(tenant).person_named(&name).await?);
    actors.push(name);
    Ok(actors)
}

/// One change and the name of its actor.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) entry: Entry,
    pub(super) actor_name: String,
}

impl Row {
    /// The id that finds every change by the same actor; empty for an actor without an id.
    pub(super) fn actor_id(&self) -> &str {
        let actor = &self.entry.actor;
        actor.connection().unwrap_or_else(|| actor_id(actor))
    }
}

/// Adds the actors' names to the changes. One call reads the names of all the people.
pub(super) async fn rows(
    tenant: &Tenant,
    entries: Vec<Entry>,
    connections: &[Connection],
) -> Result<Vec<Row>, Error> {
    let people = entries.iter().filter_map(|entry| entry.actor.person_id());
    let people = people.map(str::to_owned).collect();
    let names = Insight::of(tenant).user_names(&people).await?;
    let used = entries.iter().filter_map(|entry| entry.actor.connection());
    let connections = ConnectionNames::read(tenant, connections, used.collect()).await?;
    let row = |entry: Entry| Row {
        actor_name: match names.get(actor_id(&entry.actor)) {
            Some(name) => name.clone(),
            None => actor_name(&entry.actor, &connections),
        },
        entry,
    };
    Ok(entries.into_iter().map(row).collect())
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    layout: Layout,
    rows: Vec<Row>,
    search: Search,
    next: Option<String>,
    csv: String,
    json: String,
}

fn actor_name(actor: &Actor, connections: &ConnectionNames) -> String {
    let kind = display::actor_kind(actor.kind());
    match (actor.connection(), actor.email()) {
        (Some(connection), _) => connections.of(connection),
        (None, Some(email)) => format!("{email} ({kind})"),
        (None, None) => kind.to_owned(),
    }
}

pub(crate) async fn show(
    visitor: Visitor<ReadLogs>,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connections = tenant.credentials().connections().await?;
    let query = search.query(tenant, &connections, PAGE_SIZE).await?;
    let (rows, next) = Row::page(tenant, &connections, &query).await?;
    render(&Page {
        layout: visitor.layout(Section::Activity),
        rows,
        next: next.map(|next| search.address(&next, "")),
        csv: search.address("", "csv"),
        json: search.address("", "json"),
        search,
    })
}

fn actor_id(actor: &Actor) -> &str {
    actor.id().unwrap_or_default()
}

impl ExportRow for Row {
    type Query = AuditQuery;

    const COLUMNS: &'static [&'static str] = &[
        "occurred_at",
        "action",
        "actor",
        "actor_id",
        "session",
        "source_address",
        "user_agent",
        "subject_type",
        "subject_id",
        "subject",
        "before",
        "after",
        "request_id",
    ];

    fn cursor(query: &mut AuditQuery) -> &mut Option<String> {
        &mut query.after
    }

    async fn page(
        tenant: &Tenant,
        connections: &[Connection],
        query: &AuditQuery,
    ) -> Result<(Vec<Self>, Option<String>), Error> {
        let (entries, next) = tenant.journal().audit(query).await?;
        Ok((rows(tenant, entries, connections).await?, next))
    }

    fn id(&self) -> &str {
        &self.entry.id
    }

    fn values(&self) -> Value {
        let entry = &self.entry;
        json!({
            "occurred_at": entry.at,
            "action": entry.action,
            "actor": self.actor_name,
            "actor_id": actor_id(&entry.actor),
            "session": entry.actor.session(),
            "source_address": entry.origin.address,
            "user_agent": entry.origin.user_agent,
            "subject_type": entry.subject.kind,
            "subject_id": entry.subject.id,
            "subject": entry.subject.name,
            "before": entry.before,
            "after": entry.after,
            "request_id": entry.request_id,
        })
    }
}

pub(crate) async fn export(
    visitor: Visitor<ReadLogs>,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connections = tenant.credentials().connections().await?;
    let query = search
        .query(tenant, &connections, export::PAGE_SIZE)
        .await?;
    let file = ExportFile::read::<Row>(tenant, &connections, query).await?;
    file.finish(search.format, "audit", |last, format| {
        let query = search.address(last, format);
        visitor.link(&format!("/activity/audit/export?{query}"))
    })
}
