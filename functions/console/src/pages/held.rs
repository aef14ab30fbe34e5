//! What the brake of a connection holds: the list of changes with their people, and the buttons that apply or discard
//! them.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::Response;
use rollcall_directory::{Connection, Decision, HeldChange, HeldKind, Subject};
use rollcall_edge_api::{Configure, Id, Params};
use rollcall_edge_http::Problem;
use serde::Deserialize;

use super::fields::{self, Typed};
use crate::layout::{Layout, Section, redirect, render};
use crate::visitor::{Change, Visitor};

/// Changes on a page.
const ON_PAGE: usize = 50;
/// The people who are named of each change.
const SHOWN: usize = 10;
/// How many parts of all changes one form decides: each takes at most eight seconds.
const PARTS: usize = 2;

/// The query of the page.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Asked {
    after: Option<String>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "held.html")]
struct Page {
    layout: Layout,
    /// The connection, unless it was deleted.
    connection: Option<Connection>,
    id: String,
    changes: Vec<HeldChange>,
    /// The query of the next page, if there is one.
    next: Option<String>,
}

impl Page {
    /// What was sent.
    fn told(&self, change: &HeldChange) -> &'static str {
        match change.kind {
            HeldKind::Deactivation => "Deactivated",
            HeldKind::Deletion => "Deleted",
            HeldKind::GroupLoss => "Removed from a group",
            HeldKind::GroupDeletion => "Group deleted",
        }
    }

    /// The first people whom a change concerns.
    fn first<'a>(&self, change: &'a HeldChange) -> &'a [Subject] {
        &change.people[..change.people.len().min(SHOWN)]
    }

    /// How many others it concerns.
    fn others(&self, change: &HeldChange) -> u64 {
        change.people.len().saturating_sub(SHOWN) as u64
    }
}

pub(crate) async fn show(
    visitor: Visitor<Configure>,
    Id(id): Id,
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let held = tenant.sign_in();
    let held = held.held_changes(&id, asked.after.as_deref(), ON_PAGE);
    let (changes, next) = held.await?;
    let layout = visitor.layout(Section::Connect);
    render(&Page {
        layout: layout.with_notice(asked.done.as_deref()),
        connection: tenant.credentials().known_connection(&id).await?,
        id,
        changes,
        next: next.map(|next| fields::query_string(&[("after", &next)])),
    })
}

pub(crate) async fn decide(
    Id(id): Id,
    change: Change<Configure, Typed>,
) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    // A connection of nobody's is not found, whatever the form says.
    let sign_in = visitor.tenant().sign_in();
    sign_in.held_changes(&id, None, 1).await?;
    let (decision, is_all) = match form.value("then") {
        "apply" => (Decision::Apply, false),
        "discard" => (Decision::Discard, false),
        "apply-all" => (Decision::Apply, true),
        "discard-all" => (Decision::Discard, true),
        _ => return Err(Problem::invalid("choose what to do with the changes")),
    };
    let picked: BTreeSet<String> = form.values("pick").map(str::to_owned).collect();
    if !is_all && picked.is_empty() {
        return Err(Problem::invalid("select at least one change"));
    }
    let chosen = (!is_all).then_some(&picked);
    let mut after = Some(form.value("after").to_owned()).filter(|after| !after.is_empty());
    let mut left_out = 0;
    for _ in 0..PARTS {
        let sign_in = visitor.tenant().sign_in();
        let done = sign_in.decide_held(&id, decision, chosen, after.as_deref(), visitor.role());
        let done = done.await?;
        left_out += done.left_out;
        after = done.next;
        if after.is_none() || !is_all {
            break;
        }
    }
    let done = match (left_out > 0, decision) {
        (true, _) => "held-left-out",
        (false, Decision::Apply) => "held-applied",
        (false, Decision::Discard) => "held-discarded",
    };
    let console = visitor.console();
    Ok(redirect(&format!(
        "{console}/connections/{id}/held?done={done}"
    )))
}
