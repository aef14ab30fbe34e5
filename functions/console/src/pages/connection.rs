//! Connection: until people arrive, the setup guide of its identity provider with the token to copy, and the checklist.
//! Afterwards, how it is; the guide has a page of its own then.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use http::HeaderMap;
use jiff::Timestamp;
use rollcall_directory::{Connection, PeopleOf, Permission, Provider, Token, USERS};
use rollcall_edge_api::{Create, Delete, Gate, Id, Params, ReadConnections, name};
use rollcall_edge_http::{BASE_PATH, Problem};
use rollcall_insight::{Insight, Milestones, Quirk, Quirks};
use serde::Deserialize;

use super::checklist::{Checklist, groups_next};
use super::connection_figures::{Figure, figures};
use super::connection_rules::{self, RulesPanel, gone};
use super::connection_state::state;
use super::fields::{Typed, difference};
use super::issued::{self, Arrived, Issued};
use super::remedies::RemedyKind;
use super::setup_steps::{Setup, StepMark};
use crate::layout::{Layout, Section, is_about_form, redirect, render, status_of};
use crate::messages::{Text, t};
use crate::providers::{Guide, PROVIDERS, ProviderInfo, READ_ON};
use crate::request_refusal::read_as;
use crate::visitor::{Change, Visitor};

/// Which page of a connection is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    /// The guide until people arrive, and then how it is.
    Whole,
    /// The guide, with everything else below it.
    Guide,
    /// The guide alone.
    GuideAlone,
}

#[derive(Template)]
#[template(path = "connection.html")]
struct Page {
    layout: Layout,
    connection: Connection,
    base_url: String,
    provider: &'static ProviderInfo,
    milestones: Milestones,
    /// Whether the page has the setup guide, in place of how the connection is.
    has_guide: bool,
    /// Whether the page has nothing but the guide.
    is_guide_alone: bool,
    setup: Setup,
    /// Whether the whole request log has been read.
    complete: bool,
    figures: Vec<Figure>,
    suggested_label: String,
    /// The tokens in use, newest first.
    tokens: Vec<Token>,
    issued: Option<Issued>,
    checklist: Checklist,
    /// The connections that its people can be handed over to, if the visitor may do that.
    heirs: Option<Vec<Connection>>,
    quirks: Quirks,
    rules: RulesPanel,
    is_owner: bool,
    /// The name as it is, or as it was typed.
    name: String,
    /// The product as it is, or as it was chosen.
    chosen: &'static ProviderInfo,
    /// What somebody else has saved in the meantime and differs from what was typed.
    differences: Vec<String>,
    remedies: Vec<RemedyKind>,
}

impl Page {
    /// How the connection is: the class of a badge, and its word.
    fn health(&self) -> (&'static str, Text) {
        let now = Timestamp::now();
        state(&self.connection, &self.milestones, self.has_arrived(), now)
    }

    fn has_arrived(&self) -> bool {
        self.milestones.first_user_at.is_some() || !self.has_guide
    }

    /// What is sent and how it is read.
    fn meaning(&self, quirk: &Quirk) -> Text {
        read_as(&quirk.code).unwrap_or_else(|| t("connection-quirk-unknown"))
    }

    fn is_done(&self, stage: &str) -> bool {
        self.setup.is_done(stage)
    }

    /// The attributes of a step of the guide.
    fn step(&self, stage: &str) -> StepMark {
        match (stage, &self.issued) {
            // What is shown once must be in sight.
            ("enter", Some(_)) => StepMark::NEXT,
            _ => self.setup.mark(stage),
        }
    }
}

pub(crate) async fn show(
    visitor: Visitor<ReadConnections>,
    Id(id): Id,
    Params(arrived): Params<Arrived>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let layout = visitor.layout(Section::Connect);
    let layout = layout.with_notice(arrived.done.as_deref());
    let (layout, issued) = issued::reopened(&visitor, &arrived, &headers, layout).await?;
    let view = match issued {
        Some(_) => View::Guide,
        None => View::Whole,
    };
    page(&visitor, &id, layout, view, issued, None).await
}

/// The setup guide alone.
pub(crate) async fn setup(
    visitor: Visitor<ReadConnections>,
    Id(id): Id,
) -> Result<Response, Problem> {
    let layout = visitor.layout(Section::Connect);
    page(&visitor, &id, layout, View::GuideAlone, None, None).await
}

/// Renders the page of a connection of which a form was refused, with what was typed.
pub(super) async fn refused<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    typed: Typed,
    problem: Problem,
) -> Result<Response, Problem> {
    if !is_about_form(&problem) || !visitor.may(Permission::ProvisioningRead) {
        return Err(problem);
    }
    let layout = visitor.layout(Section::Connect);
    let layout = layout.with_refusal(Some(&problem));
    let mut response = page(visitor, id, layout, View::Whole, None, Some(typed)).await?;
    *response.status_mut() = status_of(&problem);
    Ok(response)
}

/// Renders the page of a connection with its new token or OAuth client, which it shows only now.
pub(super) async fn issued<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    issued: Issued,
) -> Result<Response, Problem> {
    let layout = visitor.layout(Section::Connect);
    page(visitor, id, layout, View::Guide, Some(issued), None).await
}

async fn page<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    layout: Layout,
    view: View,
    issued: Option<Issued>,
    typed: Option<Typed>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let mut connections = tenant.credentials().connections().await?;
    let connection = match connections.iter().position(|one| one.id == id) {
        Some(place) => connections.remove(place),
        None => tenant.credentials().connection(id).await?,
    };
    let mut tokens = tenant.credentials().tokens_of(id).await?;
    let now = Timestamp::now();
    tokens.retain(|token| {
        token.revoked_at.is_none() && token.expires_at.is_none_or(|expires| expires > now)
    });
    tokens.sort_by(|a, b| b.id.cmp(&a.id));
    let provider = ProviderInfo::of(connection.provider);
    let gone = gone(&connection, &connections);
    let names = match gone.is_empty() {
        true => BTreeMap::new(),
        false => tenant.credentials().deleted_connections(&gone).await?,
    };
    let insight = Insight::of(tenant);
    let (digest, quirks) = insight.digest_and_quirks(&connection).await?;
    let milestones = digest.connections.get(id).cloned().unwrap_or_default();
    let is_new = milestones.first_user_at.is_none() && digest.seen_since(&connection).is_none();
    let has_guide = view != View::Whole || is_new;
    let groups = groups_next(visitor, &milestones).await?;
    let figures = match has_guide {
        true => Vec::new(),
        false => {
            let people = match layout.may(Permission::DirectoryRead) {
                true => Some(insight.total(&USERS).await?),
                false => None,
            };
            let is_only = connections.is_empty();
            figures(
                &connection,
                &milestones,
                people.zip(groups),
                is_only,
                layout.may_read_logs(),
            )
        }
    };
    let is_owner = visitor.role().is_owner();
    let named = typed.as_ref().filter(|typed| typed.contains("name"));
    let differences = named.map(|typed| differences(typed, &connection));
    let chosen = named.map_or(provider, |typed| chosen(typed, &connection));
    let typed_name = named.map(|typed| typed.value("name").to_owned());
    let typed_rules = typed.filter(|typed| typed.contains("alias"));
    let remedies = RemedyKind::ALL.into_iter();
    let is_offered = |kind: &RemedyKind| is_owner || !kind.is_for_owners();
    render(&Page {
        base_url: format!("{}{BASE_PATH}", visitor.root().as_str()),
        suggested_label: format!("{} {}", provider.name, now.strftime("%Y-%m")),
        provider,
        setup: Setup::of(!tokens.is_empty(), &milestones),
        checklist: Checklist::of(
            &digest,
            &connection,
            &milestones,
            layout.console.clone(),
            groups,
        ),
        has_guide,
        is_guide_alone: view == View::GuideAlone,
        complete: digest.complete,
        figures,
        milestones,
        tokens,
        issued,
        quirks,
        rules: RulesPanel::of(&connection, &connections, &names, typed_rules),
        // What is only observed is nobody's to hand over.
        heirs: (is_owner && !connection.observing).then_some(connections),
        is_owner,
        name: typed_name.unwrap_or_else(|| connection.label.clone()),
        chosen,
        differences: differences.unwrap_or_default(),
        remedies: match layout.may_configure() {
            true => remedies.filter(is_offered).collect(),
            false => Vec::new(),
        },
        connection,
        layout,
    })
}

/// The form that changes a connection.
#[derive(Debug, Deserialize)]
pub(crate) struct ConnectionChange {
    name: String,
    provider: Provider,
    /// What the form began with. A form of an earlier version does not say.
    #[serde(default)]
    was_name: String,
    #[serde(default)]
    was_provider: Option<Provider>,
}

pub(crate) async fn change(Id(id): Id, change: Change<Create, Typed>) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    match save(&visitor, &id, &form).await {
        Ok(()) => Ok(redirect(&format!(
            "{}/connections/{id}?done=connection-changed",
            visitor.console()
        ))),
        Err(problem) => refused(&visitor, &id, form, problem).await,
    }
}

async fn save(visitor: &Visitor<Create>, id: &str, form: &Typed) -> Result<(), Problem> {
    let form: ConnectionChange = form.read()?;
    let name = name("name", &form.name)?;
    let changed_elsewhere = || Problem::conflict(t("connection-changed-elsewhere"));
    let was = form.was_provider.ok_or_else(changed_elsewhere)?;
    let credentials = visitor.tenant().credentials();
    let was = (form.was_name.as_str(), was);
    let changed = credentials.change_connection_from(id, was, &name, form.provider);
    changed.await?.ok_or_else(changed_elsewhere)?;
    Ok(())
}

/// Says what is saved and differs from what was typed, if the form did not begin with what is saved.
fn differences(typed: &Typed, saved: &Connection) -> Vec<String> {
    let is_current = typed.value("was_name") == saved.label
        && typed.value("was_provider") == saved.provider.as_str();
    if is_current {
        return Vec::new();
    }
    let (there, here) = (ProviderInfo::of(saved.provider), chosen(typed, saved));
    let name = difference(t("connection-name"), &saved.label, typed.value("name"));
    let provider = difference(
        t("connection-provider"),
        &there.name.to_string(),
        &here.name.to_string(),
    );
    name.into_iter().chain(provider).collect()
}

/// The product that was chosen.
fn chosen(typed: &Typed, saved: &Connection) -> &'static ProviderInfo {
    let is_it = |one: &&ProviderInfo| one.id() == typed.value("provider");
    let chosen = PROVIDERS.iter().find(is_it);
    chosen.unwrap_or_else(|| ProviderInfo::of(saved.provider))
}

pub(crate) async fn change_rules(
    Id(id): Id,
    change: Change<Create, Typed>,
) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    match connection_rules::save_form(&visitor, &id, &form).await {
        Ok(()) => Ok(redirect(&format!(
            "{}/connections/{id}?done=rules-saved",
            visitor.console()
        ))),
        Err(problem) => refused(&visitor, &id, form, problem).await,
    }
}

/// The form that deletes a connection.
#[derive(Debug, Deserialize)]
pub(crate) struct Deletion {
    /// `keep`, `deactivate`, or the id of the connection that gets its people.
    #[serde(default)]
    people: String,
}

impl Deletion {
    fn people(self) -> PeopleOf {
        match self.people.as_str() {
            "" | "keep" => PeopleOf::Kept,
            "deactivate" => PeopleOf::Deactivated,
            _ => PeopleOf::HandedTo(self.people),
        }
    }
}

pub(crate) async fn delete(
    Id(id): Id,
    change: Change<Delete, Deletion>,
) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let people = form.people();
    if people != PeopleOf::Kept && !visitor.role().is_owner() {
        return Err(Problem::forbidden(t("connection-owners-people")));
    }
    let credentials = visitor.tenant().credentials();
    if let Err(error) = credentials.delete_connection_and(&id, &people).await {
        return refused(&visitor, &id, Typed::default(), error.into()).await;
    }
    Ok(redirect(&format!(
        "{}/connections?done=connection-deleted",
        visitor.console()
    )))
}
