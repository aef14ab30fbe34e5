//! Test: plays the requests of a connection's provider through the SCIM handlers, in a throw-away copy of the tenant with
//! its settings, and shows each with its verdict.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rollcall_directory::{Connection, Directory};
use rollcall_edge_api::{Configure, Gate, Id};
use rollcall_edge_http::Problem;
use rollcall_edge_scim::{Conversation, Exchange, rehearse};
use serde_json::Value;

use super::fields::NoFields;
use crate::layout::{Layout, Section, render};
use crate::providers::ProviderInfo;
use crate::visitor::{Change, Visitor};

/// Characters of a body that the page shows. Those of the conversations are shorter.
const MAX_BODY_CHARS: usize = 1_500;

/// One exchange on the page.
struct Row {
    exchange: Exchange,
    /// What the request is for.
    purpose: String,
}

impl Row {
    fn of(exchange: Exchange) -> Self {
        let purpose = match exchange.purpose.is_empty() {
            true => purpose(&exchange.request.http_method, &exchange.request.target).to_owned(),
            false => sentence(&exchange.purpose),
        };
        Self { exchange, purpose }
    }

    /// How the request was read, where that is odd.
    fn meanings(&self) -> Vec<&'static str> {
        let readings = self.exchange.request.odd_readings();
        readings.map(|(_, meaning)| meaning).collect()
    }

    fn sent(&self) -> String {
        shown(&self.exchange.sent)
    }

    fn answered(&self) -> String {
        shown(&self.exchange.answered)
    }
}

#[derive(Template)]
#[template(path = "rehearsal.html")]
struct Page {
    layout: Layout,
    connection: Connection,
    provider: &'static ProviderInfo,
    /// The number of requests that a test plays; `None` for a provider that sends nothing here.
    requests: Option<usize>,
    /// What was played, if something was.
    rows: Option<Vec<Row>>,
}

impl Page {
    /// The exchanges that did not go as the provider expects.
    fn surprises(&self) -> usize {
        let rows = self.rows.iter().flatten();
        rows.filter(|row| !row.exchange.is_as_expected()).count()
    }

    /// Whether there was no time for some of the requests.
    fn is_cut(&self) -> bool {
        self.rows
            .as_ref()
            .is_some_and(|rows| Some(rows.len()) < self.requests)
    }
}

async fn page<G: Gate>(
    visitor: &Visitor<G>,
    connection: Connection,
    rows: Option<Vec<Row>>,
) -> Result<Response, Problem> {
    let conversation = Conversation::of(connection.provider);
    render(&Page {
        layout: visitor.layout(Section::Connect),
        provider: ProviderInfo::of(connection.provider),
        requests: conversation.map(|conversation| conversation.len()),
        rows,
        connection,
    })
}

pub(crate) async fn show(visitor: Visitor<Configure>, Id(id): Id) -> Result<Response, Problem> {
    let connection = visitor.tenant().credentials().connection(&id).await?;
    page(&visitor, connection, None).await
}

pub(crate) async fn run(
    Id(id): Id,
    State(directory): State<Directory>,
    change: Change<Configure, NoFields>,
) -> Result<Response, Problem> {
    let visitor = change.visitor;
    let connection = visitor.tenant().credentials().connection(&id).await?;
    let Some(conversation) = Conversation::of(connection.provider) else {
        return page(&visitor, connection, None).await;
    };
    let tenant = directory.with_schemas(visitor.tenant().clone()).await?;
    let rehearsal = tenant.rehearsal(&id).await?;
    let origin = visitor.root().origin();
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let played = rehearse(&directory, &rehearsal, &conversation, host).await;
    // What is left expires by itself.
    _ = rehearsal.end_rehearsal().await;
    let rows = played.into_iter().map(Row::of).collect();
    page(&visitor, connection, Some(rows)).await
}

/// What a request is for.
fn purpose(method: &str, target: &str) -> &'static str {
    let path = target.split('?').next().unwrap_or_default();
    let is_group = path.starts_with("/Groups");
    let is_one = path.trim_matches('/').contains('/');
    match (method, is_group, is_one) {
        ("GET", ..) if !path.starts_with("/Users") && !is_group => "Reads what the service offers",
        ("GET", false, true) => "Reads a person",
        ("GET", true, true) => "Reads a group",
        ("GET", false, false) => "Looks for people",
        ("GET", true, false) => "Looks for groups",
        ("POST", false, _) => "Creates a person",
        ("POST", true, _) => "Creates a group",
        ("DELETE", false, _) => "Deletes a person",
        ("DELETE", true, _) => "Deletes a group",
        (_, false, _) => "Changes a person",
        (_, true, _) => "Changes a group or its members",
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

fn shown(body: &Option<Value>) -> String {
    let Some(body) = body else {
        return String::new();
    };
    let text = serde_json::to_string_pretty(body).unwrap_or_default();
    let mut chars = text.chars();
    let mut shown: String = chars.by_ref().take(MAX_BODY_CHARS).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_has_a_purpose() {
        for (method, target, said) in [
            (
                "GET",
                "/ServiceProviderConfig",
                "Reads what the service offers",
            ),
            ("GET", "/Users?filter=x", "Looks for people"),
            (
                "GET",
                "/Groups/1?excludedAttributes=members",
                "Reads a group",
            ),
            ("PATCH", "/Users/1", "Changes a person"),
            ("PUT", "/Groups/1", "Changes a group or its members"),
        ] {
            assert_eq!(purpose(method, target), said);
        }
        assert_eq!(sentence("the last day"), "The last day");
        assert_eq!(shown(&None), "");
        assert!(shown(&Some("x".repeat(2_000).into())).ends_with('…'));
    }
}
