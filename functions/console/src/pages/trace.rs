//! Trace: one request, its response, and the changes it made.

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Connection, RequestTrace};
use rollcall_edge_api::{Id, Params, ReadLogs};
use rollcall_edge_http::Problem;
use serde::Deserialize;

use super::activity::ConnectionNames;
use super::audit::{Row, rows};
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
    request_id: String,
    logged: Option<super::activity::Row>,
    rows: Vec<Row>,
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
    page(&visitor, params.request, trace).await
}

/// Shows one request by its id in the log.
pub(crate) async fn logged(visitor: Visitor<ReadLogs>, Id(id): Id) -> Result<Response, Problem> {
    let trace = visitor.tenant().request_log().trace_logged(&id).await?;
    let request_id = trace.logged.as_ref().map(|one| one.request_id.clone());
    page(&visitor, request_id.unwrap_or_default(), trace).await
}

async fn page(
    visitor: &Visitor<ReadLogs>,
    request_id: String,
    trace: RequestTrace,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connections: Vec<Connection> = tenant.credentials().connections().await?;
    let RequestTrace { entries, logged } = trace;
    let used = logged.iter().map(|request| &*request.connection_id);
    let names = ConnectionNames::read(tenant, &connections, used.collect()).await?;
    render(&Page {
        layout: visitor.layout(Section::Activity),
        rows: rows(tenant, entries, &connections).await?,
        logged: logged.map(|request| super::activity::Row {
            connection: names.of(&request.connection_id),
            request,
        }),
        request_id,
    })
}
