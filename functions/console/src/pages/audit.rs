//! The audit log: every change, who made it, and what it was before and after.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{Actor, AuditQuery, Connection, Entry, Error, Tenant};
use rollcall_edge_api::{Params, Read};
use rollcall_edge_http::Problem;
use rollcall_scim::fold;
use serde::Deserialize;
use serde_json::{Value, json};

use super::activity::ConnectionNames;
use super::midnight;
use crate::export::{self, File, Format, Listed};
use crate::frame::{Frame, Section};
use crate::visitor::Visitor;
use crate::words;

/// Entries on one page.
const PAGE: usize = 50;

/// Which changes are looked at.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// The id or name of whom or what it was done to.
    #[serde(default)]
    subject: String,
    /// Who did it: the name or id of a person or connection, or what the rows call whoever is neither.
    #[serde(default)]
    actor: String,
    /// The beginning of the action.
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

impl Asked {
    async fn query(
        &self,
        tenant: &Tenant,
        connections: &[Connection],
        limit: usize,
    ) -> Result<AuditQuery, Problem> {
        let given = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let actors = match given(&self.actor) {
            Some(name) => actors_called(tenant, connections, name).await?,
            None => Vec::new(),
        };
        Ok(AuditQuery {
            from: midnight("from", &self.from, 0)?,
            to: midnight("to", &self.to, 1)?,
            actors,
            subject: given(&self.subject),
            action: given(&self.action),
            after: self.after.clone(),
            limit,
        })
    }

    /// The same search as an address has it.
    fn address(&self, after: &str, format: &str) -> String {
        super::query(&[
            ("subject", &self.subject),
            ("actor", &self.actor),
            ("action", &self.action),
            ("from", &self.from),
            ("to", &self.to),
            ("after", after),
            ("format", format),
        ])
    }
}

/// Whoever goes by this name, without regard to case: connections, a person, those whom the rows call so; and what was
/// given itself, which may be an id.
async fn actors_called(
    tenant: &Tenant,
    connections: &[Connection],
    name: String,
) -> Result<Vec<String>, Problem> {
    let folded = fold(&name);
    let connections = connections
        .iter()
        .filter(|one| fold(&one.label) == folded)
        .map(|one| one.id.clone());
    let kinds = [Actor::PortalLink, Actor::Application, Actor::System]
        .iter()
        .filter(|actor| fold(words::actor(actor)) == folded)
        .map(|actor| actor.kind().to_owned());
    let mut actors: Vec<String> = connections.chain(kinds).collect();
    actors.extend(tenant.person_named(&name).await?);
    actors.push(name);
    Ok(actors)
}

/// One change with who made it.
pub(super) struct Row {
    pub(super) entry: Entry,
    pub(super) who: String,
}

impl Row {
    /// By which everything is found that the same person or connection did; empty for others.
    pub(super) fn actor_id(&self) -> &str {
        match &self.entry.actor {
            Actor::Token { connection, .. } => connection,
            other => actor_id(other),
        }
    }
}

/// Changes with who made them; people's names are read at once.
pub(super) async fn rows(
    tenant: &Tenant,
    entries: Vec<Entry>,
    connections: &[Connection],
) -> Result<Vec<Row>, Error> {
    let people = entries.iter().filter_map(|entry| match &entry.actor {
        Actor::Person { id } => Some(id.clone()),
        _ => None,
    });
    let names = tenant.user_names(&people.collect()).await?;
    let used = entries.iter().filter_map(|entry| match &entry.actor {
        Actor::Token { connection, .. } => Some(&**connection),
        _ => None,
    });
    let connections = ConnectionNames::read(tenant, connections, used.collect()).await?;
    let row = |entry: Entry| Row {
        who: match names.get(actor_id(&entry.actor)) {
            Some(name) => name.clone(),
            None => who(&entry.actor, &connections),
        },
        entry,
    };
    Ok(entries.into_iter().map(row).collect())
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    asked: Asked,
    next: Option<String>,
    csv: String,
    json: String,
}

fn who(actor: &Actor, connections: &ConnectionNames) -> String {
    match actor {
        Actor::Token { connection, .. } => connections.of(connection),
        other => words::actor(other).to_owned(),
    }
}

pub(crate) async fn show(
    visitor: Visitor<Read>,
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connections = tenant.connections().await?;
    let query = asked.query(tenant, &connections, PAGE).await?;
    let (rows, next) = Row::page(tenant, &connections, &query).await?;
    crate::frame::show(&Page {
        frame: visitor.frame(Section::Activity),
        rows,
        next: next.map(|next| asked.address(&next, "")),
        csv: asked.address("", "csv"),
        json: asked.address("", "json"),
        asked,
    })
}

fn actor_id(actor: &Actor) -> &str {
    match actor {
        Actor::Token { id, .. } | Actor::Person { id } => id,
        Actor::PortalLink | Actor::Application | Actor::System => "",
    }
}

impl Listed for Row {
    type Query = AuditQuery;

    const COLUMNS: &'static [&'static str] = &[
        "occurred_at",
        "action",
        "actor",
        "actor_id",
        "subject_type",
        "subject_id",
        "subject",
        "before",
        "after",
        "request_id",
    ];

    fn after(query: &mut AuditQuery) -> &mut Option<String> {
        &mut query.after
    }

    async fn page(
        tenant: &Tenant,
        connections: &[Connection],
        query: &AuditQuery,
    ) -> Result<(Vec<Self>, Option<String>), Error> {
        let (entries, next) = tenant.audit(query).await?;
        Ok((rows(tenant, entries, connections).await?, next))
    }

    fn id(&self) -> &str {
        &self.entry.id
    }

    fn row(&self) -> Value {
        let entry = &self.entry;
        json!({
            "occurred_at": entry.at,
            "action": entry.action,
            "actor": self.who,
            "actor_id": actor_id(&entry.actor),
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
    visitor: Visitor<Read>,
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connections = tenant.connections().await?;
    let query = asked.query(tenant, &connections, export::STEP).await?;
    let file = File::of::<Row>(tenant, &connections, query).await?;
    file.finish(asked.format, "audit", |last, format| {
        let query = asked.address(last, format);
        visitor.link(&format!("/activity/audit/export?{query}"))
    })
}
