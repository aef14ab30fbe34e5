//! What follows from what is known of a tenant: of its connections, and of its groups and people. Pure.

mod connections;
mod people;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::credentials::connections::Connection;
use crate::credentials::tokens::Token;
use crate::insight::health::finding::{Finding, FindingKind, Severity};
use crate::insight::lists::GroupSummary;
use crate::insight::traffic::Digest;
use crate::journal::entry::Subject;
use crate::model::role::Role;
use crate::roles::person::Person;
use crate::sign_in::recent::SignInSeen;
use crate::tenant::Settings;

pub(crate) use connections::is_on_schedule;

/// Characters of a name that a finding lists.
const MAX_NAME_CHARS: usize = 80;
/// Whoever sets a connection up takes so long.
const SETTING_UP: SignedDuration = SignedDuration::from_hours(1);

/// All that is known of a tenant when it is judged.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) now: Timestamp,
    pub(crate) settings: Settings,
    pub(crate) connections: Vec<Connection>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) digest: Digest,
    /// How many groups there are.
    pub(crate) group_count: u64,
    /// The groups, or the first of very many.
    pub(crate) groups: Vec<GroupSummary>,
    /// How many groups are mapped.
    pub(crate) mapped: usize,
    /// The latest sign-ins, newest first.
    pub(crate) sign_ins: Vec<SignInSeen>,
    /// Whether these are all that count.
    pub(crate) all_sign_ins: bool,
    /// Of whoever signed in, those to whom neither a group nor a person gives a role, now or from the next sign-in on,
    /// with the role they have.
    pub(crate) undecided: BTreeMap<String, Option<Role>>,
    /// How many people there are.
    pub(crate) people_count: u64,
    /// The people who were made known last.
    pub(crate) newest_people: Vec<Person>,
}

/// What is wrong, the worst first.
pub(crate) fn judge(snapshot: &Snapshot) -> Vec<Finding> {
    let mut findings = Vec::new();
    for connection in &snapshot.connections {
        findings.extend(connections::of_tokens(snapshot, connection));
        findings.extend(connections::of_traffic(snapshot, connection));
        findings.extend(connections::of_failures(snapshot, connection));
    }
    findings.extend(people::of_missing_groups(snapshot));
    findings.extend(people::of_groups(snapshot));
    findings.extend(people::of_claims(snapshot));
    findings.extend(people::of_default_roles(snapshot));
    findings.extend(people::of_people(snapshot));
    findings.sort_by_key(|finding| {
        let name = finding.subject.as_ref().map(|subject| subject.name.clone());
        (finding.severity, finding.kind, name)
    });
    findings
}

fn about_connection(kind: FindingKind, severity: Severity, connection: &Connection) -> Finding {
    Finding {
        subject: Some(subject("connection", &connection.id, &connection.label)),
        provider: Some(connection.provider),
        ..Finding::new(kind, severity)
    }
}

fn subject(kind: &'static str, id: &str, name: &str) -> Subject {
    Subject {
        kind: kind.into(),
        id: id.to_owned(),
        name: short(name),
    }
}

/// A name as a finding lists it.
pub(crate) fn short(name: &str) -> String {
    match name.chars().count() <= MAX_NAME_CHARS {
        true => name.to_owned(),
        false => name.chars().take(MAX_NAME_CHARS).chain(['…']).collect(),
    }
}
