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
use jiff::{Timestamp, ToSpan};
use rollcall_directory::{FormId, PersonState, Provider};
use rollcall_edge_http::Problem;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::Console;

/// What was just done, as a page that a form led to is told.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Done {
    pub(crate) done: Option<String>,
}

/// Which showing of a form was sent.
fn form_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FormId, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map_err(|_| D::Error::custom("`form_id` is not one of a form"))
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

/// The state that a form asks for; an empty one is none.
fn state(asked: &str) -> Result<Option<PersonState>, Problem> {
    if asked.is_empty() {
        return Ok(None);
    }
    serde_json::from_value(asked.into())
        .map(Some)
        .map_err(|_| Problem::invalid("`state` is one of `active`, `invited` and `inactive`"))
}

/// When the day begins, UTC, that a form's field names, or one so many days on; an empty field names none.
fn midnight(field: &str, day: &str, days_on: i64) -> Result<Option<Timestamp>, Problem> {
    if day.trim().is_empty() {
        return Ok(None);
    }
    let unreadable = || Problem::invalid(format!("`{field}` must be a day such as 2027-01-31"));
    let day: Date = day.trim().parse().map_err(|_| unreadable())?;
    // Days at the very ends of the calendar have no neighbour, or lie beyond what a clock can show.
    day.checked_add(days_on.days())
        .and_then(|day| day.to_zoned(TimeZone::UTC))
        .map(|day| Some(day.timestamp()))
        .map_err(|_| unreadable())
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
        .route("/console/health/findings", get(health::findings))
        .route(
            "/console/settings",
            get(settings::show).post(settings::save),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_at_the_end_of_the_calendar_is_refused() {
        let begins = |day: &str, on| midnight("to", day, on).ok().flatten();
        assert_eq!(
            begins(" 2027-01-31 ", 1)
                .map(|at| at.to_string())
                .as_deref(),
            Some("2027-02-01T00:00:00Z")
        );
        assert!(begins("9999-12-30", 0).is_some());
        for (day, on) in [("9999-12-30", 1), ("9999-12-31", 0), ("-9999-01-01", 0)] {
            assert!(midnight("to", day, on).is_err(), "{day}");
        }
        assert_eq!(midnight("to", " ", 1).ok(), Some(None));
    }
}
