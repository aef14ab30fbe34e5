//! Tests of the rules: each known problem is found in a snapshot and explained.

mod brake;
mod ceilings;
mod connections;
mod holds_until;
mod identity;
mod mail;
mod people;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::stored::RecentSignIn;
use rollcall_directory::{Connection, Diagnosis, Person, Token, TokenKind};
use rollcall_model::{
    AddressList, Ceilings, PersonState, Provider, Role, RoleId, RouteBy, Settings,
};

use crate::health::finding::FindingKind as Kind;
use crate::health::finding::Severity::{self, Notice, Problem, Warning};
use crate::health::finding::{Finding, FindingKind};
use crate::health::rules::judge;
use crate::health::rules::subjects::subject;
use crate::health::snapshot::Snapshot;
use crate::lists::GroupSummary;
use crate::traffic::digest::{Digest, Milestones};
use crate::traffic::failures::RepeatedFailure;
use crate::traffic::tally::MAX_FAILURES;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const NOW: &str = "2026-03-10T12:00:00Z";

fn hours_ago(hours: i64) -> Timestamp {
    at(NOW) - SignedDuration::from_hours(hours)
}

fn connection(id: &str) -> Connection {
    let mut connection = Connection::new("Okta", Provider::Okta, hours_ago(500));
    connection.id = id.to_owned();
    connection
}

/// A tenant with one connection, one mapped group and one person, and without a problem.
fn well() -> Snapshot {
    let milestones = Milestones {
        tested_at: Some(hours_ago(500)),
        first_user_at: Some(hours_ago(499)),
        first_group_at: Some(hours_ago(499)),
        first_deactivation_at: None,
        last_request_at: Some(hours_ago(1)),
        last_success_at: Some(hours_ago(1)),
        ..Milestones::default()
    };
    Snapshot {
        now: at(NOW),
        settings: Settings::default(),
        ceilings: Ceilings::default(),
        connections: vec![connection("c")],
        tripped: BTreeMap::new(),
        tokens: vec![token("t", None)],
        digest: Digest {
            complete: true,
            connections: [("c".to_owned(), milestones)].into(),
            ..Digest::default()
        },
        group_count: 1,
        groups: vec![group("Engineering", 3, Some(Role::Admin))],
        mapped: 1,
        sign_ins: vec![sign_in("ann", true)],
        all_sign_ins: true,
        refusals: Vec::new(),
        all_refusals: true,
        undecided: BTreeMap::new(),
        people_count: 1,
        newest_people: vec![somebody("ann", PersonState::Active)],
        webhooks: Vec::new(),
        shown: 0,
        rejecting: Vec::new(),
        all_rejecting: true,
    }
}

fn token(id: &str, expires_at: Option<Timestamp>) -> Token {
    Token {
        id: id.to_owned(),
        kind: TokenKind::Bearer,
        connection_id: "c".to_owned(),
        label: format!("token {id}"),
        prefix: "rc_".to_owned(),
        created_at: hours_ago(500),
        last_used_at: Some(hours_ago(1)),
        expires_at,
        revoked_at: None,
        allowed_addresses: AddressList::default(),
        is_keyed: true,
    }
}

fn group(name: &str, members: u64, role: Option<Role>) -> GroupSummary {
    GroupSummary {
        id: format!("id of {name}"),
        display_name: name.to_owned(),
        external_id: None,
        member_count: members,
        role: role.map(RoleId::from),
        roles: role.into_iter().map(RoleId::from).collect(),
        attributes: serde_json::Map::new(),
    }
}

fn sign_in(name: &str, has_claim: bool) -> RecentSignIn {
    let person = subject("user", &format!("id of {name}"), name);
    RecentSignIn::new(hours_ago(2), person, has_claim)
}

fn somebody(name: &str, state: PersonState) -> Person {
    Person {
        groups: BTreeSet::new(),
        attributes: serde_json::Map::new(),
        id: format!("id of {name}"),
        user_name: name.to_owned(),
        display_name: None,
        external_id: None,
        email: None,
        state,
        role: None,
        roles: Vec::new(),
        created_at: hours_ago(400),
        role_announced_at: None,
        last_login_at: None,
        identity: rollcall_model::Identity::default(),
    }
}

fn failing(snapshot: &mut Snapshot, diagnosis: Diagnosis, count: u64) {
    snapshot.digest.failures.push(RepeatedFailure {
        connection_id: "c".to_owned(),
        diagnosis,
        count,
        first_at: hours_ago(5),
        last_at: hours_ago(1),
        request: "logged".to_owned(),
        http_method: "PATCH".to_owned(),
        target: "/Users/1".to_owned(),
        detail: Some("what was answered".to_owned()),
        names: Vec::new(),
        skipped: Vec::new(),
    });
}

/// Applies `spoil` to a tenant without a problem, checks the findings, and returns them.
#[track_caller]
fn check(spoil: impl FnOnce(&mut Snapshot), expected: &[(FindingKind, Severity)]) -> Vec<Finding> {
    let mut snapshot = well();
    spoil(&mut snapshot);
    let findings = judge(&snapshot);
    let found: Vec<_> = findings.iter().map(|f| (f.kind, f.severity)).collect();
    assert_eq!(found, expected);
    for finding in &findings {
        let (title, advice) = (finding.title(), finding.advice());
        assert!((10..160).contains(&title.chars().count()), "{title}");
        assert!(advice.len() > 80 && advice.ends_with('.'), "{advice}");
    }
    findings
}

/// Removes the marks that isolate names from a sentence.
fn plain(sentence: &str) -> String {
    sentence.replace(['\u{2068}', '\u{2069}'], "")
}

fn names(finding: &Finding) -> Vec<&str> {
    let among = finding.among.iter();
    among.map(|subject| subject.name.as_str()).collect()
}

#[test]
fn nothing_is_found_where_nothing_is_amiss() {
    check(|_| {}, &[]);
}
