//! One person: what is known of them, their role and why they have it, their sessions and their history.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use rollcall_directory::{
    AuditQuery, Entry, LoggedRequest, Person, PersonRole, PersonSession, RequestQuery, Role,
    Source, USERS,
};
use rollcall_edge::api::{Configure, Id, Params, Problem, Read};
use rollcall_scim::{Projection, Resource};
use serde::Deserialize;
use serde_json::Value;

use super::Done;
use super::connection::Confirmed;
use crate::frame::{Frame, Section, go};
use crate::visitor::{Change, Visitor};

/// Entries of the history, and requests, shown here; the rest is in Activity.
const SHOWN: usize = 20;

/// A grant in words.
struct Why {
    role: Role,
    /// The group that gives it.
    group: Option<(String, String)>,
    text: &'static str,
    since: jiff::Timestamp,
    request_id: Option<String>,
}

#[derive(Template)]
#[template(path = "person.html")]
struct Page {
    frame: Frame,
    person: Person,
    /// Every attribute by its name, values on lines of their own.
    attributes: Vec<(String, String)>,
    /// Id and name.
    groups: Vec<(String, String)>,
    /// Those who may not configure are not told why somebody has a role.
    why: Option<Vec<Why>>,
    manual: Option<Role>,
    /// The roles that the visitor may give.
    roles: Vec<Role>,
    sessions: Vec<PersonSession>,
    history: Vec<Entry>,
    requests: Vec<LoggedRequest>,
}

pub(crate) async fn show(
    visitor: Visitor<Read>,
    Id(id): Id,
    Params(asked): Params<Done>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let person = tenant.person(&id).await?;
    let resource = tenant.read(&USERS, &id, &Projection::all()).await?;
    let groups = groups(&resource);
    let frame = visitor
        .frame(Section::People)
        .with_notice(asked.done.as_deref());
    let held = match frame.may_configure() {
        true => Some(tenant.person_role(&id).await?),
        false => None,
    };
    let by_request = RequestQuery {
        person: Some(id.clone()),
        limit: SHOWN,
        ..RequestQuery::default()
    };
    let by_subject = AuditQuery {
        subject: Some(id.clone()),
        limit: SHOWN,
        ..AuditQuery::default()
    };
    crate::frame::show(&Page {
        frame,
        attributes: attributes(&resource),
        manual: held.as_ref().and_then(manual),
        why: held.map(|held| why(held, &groups)),
        roles: Role::ALL
            .into_iter()
            .filter(|role| *role <= visitor.role())
            .collect(),
        sessions: tenant.sessions_of(&id).await?,
        history: tenant.audit(&by_subject).await?.0,
        requests: tenant.requests(&by_request).await?.0,
        groups: groups.into_iter().collect(),
        person,
    })
}

/// The person's groups by id, with their names.
fn groups(resource: &Resource) -> BTreeMap<String, String> {
    let groups = resource.get("groups").and_then(Value::as_array);
    let one = |group: &Value| {
        let id = group["value"].as_str()?.to_owned();
        let name = group["display"].as_str().unwrap_or_default().to_owned();
        Some((id, name))
    };
    groups.into_iter().flatten().filter_map(one).collect()
}

/// What a person reads of the attributes; groups have a place of their own.
fn attributes(resource: &Resource) -> Vec<(String, String)> {
    let shown = |(name, _): &(&String, &Value)| {
        !["schemas", "meta", "id", "groups"].contains(&name.as_str())
    };
    let attributes = resource.attributes().iter().filter(shown);
    attributes
        .map(|(name, value)| (name.clone(), lines(value).join("\n")))
        .collect()
}

/// A value, one line for each part of it.
fn lines(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().map(|value| lines(value).join(", ")).collect(),
        Value::Object(parts) => {
            let line =
                |(name, part): (&String, &Value)| format!("{name}: {}", lines(part).join(", "));
            parts.iter().map(line).collect()
        }
        other => vec![other.to_string()],
    }
}

fn manual(held: &PersonRole) -> Option<Role> {
    let grant = held
        .grants
        .iter()
        .find(|grant| grant.source == Source::Manual);
    grant.map(|grant| grant.role)
}

fn why(held: PersonRole, groups: &BTreeMap<String, String>) -> Vec<Why> {
    let one = |grant: rollcall_directory::Grant| {
        let (group, text) = match grant.source {
            Source::Mapped { group } => {
                let text = match groups.contains_key(&group) {
                    true => "member of a group that is mapped to it",
                    false => "the last sign-in named a group that is mapped to it",
                };
                let name = groups.get(&group).cloned().unwrap_or_else(|| group.clone());
                (Some((group, name)), text)
            }
            Source::Manual => (None, "given by hand"),
            Source::Default => (
                None,
                "the default role: no mapped group decided at the first sign-in",
            ),
        };
        Why {
            role: grant.role,
            group,
            text,
            since: grant.since,
            request_id: grant.request_id,
        }
    };
    held.grants.into_iter().map(one).collect()
}

/// A role to give by hand.
#[derive(Debug, Deserialize)]
pub(crate) struct NewRole {
    /// Its id, or nothing.
    role: String,
}

pub(crate) async fn give_role(
    Id(id): Id,
    change: Change<Configure, NewRole>,
) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let role = match form.role.as_str() {
        "" => None,
        role => Some(
            role.parse::<Role>()
                .map_err(|error| Problem::invalid(error.to_string()))?,
        ),
    };
    visitor
        .tenant()
        .give_role(&id, role, visitor.role())
        .await?;
    Ok(go(&format!(
        "{}/people/{id}?done=role-given",
        visitor.console()
    )))
}

pub(crate) async fn end_sessions(
    Id(id): Id,
    change: Change<Configure, Confirmed>,
) -> Result<Response, Problem> {
    let visitor = change.visitor;
    visitor.tenant().end_sessions_of(&id).await?;
    Ok(go(&format!(
        "{}/people/{id}?done=sessions-ended",
        visitor.console()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_read_line_by_line() {
        for (value, text) in [
            (json!("Ada"), "Ada"),
            (json!(true), "true"),
            (
                json!({"givenName": "Ada", "familyName": "L"}),
                "givenName: Ada\nfamilyName: L",
            ),
            (
                json!([{"value": "a@b", "primary": true}, {"value": "c@d"}]),
                "value: a@b, primary: true\nvalue: c@d",
            ),
        ] {
            assert_eq!(lines(&value).join("\n"), text);
        }
    }
}
