//! The chart of Activity: requests by hour and outcome.

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_edge_api::ReadLogs;
use rollcall_edge_http::Problem;
use rollcall_insight::{Hour, Insight};

use crate::layout::render_part;
use crate::visitor::{Poll, Visitor};

/// Hours in the chart.
const CHART_HOURS: usize = 48;
/// The height of the chart's highest bar, in the chart's own units.
const CHART_HEIGHT: u64 = 100;

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
pub(super) struct ChartPart {
    bars: Vec<Bar>,
    /// Whether the whole log has been counted. If not, the script loads the chart again.
    pub(super) complete: bool,
}

impl ChartPart {
    /// The number of requests in the busiest hour of the chart.
    fn highest(&self) -> u64 {
        let totals = self.bars.iter().map(|bar| bar.hour.total());
        totals.max().unwrap_or_default()
    }
}

pub(super) async fn chart_part(visitor: &Visitor<ReadLogs>) -> Result<ChartPart, Problem> {
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

pub(crate) async fn show(Poll(visitor): Poll<ReadLogs>) -> Result<Response, Problem> {
    let chart = chart_part(&visitor).await?;
    render_part(&chart, chart.complete)
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
