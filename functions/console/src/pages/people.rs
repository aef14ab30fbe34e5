//! People: the list of people, with a search, filters and an order, all of them in the address.
//!
//! A search uses keys, so it costs the same in a tenant of a hundred thousand people. If that finds too little, the
//! visitor can search every attribute of everybody, a limited number of people at a time.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rollcall_directory::{
    Directory, Error, Permission, Person, PersonState, Reason, Role, RoleId, USERS,
};
use rollcall_edge_api::{Configure, Gate, Params, Read};
use rollcall_edge_http::Problem;
use rollcall_insight::{FoundPeople, Insight, PeopleOrder, PeopleQuery};
use serde::Deserialize;

use super::fields::{self, Typed};
use super::person_actions::Action;
use crate::display;
use crate::layout::{Layout, Section, is_about_form, redirect, render, status_of};
use crate::messages::t;
use crate::visitor::{Change, Visitor};

/// People on one page.
const PAGE_SIZE: usize = 50;

/// The search for people.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Search {
    /// The text to search for.
    #[serde(default)]
    text: String,
    #[serde(default)]
    state: String,
    /// The id of a role.
    #[serde(default)]
    role: String,
    /// The id of a group.
    #[serde(default)]
    group: String,
    /// `user_name` for the order of user names, and else that of creation.
    #[serde(default)]
    sort: String,
    /// Any text here searches through every attribute.
    #[serde(default)]
    everywhere: String,
    after: Option<String>,
    /// The change that led here.
    done: Option<String>,
}

impl Search {
    fn query(&self) -> Result<(PeopleQuery, PeopleOrder), Problem> {
        let text = self.text.trim();
        let order = match &*self.sort {
            // A text finds the best matches first.
            "user_name" if text.is_empty() => PeopleOrder::UserName,
            "" | "user_name" => PeopleOrder::Created,
            _ => return Err(Problem::invalid("`sort` is `user_name` or nothing")),
        };
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let query = PeopleQuery {
            states: fields::parse_state(&self.state)?.into_iter().collect(),
            text: given(text),
            role: given(&self.role).map(RoleId::named),
            group: given(&self.group),
            after: self.after.clone(),
            limit: PAGE_SIZE,
            filter: None,
        };
        Ok((query, order))
    }

    /// The address of the list, below the console's path.
    fn address(&self) -> String {
        let query = fields::query_string(&[
            ("text", self.text.trim()),
            ("state", &self.state),
            ("role", &self.role),
            ("group", &self.group),
            ("sort", &self.sort),
            ("everywhere", &self.everywhere),
            ("after", self.after.as_deref().unwrap_or_default()),
        ]);
        match query.is_empty() {
            true => Section::People.path().to_owned(),
            false => format!("{}?{query}", Section::People.path()),
        }
    }

    /// The address of the first page of a list that differs in this.
    fn with(&self, change: impl FnOnce(&mut Self)) -> String {
        let mut other = Self {
            after: None,
            ..self.clone()
        };
        change(&mut other);
        other.address()
    }

    fn is_all(&self) -> bool {
        self.text.trim().is_empty()
            && self.state.is_empty()
            && self.role.is_empty()
            && self.group.is_empty()
    }
}

/// A filter in the address. One that is set is removed by its link.
struct Chip {
    title: String,
    count: Option<u64>,
    address: String,
    is_current: bool,
    is_removed: bool,
}

#[derive(Template)]
#[template(path = "people.html")]
struct Page {
    layout: Layout,
    people: Vec<Person>,
    /// Whether the search finds words inside names and addresses.
    by_word: bool,
    /// Whether the search does not know the last changes.
    lacks_changes: bool,
    /// The names of connections by id.
    connections: BTreeMap<String, String>,
    chips: Vec<Chip>,
    total: u64,
    search: Search,
    is_filtered: bool,
    /// The address of this page of the list, below the console's path.
    here: String,
    /// The address of the list in the other order.
    sorted: String,
    /// The address of the next page, if there is one.
    next: Option<String>,
    /// The address of the same search through every attribute.
    further: String,
    /// The ids of the people who are picked.
    picked: BTreeSet<String>,
}

impl Page {
    /// How many groups a person is in.
    fn groups_of(&self, person: &Person) -> String {
        display::number(&(person.groups.len() as u64))
    }

    fn connection(&self, person: &Person) -> String {
        match &person.identity.owner {
            Some(owner) => self.connections.get(owner).map_or_else(
                || t("people-deleted-connection").plain(),
                |name| display::name(name),
            ),
            None => t("people-no-connection").plain(),
        }
    }

    fn is_picked(&self, person: &Person) -> bool {
        self.picked.contains(&person.id)
    }
}

pub(crate) async fn show(
    visitor: Visitor<Read>,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    let done = search.done.as_deref();
    let layout = visitor
        .layout(Section::People)
        .with_said(done.and_then(Action::done));
    page(&visitor, search, layout, BTreeSet::new()).await
}

async fn page<G: Gate>(
    visitor: &Visitor<G>,
    search: Search,
    layout: Layout,
    picked: BTreeSet<String>,
) -> Result<Response, Problem> {
    let (tenant, insight) = (visitor.tenant(), Insight::of(visitor.tenant()));
    let FoundPeople {
        people,
        next,
        by_word,
        lacks_changes,
    } = find(insight, &search).await?;
    let total = insight.total(&USERS).await?;
    let connections = tenant.credentials().connections().await?.into_iter();
    let group = match search.group.is_empty() {
        true => None,
        false => Some(group_name(insight, &search.group).await?),
    };
    render(&Page {
        layout,
        people,
        by_word,
        lacks_changes,
        connections: connections.map(|one| (one.id, one.label)).collect(),
        chips: chips(&search, total, &visitor.catalogue().roles(), group),
        total,
        is_filtered: !search.is_all(),
        here: search.address(),
        sorted: search.with(|other| {
            let is_sorted = other.sort == "user_name";
            other.sort = if is_sorted { "" } else { "user_name" }.to_owned();
        }),
        next: next.map(|next| {
            let next = Search {
                after: Some(next),
                ..search.clone()
            };
            next.address()
        }),
        further: search.with(|other| "yes".clone_into(&mut other.everywhere)),
        search,
        picked,
    })
}

/// Finds a page of people.
async fn find(insight: Insight<'_>, search: &Search) -> Result<FoundPeople, Problem> {
    let (query, order) = search.query()?;
    let after = query.after.clone();
    let (people, next) = match &query.text {
        _ if !search.everywhere.is_empty() => insight.people(&query).await?,
        // Exact values find people even before the index of words has everybody.
        Some(text) if query.role.is_none() && query.group.is_none() => {
            let found = insight.search_people(text, &query.states, after, PAGE_SIZE);
            return Ok(found.await?);
        }
        _ => listed(insight, &query, order, after.as_deref()).await?,
    };
    Ok(FoundPeople {
        people,
        next,
        by_word: true,
        lacks_changes: false,
    })
}

/// Lists people from a cursor on. A cursor that is not valid any more leads to the first page.
pub(super) async fn listed(
    insight: Insight<'_>,
    query: &PeopleQuery,
    order: PeopleOrder,
    after: Option<&str>,
) -> Result<(Vec<Person>, Option<String>), Error> {
    match insight.list_people(query, order, after).await {
        Err(error)
            if matches!(
                error.reason(),
                Reason::InvalidCursor | Reason::ExpiredCursor
            ) =>
        {
            insight.list_people(query, order, None).await
        }
        found => found,
    }
}

async fn group_name(insight: Insight<'_>, group: &str) -> Result<String, Problem> {
    let names = insight.group_names(&[group.to_owned()].into()).await?;
    let name = names.get(group).map(|name| display::name(name));
    Ok(name.unwrap_or_else(|| t("people-deleted-group").plain()))
}

fn chips(search: &Search, total: u64, roles: &[Role], group: Option<String>) -> Vec<Chip> {
    let chip = |title: String, count, address, is_current| Chip {
        title,
        count,
        address,
        is_current,
        is_removed: false,
    };
    let mut chips = vec![chip(
        t("people-chip-all").plain(),
        Some(total),
        search.with(|other| {
            *other = Search {
                sort: other.sort.clone(),
                ..Search::default()
            };
        }),
        search.is_all(),
    )];
    for state in [
        PersonState::Active,
        PersonState::Invited,
        PersonState::Inactive,
    ] {
        let (id, title) = (display::state_id(&state), display::state(&state));
        let is_set = search.state == id;
        let to = if is_set { "" } else { id };
        let address = search.with(|other| to.clone_into(&mut other.state));
        chips.push(chip(title.plain(), None, address, is_set));
    }
    for role in roles.iter().rev() {
        let is_set = search.role == role.as_str();
        let to = if is_set { "" } else { role.as_str() };
        let address = search.with(|other| to.clone_into(&mut other.role));
        chips.push(chip(role.title().to_owned(), None, address, is_set));
    }
    if let Some(group) = group {
        let address = search.with(|other| other.group.clear());
        chips.push(Chip {
            is_removed: true,
            ..chip(
                t("people-chip-group").s("group", group).plain(),
                None,
                address,
                true,
            )
        });
    }
    chips
}

/// Ends the sessions of the people who are picked.
pub(crate) async fn act(
    State(directory): State<Directory>,
    Params(search): Params<Search>,
    change: Change<Configure, Typed>,
) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    visitor.require(Permission::DirectoryRead)?;
    if form.value("then") != Action::EndSessions.words().id {
        return Err(Problem::invalid("`then` is `end-sessions`"));
    }
    let picked: BTreeSet<String> = form.values("pick").map(str::to_owned).collect();
    if picked.len() > PAGE_SIZE {
        let detail = t("error-select-fewer-people").n("most", PAGE_SIZE);
        return Err(Problem::invalid(detail.plain()));
    }
    let mut refused = None;
    let mut left = BTreeSet::new();
    for person in &picked {
        match Action::EndSessions
            .apply(&directory, &visitor, person)
            .await
        {
            Ok(()) => {}
            Err(problem) if is_about_form(&problem) || problem.status() == 404 => {
                left.insert(person.clone());
                refused = Some(problem);
            }
            Err(problem) => return Err(problem),
        }
    }
    let problem = match (picked.len(), refused) {
        (0, _) => Problem::invalid(t("error-select-people").plain()),
        (_, None) => {
            let here = format!("{}{}", visitor.console(), search.address());
            let mark = if here.contains('?') { '&' } else { '?' };
            let done = Action::EndSessions.words().id;
            return Ok(redirect(&format!("{here}{mark}done={done}")));
        }
        (all, Some(problem)) => {
            let ended = all.saturating_sub(left.len());
            let detail = t("error-sessions-of-some")
                .n("ended", ended)
                .n("all", all)
                .s("why", crate::layout::said(&problem));
            Problem::new(problem.reason(), detail.plain())
        }
    };
    let layout = visitor.layout(Section::People).with_refusal(Some(&problem));
    let mut response = page(&visitor, search, layout, left).await?;
    *response.status_mut() = status_of(&problem);
    Ok(response)
}
