//! The log: one line per request, and one more for a fault on this side.
//!
//! Bodies, query strings and tokens are never logged: filters and bodies hold personal data (RFC 7644 §7.7).

use std::error::Error;
use std::time::Duration;

use axum::response::Response;
use rollcall_directory::cost::Cost;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};

use crate::error::Fault;

/// Starts logging to standard output, a JSON object per line, as CloudWatch Logs Insights reads it.
///
/// `RUST_LOG` sets what is logged, and Lambda's own `AWS_LAMBDA_LOG_LEVEL` its level; without them it is `info`.
pub fn init_logging() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL")
        .ok()
        .and_then(|level| level.parse().ok());
    let filter = EnvFilter::builder()
        .with_default_directive(level.unwrap_or(LevelFilter::INFO).into())
        .from_env_lossy();
    // A second start, in a process that logs already, changes nothing.
    _ = tracing_subscriber::fmt()
        .json()
        .with_span_list(false)
        .with_env_filter(filter)
        .try_init();
}

/// Logs an answered request; its id, method, route and tenant are those of the current span.
pub(crate) fn record(response: &Response, took: Duration, cost: Cost) {
    if let Some(Fault(fault)) = response.extensions().get() {
        tracing::error!(error = chain(&**fault), "the request failed on this side");
    }
    tracing::info!(
        status = response.status().as_u16(),
        ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        dynamodb_calls = cost.calls,
        read_units = cost.read_units,
        write_units = cost.write_units,
        "answered",
    );
}

/// An error with everything that caused it, outermost first.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
