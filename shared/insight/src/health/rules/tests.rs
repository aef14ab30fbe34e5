//! Tests of the rules: each known problem is found in a snapshot and explained.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::stored::RecentSignIn;
use rollcall_directory::{Connection, Diagnosis, Person, Token};
use rollcall_model::{PersonState, Provider, Role, RoleId, RouteBy, Settings};

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
    };
    Snapshot {
        now: at(NOW),
        settings: Settings::default(),
        connections: vec![connection("c")],
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
        undecided: BTreeMap::new(),
        people_count: 1,
        newest_people: vec![somebody("ann", PersonState::Active)],
    }
}

fn token(id: &str, expires_at: Option<Timestamp>) -> Token {
    Token {
        id: id.to_owned(),
        connection_id: "c".to_owned(),
        label: format!("token {id}"),
        prefix: "rc_".to_owned(),
        created_at: hours_ago(500),
        last_used_at: Some(hours_ago(1)),
        expires_at,
        revoked_at: None,
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
    }
}

fn sign_in(name: &str, has_claim: bool) -> RecentSignIn {
    let person = subject("user", &format!("id of {name}"), name);
    RecentSignIn::new(hours_ago(2), person, has_claim)
}

fn somebody(name: &str, state: PersonState) -> Person {
    Person {
        id: format!("id of {name}"),
        user_name: name.to_owned(),
        display_name: None,
        external_id: None,
        email: None,
        state,
        role: None,
        roles: Vec::new(),
        created_at: hours_ago(400),
        last_login_at: None,
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

#[test]
fn a_wrong_host_or_token() {
    let never = |created: i64| {
        move |s: &mut Snapshot| {
            s.digest.connections.clear();
            s.tokens[0].last_used_at = None;
            s.tokens[0].created_at = hours_ago(created);
        }
    };
    check(never(0), &[(Kind::NeverHeardFrom, Notice)]);
    check(never(2), &[(Kind::NeverHeardFrom, Warning)]);
    for refused in [Diagnosis::Revoked, Diagnosis::Expired, Diagnosis::NoToken] {
        check(|s| failing(s, refused, 1), &[(Kind::WrongToken, Problem)]);
    }
    let found = check(
        |s| failing(s, Diagnosis::Method, 3),
        &[(Kind::WrongAddress, Problem)],
    );
    assert_eq!(found[0].count, 3);
    let detail = found[0].detail.as_deref();
    assert_eq!(detail, Some("PATCH /Users/1: what was answered"));
    assert_eq!(found[0].request.as_deref(), Some("logged"));
}

#[test]
fn tokens_that_end() {
    let ends = |days: i64| hours_ago(-24 * days);
    let one = |end: Timestamp| move |s: &mut Snapshot| s.tokens = vec![token("t", Some(end))];
    check(one(ends(30)), &[]);
    let found = check(
        one(ends(14) - SignedDuration::from_secs(1)),
        &[(Kind::TokenExpiring, Warning)],
    );
    assert_eq!(found[0].count, 14);
    assert!(found[0].title().contains("token t"), "{}", found[0].title());
    check(one(ends(2)), &[(Kind::TokenExpiring, Problem)]);
    check(one(ends(-1)), &[(Kind::TokenExpired, Problem)]);
    check(|s| s.tokens.clear(), &[(Kind::NoToken, Notice)]);
    let revoked = |expires: Option<Timestamp>| {
        move |s: &mut Snapshot| {
            s.tokens = vec![token("t", expires), token("older", None)];
            s.tokens[0].revoked_at = Some(hours_ago(3));
            s.tokens[1].revoked_at = Some(hours_ago(400));
        }
    };
    for (expires, since) in [(None, 3), (Some(hours_ago(9)), 9)] {
        let found = check(revoked(expires), &[(Kind::NoToken, Notice)]);
        assert_eq!(found[0].since, Some(hours_ago(since)));
    }
    let with = |used: Option<Timestamp>| {
        move |s: &mut Snapshot| {
            let lasting = Token {
                last_used_at: used,
                ..token("lasting", None)
            };
            s.tokens = vec![token("ending", Some(ends(2))), lasting];
        }
    };
    check(with(Some(hours_ago(0))), &[]);
    let found = check(with(None), &[(Kind::TokenExpiring, Warning)]);
    let advice = found[0].advice();
    assert!(
        plain(&advice).contains("lasts longer, “token lasting”"),
        "{advice}"
    );
    assert_eq!(found[0].detail, None);
}

#[test]
fn users_arrive_and_groups_do_not() {
    let without = |first: i64, provider: Provider| {
        move |s: &mut Snapshot| {
            (s.group_count, s.mapped) = (0, 0);
            s.groups.clear();
            s.connections[0].provider = provider;
            let milestones = s.digest.connections.get_mut("c").unwrap();
            (milestones.first_user_at, milestones.first_group_at) = (Some(hours_ago(first)), None);
        }
    };
    check(
        without(0, Provider::Okta),
        &[(Kind::UsersWithoutGroups, Notice)],
    );
    check(
        without(2, Provider::Okta),
        &[(Kind::UsersWithoutGroups, Warning)],
    );
    let found = check(
        without(2, Provider::Google),
        &[(Kind::UsersWithoutGroups, Notice)],
    );
    assert!(found[0].advice().contains("Google"));
    let passed_over = |groups: u64, until: i64| {
        move |s: &mut Snapshot| {
            without(2, Provider::Okta)(s);
            s.group_count = groups;
            s.digest.skipped_until = Some(hours_ago(until));
        }
    };
    check(passed_over(1, 200), &[]);
    check(passed_over(0, 200), &[(Kind::UsersWithoutGroups, Warning)]);
    // The connection did not exist yet.
    check(passed_over(1, 501), &[(Kind::UsersWithoutGroups, Notice)]);
    let nobody = |s: &mut Snapshot| {
        without(2, Provider::Okta)(s);
        s.digest.connections.get_mut("c").unwrap().first_user_at = None;
    };
    check(nobody, &[]);
    let one_of_two = |s: &mut Snapshot| {
        s.connections.push(connection("d"));
        let token = Token {
            connection_id: "d".to_owned(),
            ..token("u", None)
        };
        s.tokens.push(token);
        let milestones = Milestones {
            first_group_at: None,
            ..s.digest.connections["c"].clone()
        };
        s.digest.connections.insert("d".to_owned(), milestones);
    };
    let found = check(one_of_two, &[(Kind::UsersWithoutGroups, Notice)]);
    assert_eq!(found[0].subject.as_ref().unwrap().id, "d");
}

#[test]
fn groups_with_nobody_in_them() {
    let groups = |list: Vec<GroupSummary>| move |s: &mut Snapshot| s.groups = list;
    let found = check(
        groups(vec![
            group("A", 0, None),
            group("B", 0, Some(Role::Admin)),
            group("C", 1, Some(Role::Viewer)),
        ]),
        &[(Kind::EmptyGroups, Warning)],
    );
    assert_eq!((found[0].count, names(&found[0])), (2, vec!["B", "A"]));
    check(
        groups(vec![group("A", 0, None)]),
        &[(Kind::EmptyGroups, Notice)],
    );
}

#[test]
fn groups_that_give_no_role() {
    let many: Vec<_> = (0..500).map(|n| group(&format!("g{n}"), 1, None)).collect();
    let none_mapped = |s: &mut Snapshot| {
        s.groups = many.clone();
        (s.group_count, s.mapped) = (501, 0);
    };
    let found = check(none_mapped, &[(Kind::UnmappedGroups, Warning)]);
    assert_eq!((found[0].count, found[0].among.len()), (500, 5));
    assert!(found[0].title().starts_with("At least 500 groups"));
    check(
        |s| s.groups.push(group("Sales", 2, None)),
        &[(Kind::UnmappedGroups, Notice)],
    );
}

#[test]
fn somebody_lands_in_the_default_role() {
    let signed_in = |route_by: RouteBy, mapped: usize, has_claim: bool| {
        move |s: &mut Snapshot| {
            s.settings.route_by = route_by;
            s.mapped = mapped;
            s.undecided = [("id of bob".to_owned(), Some(Role::Viewer))].into();
            s.sign_ins = vec![
                sign_in("bob", has_claim),
                sign_in("cy", has_claim),
                sign_in("bob", false),
            ];
        }
    };
    let (claim, membership) = (RouteBy::Claim, RouteBy::Membership);
    for route_by in [claim, membership, RouteBy::ClaimThenMembership] {
        let found = check(
            signed_in(route_by, 0, false),
            &[(Kind::DefaultRoleWithoutMapping, Warning)],
        );
        assert_eq!(names(&found[0]), ["bob"], "cy has a role of a group by now");
        assert!(
            found[0]
                .title()
                .starts_with("1 person has only the default role, Viewer:")
        );
        check(
            signed_in(route_by, 1, true),
            &[(Kind::DefaultRoleWithoutMatch, Warning)],
        );
    }
    check(
        signed_in(claim, 1, false),
        &[
            (Kind::ClaimMissing, Problem),
            (Kind::DefaultRoleWithoutClaim, Warning),
        ],
    );
    check(
        signed_in(RouteBy::ClaimThenMembership, 1, false),
        &[
            (Kind::DefaultRoleWithoutClaim, Warning),
            (Kind::ClaimMissing, Notice),
        ],
    );
    check(
        signed_in(membership, 1, false),
        &[(Kind::DefaultRoleWithoutMatch, Warning)],
    );
    let advised = |route_by: RouteBy, has_claim: bool| {
        let mut snapshot = well();
        signed_in(route_by, 1, has_claim)(&mut snapshot);
        let found = judge(&snapshot).into_iter();
        let mut found = found.filter(|finding| finding.kind != Kind::ClaimMissing);
        let found = found.next().unwrap();
        format!("{}. {}", found.title(), found.advice())
    };
    for has_claim in [true, false] {
        let told = advised(claim, has_claim);
        assert!(told.contains("pushed do not count"), "{told}");
        assert!(
            told.contains("let pushed memberships decide in the settings"),
            "{told}"
        );
        for untrue in [
            "none of their groups",
            "They are in no group",
            "nor were they pushed",
        ] {
            assert!(!told.contains(untrue), "{told}");
        }
        let either = advised(RouteBy::ClaimThenMembership, has_claim);
        assert!(!either.contains("do not count"), "{either}");
    }
    let roleless = |s: &mut Snapshot| {
        signed_in(claim, 0, true)(s);
        s.undecided.insert("id of cy".to_owned(), None);
        s.all_sign_ins = false;
    };
    let found = check(roleless, &[(Kind::DefaultRoleWithoutMapping, Warning); 2]);
    let titles: Vec<_> = found.iter().map(Finding::title).collect();
    assert!(titles[0].starts_with("At least 1 person has only the default role, Viewer:"));
    assert!(titles[1].starts_with("At least 1 person has no role:"));
}

#[test]
fn the_claim_never_arrives() {
    let absent = |route_by: RouteBy| {
        move |s: &mut Snapshot| {
            s.settings.route_by = route_by;
            s.sign_ins = vec![sign_in("ann", false)];
        }
    };
    check(absent(RouteBy::Claim), &[(Kind::ClaimMissing, Problem)]);
    check(
        absent(RouteBy::ClaimThenMembership),
        &[(Kind::ClaimMissing, Notice)],
    );
    check(absent(RouteBy::Membership), &[]);
    let once = |s: &mut Snapshot| {
        absent(RouteBy::Claim)(s);
        s.sign_ins.push(sign_in("bob", true));
    };
    check(once, &[]);
}

#[test]
fn stale_ids_filters_and_strangers() {
    for (diagnosis, kind) in [
        (Diagnosis::StaleUser, Kind::StaleUser),
        (Diagnosis::StaleGroup, Kind::StaleGroup),
        (Diagnosis::Filter, Kind::UnsupportedFilter),
        (Diagnosis::Skipped, Kind::SkippedMembers),
    ] {
        check(|s| failing(s, diagnosis, 1), &[(kind, Warning)]);
    }
    let found = check(
        |s| failing(s, Diagnosis::StaleUser, 1),
        &[(Kind::StaleUser, Warning)],
    );
    assert!(found[0].advice().contains("User not found"));
    let left_out = |ids: &'static [&'static str]| {
        move |s: &mut Snapshot| {
            failing(s, Diagnosis::Skipped, 1);
            s.digest.failures[0].skipped = ids.iter().map(|id| (*id).to_owned()).collect();
        }
    };
    check(
        left_out(&["id of Engineering"]),
        &[(Kind::NestedGroups, Warning)],
    );
    check(
        left_out(&["id of Engineering", "stranger"]),
        &[(Kind::SkippedMembers, Warning)],
    );
    let looked = |times: u64| {
        move |s: &mut Snapshot| {
            failing(s, Diagnosis::StaleUser, times);
            s.digest.failures[0].http_method = "GET".to_owned();
        }
    };
    check(looked(1), &[]);
    check(looked(2), &[(Kind::StaleUser, Warning)]);
}

#[test]
fn failures_that_repeat() {
    check(|s| failing(s, Diagnosis::Value, 1), &[]);
    let found = check(
        |s| (0..3).for_each(|_| failing(s, Diagnosis::Value, 2)),
        &[(Kind::FailuresRepeating, Warning)],
    );
    assert_eq!((found[0].count, found[0].at_least), (6, false));
    assert_eq!(found[0].advice(), Diagnosis::Value.text());
    let found = check(
        |s| (0..MAX_FAILURES).for_each(|_| failing(s, Diagnosis::DuplicateUser, 1)),
        &[(Kind::FailuresRepeating, Warning)],
    );
    assert!(found[0].at_least, "others may have been crowded out");
    check(
        |s| failing(s, Diagnosis::Failed, 2),
        &[(Kind::FailuresRepeating, Problem)],
    );
    check(|s| failing(s, Diagnosis::Precondition, 9), &[]);
    let elsewhere = |s: &mut Snapshot| {
        failing(s, Diagnosis::Value, 9);
        s.digest.failures[0].connection_id = "deleted".to_owned();
    };
    check(elsewhere, &[]);
}

#[test]
fn a_sync_that_stopped_without_an_error() {
    let silent = |hours: i64, provider: Provider| {
        move |s: &mut Snapshot| {
            s.connections[0].provider = provider;
            s.tokens[0].last_used_at = Some(hours_ago(hours));
            let milestones = s.digest.connections.get_mut("c").unwrap();
            milestones.last_request_at = Some(hours_ago(hours + 2));
        }
    };
    check(silent(23, Provider::Entra), &[]);
    let found = check(
        silent(30, Provider::Entra),
        &[(Kind::ConnectionSilent, Warning)],
    );
    assert_eq!((found[0].count, found[0].since), (30, Some(hours_ago(30))));
    assert!(found[0].advice().contains("Entra"));
    assert!(found[0].advice().contains("token"));
    let found = check(
        silent(30, Provider::Okta),
        &[(Kind::ConnectionSilent, Notice)],
    );
    assert!(found[0].advice().contains("token"));
    check(
        silent(24 * 7, Provider::Okta),
        &[(Kind::ConnectionSilent, Warning)],
    );
}

#[test]
fn invited_people_are_no_members_yet() {
    let invited = |s: &mut Snapshot| {
        s.newest_people.push(somebody("bob", PersonState::Invited));
        s.newest_people.push(somebody("cy", PersonState::Inactive));
        s.people_count = 100_000;
    };
    let found = check(invited, &[(Kind::NeverSignedIn, Notice)]);
    assert_eq!(names(&found[0]), ["bob"]);
    assert!(
        found[0].title().starts_with("At least 1 person has"),
        "{}",
        found[0].title()
    );
}

#[test]
fn long_names_are_cut() {
    let found = check(
        |s| s.groups = vec![group(&"x".repeat(10_000), 0, None)],
        &[(Kind::EmptyGroups, Notice)],
    );
    assert!(found[0].among[0].name.chars().count() < 100);
    assert!(found[0].subject.as_ref().unwrap().name.chars().count() < 100);
}

#[test]
fn names_turn_no_sentence_around() {
    let called = |name: &'static str| {
        move |s: &mut Snapshot| {
            s.connections[0].label = name.to_owned();
            s.tokens.clear();
        }
    };
    for (name, told) in [
        ("\u{202e}evil", "“\u{2068}evil\u{2069}” has no token"),
        ("a\u{2069}b\u{200f}", "“\u{2068}ab\u{2069}” has no token"),
        ("שלום", "“\u{2068}שלום\u{2069}” has no token"),
    ] {
        let found = check(called(name), &[(Kind::NoToken, Notice)]);
        assert_eq!(found[0].title(), told);
    }
}
