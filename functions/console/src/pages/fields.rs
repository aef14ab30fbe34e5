//! The fields that pages share: reads them from forms and addresses, and writes query strings.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rollcall_directory::{Catalogue, FormId, PersonState, Role, RoleId};
use rollcall_edge_http::Problem;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use crate::display;
use crate::messages::{Text, t};

/// The query of a page that follows a change. It names the change for the message on that page.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Done {
    pub(crate) done: Option<String>,
}

/// A form without fields of its own.
#[derive(Debug, Deserialize)]
pub(crate) struct NoFields {}

/// The fields of a form as they were typed, so that a page can show them again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Typed(Vec<(String, String)>);

impl Typed {
    pub(super) fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// All fields and their values.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The value of a field; empty if there is none.
    pub(crate) fn value(&self, name: &str) -> &str {
        let mut values = self.0.iter().filter(|(field, _)| field == name);
        values.next().map_or("", |(_, value)| value.as_str())
    }

    /// All values of a field.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.0.iter().filter(move |(field, _)| field == name);
        values.map(|(_, value)| value.as_str())
    }

    /// Whether a field has this value, among others.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.values(name).any(|one| one == value)
    }

    /// Replaces the values of a field.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.0.retain(|(field, _)| field != name);
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// Whether the form has this field.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// Reads the fields.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let text = serde_urlencoded::to_string(&self.0);
        let read = text.ok().map(|text| serde_urlencoded::from_str(&text));
        // The text of the parser is for its users.
        match read {
            Some(Ok(form)) => Ok(form),
            Some(Err(_)) | None => Err(Problem::invalid(t("error-form-unreadable").plain())),
        }
    }
}

/// Says what is saved of a field and what was typed, if they differ.
pub(super) fn difference(label: Text, there: &str, here: &str) -> Option<String> {
    let told = t("settings-difference")
        .part("label", label)
        .s("there", there)
        .s("here", here);
    (here != there).then(|| told.plain())
}

/// Reads the id that a form carries so that it works once.
pub(super) fn form_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FormId, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map_err(|_| D::Error::custom("`form_id` is not one of a form"))
}

/// Builds a query string from the pairs that have a value.
pub(super) fn query_string(pairs: &[(&str, &str)]) -> String {
    let given = pairs.iter().filter(|(_, value)| !value.is_empty());
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(given)
        .finish()
}

/// Reads the `state` field; an empty one selects every state.
pub(super) fn parse_state(asked: &str) -> Result<Option<PersonState>, Problem> {
    if asked.is_empty() {
        return Ok(None);
    }
    serde_json::from_value(asked.into())
        .map(Some)
        .map_err(|_| Problem::invalid("`state` is one of `active`, `invited` and `inactive`"))
}

/// Reads a field with a role's id; an empty one has no role.
pub(super) fn parse_role(id: &str, roles: &Catalogue) -> Result<Option<Role>, Problem> {
    if id.is_empty() {
        return Ok(None);
    }
    let role = roles.named(&RoleId::named(id));
    role.map(Some)
        .map_err(|error| Problem::invalid(error.to_string()))
}

/// The check boxes of further roles: a field `also.<id>` for each that is checked.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Also(BTreeMap<String, String>);

impl Also {
    /// Returns the option for the role that was selected and those that were checked.
    pub(super) fn option(&self, selected: &str) -> String {
        let checked = self.0.keys().filter_map(|name| name.strip_prefix("also."));
        let selected = Some(selected).filter(|id| !id.is_empty() && *id != "none");
        let ids: Vec<&str> = selected.into_iter().chain(checked).collect();
        match ids.is_empty() {
            true => "none".to_owned(),
            false => ids.join(","),
        }
    }
}

/// The option that stands for roles in a form: their ids, or `none`.
pub(super) fn roles_option(roles: &[RoleId]) -> String {
    let ids: Vec<&str> = roles.iter().map(RoleId::as_str).collect();
    match ids.is_empty() {
        true => "none".to_owned(),
        false => ids.join(","),
    }
}

/// Reads the roles that an option stands for.
pub(super) fn parse_roles_option(
    option: &str,
    roles: &Catalogue,
) -> Result<BTreeSet<Role>, Problem> {
    let known = |id: &RoleId| roles.role(id);
    let ids = role_ids_of_option(option);
    let read: Option<BTreeSet<Role>> = ids.iter().map(known).collect();
    read.ok_or_else(|| Problem::invalid("`role` is the id of a role, or `none`"))
}

/// Reads the ids of the roles that an option stands for. The roles need not exist any more.
pub(super) fn role_ids_of_option(option: &str) -> Vec<RoleId> {
    match option {
        "none" => Vec::new(),
        ids => ids.split(',').map(RoleId::named).collect(),
    }
}

/// The day of a filter in words: days are those of UTC.
pub(super) fn told_day(day: &str) -> String {
    t("log-chip-day")
        .s("day", display::written_day(day))
        .plain()
}

/// Reads a day and returns its start in UTC, moved by `days_on` days. An empty field has no day. A refusal names the field
/// by the message of its label.
pub(super) fn start_of_day(
    label: &'static str,
    day: &str,
    days_on: i64,
) -> Result<Option<Timestamp>, Problem> {
    if day.trim().is_empty() {
        return Ok(None);
    }
    let unreadable = || Problem::invalid(t("error-not-a-day").s("field", t(label)).plain());
    let day: Date = day.trim().parse().map_err(|_| unreadable())?;
    // A day at either end of the calendar has no neighbour, or no timestamp.
    day.checked_add(days_on.days())
        .and_then(|day| day.to_zoned(TimeZone::UTC))
        .map(|day| Some(day.timestamp()))
        .map_err(|_| unreadable())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_at_the_end_of_the_calendar_is_refused() {
        let begins = |day: &str, on| start_of_day("log-to", day, on).ok().flatten();
        assert_eq!(
            begins(" 2027-01-31 ", 1)
                .map(|at| at.to_string())
                .as_deref(),
            Some("2027-02-01T00:00:00Z")
        );
        assert!(begins("9999-12-30", 0).is_some());
        for (day, on) in [("9999-12-30", 1), ("9999-12-31", 0), ("-9999-01-01", 0)] {
            assert!(start_of_day("log-to", day, on).is_err(), "{day}");
        }
        assert_eq!(start_of_day("log-to", " ", 1).ok(), Some(None));
    }
}
