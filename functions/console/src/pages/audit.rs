//! Audit log: every change, who made it, and the values before and after.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{Actor, AuditQuery, Connection, Entry, Error, EventType, Tenant};
use rollcall_edge_api::{Params, ReadLogs};
use rollcall_edge_http::Problem;
use rollcall_insight::Insight;
use rollcall_scim::fold;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields::{start_of_day, told_day};
use super::following::Followed;
use super::log::{self, Log, LogEntry, LogSearch, Shown};
use super::log_names::{ConnectionNames, Known, Reader, actor_name, named};
use super::log_row::{Row as LogRow, Told};
use super::log_view::View;
use super::record::{Record, changed};
use crate::bursts::{Cause, Caused};
use crate::change_sentence;
use crate::display;
use crate::export::{self, ExportFile, ExportRow, Format};
use crate::language::{self, Language};
use crate::layout::{Layout, render};
use crate::messages::{Text, t};
use crate::visitor::{IsPart, Poll, Visitor};

/// Roles that change so soon after a mapping changed because of it.
const FOLLOWS: SignedDuration = SignedDuration::from_mins(10);

/// The actions that are offered where one types one: beginnings of their names.
const ACTIONS: [&str; 9] = [
    "user.",
    "group.",
    "token.",
    "connection.",
    "auth.login",
    "auth.refused",
    "auth.logout",
    "portal_link.",
    "tenant.",
];

/// The search for entries.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Search {
    /// The id or name of the changed item.
    subject: String,
    /// The id of the request that made the change.
    request: String,
    /// The id or name of a person or connection, or the displayed name of another actor.
    actor: String,
    /// The beginning of the action's name.
    action: String,
    /// The first day, UTC.
    from: String,
    /// The last day, UTC.
    to: String,
    after: Option<String>,
    /// The id of the change whose record is open.
    entry: String,
    /// The id of a change of the burst that is unfolded.
    burst: String,
    /// Any text here gives each change a line of its own.
    each: String,
    /// Any text here shows new changes by themselves.
    live: String,
    /// The time up to which a live list has been read.
    since: Option<Timestamp>,
    /// When a list became live.
    begun: Option<Timestamp>,
    /// How many reads of a live list in a row have found nothing.
    quiet: u32,
    /// The marks of the latest entries that a live list has shown.
    shown: String,
    format: Format,
}

impl Search {
    async fn limited(&self, reader: Reader<'_>, limit: usize) -> Result<AuditQuery, Problem> {
        let given = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let actors = match given(&self.actor) {
            Some(name) => actors_named(reader, name).await?,
            None => Vec::new(),
        };
        Ok(AuditQuery {
            from: start_of_day("log-from", &self.from, 0)?,
            to: start_of_day("log-to", &self.to, 1)?,
            actors,
            subject: given(&self.subject),
            request_id: given(&self.request),
            action: given(&self.action),
            after: self.after.clone(),
            limit,
        })
    }
}

impl LogSearch for Search {
    type Entry = Changed;

    const OFFERED: &'static [(&'static str, &'static str, &'static str)] = &[
        ("action", "user.", "audit-people"),
        ("action", "user.role", "audit-roles"),
        ("action", "group.", "audit-groups"),
        ("action", "auth.", "audit-sign-ins"),
        ("action", "connection.", "audit-connections"),
    ];

    fn filters(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("subject", &self.subject),
            ("request", &self.request),
            ("actor", &self.actor),
            ("action", &self.action),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }

    fn view(&self, console: &str) -> View {
        let filters = self.filters();
        let set = filters.into_iter().filter(|(_, value)| !value.is_empty());
        View {
            path: format!("{console}/activity/audit"),
            filters: set.map(|(name, value)| (name, value.to_owned())).collect(),
            after: self.after.clone().unwrap_or_default(),
            entry: self.entry.clone(),
            burst: self.burst.clone(),
            each: !self.each.is_empty(),
            // What has an end is not live.
            live: !self.live.is_empty() && self.to.is_empty(),
        }
    }

    fn followed(&self) -> Followed {
        Followed {
            since: self.since,
            begun: self.begun,
            quiet: self.quiet,
            shown: self.shown.clone(),
        }
    }

    fn say(&self, name: &str, value: &str, connections: &[Connection]) -> String {
        let shown = display::name(value);
        let text = match name {
            "actor" => {
                let label = connections.iter().find(|one| one.id == value);
                let label = label.map_or(shown, |one| display::name(&one.label));
                t("log-chip-by").s("name", label)
            }
            "action" => t("log-chip-kind").s("kind", shown),
            "request" => t("log-chip-request").s("id", shown),
            "from" => t("log-chip-from").s("day", told_day(&shown)),
            "to" => t("log-chip-to").s("day", told_day(&shown)),
            _ => t("log-chip-about").s("name", shown),
        };
        text.plain()
    }

    async fn query(&self, reader: Reader<'_>) -> Result<AuditQuery, Problem> {
        self.limited(reader, 0).await
    }

    fn period(query: &mut AuditQuery) -> (&mut Option<Timestamp>, &mut Option<Timestamp>) {
        (&mut query.from, &mut query.to)
    }

    fn ends_by_id(_query: &AuditQuery) -> bool {
        true
    }

    async fn record(
        visitor: &Visitor<ReadLogs>,
        connections: &[Connection],
        view: &View,
    ) -> Result<Record, Problem> {
        let entry = visitor.tenant().journal().entry(&view.entry).await?;
        changed(visitor, connections, entry, view).await
    }
}

/// Finds the actors with this name, ignoring case: connections, a person, and other actors by their names in any language.
/// The name itself is included, because it may be an id. One who may not read the directory finds nobody by name.
async fn actors_named(reader: Reader<'_>, name: String) -> Result<Vec<String>, Problem> {
    let folded = fold(&name);
    let connections = reader
        .connections
        .iter()
        .filter(|one| fold(&one.label) == folded)
        .map(|one| one.id.clone());
    let is_called = |kind: &&&str| {
        let mut languages = Language::ALL.into_iter();
        languages.any(|one| language::with(one, || fold(&display::actor_kind(kind)) == folded))
    };
    let kinds = ["portal_link", "application", "system"]
        .iter()
        .filter(is_called)
        .map(|kind| (*kind).to_owned());
    let mut actors: Vec<String> = connections.chain(kinds).collect();
    if reader.sees_directory {
        actors.extend(Insight::of(reader.tenant).person_named(&name).await?);
    }
    actors.push(name);
    Ok(actors)
}

/// One change and the name of its actor.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) entry: Entry,
    pub(super) actor_name: String,
}

/// Adds the actors' names to the changes. One call reads the names of all the people, if the reader may see them.
pub(super) async fn rows(reader: Reader<'_>, entries: Vec<Entry>) -> Result<Vec<Row>, Error> {
    let Reader {
        tenant,
        connections,
        sees_directory,
    } = reader;
    let people = entries.iter().filter_map(|entry| entry.actor.person_id());
    let people = people.filter(|_| sees_directory);
    let people = people.map(str::to_owned).collect();
    let names = Insight::of(tenant).user_names(&people).await?;
    let used = entries.iter().filter_map(|entry| entry.actor.connection());
    let connections = ConnectionNames::read(tenant, connections, used.collect()).await?;
    let row = |entry: Entry| Row {
        actor_name: match names.get(actor_id(&entry.actor)) {
            Some(name) => name.clone(),
            None => named(&entry.actor, &connections),
        },
        entry,
    };
    Ok(entries.into_iter().map(row).collect())
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    layout: Layout,
    log: Log,
    search: Search,
    csv: String,
    json: String,
}

pub(crate) async fn show(
    visitor: Visitor<ReadLogs>,
    is_part: IsPart,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    match log::show(&visitor, is_part, &search).await? {
        Shown::Record(response) => Ok(response),
        Shown::List(list) => render(&Page {
            layout: list.layout,
            log: list.log,
            csv: search.address("", "csv"),
            json: search.address("", "json"),
            search,
        }),
    }
}

/// Shows the changes that have come since.
pub(crate) async fn newer(
    Poll(visitor): Poll<ReadLogs>,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    log::newer(&visitor, &search).await
}

/// A change in the list.
pub(super) struct Changed {
    entry: Entry,
    cause: Option<Cause>,
}

impl Caused for Changed {
    fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }

    fn at(&self) -> Timestamp {
        self.entry.at
    }
}

impl LogEntry for Changed {
    type Query = AuditQuery;

    async fn read(
        tenant: &Tenant,
        query: &AuditQuery,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Self>, Option<String>), Error> {
        let query = AuditQuery {
            after,
            limit,
            ..query.clone()
        };
        let (entries, next) = tenant.journal().audit(&query).await?;
        let one = |entry: Entry| Self {
            cause: change_sentence::cause(&entry),
            entry,
        };
        Ok((entries.into_iter().map(one).collect(), next))
    }

    fn id(&self) -> &str {
        &self.entry.id
    }

    fn connection(&self) -> Option<&str> {
        self.entry.actor.connection()
    }

    fn name_ids(&self, people: &mut BTreeSet<String>, groups: &mut BTreeSet<String>) {
        change_sentence::name_ids(&self.entry, people, groups);
    }

    fn told(&self, known: &Known) -> Told {
        Told {
            said: change_sentence::sentence(&self.entry, &known.names),
            icon: change_sentence::icon(&self.entry),
            tone: change_sentence::tone(&self.entry),
            by: actor_name(&self.entry.actor, known),
            status: None,
        }
    }

    fn brought_about_by(&self, earlier: &Self, what: Text) -> Text {
        let apart = self.entry.at.duration_since(earlier.entry.at).abs();
        let follows = self.entry.is(EventType::UserRoleChanged)
            && self.entry.actor.kind() == "system"
            && earlier.entry.is(EventType::GroupMappingChanged)
            && apart <= FOLLOWS;
        match follows {
            true => t("change-because-mapped").part("what", what),
            false => what,
        }
    }
}

fn actor_id(actor: &Actor) -> &str {
    actor.id().unwrap_or_default()
}

/// What a file has.
pub(super) struct Exported {
    query: AuditQuery,
    /// Whether the reader may see the names of people.
    sees_directory: bool,
}

impl ExportRow for Row {
    type Query = Exported;

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

    fn cursor(exported: &mut Exported) -> &mut Option<String> {
        &mut exported.query.after
    }

    async fn page(
        tenant: &Tenant,
        connections: &[Connection],
        exported: &Exported,
    ) -> Result<(Vec<Self>, Option<String>), Error> {
        let reader = Reader {
            tenant,
            connections,
            sees_directory: exported.sees_directory,
        };
        let (entries, next) = tenant.journal().audit(&exported.query).await?;
        Ok((rows(reader, entries).await?, next))
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
    let reader = Reader::of(&visitor, &connections);
    let exported = Exported {
        query: search.limited(reader, export::PAGE_SIZE).await?,
        sees_directory: reader.sees_directory,
    };
    let file = ExportFile::read::<Row>(tenant, &connections, exported);
    // A file is for machines, the same in each language.
    let file = language::within(Language::English, file).await?;
    file.finish(search.format, "audit", |last, format| {
        let query = search.address(last, format);
        visitor.link(&format!("/activity/audit/export?{query}"))
    })
}
