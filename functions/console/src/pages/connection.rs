//! Connection: the setup guide of its identity provider, the token to copy, and the checklist.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Connection, PeopleOf, Permission, Provider};
use rollcall_edge_api::{Create, Delete, Gate, Id, Params, ReadConnections, name};
use rollcall_edge_http::{BASE_PATH, Problem};
use rollcall_insight::{Digest, Insight, Milestones, Quirks};
use serde::Deserialize;

use super::connection_rules::{self, RulesPanel, gone, read};
use super::fields::{Done, Typed};
use super::issued::Issued;
use super::remedies::RemedyKind;
use crate::layout::{Layout, Section, is_about_form, redirect, render, render_part, status_of};
use crate::providers::{Guide, PROVIDERS, ProviderInfo};
use crate::visitor::{Change, Visitor};

/// One step of the checklist.
pub(super) struct Step {
    title: &'static str,
    /// How to complete the step.
    hint: &'static str,
    pub(super) at: Option<Timestamp>,
}

/// The checklist of a connection, in the usual order of its steps.
pub(super) fn steps(milestones: &Milestones) -> [Step; 4] {
    [
        Step {
            title: "Connection tested",
            hint: "press the test button of your identity provider",
            at: milestones.tested_at,
        },
        Step {
            title: "First user",
            hint: "assign someone to the application",
            at: milestones.first_user_at,
        },
        Step {
            title: "First group",
            hint: "push a group",
            at: milestones.first_group_at,
        },
        Step {
            title: "First deactivation",
            hint: "unassign someone, to see that leaving works",
            at: milestones.first_deactivation_at,
        },
    ]
}

/// The checklist, within the page or alone.
#[derive(Template)]
#[template(path = "checklist.html")]
struct Checklist {
    steps: [Step; 4],
    all_done: bool,
    /// Whether the whole request log has been read.
    complete: bool,
    /// The start of the part of the log that was read, if an earlier part was skipped.
    seen_since: Option<Timestamp>,
    last_request_at: Option<Timestamp>,
}

impl Checklist {
    fn of(mut digest: Digest, connection: &Connection) -> Self {
        let seen_since = digest.seen_since(connection);
        let milestones = digest.connections.remove(&connection.id);
        let milestones = milestones.unwrap_or_default();
        let steps = steps(&milestones);
        Self {
            all_done: steps.iter().all(|step| step.at.is_some()),
            complete: digest.complete,
            seen_since,
            steps,
            last_request_at: milestones.last_request_at,
        }
    }

    /// Whether the checklist can no longer change.
    fn is_finished(&self) -> bool {
        self.all_done && self.complete
    }
}

#[derive(Template)]
#[template(path = "connection.html")]
struct Page {
    layout: Layout,
    connection: Connection,
    base_url: String,
    provider: &'static ProviderInfo,
    suggested_label: String,
    /// The number of tokens in use.
    tokens: usize,
    issued: Option<Issued>,
    checklist: Checklist,
    /// The connections that its people can be handed over to, if the visitor may do that.
    heirs: Option<Vec<Connection>>,
    quirks: Quirks,
    rules: RulesPanel,
    is_owner: bool,
    /// The name as it is, or as it was typed.
    name: String,
    remedies: Vec<RemedyKind>,
}

pub(crate) async fn show(
    visitor: Visitor<ReadConnections>,
    Id(id): Id,
    Params(params): Params<Done>,
) -> Result<Response, Problem> {
    let layout = visitor.layout(Section::Connect);
    let layout = layout.with_notice(params.done.as_deref());
    page(&visitor, &id, layout, None, None).await
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
    let mut response = page(visitor, id, layout, None, Some(typed)).await?;
    *response.status_mut() = status_of(&problem);
    Ok(response)
}

/// Renders the page of a connection with its new token or OAuth client.
pub(super) async fn issued<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    issued: Issued,
) -> Result<Response, Problem> {
    let layout = visitor.layout(Section::Connect);
    page(visitor, id, layout, Some(issued), None).await
}

async fn page<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    layout: Layout,
    issued: Option<Issued>,
    typed: Option<Typed>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let mut connections = tenant.credentials().connections().await?;
    let connection = match connections.iter().position(|one| one.id == id) {
        Some(place) => connections.remove(place),
        None => tenant.credentials().connection(id).await?,
    };
    let tokens = tenant.credentials().tokens_of(id).await?;
    let now = Timestamp::now();
    let tokens = tokens.iter().filter(|token| {
        token.revoked_at.is_none() && token.expires_at.is_none_or(|expires| expires > now)
    });
    let provider = ProviderInfo::of(connection.provider);
    let gone = gone(&connection, &connections);
    let names = match gone.is_empty() {
        true => BTreeMap::new(),
        false => tenant.credentials().deleted_connections(&gone).await?,
    };
    let insight = Insight::of(tenant);
    let (digest, quirks) = insight.digest_and_quirks(&connection).await?;
    let is_owner = visitor.role().is_owner();
    let typed_name = typed.as_ref().filter(|typed| typed.contains("name"));
    let typed_name = typed_name.map(|typed| typed.value("name").to_owned());
    let typed_rules = typed.filter(|typed| typed.contains("alias"));
    let remedies = RemedyKind::ALL.into_iter();
    let is_offered = |kind: &RemedyKind| is_owner || !kind.is_for_owners();
    render(&Page {
        base_url: format!("{}{BASE_PATH}", visitor.root().as_str()),
        suggested_label: format!("{} {}", provider.name, now.strftime("%B %Y")),
        provider,
        tokens: tokens.count(),
        issued,
        checklist: Checklist::of(digest, &connection),
        quirks,
        rules: RulesPanel::of(&connection, &connections, &names, typed_rules),
        heirs: is_owner.then_some(connections),
        is_owner,
        name: typed_name.unwrap_or_else(|| connection.label.clone()),
        remedies: match layout.may_configure() {
            true => remedies.filter(is_offered).collect(),
            false => Vec::new(),
        },
        connection,
        layout,
    })
}

pub(crate) async fn checklist(
    visitor: Visitor<ReadConnections>,
    Id(id): Id,
) -> Result<Response, Problem> {
    let connection = visitor.tenant().credentials().connection(&id).await?;
    let digest = Insight::of(visitor.tenant()).digest().await?;
    let checklist = Checklist::of(digest, &connection);
    render_part(&checklist, checklist.is_finished())
}

/// The form that changes a connection.
#[derive(Debug, Deserialize)]
pub(crate) struct ConnectionChange {
    name: String,
    provider: Provider,
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
    let ConnectionChange {
        name: given,
        provider,
    } = form.read()?;
    let name = name("name", &given)?;
    let credentials = visitor.tenant().credentials();
    let changed = credentials.change_connection(id, Some(name), Some(provider));
    changed.await?;
    Ok(())
}

pub(crate) async fn change_rules(
    Id(id): Id,
    change: Change<Create, Typed>,
) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let saved = match read(&form) {
        Ok(rules) => connection_rules::save(&visitor, &id, &rules).await,
        Err(problem) => Err(problem),
    };
    match saved {
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
        return Err(Problem::forbidden(
            "only an owner can hand over or deactivate the people of a connection",
        ));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_in_a_skipped_part_of_the_log_is_not_shown_as_undone() {
        let shown = |seen_since: Option<Timestamp>| {
            let milestones = Milestones {
                tested_at: Some(Timestamp::UNIX_EPOCH),
                ..Milestones::default()
            };
            let checklist = Checklist {
                steps: steps(&milestones),
                all_done: false,
                complete: true,
                seen_since,
                last_request_at: None,
            };
            checklist.render().unwrap()
        };
        let (whole, part) = (shown(None), shown(Some(Timestamp::UNIX_EPOCH)));
        assert_eq!(whole.matches(": not yet").count(), 3, "{whole}");
        assert!(whole.contains("No request has arrived yet"), "{whole}");
        assert_eq!(part.matches("not seen since").count(), 3, "{part}");
        assert!(!part.contains("yet"), "{part}");
    }
}
