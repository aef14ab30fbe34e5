//! People: who there is, searched and narrowed.
//!
//! A search is answered by keys, so that it costs the same among a hundred thousand; whoever does not find somebody
//! that way can look through everybody, a bounded number at a time.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{PeopleQuery, Person, PersonState, USERS};
use rollcall_edge_api::{Params, Read};
use rollcall_edge_http::Problem;
use serde::Deserialize;

use crate::frame::{Frame, Section};
use crate::visitor::Visitor;

/// People on one page.
const PAGE: usize = 50;

/// Which people are looked at.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// What is searched for.
    #[serde(default)]
    text: String,
    #[serde(default)]
    state: String,
    /// Whether to look through everybody.
    #[serde(default)]
    everywhere: String,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "people.html")]
struct Page {
    frame: Frame,
    people: Vec<Person>,
    total: u64,
    text: String,
    state: String,
    everywhere: bool,
    /// The next page, if there is one.
    next: Option<String>,
    /// Where the same search looks through everybody.
    further: String,
}

pub(crate) async fn show(
    visitor: Visitor<Read>,
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let states: Vec<PersonState> = super::state(&asked.state)?.into_iter().collect();
    let text = asked.text.trim().to_owned();
    let everywhere = !asked.everywhere.is_empty();
    let (people, next) = if text.is_empty() || everywhere {
        let query = PeopleQuery {
            states,
            filter: None,
            text: Some(text.clone()).filter(|text| !text.is_empty()),
            after: asked.after,
            limit: PAGE,
        };
        tenant.people(&query).await?
    } else {
        tenant
            .search_people(&text, &states, asked.after, PAGE)
            .await?
    };
    let at = |after: &str, everywhere: &str| {
        super::query(&[
            ("text", &text),
            ("state", &asked.state),
            ("everywhere", everywhere),
            ("after", after),
        ])
    };
    crate::frame::show(&Page {
        frame: visitor.frame(Section::People),
        people,
        total: tenant.total(&USERS).await?,
        next: next.map(|next| at(&next, &asked.everywhere)),
        further: at("", "yes"),
        everywhere,
        text,
        state: asked.state,
    })
}
