//! Offboarding report: who left in a period, when the request arrived that said so, and when their access ended.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rollcall_directory::Connection;
use rollcall_edge_api::{Params, ReadEvidence, offboarding_table};
use rollcall_edge_http::Problem;
use rollcall_insight::{Departure, Insight, Made, OffboardingQuery};
use serde::Deserialize;
use serde_json::json;

use super::fields::{self, start_of_day};
use crate::display;
use crate::export::{ExportFile, Format, MAX_STEPS};
use crate::layout::{Layout, Section, render};
use crate::messages::{Text, t};
use crate::visitor::Visitor;

/// People whom one page shows, roughly.
const PAGE_SIZE: usize = 100;
/// Parts of the report that are read for one page.
const MAX_PARTS: usize = 4;
/// Days of the report if no first day is chosen.
const USUAL_DAYS: i64 = 30;

/// The period and the connection of a report.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Search {
    /// The first day, UTC.
    #[serde(default)]
    from: String,
    /// The last day, UTC.
    #[serde(default)]
    to: String,
    /// A connection's id.
    #[serde(default)]
    connection: String,
    after: Option<String>,
    #[serde(default)]
    format: Format,
}

impl Search {
    /// The same search with its whole period.
    fn dated(self, now: Timestamp) -> Result<Self, Problem> {
        let today = display::day(&now);
        let to = if self.to.trim().is_empty() {
            today
        } else {
            self.to.clone()
        };
        let last = start_of_day("offboarding-to", &to, 0)?.unwrap_or(now);
        let first = last.to_zoned(TimeZone::UTC).date();
        let first = first.saturating_sub((USUAL_DAYS - 1).days()).to_string();
        let from = if self.from.trim().is_empty() {
            first
        } else {
            self.from.clone()
        };
        Ok(Self { from, to, ..self })
    }

    fn query(&self) -> Result<OffboardingQuery, Problem> {
        let connection = Some(self.connection.trim().to_owned());
        Ok(OffboardingQuery {
            from: start_of_day("offboarding-from", &self.from, 0)?,
            to: start_of_day("offboarding-to", &self.to, 1)?,
            connection: connection.filter(|id| !id.is_empty()),
        })
    }

    /// The search as a query string.
    fn address(&self, after: &str, format: &str) -> String {
        fields::query_string(&[
            ("from", &self.from),
            ("to", &self.to),
            ("connection", &self.connection),
            ("after", after),
            ("format", format),
        ])
    }
}

#[derive(Template)]
#[template(path = "offboarding.html")]
struct Page {
    layout: Layout,
    search: Search,
    people: Vec<Departure>,
    names: BTreeMap<String, String>,
    connections: Vec<Connection>,
    made: Made,
    /// The first day of the report that this part reaches; the whole period if there is no next part.
    looked_back_to: Option<Timestamp>,
    is_first: bool,
    next: Option<String>,
    csv: String,
    json: String,
}

impl Page {
    /// Says what the report is about, and which part of it this is.
    fn period(&self) -> Text {
        let from = display::written_day(&self.search.from);
        let to = display::written_day(&self.search.to);
        let connection = self.of_connection();
        match (self.is_first && self.next.is_none(), self.looked_back_to) {
            (true, _) => t("offboarding-period")
                .s("from", from)
                .s("to", to)
                .bdi("connection", &connection),
            (false, Some(at)) => t("offboarding-period-part")
                .s("from", from)
                .s("to", to)
                .bdi("connection", &connection)
                .part("time", display::exact(&at)),
            (false, None) => t("offboarding-period-last-part")
                .s("from", from)
                .s("to", to)
                .bdi("connection", &connection),
        }
    }

    fn of_connection(&self) -> String {
        let chosen = self.connections.iter();
        let mut chosen = chosen.filter(|one| one.id == self.search.connection);
        match chosen.next() {
            Some(connection) => display::name(&connection.label),
            None if self.search.connection.is_empty() => t("offboarding-all-connections").plain(),
            None => t("offboarding-deleted-connection").plain(),
        }
    }

    fn by(&self, one: &Departure) -> String {
        let connection = one.actor.connection();
        let known = connection.and_then(|id| self.names.get(id));
        known.map_or_else(
            || display::actor_kind(one.actor.kind()),
            |name| display::name(name),
        )
    }

    fn seconds(&self) -> Vec<f64> {
        let known = self.people.iter().filter_map(Departure::seconds);
        let mut known: Vec<f64> = known.collect();
        known.sort_by(f64::total_cmp);
        known
    }

    fn median(&self) -> Option<f64> {
        median(&self.seconds())
    }

    fn slowest(&self) -> Option<f64> {
        self.seconds().last().copied()
    }

    fn sessions(&self) -> String {
        let known = self.people.iter().filter_map(|one| one.sessions_ended);
        display::number(&known.sum())
    }

    fn total(&self) -> String {
        display::number(&(self.people.len() as u64))
    }
}

/// How somebody left, in a word.
pub(crate) fn way(action: &str) -> Text {
    match action {
        "user.deleted" => t("offboarding-deleted"),
        "user.blocked" => t("offboarding-blocked"),
        _ => t("offboarding-deactivated"),
    }
}

fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    let upper = sorted.get(middle)?;
    match sorted.len() % 2 {
        0 => sorted
            .get(middle.checked_sub(1)?)
            .map(|lower| (lower + upper) / 2.0),
        _ => Some(*upper),
    }
}

pub(crate) async fn show(
    visitor: Visitor<ReadEvidence>,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    let search = search.dated(Timestamp::now())?;
    let (tenant, query) = (visitor.tenant(), search.query()?);
    let insight = Insight::of(tenant);
    let mut part = insight
        .offboarding(&query, search.after.as_deref(), PAGE_SIZE)
        .await?;
    let (mut people, mut names) = (part.departures, part.connections);
    for _ in 1..MAX_PARTS {
        let Some(next) = part.next.as_deref().filter(|_| people.len() < PAGE_SIZE) else {
            break;
        };
        part = insight.offboarding(&query, Some(next), PAGE_SIZE).await?;
        people.append(&mut part.departures);
        names.append(&mut part.connections);
    }
    render(&Page {
        layout: visitor.layout(Section::Evidence),
        people,
        names,
        connections: tenant.credentials().connections().await?,
        made: part.made,
        looked_back_to: part.looked_back_to,
        is_first: search.after.is_none(),
        next: part.next.map(|next| search.address(&next, "")),
        csv: search.address("", "csv"),
        json: search.address("", "json"),
        search,
    })
}

pub(crate) async fn export(
    visitor: Visitor<ReadEvidence>,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    let search = search.dated(Timestamp::now())?;
    let (tenant, query) = (visitor.tenant(), search.query()?);
    let insight = Insight::of(tenant);
    let mut after = search.after.clone();
    let mut file: Option<ExportFile> = None;
    for _ in 0..MAX_STEPS {
        let part = insight
            .offboarding(&query, after.as_deref(), PAGE_SIZE)
            .await?;
        let table = offboarding_table(tenant, &part);
        let filled = file.get_or_insert_with(|| {
            let period =
                json!({"from": query.from, "to": query.to, "connection": query.connection});
            ExportFile::of_evidence(table.columns, seal(&visitor, &part.made, period))
        });
        after = filled.add(table.rows, part.next);
        if after.is_none() {
            break;
        }
    }
    let file = file.unwrap_or_default();
    file.finish(search.format, "offboarding", |next, format| {
        visitor.link(&format!(
            "/evidence/export?{}",
            search.address(next, format)
        ))
    })
}

/// Says of what a file is the evidence.
pub(super) fn seal(
    visitor: &Visitor<ReadEvidence>,
    made: &Made,
    of: serde_json::Value,
) -> serde_json::Value {
    json!({
        "tenant": visitor.tenant().id().as_str(),
        "of": of,
        "made_at": made.at,
        "feed_sequence": made.feed_sequence,
        "feed_hash": made.feed_hash,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        for (seconds, expected) in [
            (&[][..], None),
            (&[2.0], Some(2.0)),
            (&[1.0, 2.0], Some(1.5)),
            (&[1.0, 2.0, 9.0], Some(2.0)),
        ] {
            assert_eq!(median(seconds), expected);
        }
    }

    #[test]
    fn a_report_has_a_period() {
        let now: Timestamp = "2026-11-30T12:00:00Z".parse().unwrap();
        let period = |from: &str, to: &str| {
            let search = Search {
                from: from.to_owned(),
                to: to.to_owned(),
                ..Search::default()
            };
            search.dated(now).ok().map(|it| (it.from, it.to))
        };
        let days = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
        assert_eq!(period("", ""), days("2026-11-01", "2026-11-30"));
        assert_eq!(period("", "2026-10-30"), days("2026-10-01", "2026-10-30"));
        assert_eq!(period("2026-01-01", ""), days("2026-01-01", "2026-11-30"));
        assert_eq!(period("", "x"), None);
    }
}
