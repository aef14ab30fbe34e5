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
use super::fields::{self, start_of_day};
use super::following::{Followed, settled};
use super::log::{self, Listed, Log, LogEntry, Row as LogRow, Told};
use super::log_names::{ConnectionNames, Known, Reader};
use super::log_view::View;
use super::record::{NO_LONGER_KEPT, RecordPart, kept, requested};
use super::tail::Tail;
use crate::bursts::{Cause, Caused};
use crate::display;
use crate::export::{self, ExportFile, ExportRow, Format};
use crate::layout::{Layout, Section, render};
use crate::request_sentence;
use crate::visitor::{IsPart, Poll, Visitor};

/// The kinds of results that can be asked for: the id, the words, and the HTTP statuses.
const RESULTS: [(&str, &str, (u16, u16)); 4] = [
    ("done", "Done", (100, 399)),
    ("refused", "Refused", (400, 499)),
    ("slowed", "Slowed down", (429, 429)),
    ("failed", "Failed on our side", (500, 599)),
];

/// The kinds of changes that can be asked for: the beginning of the action, and the words.
const CHANGES: [(&str, &str); 8] = [
    ("user.created", "People added"),
    ("user.updated", "People changed"),
    ("user.deactivated", "People deactivated"),
    ("user.reactivated", "People reactivated"),
    ("user.deleted", "People deleted"),
    ("group.members_changed", "Members changed"),
    ("group.", "Any change of a group"),
    ("brake.held", "Held"),
];

/// The filters that are offered at any time.
const OFFERED: [(&str, &str, &str); 2] = [
    ("failed", "yes", "Failures only"),
    ("change", "user.deactivated", "Deactivations"),
];

/// The HTTP methods that can be asked for, and what they do.
const METHODS: [(&str, &str); 5] = [
    ("GET", "Reads (GET)"),
    ("POST", "Additions (POST)"),
    ("PATCH", "Changes (PATCH)"),
    ("PUT", "Replacements (PUT)"),
    ("DELETE", "Deletions (DELETE)"),
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
    fn filters(&self) -> [(&'static str, &str); 9] {
        [
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

    fn query(&self, limit: usize) -> Result<RequestQuery, Problem> {
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
            from: start_of_day("from", &self.from, 0)?,
            to: start_of_day("to", &self.to, 1)?,
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

    /// The search as the query string of a file.
    fn address(&self, after: &str, format: &str) -> String {
        let filters = self.filters().into_iter();
        let pairs: Vec<_> = filters
            .chain([("after", after), ("format", format)])
            .collect();
        fields::query_string(&pairs)
    }

    /// Puts a filter into words.
    fn say(&self, name: &str, value: &str, connections: &[Connection]) -> String {
        let named = |known: &[(&str, &str)]| {
            let found = known.iter().find(|(id, _)| *id == value);
            found.map_or_else(|| display::name(value), |(_, words)| (*words).to_owned())
        };
        match name {
            "connection" => {
                let label = connections.iter().find(|one| one.id == value);
                label.map_or("A deleted connection".to_owned(), |one| {
                    display::name(&one.label)
                })
            }
            "method" => named(&METHODS),
            "change" => named(&CHANGES),
            "result" => named(&RESULTS.map(|(id, words, _)| (id, words))),
            "person" => format!("About {}", display::name(value)),
            "from" => format!("From {}", display::name(value)),
            "to" => format!("Until {}", display::name(value)),
            _ => format!("“{}”", display::name(value)),
        }
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

pub(crate) async fn show(
    visitor: Visitor<ReadLogs>,
    is_part: IsPart,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connections = tenant.credentials().connections().await?;
    let mut view = search.view(&visitor.console());
    let record = match search.entry.as_str() {
        "" => None,
        id => {
            let opened = async {
                let trace = tenant.request_log().trace_logged(id).await?;
                requested(&visitor, &connections, trace, &view).await
            };
            let opened = opened.await;
            kept(opened, is_part)?
        }
    };
    let is_lost = record.is_none() && !view.entry.is_empty();
    if is_lost {
        view.entry.clear();
    }
    let layout = visitor.layout(Section::Activity);
    let layout = layout.with_said(is_lost.then_some(NO_LONGER_KEPT));
    if let (true, Some(record)) = (is_part.0, &record) {
        return render(&RecordPart { layout, record });
    }
    let reader = Reader::of(&visitor, &connections);
    let mut query = search.query(0)?;
    let until = (view.live && view.after.is_empty()).then(|| settled(Timestamp::now()));
    query.to = until.or(query.to);
    let chips = view.chips(&OFFERED, |name, value| {
        search.say(name, value, &connections)
    });
    let listed = Listed {
        query: &query,
        view: &view,
        ends_by_id: query.person.is_none(),
        until,
    };
    let log = log::log::<Request>(reader, listed, (chips, record)).await?;
    render(&Page {
        layout,
        chart: chart_part(&visitor).await?,
        log,
        csv: search.address("", "csv"),
        json: search.address("", "json"),
        connections,
        search,
    })
}

/// Shows the requests that have come since.
pub(crate) async fn newer(
    Poll(visitor): Poll<ReadLogs>,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connections = tenant.credentials().connections().await?;
    let view = search.view(&visitor.console());
    let followed = search.followed();
    let window = followed.window();
    let query = RequestQuery {
        from: Some(window.from),
        to: Some(window.until),
        ..search.query(0)?
    };
    let reader = Reader::of(&visitor, &connections);
    let news = log::newer::<Request>(reader, (&query, &window), &view, &followed).await?;
    let layout = visitor.layout(Section::Activity);
    render(&Tail::of(layout, &view, &followed, news))
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
    let query = search.query(export::PAGE_SIZE)?;
    let file = ExportFile::read::<Row>(tenant, &connections, query).await?;
    file.finish(search.format, "requests", |last, format| {
        let query = search.address(last, format);
        visitor.link(&format!("/activity/export?{query}"))
    })
}
