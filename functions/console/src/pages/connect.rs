//! Connect: the connections there are, and a new one.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{Connection, FormId, Provider};
use rollcall_edge_api::{Create, Params, Read, name};
use rollcall_edge_http::Problem;
use serde::Deserialize;

use super::{Done, form_id, provider_id};
use crate::frame::{Frame, Section, go};
use crate::visitor::{Change, Visitor};
use crate::words;

/// One connection in the list.
struct Row {
    connection: Connection,
    last_request_at: Option<jiff::Timestamp>,
    /// How many of the four steps of its checklist are done.
    done: usize,
    /// From when on its requests were looked at, where a stretch before was passed over.
    seen_since: Option<jiff::Timestamp>,
}

#[derive(Template)]
#[template(path = "connect.html")]
struct Connect {
    frame: Frame,
    connections: Vec<Row>,
    /// Whether the whole request log was looked at.
    complete: bool,
    providers: Vec<(String, &'static str)>,
}

pub(crate) async fn show(
    visitor: Visitor<Read>,
    Params(asked): Params<Done>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let mut digest = tenant.digest().await?;
    let row = |connection: Connection| {
        let seen_since = digest.seen_since(&connection);
        let milestones = digest
            .connections
            .remove(&connection.id)
            .unwrap_or_default();
        Row {
            connection,
            seen_since,
            last_request_at: milestones.last_request_at,
            done: super::connection::steps(&milestones)
                .iter()
                .filter(|step| step.at.is_some())
                .count(),
        }
    };
    let connections = tenant.connections().await?.into_iter().map(row).collect();
    crate::frame::show(&Connect {
        frame: visitor
            .frame(Section::Connect)
            .with_notice(asked.done.as_deref()),
        connections,
        complete: digest.complete,
        providers: providers(),
    })
}

/// Every provider, by its id.
fn providers() -> Vec<(String, &'static str)> {
    let one = |provider: Provider| (provider_id(provider), words::provider(&provider));
    words::PROVIDERS.into_iter().map(one).collect()
}

/// A connection to be.
#[derive(Debug, Deserialize)]
pub(crate) struct NewConnection {
    #[serde(deserialize_with = "form_id")]
    form_id: FormId,
    name: String,
    provider: Provider,
}

pub(crate) async fn create(change: Change<Create, NewConnection>) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let name = name("name", &form.name)?;
    let made = visitor
        .tenant()
        .create_connection_by(form.form_id, &name, form.provider)
        .await?;
    let made = made.ok_or_else(|| {
        Problem::conflict(
            "this form was already used, and the connection it made is among those of the console",
        )
    })?;
    Ok(go(&format!(
        "{}/connections/{}?done=connection-created",
        visitor.console(),
        made.id
    )))
}
