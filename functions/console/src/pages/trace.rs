//! Trace: one request, its response, and the changes it made.

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::RequestTrace;
use rollcall_edge_api::{Id, Params, ReadLogs};
use rollcall_edge_http::Problem;
use serde::Deserialize;

use super::record::{self, Parts};
use crate::layout::{Layout, Section, render};
use crate::visitor::Visitor;

/// A request, and the time of one of its changes.
#[derive(Debug, Deserialize)]
pub(crate) struct TraceParams {
    request: String,
    at: Timestamp,
}

#[derive(Template)]
#[template(path = "trace.html")]
struct Page {
    layout: Layout,
    parts: Parts,
}

pub(crate) async fn show(
    visitor: Visitor<ReadLogs>,
    Params(params): Params<TraceParams>,
) -> Result<Response, Problem> {
    let trace = visitor
        .tenant()
        .request_log()
        .trace(&params.request, params.at)
        .await?;
    if trace.entries.is_empty() && trace.logged.is_none() {
        return Err(Problem::not_found("a trace of this request"));
    }
    page(&visitor, (params.request, params.at), trace).await
}

/// Shows one request by its id in the log.
pub(crate) async fn logged(visitor: Visitor<ReadLogs>, Id(id): Id) -> Result<Response, Problem> {
    let trace = visitor.tenant().request_log().trace_logged(&id).await?;
    let of = trace.logged.as_ref();
    let of = of.map(|one| (one.request_id.clone(), one.at));
    page(&visitor, of.unwrap_or_default(), trace).await
}

async fn page(
    visitor: &Visitor<ReadLogs>,
    of: (String, Timestamp),
    trace: RequestTrace,
) -> Result<Response, Problem> {
    let connections = visitor.tenant().credentials().connections().await?;
    render(&Page {
        layout: visitor.layout(Section::Activity),
        parts: record::parts(visitor, &connections, of, trace).await?,
    })
}
