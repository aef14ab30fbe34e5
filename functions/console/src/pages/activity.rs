//! Activity: the requests of identity providers, as a chart by hour and as a list that explains each failure.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Connection, Error, LoggedRequest, RequestQuery, Tenant};
use rollcall_edge_api::{Params, ReadLogs};
use rollcall_edge_http::Problem;
use rollcall_insight::{Hour, Insight};
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields::{self, start_of_day};
use crate::export::{self, ExportFile, ExportRow, Format};
use crate::layout::{Layout, Section, render, render_part};
use crate::visitor::Visitor;

/// Requests on one page.
const PAGE_SIZE: usize = 50;
/// Hours in the chart.
const CHART_HOURS: usize = 48;
/// The height of the chart's highest bar, in the chart's own units.
const CHART_HEIGHT: u64 = 100;

/// The search for requests.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    text: String,
    /// Any text here selects failures only.
    #[serde(default)]
    failed: String,
    /// A connection's id.
    #[serde(default)]
    connection: String,
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
    fn query(&self, limit: usize) -> Result<RequestQuery, Problem> {
        let given = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Ok(RequestQuery {
            from: start_of_day("from", &self.from, 0)?,
            to: start_of_day("to", &self.to, 1)?,
            text: given(&self.text),
            failed: !self.failed.is_empty(),
            connection_id: given(&self.connection),
            after: self.after.clone(),
            limit,
            ..RequestQuery::default()
        })
    }

    /// The search as a query string.
    fn address(&self, after: &str, format: &str) -> String {
        fields::query_string(&[
            ("text", &self.text),
            ("failed", &self.failed),
            ("connection", &self.connection),
            ("from", &self.from),
            ("to", &self.to),
            ("after", after),
            ("format", format),
        ])
    }
}

/// One request and the name of its connection.
pub(super) struct Row {
    pub(super) request: LoggedRequest,
    pub(super) connection: String,
}

#[derive(Template)]
#[template(path = "activity.html")]
struct Page {
    layout: Layout,
    chart: ChartPart,
    rows: Vec<Row>,
    connections: Vec<Connection>,
    search: Search,
    next: Option<String>,
    csv: String,
    json: String,
}

pub(crate) async fn show(
    visitor: Visitor<ReadLogs>,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connections = tenant.credentials().connections().await?;
    let (rows, next) = Row::page(tenant, &connections, &search.query(PAGE_SIZE)?).await?;
    render(&Page {
        layout: visitor.layout(Section::Activity),
        chart: chart_part(&visitor).await?,
        rows,
        next: next.map(|next| search.address(&next, "")),
        csv: search.address("", "csv"),
        json: search.address("", "json"),
        connections,
        search,
    })
}

/// The names of connections, including deleted ones.
pub(super) struct ConnectionNames(BTreeMap<String, String>);

impl ConnectionNames {
    /// Collects the names of the given connections, and reads those of the deleted ones among `ids`.
    pub(super) async fn read(
        tenant: &Tenant,
        connections: &[Connection],
        mut ids: BTreeSet<&str>,
    ) -> Result<Self, Error> {
        let known = connections.iter();
        let mut names: BTreeMap<String, String> = known
            .map(|one| (one.id.clone(), one.label.clone()))
            .collect();
        ids.retain(|id| !names.contains_key(*id));
        let deleted = tenant.credentials().deleted_connections(&ids).await?;
        let deleted = deleted.into_iter();
        names.extend(deleted.map(|(id, label)| (id, format!("{label} (deleted)"))));
        Ok(Self(names))
    }

    pub(super) fn of(&self, id: &str) -> String {
        let unknown = || "(deleted connection)".to_owned();
        self.0.get(id).cloned().unwrap_or_else(unknown)
    }
}

/// One bar: an hour and the outcomes of its requests, from the bottom up.
struct Bar {
    x: usize,
    hour: Hour,
    succeeded: Segment,
    throttled: Segment,
    refused: Segment,
    failed: Segment,
}

struct Segment {
    y: u64,
    height: u64,
}

/// The chart, within the page or alone.
#[derive(Template)]
#[template(path = "chart.html")]
struct ChartPart {
    bars: Vec<Bar>,
    /// Whether the whole log has been counted. If not, the script loads the chart again.
    complete: bool,
}

impl ChartPart {
    /// The number of requests in the busiest hour of the chart.
    fn highest(&self) -> u64 {
        let totals = self.bars.iter().map(|bar| bar.hour.total());
        totals.max().unwrap_or_default()
    }
}

async fn chart_part(visitor: &Visitor<ReadLogs>) -> Result<ChartPart, Problem> {
    let digest = Insight::of(visitor.tenant()).digest().await?;
    Ok(ChartPart {
        bars: bars(&digest.hours, Timestamp::now()),
        complete: digest.complete,
    })
}

/// Builds the bars of the last hours, oldest first. An hour without requests leaves a gap.
fn bars(hours: &[Hour], now: Timestamp) -> Vec<Bar> {
    let age = |hour: &Hour| {
        let hours = (now.as_second() - hour.begins_at.as_second()).div_euclid(3_600);
        usize::try_from(hours).unwrap_or_default()
    };
    let shown: Vec<&Hour> = hours
        .iter()
        .filter(|hour| age(hour) < CHART_HOURS)
        .collect();
    let totals = shown.iter().map(|hour| hour.total());
    let highest = totals.max().unwrap_or_default().max(1);
    let one = |hour: &Hour| {
        let mut top = CHART_HEIGHT;
        let mut segment = |count: u64| {
            // Even a single request must be visible.
            let height = (count * CHART_HEIGHT / highest).max(u64::from(count > 0));
            top = top.saturating_sub(height);
            Segment { y: top, height }
        };
        Bar {
            x: (CHART_HOURS - 1 - age(hour)) * 10,
            succeeded: segment(hour.succeeded),
            throttled: segment(hour.throttled),
            refused: segment(hour.refused),
            failed: segment(hour.failed),
            hour: *hour,
        }
    };
    shown.into_iter().map(one).collect()
}

pub(crate) async fn chart(visitor: Visitor<ReadLogs>) -> Result<Response, Problem> {
    let chart = chart_part(&visitor).await?;
    render_part(&chart, chart.complete)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_segments_of_a_bar_are_stacked() {
        let now: Timestamp = "2026-11-25T12:30:00Z".parse().unwrap();
        let hour = |at: &str, succeeded, failed| Hour {
            begins_at: at.parse().unwrap(),
            succeeded,
            refused: 0,
            throttled: 0,
            failed,
        };
        let hours = [
            hour("2026-11-20T12:00:00Z", 99, 9),
            hour("2026-11-25T11:00:00Z", 30, 10),
            hour("2026-11-25T12:00:00Z", 0, 1),
        ];
        let bars = bars(&hours, now);
        let part = ChartPart {
            bars,
            complete: true,
        };
        assert_eq!(part.highest(), 40, "of the hours that are shown");
        let bars = part.bars;
        let seen: Vec<_> = bars
            .iter()
            .map(|bar| (bar.x, bar.succeeded.height, bar.failed.y, bar.failed.height))
            .collect();
        assert_eq!(seen, [(460, 75, 0, 25), (470, 0, 98, 2)]);
    }
}
