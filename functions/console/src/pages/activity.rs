//! Activity: what identity providers sent, by hour as a chart and one by one with what each failure means.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Connection, Error, Hour, LoggedRequest, RequestQuery, Tenant};
use rollcall_edge_api::{Params, Read};
use rollcall_edge_http::Problem;
use serde::Deserialize;
use serde_json::{Value, json};

use super::midnight;
use crate::export::{self, File, Format, Listed};
use crate::frame::{Frame, Section};
use crate::visitor::Visitor;

/// Requests on one page.
const PAGE: usize = 50;
/// Hours that the chart shows.
const CHART_HOURS: usize = 48;
/// How high the chart's highest bar is, in its own units.
const CHART_HEIGHT: u64 = 100;

/// Which requests are looked at.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    text: String,
    /// Whether only failures.
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

impl Asked {
    fn query(&self, limit: usize) -> Result<RequestQuery, Problem> {
        let given = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Ok(RequestQuery {
            from: midnight("from", &self.from, 0)?,
            to: midnight("to", &self.to, 1)?,
            text: given(&self.text),
            failed: !self.failed.is_empty(),
            connection_id: given(&self.connection),
            after: self.after.clone(),
            limit,
            ..RequestQuery::default()
        })
    }

    /// The same search as an address has it.
    fn address(&self, after: &str, format: &str) -> String {
        super::query(&[
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

/// One request with what its connection is called.
pub(super) struct Row {
    pub(super) request: LoggedRequest,
    pub(super) connection: String,
}

#[derive(Template)]
#[template(path = "activity.html")]
struct Page {
    frame: Frame,
    chart: ChartPart,
    rows: Vec<Row>,
    connections: Vec<Connection>,
    asked: Asked,
    next: Option<String>,
    csv: String,
    json: String,
}

pub(crate) async fn show(
    visitor: Visitor<Read>,
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connections = tenant.connections().await?;
    let (rows, next) = Row::page(tenant, &connections, &asked.query(PAGE)?).await?;
    crate::frame::show(&Page {
        frame: visitor.frame(Section::Activity),
        chart: chart_of(&visitor).await?,
        rows,
        next: next.map(|next| asked.address(&next, "")),
        csv: asked.address("", "csv"),
        json: asked.address("", "json"),
        connections,
        asked,
    })
}

/// What connections are called, also after they were deleted.
pub(super) struct ConnectionNames(BTreeMap<String, String>);

impl ConnectionNames {
    /// Of those that there are, and of those of these ids that there were.
    pub(super) async fn read(
        tenant: &Tenant,
        connections: &[Connection],
        mut ids: BTreeSet<&str>,
    ) -> Result<Self, Error> {
        let there_are = connections.iter();
        let mut names: BTreeMap<String, String> = there_are
            .map(|one| (one.id.clone(), one.label.clone()))
            .collect();
        ids.retain(|id| !names.contains_key(*id));
        let deleted = tenant.deleted_connections(&ids).await?;
        let deleted = deleted.into_iter();
        names.extend(deleted.map(|(id, label)| (id, format!("{label} (deleted)"))));
        Ok(Self(names))
    }

    pub(super) fn of(&self, id: &str) -> String {
        let unknown = || "(deleted connection)".to_owned();
        self.0.get(id).cloned().unwrap_or_else(unknown)
    }
}

/// One bar: an hour and what came of its requests, in the chart's units from the bottom up.
struct Bar {
    x: usize,
    hour: Hour,
    succeeded: Piece,
    throttled: Piece,
    refused: Piece,
    failed: Piece,
}

struct Piece {
    y: u64,
    height: u64,
}

/// The chart, on its own or within the page.
#[derive(Template)]
#[template(path = "chart.html")]
struct ChartPart {
    bars: Vec<Bar>,
    /// Whether the whole log was counted; else it goes on by itself.
    complete: bool,
}

impl ChartPart {
    /// The requests of the highest hour that is shown.
    fn highest(&self) -> u64 {
        let totals = self.bars.iter().map(|bar| bar.hour.total());
        totals.max().unwrap_or_default()
    }
}

async fn chart_of(visitor: &Visitor<Read>) -> Result<ChartPart, Problem> {
    let digest = visitor.tenant().digest().await?;
    Ok(ChartPart {
        bars: bars(&digest.hours, Timestamp::now()),
        complete: digest.complete,
    })
}

/// The bars of the last hours, oldest first; hours without requests leave a gap.
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
        let mut piece = |count: u64| {
            // What happened at all can be seen.
            let height = (count * CHART_HEIGHT / highest).max(u64::from(count > 0));
            top = top.saturating_sub(height);
            Piece { y: top, height }
        };
        Bar {
            x: (CHART_HOURS - 1 - age(hour)) * 10,
            succeeded: piece(hour.succeeded),
            throttled: piece(hour.throttled),
            refused: piece(hour.refused),
            failed: piece(hour.failed),
            hour: *hour,
        }
    };
    shown.into_iter().map(one).collect()
}

pub(crate) async fn chart(visitor: Visitor<Read>) -> Result<Response, Problem> {
    let chart = chart_of(&visitor).await?;
    crate::frame::show_part(&chart, chart.complete)
}

impl Listed for Row {
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
    ];

    fn after(query: &mut RequestQuery) -> &mut Option<String> {
        &mut query.after
    }

    async fn page(
        tenant: &Tenant,
        connections: &[Connection],
        query: &RequestQuery,
    ) -> Result<(Vec<Self>, Option<String>), Error> {
        let (requests, next) = tenant.requests(query).await?;
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

    fn row(&self) -> Value {
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
        })
    }
}

pub(crate) async fn export(
    visitor: Visitor<Read>,
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connections = tenant.connections().await?;
    let query = asked.query(export::STEP)?;
    let file = File::of::<Row>(tenant, &connections, query).await?;
    file.finish(asked.format, "requests", |last, format| {
        let query = asked.address(last, format);
        visitor.link(&format!("/activity/export?{query}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_on_the_ground_and_pile_up() {
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
