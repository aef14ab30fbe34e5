//! One connection: the steps for its identity provider, the token to copy, and a checklist that ticks.

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Connection, Milestones, Provider, TokenSecret};
use rollcall_edge_api::{Create, Delete, Gate, Id, Params, Read, name};
use rollcall_edge_http::{BASE_PATH, Problem};
use serde::Deserialize;

use super::{Done, provider_id};
use crate::frame::{Frame, Section, go};
use crate::visitor::{Change, Visitor};
use crate::words;

/// One step of the checklist.
pub(super) struct Step {
    title: &'static str,
    /// What brings it about.
    hint: &'static str,
    pub(super) at: Option<Timestamp>,
}

/// The checklist of a connection, in the order in which its steps usually come.
pub(super) fn steps(milestones: &Milestones) -> [Step; 4] {
    [
        Step {
            title: "Connection tested",
            hint: "press the test button of your identity provider",
            at: milestones.tested_at,
        },
        Step {
            title: "First user",
            hint: "assign somebody to the application",
            at: milestones.first_user_at,
        },
        Step {
            title: "First group",
            hint: "push a group",
            at: milestones.first_group_at,
        },
        Step {
            title: "First deactivation",
            hint: "unassign somebody, to see that leaving works",
            at: milestones.first_deactivation_at,
        },
    ]
}

/// The checklist, on its own or within the page.
#[derive(Template)]
#[template(path = "checklist.html")]
struct Checklist {
    steps: [Step; 4],
    all_done: bool,
    /// Whether the whole request log was looked at.
    complete: bool,
    /// From when on it was, where a stretch before was passed over.
    seen_since: Option<Timestamp>,
    last_request_at: Option<Timestamp>,
}

impl Checklist {
    /// Whether nothing of it changes any more.
    fn is_over(&self) -> bool {
        self.all_done && self.complete
    }
}

#[derive(Template)]
#[template(path = "connection.html")]
struct Page {
    frame: Frame,
    connection: Connection,
    base_url: String,
    providers: Vec<(String, &'static str, bool)>,
    suggested_label: String,
    /// How many tokens are in use.
    tokens: usize,
    issued: Option<TokenSecret>,
    checklist: Checklist,
}

pub(crate) async fn show(
    visitor: Visitor<Read>,
    Id(id): Id,
    Params(asked): Params<Done>,
) -> Result<Response, Problem> {
    page(&visitor, &id, asked.done.as_deref(), None).await
}

/// The page of a connection, with a token that was made just now where there is one.
pub(super) async fn page<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    done: Option<&str>,
    issued: Option<TokenSecret>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connection = tenant.connection(id).await?;
    let tokens = tenant.tokens_of(id).await?;
    let now = Timestamp::now();
    let tokens = tokens.iter().filter(|token| {
        token.revoked_at.is_none() && token.expires_at.is_none_or(|expires| expires > now)
    });
    let choice = |provider: Provider| {
        let is_chosen = provider == connection.provider;
        (provider_id(provider), words::provider(&provider), is_chosen)
    };
    crate::frame::show(&Page {
        frame: visitor.frame(Section::Connect).with_notice(done),
        base_url: format!("{}{BASE_PATH}", visitor.root().as_str()),
        providers: words::PROVIDERS.into_iter().map(choice).collect(),
        suggested_label: format!(
            "{} {}",
            words::provider(&connection.provider),
            now.strftime("%B %Y")
        ),
        tokens: tokens.count(),
        issued,
        checklist: checklist_of(visitor, &connection).await?,
        connection,
    })
}

async fn checklist_of<G: Gate>(
    visitor: &Visitor<G>,
    connection: &Connection,
) -> Result<Checklist, Problem> {
    let mut digest = visitor.tenant().digest().await?;
    let seen_since = digest.seen_since(connection);
    let milestones = digest.connections.remove(&connection.id);
    let milestones = milestones.unwrap_or_default();
    let steps = steps(&milestones);
    Ok(Checklist {
        all_done: steps.iter().all(|step| step.at.is_some()),
        complete: digest.complete,
        seen_since,
        steps,
        last_request_at: milestones.last_request_at,
    })
}

pub(crate) async fn checklist(visitor: Visitor<Read>, Id(id): Id) -> Result<Response, Problem> {
    let connection = visitor.tenant().connection(&id).await?;
    let checklist = checklist_of(&visitor, &connection).await?;
    crate::frame::show_part(&checklist, checklist.is_over())
}

/// What to change of a connection.
#[derive(Debug, Deserialize)]
pub(crate) struct ConnectionChange {
    name: String,
    provider: Provider,
}

pub(crate) async fn change(
    Id(id): Id,
    change: Change<Create, ConnectionChange>,
) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let name = name("name", &form.name)?;
    visitor
        .tenant()
        .change_connection(&id, Some(name), Some(form.provider))
        .await?;
    Ok(go(&format!(
        "{}/connections/{id}?done=connection-changed",
        visitor.console()
    )))
}

/// A form that says no more than its address.
#[derive(Debug, Deserialize)]
pub(crate) struct Confirmed {}

pub(crate) async fn delete(
    Id(id): Id,
    change: Change<Delete, Confirmed>,
) -> Result<Response, Problem> {
    let visitor = change.visitor;
    visitor.tenant().delete_connection(&id).await?;
    Ok(go(&format!(
        "{}?done=connection-deleted",
        visitor.console()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_passed_over_is_not_told_to_be_undone() {
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
