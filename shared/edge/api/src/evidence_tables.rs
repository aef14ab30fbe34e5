//! Evidence as tables: one row for each person, whose last columns say of what it is the evidence.

use rollcall_directory::{Actor, Source, Tenant};
use rollcall_insight::{Departure, Made, OffboardingPage, ReviewPage, ReviewedPerson};
use serde_json::{Value, json};

/// Between several values in a cell.
const SEPARATOR: &str = " | ";

/// A page of evidence as a table.
#[derive(Clone, Debug)]
pub struct EvidenceTable {
    /// The names of the columns, in order.
    pub columns: &'static [&'static str],
    /// The rows: objects with a text, a number or null for each column.
    pub rows: Vec<Value>,
}

/// Returns a page of an access review as a table.
pub fn review_table(tenant: &Tenant, page: &ReviewPage) -> EvidenceTable {
    let row = |one: &ReviewedPerson| {
        let person = &one.person;
        let groups = person.groups.iter().filter_map(|id| page.groups.get(id));
        let groups: Vec<&str> = groups.map(String::as_str).collect();
        let roles = person.roles.iter().map(|role| role.as_str());
        let owner = person.identity.owner.as_ref();
        json!({
            "user_id": person.id,
            "user_name": person.user_name,
            "display_name": person.display_name,
            "email": person.email,
            "state": person.state,
            "blocked_at": person.identity.blocked_at,
            "role": person.role.as_ref().map(|role| role.as_str()),
            "roles": roles.collect::<Vec<_>>().join(SEPARATOR),
            "role_sources": sources(one, page),
            "groups": groups.join(SEPARATOR),
            "last_login_at": person.last_login_at,
            "connection": owner.and_then(|id| page.connections.get(id)),
            "connection_id": owner,
        })
    };
    EvidenceTable {
        columns: &[
            "user_id",
            "user_name",
            "display_name",
            "email",
            "state",
            "blocked_at",
            "role",
            "roles",
            "role_sources",
            "groups",
            "last_login_at",
            "connection",
            "connection_id",
            "tenant",
            "made_at",
            "feed_sequence",
            "feed_hash",
        ],
        rows: sealed(page.people.iter().map(row), tenant, &page.made),
    }
}

/// Returns a page of an offboarding report as a table.
pub fn offboarding_table(tenant: &Tenant, page: &OffboardingPage) -> EvidenceTable {
    let row = |one: &Departure| {
        let ended_by = one.actor.connection();
        let connection_name = ended_by.and_then(|id| page.connections.get(id));
        json!({
            "user_id": one.user,
            "user_name": one.user_name,
            "display_name": one.display_name,
            "change": one.action,
            "role": one.role.as_ref().map(|role| role.as_str()),
            "received_at": one.received_at,
            "ended_at": one.ended_at,
            "seconds": one.seconds(),
            "sessions_ended": one.sessions_ended,
            "ended_by": connection_name.cloned().unwrap_or_else(|| called(&one.actor)),
            "connection_id": one.connection,
            "request_id": one.request_id,
            "sequence": one.sequence,
        })
    };
    EvidenceTable {
        columns: &[
            "user_id",
            "user_name",
            "display_name",
            "change",
            "role",
            "received_at",
            "ended_at",
            "seconds",
            "sessions_ended",
            "ended_by",
            "connection_id",
            "request_id",
            "sequence",
            "tenant",
            "made_at",
            "feed_sequence",
            "feed_hash",
        ],
        rows: sealed(page.departures.iter().map(row), tenant, &page.made),
    }
}

/// Adds to each row of what it is the evidence.
fn sealed(rows: impl Iterator<Item = Value>, tenant: &Tenant, made: &Made) -> Vec<Value> {
    let seal = |mut row: Value| {
        row["tenant"] = json!(tenant.id().as_str());
        row["made_at"] = json!(made.at);
        row["feed_sequence"] = json!(made.feed_sequence);
        row["feed_hash"] = json!(made.feed_hash);
        row
    };
    rows.map(seal).collect()
}

/// Returns the roles of a person, each with what gave it: `admin: group Engineering | viewer: by hand`.
fn sources(one: &ReviewedPerson, page: &ReviewPage) -> String {
    let given = one.sources.iter().map(|(role, source)| match source {
        Source::Mapped { group } => {
            let name = page.groups.get(group).map_or("(deleted)", String::as_str);
            format!("{role}: group {name}")
        }
        Source::Manual => format!("{role}: by hand"),
        Source::Default => format!("{role}: default"),
    });
    given.collect::<Vec<_>>().join(SEPARATOR)
}

/// Returns an actor in a few words: what it is, and its id or address.
fn called(actor: &Actor) -> String {
    match actor.email().or(actor.id()) {
        Some(id) => format!("{} {id}", actor.kind()),
        None => actor.kind().to_owned(),
    }
}
