//! Connections: tokens, traffic, failures.

use super::*;

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
    check(
        |s| failing(s, Diagnosis::ForeignAddress, 1),
        &[(Kind::ForeignAddress, Problem)],
    );
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
fn stale_ids_filters_and_strangers() {
    for (diagnosis, kind) in [
        (Diagnosis::StaleUser, Kind::StaleUser),
        (Diagnosis::StaleGroup, Kind::StaleGroup),
        (Diagnosis::Filter, Kind::UnsupportedFilter),
        (Diagnosis::Skipped, Kind::SkippedMembers),
    ] {
        check(|s| failing(s, diagnosis, 1), &[(kind, Warning)]);
    }
    let ignored = |s: &mut Snapshot| failing(s, Diagnosis::IgnoredPath, 1);
    check(ignored, &[(Kind::IgnoredPath, Notice)]);
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
