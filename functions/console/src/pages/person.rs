//! One person: what is known of them, their role and why they have it, their sessions and their history.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{
    AuditQuery, Grant, GroupSummary, HeldBack, LoggedRequest, Person, PersonProfile, PersonRole,
    PersonSession, PersonState, RequestQuery, Role, RouteBy, Source,
};
use rollcall_edge_api::{Configure, Id, Params, Read};
use rollcall_edge_http::Problem;
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

/// The role that counts, in words.
struct Why {
    grants: Vec<Given>,
    /// Why there is no role, or not the one that groups would give.
    reasons: Vec<&'static str>,
}

/// A grant in words.
struct Given {
    role: Role,
    /// Whether it is what makes the role that counts.
    decides: bool,
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
    why: Option<Why>,
    manual: Option<Role>,
    /// Whether what was given by hand is above the visitor's own role, so that they cannot take it.
    is_above: bool,
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
    let manual = manual(&profile.role);
    crate::frame::show(&Page {
        attributes: attributes(&profile.resource),
        manual,
        is_above: manual > Some(visitor.role()),
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

fn why(profile: &PersonProfile) -> Why {
    let grants = profile.role.grants.iter();
    Why {
        grants: grants.map(|grant| given(profile, grant)).collect(),
        reasons: reasons(profile),
    }
}

const NAMED: &str = "the last sign-in named a group that is mapped to it";

fn given(profile: &PersonProfile, grant: &Grant) -> Given {
    let decides = profile.role.decides(grant);
    let (group, text) = match &grant.source {
        Source::Mapped { group } => {
            let known = profile.groups.iter().find(|one| one.group.id == *group);
            let gives = known.filter(|one| one.group.role == Some(grant.role));
            let text = match gives {
                Some(one) if one.is_named && profile.route_by == RouteBy::Claim => NAMED,
                Some(one) if one.is_member => "member of a group that is mapped to it",
                Some(one) if one.is_named => NAMED,
                _ => "a group gave it at the last sign-in, and no longer would at the next",
            };
            let name = known.map(|one| one.group.display_name.clone());
            (name.map(|name| (group.clone(), name)), text)
        }
        Source::Manual => (None, "given by hand"),
        Source::Default if decides => (
            None,
            "the default role: no mapped group decided at the first sign-in",
        ),
        Source::Default => (
            None,
            "the default role, which counts only where nothing else gives one",
        ),
    };
    Given {
        role: grant.role,
        decides,
        group,
        text,
        since: grant.since,
        request_id: grant.request_id.clone(),
    }
}

/// Why there is no role, or not the one that groups would give.
fn reasons(profile: &PersonProfile) -> Vec<&'static str> {
    let has_signed_in = profile.person.last_login_at.is_some();
    if profile.person.state == PersonState::Inactive {
        return match profile.role.grants.is_empty() {
            true => vec!["Whoever is inactive has no role."],
            false => vec![
                "Whoever is inactive has no role. What is listed here counts again once they are active.",
            ],
        };
    }
    let held_back = profile.role.held_back.map(|why| match why {
        HeldBack::UntilSignIn if has_signed_in => {
            "Groups give roles at sign-in only: what has changed since the last one counts from the next one."
        }
        HeldBack::UntilSignIn => {
            "Groups give roles at sign-in only, and this person has not signed in."
        }
        HeldBack::NotNamed if has_signed_in => {
            "They are in a mapped group that does not count: their last sign-in did not name it, and what it names decides."
        }
        HeldBack::NotNamed => {
            "They are in a mapped group that does not count yet: what a sign-in names decides, and they have not signed in."
        }
    });
    let nothing = match (profile.role.effective, held_back, has_signed_in) {
        (Some(_), ..) | (None, Some(_), _) => None,
        (None, None, false) => Some(
            "Nothing gives this person a role: they are in no mapped group, nobody gave them one, and they have not signed in.",
        ),
        (None, None, true) => Some(
            "Nothing gives this person a role: they are in no mapped group, nobody gave them one, and their first sign-in brought no default role.",
        ),
    };
    nothing.into_iter().chain(held_back).collect()
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
