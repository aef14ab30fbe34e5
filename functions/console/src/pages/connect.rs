//! Connect: the list of connections, and a new one: first its provider, then its name.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{Connection, FormId, Provider};
use rollcall_edge_api::{Create, Params, ReadConnections, name};
use rollcall_edge_http::Problem;
use rollcall_insight::Insight;
use serde::Deserialize;

use super::connection_state::state;
use super::fields::{Done, form_id};
use crate::layout::{Layout, Section, redirect, render};
use crate::messages::{Text, t};
use crate::providers::{PROVIDERS, ProviderInfo, READ_ON};
use crate::visitor::{Change, Visitor};

/// One connection in the list.
struct Row {
    connection: Connection,
    provider: &'static ProviderInfo,
    last_request_at: Option<jiff::Timestamp>,
    /// The number of checklist steps that are done, out of four.
    done: usize,
    /// The start of the part of the log that was read, if an earlier part was skipped.
    seen_since: Option<jiff::Timestamp>,
    /// How it is: the class of a badge, and its word.
    state: (&'static str, Text),
}

#[derive(Template)]
#[template(path = "connect.html")]
struct Page {
    layout: Layout,
    connections: Vec<Row>,
    /// Whether the whole request log has been read.
    complete: bool,
    /// The choice of a provider, in place of the list.
    choice: Option<Choice>,
}

/// The choice of a provider for a new connection.
struct Choice {
    /// Whether there are connections already.
    has_others: bool,
    provider: Option<&'static ProviderInfo>,
    /// The name that the connection gets.
    name: String,
    /// Whether the connection can be observed first, which only owners decide.
    may_observe: bool,
}

impl Choice {
    fn of(provider: Option<Provider>, connections: &[Connection], is_owner: bool) -> Self {
        let provider = provider.map(ProviderInfo::of);
        let taken = connections.iter().map(|one| one.label.as_str());
        Self {
            has_others: !connections.is_empty(),
            may_observe: is_owner && connections.is_empty(),
            name: provider.map_or_else(String::new, |provider| provider.free_name(taken)),
            provider,
        }
    }

    /// Whether this provider is chosen.
    fn is(&self, provider: &ProviderInfo) -> bool {
        self.provider.is_some_and(|one| one.id() == provider.id())
    }
}

pub(crate) async fn show(
    visitor: Visitor<ReadConnections>,
    Params(params): Params<Done>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connections = tenant.credentials().connections().await?;
    let layout = visitor
        .layout(Section::Connect)
        .with_notice(params.done.as_deref());
    if connections.is_empty() && layout.may_create() {
        return choose(layout, None, &connections, visitor.role().is_owner());
    }
    let mut digest = Insight::of(tenant).digest().await?;
    let now = jiff::Timestamp::now();
    let row = |connection: Connection| {
        let seen_since = digest.seen_since(&connection);
        let milestones = digest
            .connections
            .remove(&connection.id)
            .unwrap_or_default();
        Row {
            provider: ProviderInfo::of(connection.provider),
            state: state(
                &connection,
                &milestones,
                milestones.first_user_at.is_some() || seen_since.is_some(),
                now,
            ),
            connection,
            seen_since,
            last_request_at: milestones.last_request_at,
            done: super::checklist::steps(&milestones)
                .iter()
                .filter(|step| step.at.is_some())
                .count(),
        }
    };
    render(&Page {
        layout,
        connections: connections.into_iter().map(row).collect(),
        complete: digest.complete,
        choice: None,
    })
}

/// The provider that was chosen for a new connection.
#[derive(Debug, Deserialize)]
pub(crate) struct Chosen {
    provider: Option<Provider>,
}

pub(crate) async fn new(
    visitor: Visitor<Create>,
    Params(chosen): Params<Chosen>,
) -> Result<Response, Problem> {
    let connections = visitor.tenant().credentials().connections().await?;
    choose(
        visitor.layout(Section::Connect),
        chosen.provider,
        &connections,
        visitor.role().is_owner(),
    )
}

fn choose(
    layout: Layout,
    provider: Option<Provider>,
    connections: &[Connection],
    is_owner: bool,
) -> Result<Response, Problem> {
    render(&Page {
        layout,
        connections: Vec::new(),
        complete: true,
        choice: Some(Choice::of(provider, connections, is_owner)),
    })
}

/// The form for a new connection.
#[derive(Debug, Deserialize)]
pub(crate) struct NewConnection {
    #[serde(deserialize_with = "form_id")]
    form_id: FormId,
    name: String,
    provider: Provider,
    /// Whether it is only observed at first.
    observe: Option<String>,
}

pub(crate) async fn create(change: Change<Create, NewConnection>) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let name = name("name", &form.name)?;
    let credentials = visitor.tenant().credentials();
    let observed = form.observe.is_some();
    if observed && !visitor.role().is_owner() {
        return Err(Problem::forbidden(t("rules-owners-matching")));
    }
    let made = credentials
        .create_connection_by(form.form_id, &name, form.provider, observed)
        .await?;
    let made = made.ok_or_else(|| Problem::conflict(t("connect-form-used")))?;
    Ok(redirect(&format!(
        "{}/connections/{}?done=connection-created",
        visitor.console(),
        made.id
    )))
}
