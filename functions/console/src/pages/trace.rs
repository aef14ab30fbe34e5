//! One request found again: what was sent, how it was answered, and what it changed.

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Connection, RequestTrace};
use rollcall_edge_api::{Id, Params, Read};
use rollcall_edge_http::Problem;
use serde::Deserialize;

use super::activity::ConnectionNames;
use super::audit::{Row, rows};
use crate::frame::{Frame, Section};
use crate::visitor::Visitor;

/// Which request, and when something was changed by it.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    request: String,
    at: Timestamp,
}

#[derive(Template)]
#[template(path = "trace.html")]
struct Page {
    frame: Frame,
    request_id: String,
    logged: Option<super::activity::Row>,
    rows: Vec<Row>,
}

pub(crate) async fn show(
    visitor: Visitor<Read>,
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    let trace = visitor.tenant().trace(&asked.request, asked.at).await?;
    if trace.entries.is_empty() && trace.logged.is_none() {
        return Err(Problem::not_found("a trace of this request"));
    }
    page(&visitor, asked.request, trace).await
}

/// One request by its id in the log.
pub(crate) async fn logged(visitor: Visitor<Read>, Id(id): Id) -> Result<Response, Problem> {
    let trace = visitor.tenant().trace_logged(&id).await?;
    let request_id = trace.logged.as_ref().map(|one| one.request_id.clone());
    page(&visitor, request_id.unwrap_or_default(), trace).await
}

async fn page(
    visitor: &Visitor<Read>,
    request_id: String,
    trace: RequestTrace,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connections: Vec<Connection> = tenant.connections().await?;
    let RequestTrace { entries, logged } = trace;
    let used = logged.iter().map(|request| &*request.connection_id);
    let names = ConnectionNames::read(tenant, &connections, used.collect()).await?;
    crate::frame::show(&Page {
        frame: visitor.frame(Section::Activity),
        rows: rows(tenant, entries, &connections).await?,
        logged: logged.map(|request| super::activity::Row {
            connection: names.of(&request.connection_id),
            request,
        }),
        request_id,
    })
}
