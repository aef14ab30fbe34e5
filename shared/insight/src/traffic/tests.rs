//! Tests of the sums and the current failures.

use jiff::Timestamp;
use rollcall_directory::{Diagnosis, LoggedRequest, LoggedValues, SentBody};
use serde_json::json;

use crate::traffic::digest::{Digest, Hour};
use crate::traffic::failures::MAX_CHARS;
use crate::traffic::tally::Tally;

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
}

#[test]
fn somebody_who_was_made_for_a_test_does_not_leave() {
    let check = |made: i64, change: &str, leaves: bool| {
        let millis = u64::try_from(at(made).as_millisecond()).unwrap();
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &[7; 10]).into_uuid();
        let deleted = LoggedRequest {
            changes: vec![change.to_owned()],
            ..request(100, "DELETE", &format!("/Users/{id}/?x=y"), 204)
        };
        let digest = digest(&[deleted], 100);
        let left_at = digest.connections["c"].first_deactivation_at;
        assert_eq!(left_at.is_some(), leaves, "{made} {change}");
    };
    check(98, "user.deleted", false);
    check(98, "user.deactivated", true);
    check(0, "user.deleted", true);
}

/// Adds the requests, one second apart, and checks how often each failure that is still current has failed.
#[track_caller]
fn check_current(requests: &[&LoggedRequest], expected: &[u64]) {
    let requests = requests.iter().enumerate().map(|(n, request)| {
        let at = at(i64::try_from(n).unwrap());
        LoggedRequest {
            at,
            ..(*request).clone()
        }
    });
    let requests: Vec<_> = requests.collect();
    let mut failures = digest(&requests, 60).failures;
    failures.sort_by_key(|failure| failure.first_at);
    let counts: Vec<_> = failures.iter().map(|failure| failure.count).collect();
    assert_eq!(counts, expected, "{requests:#?}");
}

fn sent(method: &str, target: &str, status: u16, body: serde_json::Value) -> LoggedRequest {
    request(0, method, target, status).with_body(Some(SentBody::of(body, LoggedValues::All)))
}

#[test]
fn what_cannot_be_created_is_told_apart_by_its_names() {
    let create = |status: u16, name: &str, id: &str| {
        let body = json!({"userName": name, "displayName": "Ada", "externalId": id});
        sent("POST", "/Users", status, body)
    };
    let (ann, bob) = (create(409, "Ann", "1"), create(409, "bob", "2"));
    check_current(&[&ann, &create(201, "cy", "3"), &bob, &ann], &[2, 1]);
    check_current(&[&ann, &create(201, "ANN", "1")], &[]);
    check_current(&[&ann, &create(201, "ann2", "1")], &[]);
    let matched = sent("PUT", "/Users/7", 200, json!({"userName": "ann"}));
    check_current(&[&ann, &bob, &matched], &[1]);
    let group = sent("PUT", "/Groups/7", 200, json!({"displayName": "ann"}));
    check_current(&[&ann, &group], &[1]);
    let stale = sent("PUT", "/Users/6", 404, json!({"userName": "ann"}));
    check_current(&[&stale, &create(201, "ann", "1")], &[]);
    check_current(&[&stale, &request(0, "DELETE", "/Users/6", 404)], &[]);
    let nameless = request(0, "POST", "/Users", 400);
    check_current(&[&nameless, &nameless], &[2]);
    check_current(&[&nameless, &request(0, "POST", "/Users", 201)], &[]);
}

#[test]
fn the_order_of_parameters_makes_no_difference() {
    let get = |query: &str, status: u16| request(0, "GET", &format!("/Users?{query}"), status);
    let (one, other) = (get("a=1&filter=x", 503), get("filter=x&a=1", 503));
    check_current(&[&one, &other, &get("a=2&filter=x", 503)], &[2, 1]);
    check_current(&[&one, &get("filter=x&a=1", 200)], &[]);
}

#[test]
fn what_was_set_up_wrongly_is_mended_by_its_like() {
    let get = |target: &str, status: u16| request(0, "GET", target, status);
    // Any success shows a new token.
    let refused = get("/Users?filter=a", 401);
    check_current(&[&refused], &[1]);
    check_current(&[&refused, &get("/Groups", 200)], &[]);
    // Any supported address shows a new address.
    let astray = get("/v2/Users", 404);
    check_current(&[&astray, &get("/ServiceProviderConfig", 200)], &[1]);
    check_current(&[&astray, &get("/Users?count=1", 200)], &[]);
    for beyond in ["/Users/Users?filter=a", "/Users/ServiceProviderConfig"] {
        let beyond = get(beyond, 404);
        check_current(&[&beyond, &get("/Groups?count=1", 200)], &[]);
    }
    // A path that fails among successful requests comes again.
    let unknown = request(0, "POST", "/Bulk", 404);
    check_current(&[&unknown, &get("/Users?count=1", 200)], &[1]);
    // Any valid filter shows another filter, once the failed one has not come again for an hour.
    let filter = LoggedRequest {
        scim_type: Some("invalidFilter".to_owned()),
        ..get("/Users?filter=shoe+is+4", 400)
    };
    check_current(&[&filter, &get("/Users?count=1", 200)], &[1]);
    check_current(&[&filter, &get("/Groups?filter=b", 200)], &[1]);
    check_current(&[&filter, &get("/Users?filter=b", 200)], &[1]);
    check_current(&[&filter, &get("/Users?filter=b", 400)], &[1, 1]);
    let later = |minutes: i64| LoggedRequest {
        at: at(60 * minutes),
        ..get("/Users?filter=b", 200)
    };
    let left = |minutes: i64| {
        digest(&[filter.clone(), later(minutes)], 7_200)
            .failures
            .len()
    };
    assert_eq!((left(59), left(60)), (1, 0));
}

#[test]
fn members_are_missing_until_nobody_wants_them() {
    let write = |method: &str, target: &str, body: serde_json::Value, skipped: &[&str]| {
        let skipped = skipped.iter().map(|id| (*id).to_owned());
        LoggedRequest {
            skipped_members: skipped.collect(),
            ..sent(method, target, 204, body)
        }
    };
    let patch = |operation: serde_json::Value, skipped: &[&str]| {
        let body = json!({"Operations": [operation]});
        write("PATCH", "/Groups/1", body, skipped)
    };
    let x = patch(json!({"op": "add", "value": "x"}), &["x", "y"]);
    let z = patch(json!({"op": "add", "value": "z"}), &["z"]);
    let told = digest(std::slice::from_ref(&x), 9).failures.remove(0);
    assert_eq!(told.diagnosis, Diagnosis::Skipped);
    assert_eq!(told.detail.as_deref(), Some("x, y"));
    check_current(&[&x, &x, &z], &[2, 1]);
    let rename = json!({"op": "replace", "value": {"displayName": "crew"}});
    let other = json!({"op": "add", "path": "members", "value": [{"value": "b"}]});
    check_current(&[&x, &patch(rename, &[]), &patch(other, &[])], &[1]);
    let remove = json!({"op": "remove", "path": "members[value eq \"x\"]"});
    check_current(&[&x, &patch(remove, &[])], &[]);
    for whole in [
        json!({"op": "Replace", "path": "members", "value": []}),
        json!({"op": "replace", "value": {"Members": []}}),
    ] {
        check_current(&[&x, &patch(whole.clone(), &[])], &[]);
        check_current(&[&x, &patch(whole, &["x"])], &[2]);
    }
    let body = || json!({"displayName": "team"});
    check_current(&[&x, &write("PUT", "/Groups/1", body(), &[])], &[]);
    check_current(&[&x, &write("PUT", "/Groups/2", body(), &[])], &[1]);
    check_current(&[&x, &request(0, "DELETE", "/Groups/1", 204)], &[]);
    let created = write("POST", "/Groups", body(), &["x"]);
    check_current(&[&created, &write("PUT", "/Groups/2", body(), &[])], &[]);
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
