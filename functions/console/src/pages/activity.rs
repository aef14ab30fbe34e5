//! Activity: the requests of identity providers, as a chart by hour and as a list that says what each of them did.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Connection, Error, LoggedRequest, RequestQuery, Tenant};
use rollcall_edge_api::{Params, ReadLogs};
use rollcall_edge_http::Problem;
use serde::Deserialize;
use serde_json::{Value, json};

use super::chart::{ChartPart, chart_part};
use super::fields::{start_of_day, told_day};
use super::following::Followed;
use super::log::{self, Log, LogEntry, LogSearch, Shown};
use super::log_names::{ConnectionNames, Known, Reader};
use super::log_row::{Line, Row as LogRow, Told};
use super::log_view::View;
use super::record::{Record, requested};
use crate::bursts::{Cause, Caused};
use crate::display;
use crate::export::{self, ExportFile, ExportRow, Format};
use crate::language::{self, Language};
use crate::layout::{Layout, render};
use crate::messages::{Text, t};
use crate::request_sentence;
use crate::visitor::{IsPart, Poll, Visitor};

/// The kinds of results that can be asked for: the id, the key of the words, and the HTTP statuses.
const RESULTS: [(&str, &str, (u16, u16)); 4] = [
    ("done", "activity-result-done", (100, 399)),
    ("refused", "activity-result-refused", (400, 499)),
    ("slowed", "activity-result-slowed", (429, 429)),
    ("failed", "activity-result-failed", (500, 599)),
];

/// The kinds of changes that can be asked for: the beginning of the action, and the key of the words.
const CHANGES: [(&str, &str); 8] = [
    ("user.created", "activity-people-added"),
    ("user.updated", "activity-people-changed"),
    ("user.deactivated", "activity-people-deactivated"),
    ("user.reactivated", "activity-people-reactivated"),
    ("user.deleted", "activity-people-deleted"),
    ("group.members_changed", "activity-members-changed"),
    ("group.", "activity-groups-changed"),
    ("brake.held", "activity-held"),
];

/// The HTTP methods that can be asked for, and the key of the words for what they do.
const METHODS: [(&str, &str); 5] = [
    ("GET", "activity-method-get"),
    ("POST", "activity-method-post"),
    ("PATCH", "activity-method-patch"),
    ("PUT", "activity-method-put"),
    ("DELETE", "activity-method-delete"),
];

/// The search for requests.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Search {
    text: String,
    /// Any text here selects failures only.
    failed: String,
    /// A connection's id.
    connection: String,
    /// An HTTP method.
    method: String,
    /// The beginning of the action of a change.
    change: String,
    /// The id of a kind of result.
    result: String,
    /// The id of a person, or a name that they were called by.
    person: String,
    /// The first day, UTC.
    from: String,
    /// The last day, UTC.
    to: String,
    after: Option<String>,
    /// The id of the request whose record is open.
    entry: String,
    /// The id of a request of the burst that is unfolded.
    burst: String,
    /// Any text here gives each request a line of its own.
    each: String,
    /// Any text here shows new requests by themselves.
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
    fn limited(&self, limit: usize) -> Result<RequestQuery, Problem> {
        let given = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let statuses = match self.result.as_str() {
            "" => None,
            result => {
                let known = RESULTS.iter().find(|(id, ..)| *id == result);
                let unknown = || Problem::invalid("`result` is no kind of result");
                Some(known.ok_or_else(unknown)?.2)
            }
        };
        Ok(RequestQuery {
            from: start_of_day("log-from", &self.from, 0)?,
            to: start_of_day("log-to", &self.to, 1)?,
            text: given(&self.text),
            person: given(&self.person),
            failed: !self.failed.is_empty(),
            connection_id: given(&self.connection),
            http_method: given(&self.method),
            change: given(&self.change),
            statuses,
            after: self.after.clone(),
            limit,
        })
    }
}

impl LogSearch for Search {
    type Entry = Request;

    const OFFERED: &'static [(&'static str, &'static str, &'static str)] = &[
        ("failed", "yes", "activity-failures-only"),
        ("change", "user.deactivated", "activity-deactivations"),
    ];

    fn filters(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("text", &self.text),
            ("failed", &self.failed),
            ("connection", &self.connection),
            ("method", &self.method),
            ("change", &self.change),
            ("result", &self.result),
            ("person", &self.person),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }

    fn view(&self, console: &str) -> View {
        let filters = self.filters();
        let set = filters.into_iter().filter(|(_, value)| !value.is_empty());
        View {
            path: format!("{console}/activity"),
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
        let named = |known: &[(&str, &'static str)]| {
            let found = known.iter().find(|(id, _)| *id == value);
            found.map_or_else(|| shown.clone(), |(_, words)| t(words).plain())
        };
        match name {
            "connection" => {
                let label = connections.iter().find(|one| one.id == value);
                label.map_or_else(
                    || t("log-chip-connection-deleted").plain(),
                    |one| display::name(&one.label),
                )
            }
            "method" => named(&METHODS),
            "change" => named(&CHANGES),
            "result" => named(&RESULTS.map(|(id, words, _)| (id, words))),
            "person" => t("log-chip-about").s("name", shown).plain(),
            "from" => t("log-chip-from").s("day", told_day(&shown)).plain(),
            "to" => t("log-chip-to").s("day", told_day(&shown)).plain(),
            _ => t("log-chip-text").s("text", shown).plain(),
        }
    }

    async fn query(&self, _reader: Reader<'_>) -> Result<RequestQuery, Problem> {
        self.limited(0)
    }

    fn period(query: &mut RequestQuery) -> (&mut Option<Timestamp>, &mut Option<Timestamp>) {
        (&mut query.from, &mut query.to)
    }

    fn ends_by_id(query: &RequestQuery) -> bool {
        query.person.is_none()
    }

    async fn record(
        visitor: &Visitor<ReadLogs>,
        connections: &[Connection],
        view: &View,
    ) -> Result<Record, Problem> {
        let log = visitor.tenant().request_log();
        let trace = log.trace_logged(&view.entry).await?;
        requested(visitor, connections, trace, view).await
    }
}

#[derive(Template)]
#[template(path = "activity.html")]
struct Page {
    layout: Layout,
    chart: ChartPart,
    log: Log,
    connections: Vec<Connection>,
    search: Search,
    csv: String,
    json: String,
}

/// Puts what can be asked for into words.
fn worded(
    known: impl IntoIterator<Item = (&'static str, &'static str)>,
) -> Vec<(&'static str, Text)> {
    let known = known.into_iter();
    known.map(|(id, words)| (id, t(words))).collect()
}

impl Page {
    fn methods(&self) -> Vec<(&'static str, Text)> {
        worded(METHODS)
    }

    fn changes(&self) -> Vec<(&'static str, Text)> {
        worded(CHANGES)
    }

    fn results(&self) -> Vec<(&'static str, Text)> {
        worded(RESULTS.map(|(id, words, _)| (id, words)))
    }
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
            chart: chart_part(&visitor).await?,
            log: list.log,
            csv: search.address("", "csv"),
            json: search.address("", "json"),
            connections: list.connections,
            search,
        }),
    }
}

/// Shows the requests that have come since.
pub(crate) async fn newer(
    Poll(visitor): Poll<ReadLogs>,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    log::newer(&visitor, &search).await
}

/// A request in the list.
pub(super) struct Request {
    request: LoggedRequest,
    cause: Option<Cause>,
}

impl Caused for Request {
    fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }

    fn at(&self) -> Timestamp {
        self.request.at
    }
}

impl LogEntry for Request {
    type Query = RequestQuery;

    async fn read(
        tenant: &Tenant,
        query: &RequestQuery,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Self>, Option<String>), Error> {
        let query = RequestQuery {
            after,
            limit,
            ..query.clone()
        };
        let (requests, next) = tenant.request_log().search(&query).await?;
        let one = |request: LoggedRequest| Self {
            cause: request_sentence::Told::of(&request).cause(),
            request,
        };
        Ok((requests.into_iter().map(one).collect(), next))
    }

    fn id(&self) -> &str {
        &self.request.id
    }

    fn connection(&self) -> Option<&str> {
        Some(self.request.connection_id.as_str())
    }

    fn name_ids(&self, people: &mut BTreeSet<String>, groups: &mut BTreeSet<String>) {
        request_sentence::Told::of(&self.request).name_ids(people, groups);
    }

    fn deletion(&self) -> Option<&str> {
        let has_deleted = request_sentence::Told::of(&self.request).has_deleted();
        has_deleted.then_some(self.request.request_id.as_str())
    }

    fn told(&self, known: &Known) -> Told {
        let told = request_sentence::Told::of(&self.request);
        Told {
            said: told.sentence(&known.names),
            icon: told.icon(),
            tone: told.tone(),
            by: known.connections.of(&self.request.connection_id),
            status: Some(self.request.http_status),
        }
    }
}

/// The lines of requests outside of a list. Each leads to a page of its own.
pub(super) fn lines(requests: Vec<LoggedRequest>, known: &Known, console: &str) -> Vec<LogRow> {
    let line = |request: LoggedRequest| {
        let request = Request {
            request,
            cause: None,
        };
        LogRow::Line(Line {
            id: request.id().to_owned(),
            at: request.at(),
            told: request.told(known),
            address: format!("{console}/activity/requests/{}", request.id()),
            is_current: false,
            is_inside: false,
            burst: None,
        })
    };
    requests.into_iter().map(line).collect()
}

/// One request and the name of its connection, in a file.
pub(super) struct Row {
    request: LoggedRequest,
    connection: String,
}

impl ExportRow for Row {
    type Query = RequestQuery;

    const COLUMNS: &'static [&'static str] = &[
        "occurred_at",
        "connection",
        "method",
        "target",
        "status",
        "scim_type",
        "detail",
        "diagnosis",
        "request_id",
        "took_ms",
        "changes",
        "skipped_members",
        "body",
        "reason",
        "readings",
    ];

    fn cursor(query: &mut RequestQuery) -> &mut Option<String> {
        &mut query.after
    }

    async fn page(
        tenant: &Tenant,
        connections: &[Connection],
        query: &RequestQuery,
    ) -> Result<(Vec<Self>, Option<String>), Error> {
        let (requests, next) = tenant.request_log().search(query).await?;
        let ids = requests.iter().map(|request| &*request.connection_id);
        let names = ConnectionNames::read(tenant, connections, ids.collect()).await?;
        let row = |request: LoggedRequest| Row {
            connection: names.of(&request.connection_id),
            request,
        };
        Ok((requests.into_iter().map(row).collect(), next))
    }

    fn id(&self) -> &str {
        &self.request.id
    }

    fn values(&self) -> Value {
        let request = &self.request;
        json!({
            "occurred_at": request.at,
            "connection": self.connection,
            "method": request.http_method,
            "target": request.target,
            "status": request.http_status,
            "scim_type": request.scim_type,
            "detail": request.detail,
            "diagnosis": request.diagnosis(),
            "request_id": request.request_id,
            "took_ms": request.took_ms,
            "changes": request.changes.join(" "),
            "skipped_members": request.skipped_members.join(" "),
            "body": request.sent,
            "reason": request.reason_code(),
            "readings": request.readings.join(" "),
        })
    }
}

pub(crate) async fn export(
    visitor: Visitor<ReadLogs>,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connections = tenant.credentials().connections().await?;
    let query = search.limited(export::PAGE_SIZE)?;
    let file = ExportFile::read::<Row>(tenant, &connections, query);
    // A file is for machines, the same in each language.
    let file = language::within(Language::English, file).await?;
    file.finish(search.format, "requests", |last, format| {
        let query = search.address(last, format);
        visitor.link(&format!("/activity/export?{query}"))
    })
}
