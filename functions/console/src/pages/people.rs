//! People: the list of people, with a search.
//!
//! A search uses keys, so it costs the same in a tenant of a hundred thousand people. If that finds too little, the
//! visitor can search every attribute of everybody, a limited number of people at a time.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{Person, PersonState, USERS};
use rollcall_edge_api::{Params, Read};
use rollcall_edge_http::Problem;
use rollcall_insight::{Insight, PeopleQuery};
use serde::Deserialize;

use super::fields;
use crate::layout::{Layout, Section, render};
use crate::visitor::Visitor;

/// People on one page.
const PAGE_SIZE: usize = 50;

/// The search for people.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Search {
    /// The text to search for.
    #[serde(default)]
    text: String,
    #[serde(default)]
    state: String,
    /// Any text here searches through everybody.
    #[serde(default)]
    everywhere: String,
    after: Option<String>,
    /// The change that led here.
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "people.html")]
struct Page {
    layout: Layout,
    people: Vec<Person>,
    /// Whether the search finds words inside names and addresses.
    by_word: bool,
    total: u64,
    text: String,
    state: String,
    everywhere: bool,
    /// The query of the next page, if there is one.
    next: Option<String>,
    /// The query of the same search through everybody.
    further: String,
}

pub(crate) async fn show(
    visitor: Visitor<Read>,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let states: Vec<PersonState> = fields::parse_state(&search.state)?.into_iter().collect();
    let text = search.text.trim().to_owned();
    let everywhere = !search.everywhere.is_empty();
    let (people, next, by_word) = if text.is_empty() || everywhere {
        let query = PeopleQuery {
            states,
            filter: None,
            text: Some(text.clone()).filter(|text| !text.is_empty()),
            after: search.after,
            limit: PAGE_SIZE,
            ..PeopleQuery::default()
        };
        let (people, next) = Insight::of(tenant).people(&query).await?;
        (people, next, true)
    } else {
        let found = Insight::of(tenant)
            .search_people(&text, &states, search.after, PAGE_SIZE)
            .await?;
        (found.people, found.next, found.by_word)
    };
    let at = |after: &str, everywhere: &str| {
        fields::query_string(&[
            ("text", &text),
            ("state", &search.state),
            ("everywhere", everywhere),
            ("after", after),
        ])
    };
    render(&Page {
        layout: visitor
            .layout(Section::People)
            .with_notice(search.done.as_deref()),
        people,
        by_word,
        total: Insight::of(tenant).total(&USERS).await?,
        next: next.map(|next| at(&next, &search.everywhere)),
        further: at("", "yes"),
        everywhere,
        text,
        state: search.state,
    })
}
