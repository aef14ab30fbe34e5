//! The rules for who somebody is: refused sign-ins, and sign-ins that bring too little to tell people apart.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_directory::SignInRefusal;
use rollcall_directory::stored::{BroughtSubject, RecentRefusal, RecentSignIn, changed_subjects};
use rollcall_model::{Subject, USERS};

use super::subjects::about_connection;
use crate::health::finding::{Finding, FindingKind, Severity};
use crate::health::snapshot::Snapshot;

/// The maximum number of names that a finding lists.
const MAX_NAMES: usize = 5;

/// Returns the people who are kept out: by connection, if the subjects of a connection have changed, and otherwise by
/// reason. Whoever has signed in since is not kept out.
pub(super) fn of_refusals(snapshot: &Snapshot) -> Vec<Finding> {
    let open = snapshot
        .refusals
        .iter()
        .filter(|one| is_open(snapshot, one));
    let open: Vec<RecentRefusal> = open.cloned().collect();
    let mut findings = Vec::new();
    let mut changed = BTreeSet::new();
    // Refusals are newest first, so the first one of a connection is the end of the last hour that counts.
    for latest in open.iter().filter(|one| is_other_subject(one)) {
        let connection = latest.connection.as_deref();
        if changed.contains(&connection) {
            continue;
        }
        if let Some(people) = changed_subjects(&open, &snapshot.sign_ins, connection, latest.at) {
            changed.insert(connection);
            findings.push(of_changed_subjects(snapshot, connection, &people));
        }
    }
    let mut by_reason = BTreeMap::<&str, Vec<&RecentRefusal>>::new();
    for one in &open {
        let is_told = is_other_subject(one) && changed.contains(&one.connection.as_deref());
        if !is_told {
            by_reason.entry(&one.reason).or_default().push(one);
        }
    }
    findings.extend(
        by_reason
            .into_values()
            .map(|refused| of_reason(snapshot, refused)),
    );
    findings
}

fn is_other_subject(refused: &RecentRefusal) -> bool {
    refused.refusal() == Some(SignInRefusal::OtherSubject)
}

fn is_open(snapshot: &Snapshot, refused: &RecentRefusal) -> bool {
    let is_same = |seen: &RecentSignIn| {
        refused.candidates.first() == Some(&seen.person.id)
            || USERS.compared(&seen.person.name) == refused.user_name
    };
    let mut later = snapshot.sign_ins.iter().filter(|seen| seen.at > refused.at);
    !later.any(is_same)
}

fn of_changed_subjects(
    snapshot: &Snapshot,
    connection: Option<&str>,
    people: &[&RecentRefusal],
) -> Finding {
    let mut known = snapshot.connections.iter();
    let known = known.find(|one| Some(one.id.as_str()) == connection);
    let (kind, severity) = (FindingKind::SubjectsChanged, Severity::Problem);
    let about = match known {
        Some(connection) => about_connection(kind, severity, connection),
        None => Finding::new(kind, severity),
    };
    Finding {
        count: people.len() as u64,
        among: subjects(people.iter().copied()),
        since: people.iter().map(|one| one.at).min(),
        refusal: Some(SignInRefusal::OtherSubject),
        ..about
    }
}

/// Returns the finding for refusals of one reason. There is at least one.
fn of_reason(snapshot: &Snapshot, refused: Vec<&RecentRefusal>) -> Finding {
    let refusal = refused.first().and_then(|one| one.refusal());
    let mut seen = BTreeSet::new();
    let people: Vec<_> = refused
        .iter()
        .copied()
        .filter(|one| seen.insert(one.whom()))
        .collect();
    let among = subjects(people.iter().copied());
    let nameless = people.iter().filter(|one| one.person.is_none());
    let names: Vec<_> = nameless
        .take(MAX_NAMES)
        .map(|one| one.user_name.as_str())
        .collect();
    Finding {
        subject: among.first().cloned(),
        count: people.len() as u64,
        at_least: !snapshot.all_refusals,
        since: refused.iter().map(|one| one.at).min(),
        detail: (!names.is_empty()).then(|| format!("Signed in as: {}", names.join(", "))),
        among,
        refusal,
        ..Finding::new(FindingKind::SignInRefused, severity(refusal))
    }
}

/// Whoever has left, or was never assigned, is most likely kept out on purpose.
fn severity(refusal: Option<SignInRefusal>) -> Severity {
    match refusal {
        Some(SignInRefusal::Inactive | SignInRefusal::NotProvisioned) => Severity::Notice,
        _ => Severity::Warning,
    }
}

fn subjects<'a>(refused: impl Iterator<Item = &'a RecentRefusal>) -> Vec<Subject> {
    let people = refused.filter_map(|one| one.person.clone());
    people.take(MAX_NAMES).collect()
}

/// Returns the people whose last sign-in brought a name as its subject, and those whose last sign-in brought neither a
/// subject nor a connection.
pub(super) fn of_identifiers(snapshot: &Snapshot) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let latest = snapshot.sign_ins.iter();
    let latest: Vec<_> = latest.filter(|one| seen.insert(&one.person.id)).collect();
    let by = |brings: fn(&RecentSignIn) -> bool, kind, severity| {
        let people: Vec<_> = latest.iter().filter(|one| brings(one)).collect();
        Some(Finding {
            subject: Some(people.first()?.person.clone()),
            count: people.len() as u64,
            at_least: !snapshot.all_sign_ins,
            among: people
                .iter()
                .take(MAX_NAMES)
                .map(|one| one.person.clone())
                .collect(),
            since: people.iter().map(|one| one.at).min(),
            ..Finding::new(kind, severity)
        })
    };
    let brings_name = |one: &RecentSignIn| one.subject == Some(BroughtSubject::Name);
    let brings_nothing = |one: &RecentSignIn| {
        one.subject == Some(BroughtSubject::Nothing) && one.connection.is_none()
    };
    [
        by(brings_name, FindingKind::SubjectIsName, Severity::Warning),
        by(
            brings_nothing,
            FindingKind::NeitherSubjectNorConnection,
            Severity::Notice,
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}
