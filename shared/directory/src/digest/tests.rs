//! The sums, row by row.

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn request(seconds: i64, method: &str, target: &str, status: u16) -> LoggedRequest {
    LoggedRequest {
        at: at(seconds),
        connection_id: "c".to_owned(),
        ..LoggedRequest::new(method, target, status)
    }
}

fn digest(requests: &[LoggedRequest], now: i64) -> Digest {
    let mut tally = Tally::default();
    for request in requests {
        tally.fold(request);
    }
    tally.digest(true, at(now))
}

#[test]
fn requests_are_counted_by_hour_and_outcome() {
    let of = |seconds: i64, status: u16| request(seconds, "GET", "/Users", status);
    let requests = [
        of(0, 200),
        of(1, 204),
        of(2, 404),
        of(3, 429),
        of(4, 503),
        of(7_200, 201),
    ];
    let hours = digest(&requests, 7_300).hours;
    let counts = |hour: &Hour| (hour.succeeded, hour.refused, hour.throttled, hour.failed);
    let [first, second] = &hours[..] else {
        panic!("{hours:?}");
    };
    assert_eq!(counts(first), (2, 1, 1, 1));
    assert_eq!(counts(second), (1, 0, 0, 0));
    assert_eq!(
        second.begins_at.duration_since(first.begins_at).as_hours(),
        2
    );
    assert_eq!(digest(&requests, 7 * 86_400 + 7_000).hours.len(), 1);
    assert_eq!(digest(&requests, 9 * 86_400).hours.len(), 0);
}

#[test]
fn milestones_are_reached_once() {
    let check = |method: &str, target: &str, status: u16, changes: &[&str], reached: &str| {
        let changed = LoggedRequest {
            changes: changes.iter().map(|change| (*change).to_owned()).collect(),
            ..request(0, method, target, status)
        };
        let later = LoggedRequest {
            at: at(60),
            ..changed.clone()
        };
        let digest = digest(&[changed, later], 60);
        let milestones = &digest.connections["c"];
        let marks = [
            ("t", milestones.tested_at),
            ("u", milestones.first_user_at),
            ("g", milestones.first_group_at),
            ("d", milestones.first_deactivation_at),
        ];
        let of = |(mark, when): (&'static str, Option<Timestamp>)| {
            when.map(|when| {
                assert_eq!(when, at(0));
                mark
            })
        };
        let marks: String = marks.into_iter().filter_map(of).collect();
        assert_eq!(marks, reached, "{method} {target} {status} {changes:?}");
        assert_eq!(milestones.last_request_at, Some(at(60)));
        assert_eq!(milestones.last_success_at.is_some(), status < 400);
    };
    check("GET", "/Users?count=1", 200, &[], "t");
    check("GET", "/Users", 401, &[], "");
    check("POST", "/Users", 201, &["user.created"], "tu");
    check("POST", "/Users", 409, &[], "");
    check("PUT", "/Users/1", 200, &[], "tu");
    check("POST", "/Users/.search", 200, &[], "t");
    check(
        "POST",
        "//Groups",
        201,
        &["group.created", "group.members_changed"],
        "tg",
    );
    check("PATCH", "/Groups/1", 204, &[], "tg");
    check("PATCH", "/Users/1", 200, &["user.updated"], "tu");
    for (method, change) in [
        ("PATCH", "user.deactivated"),
        ("PUT", "user.deactivated"),
        ("DELETE", "user.deleted"),
    ] {
        check(method, "/Users/1", 200, &[change], "tud");
    }
}

#[test]
fn a_failure_counts_until_the_same_succeeds() {
    let failed = |seconds: i64| request(seconds, "PATCH", "/Users/1", 404);
    let check = |requests: &[LoggedRequest], now: i64, expected: &[(Diagnosis, u64)]| {
        let failures = digest(requests, now).failures;
        let found: Vec<_> = failures.iter().map(|f| (f.diagnosis, f.count)).collect();
        assert_eq!(found, expected, "{requests:#?}");
    };
    let stale = Diagnosis::StaleUser;
    check(&[failed(0), failed(9)], 9, &[(stale, 2)]);
    check(&[failed(0), request(1, "PATCH", "/Users/1", 200)], 9, &[]);
    check(
        &[failed(0), request(1, "PATCH", "/Users/2", 200)],
        9,
        &[(stale, 1)],
    );
    check(
        &[failed(0), request(1, "GET", "/Users/1", 200)],
        9,
        &[(stale, 1)],
    );
    let other = LoggedRequest {
        connection_id: "d".to_owned(),
        ..request(1, "PATCH", "/Users/1", 200)
    };
    check(&[failed(0), other], 9, &[(stale, 1)]);
    check(&[failed(0)], 86_401, &[]);
    check(&[request(0, "DELETE", "/Users/1", 404)], 9, &[]);
    // A new token is shown by any success.
    let refused = request(0, "GET", "/Users?filter=a", 401);
    check(
        std::slice::from_ref(&refused),
        9,
        &[(Diagnosis::NoToken, 1)],
    );
    check(
        &[refused, request(1, "GET", "/Users?filter=b", 200)],
        9,
        &[],
    );
    let skipped = LoggedRequest {
        skipped_members: vec!["x".to_owned(), "y".to_owned()],
        ..request(0, "PATCH", "/Groups/1", 204)
    };
    check(
        std::slice::from_ref(&skipped),
        9,
        &[(Diagnosis::Skipped, 1)],
    );
    let told = digest(&[skipped], 9).failures.remove(0);
    assert_eq!(told.detail.as_deref(), Some("x, y"));
}

#[test]
fn what_is_kept_is_bounded() {
    let many: Vec<_> = (0..300)
        .map(|n| LoggedRequest {
            connection_id: format!("c{n}"),
            ..request(n, "PATCH", &format!("/Users/{}", "x".repeat(1_000)), 404)
        })
        .collect();
    let digest = digest(&many, 300);
    assert_eq!((digest.failures.len(), digest.connections.len()), (50, 200));
    assert_eq!(digest.failures[0].connection_id, "c299");
    assert!(digest.failures.iter().all(|f| f.target.len() <= MAX_CHARS));
}
