//! What would change if a connection that is only observed were made real, and the forms that begin and end that.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{Connection, ConnectionRules, MadeReal, Met, ObservedPerson};
use rollcall_edge_api::{Configure, Id, Params};
use rollcall_edge_http::Problem;
use serde::Deserialize;

use super::fields::{self, Typed};
use super::{connection, connection_rules};
use crate::layout::{Layout, Section, redirect, render};
use crate::messages::{Text, t};
use crate::visitor::{Change, Visitor};

/// People whom a page names at most, except for the last part that it looks at.
const ON_PAGE: usize = 50;
/// People of one part.
const AT_ONCE: usize = 100;
/// Parts that a page looks at, if there is little to say.
const PARTS: usize = 5;

/// The query of the page.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Asked {
    after: Option<String>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "observed.html")]
struct Page {
    layout: Layout,
    connection: Connection,
    people: Vec<ObservedPerson>,
    looked_at: u64,
    is_first: bool,
    is_owner: bool,
    /// Whether the tenant has no other connection.
    is_alone: bool,
    /// The query of the next page, if there is one.
    next: Option<String>,
}

impl Page {
    /// How far the people are looked at since it was made real, while that goes on.
    fn under_way(&self) -> Option<&MadeReal> {
        let made_real = self.connection.made_real.as_ref();
        made_real.filter(|it| !self.connection.observing && it.done.is_none())
    }

    /// How many people were looked at since then.
    fn checked(&self, progress: &MadeReal) -> u64 {
        progress.looked_at.min(progress.people)
    }

    /// How many people on the page this holds for.
    fn count(&self, holds: impl Fn(&ObservedPerson) -> bool) -> u64 {
        self.people.iter().filter(|one| holds(one)).count() as u64
    }

    fn met(&self, met: Met) -> u64 {
        self.count(|one| one.met == met)
    }

    fn gained(&self) -> u64 {
        self.count(|one| one.then.iter().any(|role| !one.now.contains(role)))
    }

    fn lost(&self) -> u64 {
        self.count(|one| one.now.iter().any(|role| !one.then.contains(role)))
    }

    fn shut_out(&self) -> u64 {
        self.count(|one| one.is_in && !one.would_be_in)
    }

    /// What would change, in numbers.
    fn summary(&self) -> Text {
        let part = match self.is_first && self.next.is_none() {
            true => "all",
            false => "page",
        };
        t("observed-summary")
            .choice("part", part)
            .n("created", self.met(Met::Created))
            .n("adopted", self.met(Met::Adopted))
            .n("matched", self.met(Met::Matched))
            .n("left-over", self.met(Met::LeftOver))
            .n("gained", self.gained())
            .n("lost", self.lost())
            .n("shut-out", self.shut_out())
    }

    fn relation(&self, person: &ObservedPerson) -> Text {
        match person.met {
            Met::Created => t("observed-created"),
            Met::Adopted => t("observed-adopted"),
            Met::Matched => t("observed-matched"),
            Met::LeftOver => t("observed-left-over"),
            Met::OfAnother => t("observed-of-another"),
        }
    }

    fn access(&self, person: &ObservedPerson) -> Text {
        match (person.is_in, person.would_be_in) {
            (true, false) => t("observed-loses-access"),
            (false, true) => t("observed-gets-access"),
            (true, true) => t("observed-keeps-access"),
            (false, false) => t("observed-no-access"),
        }
    }
}

pub(crate) async fn show(
    visitor: Visitor<Configure>,
    Id(id): Id,
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connection = tenant.credentials().connection(&id).await?;
    let (mut people, mut looked_at) = (Vec::new(), 0_u64);
    let mut after = asked.after.clone().filter(|after| !after.is_empty());
    let is_first = after.is_none();
    for _ in 0..PARTS {
        let roles = tenant.roles();
        let page = roles.observed(&id, after.as_deref(), AT_ONCE).await?;
        looked_at += page.looked_at as u64;
        people.extend(page.people);
        after = page.next;
        if after.is_none() || people.len() >= ON_PAGE {
            break;
        }
    }
    let connections = tenant.credentials().connections().await?;
    let layout = visitor.layout(Section::Connect);
    render(&Page {
        layout: layout.with_notice(asked.done.as_deref()),
        connection,
        people,
        looked_at,
        is_first,
        is_alone: connections.len() <= 1,
        is_owner: visitor.role().is_owner(),
        next: after.map(|next| fields::query_string(&[("after", &next)])),
    })
}

pub(crate) async fn decide(
    Id(id): Id,
    change: Change<Configure, Typed>,
) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    // A connection of nobody's is not found, whatever the form says.
    visitor.tenant().credentials().connection(&id).await?;
    let observing = match form.value("then") {
        "observe" => true,
        "make-real" => false,
        _ => return Err(Problem::invalid(t("observed-choose"))),
    };
    let rules = ConnectionRules::observing(observing);
    if let Err(problem) = connection_rules::save(&visitor, &id, &rules).await {
        return connection::refused(&visitor, &id, Typed::default(), problem).await;
    }
    let done = match observing {
        true => "observing",
        false => "made-real",
    };
    let console = visitor.console();
    Ok(redirect(&format!(
        "{console}/connections/{id}/observed?done={done}"
    )))
}
