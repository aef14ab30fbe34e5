//! Merge: closes an account that only came from sign-in into a person whom an identity provider pushed. The visitor looks
//! for that person, sees what happens, and confirms.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{Merging, Person};
use rollcall_edge_api::{Configure, Gate, Id, Params, explained};
use rollcall_edge_http::Problem;
use rollcall_insight::Insight;
use serde::Deserialize;

use crate::layout::{Layout, Section, is_about_form, redirect, render, render_refused};
use crate::visitor::{Change, Visitor};

/// People that a search shows.
const FOUND_SIZE: usize = 10;

/// The search for the other person, and the one that was picked.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Pick {
    #[serde(default)]
    text: String,
    /// The id of the person who was picked.
    #[serde(default)]
    into: String,
}

/// The person who was picked, and what would happen.
struct Preview {
    into: Person,
    merging: Merging,
    /// How many sessions of the account end.
    sessions: u64,
}

#[derive(Template)]
#[template(path = "merge.html")]
struct Page {
    layout: Layout,
    account: Person,
    text: String,
    /// The people that the search found and that an identity provider pushed; `None` before a search.
    found: Option<Vec<Person>>,
    preview: Option<Preview>,
}

pub(crate) async fn show(
    visitor: Visitor<Configure>,
    Id(id): Id,
    Params(pick): Params<Pick>,
) -> Result<Response, Problem> {
    page(&visitor, &id, pick, None).await
}

/// Renders the page, with why the account cannot be merged if that was refused.
async fn page<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    pick: Pick,
    mut refused: Option<Problem>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let profile = match Insight::of(tenant).person_profile(id).await {
        Ok(profile) => profile,
        Err(error) => return Err(explained(tenant, id, error).await),
    };
    let sessions = profile.sessions.len() as u64;
    let preview = match pick.into.is_empty() || refused.is_some() {
        true => None,
        false => match preview(visitor, id, &pick.into, sessions).await {
            Ok(preview) => Some(preview),
            Err(problem) => {
                refused = Some(problem);
                None
            }
        },
    };
    if let Some(problem) = refused.take_if(|problem| !is_about_form(problem)) {
        return Err(problem);
    }
    let text = pick.text.trim().to_owned();
    let layout = visitor.layout(Section::People);
    let page = Page {
        layout: layout.with_refusal(refused.as_ref()),
        found: found(visitor, &text, id).await?,
        account: profile.person,
        text,
        preview,
    };
    match refused {
        Some(problem) => render_refused(&page, &problem),
        None => render(&page),
    }
}

async fn preview<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    into: &str,
    sessions: u64,
) -> Result<Preview, Problem> {
    let tenant = visitor.tenant();
    let sign_in = tenant.sign_in();
    let merging = sign_in.preview_merge(id, into, visitor.role()).await?;
    Ok(Preview {
        into: tenant.roles().person(into).await?,
        merging,
        sessions,
    })
}

/// Finds people whom an identity provider pushed, except for the account itself.
async fn found<G: Gate>(
    visitor: &Visitor<G>,
    text: &str,
    id: &str,
) -> Result<Option<Vec<Person>>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let insight = Insight::of(visitor.tenant());
    let mut people = insight
        .search_people(text, &[], None, FOUND_SIZE)
        .await?
        .people;
    people.retain(|person| person.id != id && !person.identity.only_signed_in());
    Ok(Some(people))
}

/// The form that confirms a merge.
#[derive(Debug, Deserialize)]
pub(crate) struct Confirmation {
    #[serde(default)]
    text: String,
    into: String,
}

pub(crate) async fn confirm(
    Id(id): Id,
    change: Change<Configure, Confirmation>,
) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let sign_in = visitor.tenant().sign_in();
    if let Err(error) = sign_in.merge(&id, &form.into, visitor.role()).await {
        let problem = explained(visitor.tenant(), &id, error).await;
        let Confirmation { text, into } = form;
        return page(&visitor, &id, Pick { text, into }, Some(problem)).await;
    }
    let into = form.into;
    Ok(redirect(&format!(
        "{}/people/{into}?done=merged",
        visitor.console()
    )))
}
