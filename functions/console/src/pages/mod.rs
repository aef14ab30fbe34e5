//! The pages, one module each, and where they are.

mod activity;
mod audit;
mod connect;
mod connection;
mod group;
mod groups;
mod health;
mod open;
mod people;
mod person;
mod settings;
mod tokens;
mod trace;

use axum::Router;
use axum::routing::{get, post};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rollcall_directory::{PersonState, Provider};
use rollcall_edge::api::Problem;
use serde::Deserialize;

use crate::Console;

/// What was just done, as a page that a form led to is told.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Done {
    pub(crate) done: Option<String>,
}

/// A provider as addresses, forms and the API spell it.
fn provider_id(provider: Provider) -> String {
    match serde_json::to_value(provider) {
        Ok(serde_json::Value::String(id)) => id,
        _ => String::new(),
    }
}

/// A query string of these pairs, leaving out what is empty.
fn query(pairs: &[(&str, &str)]) -> String {
    let given = pairs.iter().filter(|(_, value)| !value.is_empty());
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(given)
        .finish()
}

/// The first moment of a day that a form names.
fn day(text: &str) -> Result<Option<Timestamp>, Problem> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let unreadable = || Problem::invalid("a day is written as 2027-01-31");
    let day: Date = text.trim().parse().map_err(|_| unreadable())?;
    // Days at the very ends of the calendar have no neighbour.
    day.checked_add(1.day()).map_err(|_| unreadable())?;
    let zoned = day.to_zoned(TimeZone::UTC).map_err(|_| unreadable())?;
    Ok(Some(zoned.timestamp()))
}

/// The last moment of a day that a form names.
fn end_of(text: &str) -> Result<Option<Timestamp>, Problem> {
    Ok(day(text)?.map(|first| first + SignedDuration::from_hours(24)))
}

/// The state that a form asks for; an empty one is none.
fn state(asked: &str) -> Result<Option<PersonState>, Problem> {
    if asked.is_empty() {
        return Ok(None);
    }
    serde_json::from_value(asked.into())
        .map(Some)
        .map_err(|_| Problem::invalid("`state` is one of `active`, `invited` and `inactive`"))
}

pub(crate) fn router() -> Router<Console> {
    Router::new()
        .route("/console/open", get(open::ask).post(open::open))
        .route("/console/close", post(open::close))
        .route("/console", get(connect::show))
        .route("/console/connections", post(connect::create))
        .route(
            "/console/connections/{id}",
            get(connection::show).post(connection::change),
        )
        .route(
            "/console/connections/{id}/checklist",
            get(connection::checklist),
        )
        .route("/console/connections/{id}/delete", post(connection::delete))
        .route("/console/tokens", get(tokens::show).post(tokens::issue))
        .route("/console/tokens/{id}/rotate", post(tokens::rotate))
        .route("/console/tokens/{id}/revoke", post(tokens::revoke))
        .route("/console/groups", get(groups::show))
        .route("/console/groups/{id}", get(group::show))
        .route("/console/groups/{id}/members", get(group::members))
        .route("/console/groups/{id}/preview", get(group::preview))
        .route("/console/groups/{id}/progress", get(group::progress))
        .route("/console/groups/{id}/role", post(group::map))
        .route("/console/people", get(people::show))
        .route("/console/people/{id}", get(person::show))
        .route("/console/people/{id}/role", post(person::give_role))
        .route(
            "/console/people/{id}/sessions/end",
            post(person::end_sessions),
        )
        .route("/console/activity", get(activity::show))
        .route("/console/activity/chart", get(activity::chart))
        .route("/console/activity/export", get(activity::export))
        .route("/console/activity/trace", get(trace::show))
        .route("/console/activity/requests/{id}", get(trace::logged))
        .route("/console/activity/audit", get(audit::show))
        .route("/console/activity/audit/export", get(audit::export))
        .route("/console/health", get(health::show))
        .route(
            "/console/settings",
            get(settings::show).post(settings::save),
        )
}
