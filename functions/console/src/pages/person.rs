//! One person: what is known of them, their role and why they have it, their sessions and their history.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{
    AuditQuery, Grant, GroupSummary, LoggedRequest, Person, PersonProfile, PersonRole,
    PersonSession, RequestQuery, Role, Source,
};
use rollcall_edge::api::{Configure, Id, Params, Problem, Read};
use rollcall_scim::Resource;
use serde::Deserialize;
use serde_json::Value;

use super::Done;
use super::audit::{Row, rows};
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
    groups: Vec<GroupSummary>,
    /// Those who may not configure are not told why somebody has a role.
    why: Option<Vec<Why>>,
    manual: Option<Role>,
    /// The roles that the visitor may give.
    roles: Vec<Role>,
    sessions: Vec<PersonSession>,
    history: Vec<Row>,
    requests: Vec<LoggedRequest>,
}

pub(crate) async fn show(
    visitor: Visitor<Read>,
    Id(id): Id,
    Params(asked): Params<Done>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let profile = tenant.person_profile(&id).await?;
    let connections = tenant.connections().await?;
    let frame = visitor
        .frame(Section::People)
        .with_notice(asked.done.as_deref());
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
        attributes: attributes(&profile.resource),
        manual: manual(&profile.role),
        why: frame.may_configure().then(|| why(&profile)),
        roles: Role::ALL
            .into_iter()
            .filter(|role| *role <= visitor.role())
            .collect(),
        history: rows(tenant, tenant.audit(&by_subject).await?.0, &connections).await?,
        requests: tenant.requests(&by_request).await?.0,
        groups: profile
            .groups
            .into_iter()
            .filter(|one| one.is_member)
            .map(|one| one.group)
            .collect(),
        sessions: profile.sessions,
        person: profile.person,
        frame,
    })
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

fn why(profile: &PersonProfile) -> Vec<Why> {
    let one = |grant: &Grant| {
        let (group, text) = match &grant.source {
            Source::Mapped { group } => {
                let known = profile.groups.iter().find(|one| one.group.id == *group);
                let text = match known.is_some_and(|one| one.is_member) {
                    true => "member of a group that is mapped to it",
                    false => "the last sign-in named a group that is mapped to it",
                };
                let name = known.map_or(group, |one| &one.group.display_name);
                (Some((group.clone(), name.clone())), text)
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
            request_id: grant.request_id.clone(),
        }
    };
    profile.role.grants.iter().map(one).collect()
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
