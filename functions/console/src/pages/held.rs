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
use crate::display;
use crate::layout::{Layout, Section, redirect, render};
use crate::messages::{Text, t};
use crate::visitor::{Change, Visitor};

/// Changes on a page.
const ON_PAGE: usize = 50;
/// The people who are named of each change.
const SHOWN: usize = 10;
/// How many parts of the changes one form looks at: each takes at most eight seconds.
const PARTS: usize = 2;

/// The query of the page.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Asked {
    after: Option<String>,
    /// What the last form did, to how many changes.
    done: Option<String>,
    changes: Option<String>,
    /// How many it left out.
    left_out: Option<String>,
    /// Whether it ended before the last change.
    more: Option<String>,
}

impl Asked {
    /// Says what the last form has done. The address chooses the text and supplies only numbers.
    fn said(&self) -> Option<String> {
        let number = |given: &Option<String>| given.as_deref().and_then(|text| text.parse().ok());
        let changes: u64 = number(&self.changes)?;
        let did = match self.done.as_deref()? {
            "held-applied" => t("held-applied-count").n("count", changes),
            "held-discarded" => t("held-discarded-count").n("count", changes),
            _ => return None,
        };
        let mut said = vec![did.plain()];
        if number(&self.left_out).is_some_and(|left_out| left_out > 0) {
            said.push(t("held-left-out").plain());
        }
        if self.more.is_some() {
            said.push(t("held-more").plain());
        }
        Some(said.join(" "))
    }
}

#[derive(Template)]
#[template(path = "held.html")]
struct Page {
    layout: Layout,
    /// The connection, unless it was deleted.
    connection: Option<Connection>,
    id: String,
    changes: Vec<HeldChange>,
    /// Behind which change the page begins; empty on the first page. The forms continue from there.
    after: String,
    /// The query of the next page, if there is one.
    next: Option<String>,
}

impl Page {
    /// What was sent.
    fn told(&self, change: &HeldChange) -> Text {
        match change.kind {
            HeldKind::Deactivation => t("held-deactivated"),
            HeldKind::Deletion => t("held-deleted"),
            HeldKind::GroupLoss => t("held-group-loss"),
            HeldKind::GroupDeletion => t("held-group-deleted"),
        }
    }

    /// The first people whom a change concerns.
    fn first<'a>(&self, change: &'a HeldChange) -> &'a [Subject] {
        &change.people[..change.people.len().min(SHOWN)]
    }

    /// Whom a change concerns and what it is, for the name of its box.
    fn named(&self, change: &HeldChange) -> Text {
        let first = self.first(change).iter();
        let mut names: Vec<String> = first.map(|one| display::name(&one.name)).collect();
        if names.is_empty() {
            names.push(t("held-everyone").plain());
        }
        let mut who = names.join(", ");
        let others = self.others(change);
        if others > 0 {
            who = format!("{who} {}", t("held-others").n("count", others).plain());
        }
        let mut what = self.told(change).plain();
        if let Some(group) = &change.group {
            what = format!("{what} {}", display::name(&group.name));
        }
        t("held-select-one").s("who", who).s("change", what)
    }

    /// What the changes on the page take away, and from how many.
    fn at_stake(&self) -> Vec<Text> {
        let of = |kind| {
            self.changes
                .iter()
                .filter(move |change| change.kind == kind)
        };
        let people = |kind| {
            let people = of(kind).flat_map(|change| &change.people);
            let ids: BTreeSet<&str> = people.map(|one| one.id.as_str()).collect();
            ids.len()
        };
        let groups = of(HeldKind::GroupDeletion).count();
        let counts = [
            ("held-stake-deactivated", people(HeldKind::Deactivation)),
            ("held-stake-deleted", people(HeldKind::Deletion)),
            ("held-stake-group-loss", people(HeldKind::GroupLoss)),
            ("held-stake-group-deleted", groups),
        ];
        let counts = counts.into_iter().filter(|(_, count)| *count > 0);
        counts
            .map(|(key, count)| t(key).n("count", count))
            .collect()
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
        layout: layout.with_said(asked.said()),
        connection: tenant.credentials().known_connection(&id).await?,
        id,
        changes,
        after: asked.after.unwrap_or_default(),
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
        _ => return Err(Problem::invalid(t("held-choose"))),
    };
    let picked: BTreeSet<String> = form.values("pick").map(str::to_owned).collect();
    if !is_all && picked.is_empty() {
        return Err(Problem::invalid(t("held-pick")));
    }
    let chosen = (!is_all).then_some(&picked);
    let begin = form.value("after");
    let mut after = Some(begin.to_owned()).filter(|after| !after.is_empty());
    let (mut changes, mut left_out) = (0, 0);
    for _ in 0..PARTS {
        let sign_in = visitor.tenant().sign_in();
        let done = sign_in.decide_held(&id, decision, chosen, after.as_deref(), visitor.role());
        let done = done.await?;
        changes += done.changes;
        left_out += done.left_out;
        after = done.next;
        if after.is_none() {
            break;
        }
    }
    // Whoever decides about all of them goes on behind those that were looked at.
    let (after, more) = match (is_all, after) {
        (true, Some(after)) => (after, "true"),
        (true, None) => (String::new(), ""),
        (false, _) => (begin.to_owned(), ""),
    };
    let done = match decision {
        Decision::Apply => "held-applied",
        Decision::Discard => "held-discarded",
    };
    let told = fields::query_string(&[
        ("after", &after),
        ("done", done),
        ("changes", &changes.to_string()),
        ("left_out", &left_out.to_string()),
        ("more", more),
    ]);
    let console = visitor.console();
    Ok(redirect(&format!("{console}/connections/{id}/held?{told}")))
}
