//! The digest of the request log: it counts every request once, even with concurrent readers, and each call reads a
//! bounded part of the log.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;

use futures::stream::{self, StreamExt, TryStreamExt};
use http::Method;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::capacity::measure;
use rollcall_directory::{Diagnosis, LoggedRequest, Tenant};
use rollcall_insight::{Digest, Insight, Milestones};
use rollcall_tests::faults::Fault;
use rollcall_tests::service::{Service, run};
use rollcall_tests::table::TestTable;
use rollcall_tests::urn;
use serde_json::{Value, json};

/// Writes requests to the log as if they had arrived at these times.
pub(crate) async fn log(
    tenant: &Tenant,
    requests: impl IntoIterator<Item = (Timestamp, LoggedRequest)>,
) {
    stream::iter(requests)
        .map(|(at, request)| async move {
            let millis = u64::try_from(at.as_millisecond()).unwrap();
            let random = rand::random();
            let id = uuid::Builder::from_unix_timestamp_millis(millis, &random);
            let mut request = request;
            request.id = id.into_uuid().to_string();
            request.at = at;
            // No id: that of a deleted connection would cost a read.
            request.connection_id = "C".to_owned();
            tenant.request_log().write(request, 365).await
        })
        .buffer_unordered(16)
        .try_for_each(|()| async { Ok(()) })
        .await
        .unwrap();
}

fn ok() -> LoggedRequest {
    LoggedRequest::new("GET", "/Users?filter=x", 200)
}

fn ago(seconds: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_secs(seconds)
}

fn counted(digest: &Digest) -> u64 {
    let of = |hour: &rollcall_insight::Hour| {
        hour.succeeded + hour.refused + hour.throttled + hour.failed
    };
    digest.hours.iter().map(of).sum()
}

#[test]
fn milestones_are_reached_as_requests_arrive() {
    run(async |service| {
        let tenant = service.tenant("checklist").await;
        let (idp, directory) = (tenant.idp(), tenant.directory());
        let marks = async || {
            let digest = Insight::of(directory).digest().await.unwrap();
            assert!(digest.complete);
            let milestones = digest.connections.get(tenant.connection_id()).cloned();
            let Milestones {
                tested_at,
                first_user_at,
                first_group_at,
                first_deactivation_at,
                ..
            } = milestones.unwrap_or_default();
            [
                tested_at,
                first_user_at,
                first_group_at,
                first_deactivation_at,
            ]
            .map(|mark| mark.is_some())
        };
        assert_eq!(marks().await, [false; 4]);
        idp.get("/Users?startIndex=1&count=2").await.expect(200);
        assert_eq!(marks().await, [true, false, false, false]);
        let ann = idp.user("ann").await;
        assert_eq!(marks().await, [true, true, false, false]);
        let group = idp.group("team", &[&ann]).await;
        assert_eq!(marks().await, [true, true, true, false]);
        // Requests that change nothing and requests that fail are not deactivations.
        let on = json!([{"op": "replace", "path": "active", "value": true}]);
        idp.patch(&format!("/Users/{ann}"), on).await.expect(200);
        idp.delete(&format!("/Groups/{group}")).await.expect(204);
        idp.delete("/Users/nobody").await.expect(404);
        assert_eq!(marks().await, [true, true, true, false]);
        let off = json!([{"op": "Replace", "value": {"active": "False"}}]);
        idp.patch(&format!("/Users/{ann}"), off).await.expect(200);
        assert_eq!(marks().await, [true; 4]);
    });
}

#[test]
fn a_deactivation_is_recognised_in_any_form() {
    run(async |service| {
        let ways: [(Method, Value); 5] = [
            (
                Method::PUT,
                json!({"schemas": [urn::USER], "userName": "ann", "active": false}),
            ),
            (
                Method::PATCH,
                json!([{"op": "replace", "path": "active", "value": false}]),
            ),
            (
                Method::PATCH,
                json!([{"op": "Replace", "path": "active", "value": "False"}]),
            ),
            (
                Method::PATCH,
                json!([{"op": "replace", "value": {"active": false}}]),
            ),
            (
                Method::PATCH,
                json!([{"op": "Replace", "value": {"active": "False"}}]),
            ),
        ];
        for (method, body) in ways {
            let tenant = service.tenant("spelling").await;
            let path = format!("/Users/{}", tenant.idp().user("ann").await);
            let before = Insight::of(tenant.directory()).digest().await.unwrap();
            let of =
                |digest: &Digest| digest.connections[tenant.connection_id()].first_deactivation_at;
            assert_eq!(of(&before), None);
            let idp = tenant.idp();
            let answer = match method {
                Method::PUT => idp.put(&path, body.clone()).await,
                _ => idp.patch(&path, body.clone()).await,
            };
            assert!(answer.status < 400, "{method} {body}: {}", answer.body);
            let after = Insight::of(tenant.directory()).digest().await.unwrap();
            assert!(of(&after).is_some(), "{method} {body}");
        }
    });
}

#[test]
fn a_connection_test_with_a_deletion_is_not_a_deactivation() {
    run(async |service| {
        let tenant = service.tenant("connection-test").await;
        let idp = tenant.idp();
        let (user, group) = (idp.user("test").await, idp.group("test", &[]).await);
        for path in [format!("/Users/{user}"), format!("/Groups/{group}")] {
            idp.delete(&path).await.expect(204);
        }
        let digest = Insight::of(tenant.directory()).digest().await.unwrap();
        let milestones = &digest.connections[tenant.connection_id()];
        assert!(milestones.first_user_at.is_some() && milestones.first_group_at.is_some());
        assert_eq!(milestones.first_deactivation_at, None);
    });
}

#[test]
fn concurrent_digests_count_each_request_once() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("once").await;
        let mut logged = 0;
        for round in 0..4 {
            let settled = (0..120).map(|n| (ago(3_600 * (4 - round) + 100 - n / 2), ok()));
            let unsettled = (0..15).map(|n| (ago(15 - n), ok()));
            log(&tenant, settled).await;
            logged += 120;
            if round == 3 {
                log(&tenant, unsettled).await;
                logged += 15;
            }
            let looks = stream::iter(0..8)
                .map(|_| Insight::of(&tenant).digest())
                .buffer_unordered(8)
                .try_collect::<Vec<_>>();
            for digest in looks.await.unwrap() {
                assert!(digest.complete);
                assert_eq!(counted(&digest), logged, "round {round}");
            }
        }
        let last = Insight::of(&tenant).digest().await.unwrap();
        assert_eq!(counted(&last), logged);
        assert!(last.hours.is_sorted_by_key(|hour| hour.begins_at));
    });
}

/// Delays one digest between its read and its write, and lets another digest overtake it.
async fn overtake_digest(service: &Service, begun: bool) {
    let tenant = service.tenant("overtaken").await;
    let directory = tenant.directory();
    let day = 86_400;
    let mut sum = 0;
    if begun {
        log(directory, [(ago(3 * day), ok())]).await;
        assert_eq!(counted(&Insight::of(directory).digest().await.unwrap()), 1);
        sum = 1;
    }
    log(directory, (0..10).map(|n| (ago(2 * day - n), ok()))).await;
    let (slow, faults) = service.other_process(&tenant);
    let held = Arc::new(AtomicBool::new(true));
    let waiting = Arc::new(AtomicBool::new(false));
    let (is_held, waits) = (held.clone(), waiting.clone());
    faults.schedule(move |call| match call.operation.as_str() {
        "TransactWriteItems" if is_held.load(SeqCst) => {
            waits.store(true, SeqCst);
            Fault::Throttle
        }
        _ => Fault::None,
    });
    let overtake = async {
        while !waiting.load(SeqCst) {
            tokio::task::yield_now().await;
        }
        log(directory, (0..5).map(|n| (ago(day - n), ok()))).await;
        assert_eq!(
            counted(&Insight::of(directory).digest().await.unwrap()),
            sum + 15
        );
        held.store(false, SeqCst);
    };
    let (slow, ()) = tokio::join!(Insight::of(&slow).digest(), overtake);
    assert_eq!(
        counted(&slow.unwrap()),
        sum + 10,
        "not the requests at the time of the read"
    );
    assert_eq!(
        counted(&Insight::of(directory).digest().await.unwrap()),
        sum + 15
    );
}

#[test]
fn an_overtaken_digest_stores_nothing() {
    run(async |_| {
        let service = Service::start().await;
        overtake_digest(&service, false).await;
        overtake_digest(&service, true).await;
    });
}

#[test]
fn requests_that_are_logged_late_are_counted() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("late").await;
        for (seconds, sum) in [(100, 1), (2, 2), (6, 3), (9, 4)] {
            log(&tenant, [(ago(seconds), ok())]).await;
            assert_eq!(counted(&Insight::of(&tenant).digest().await.unwrap()), sum);
        }
    });
}

#[test]
fn a_digest_reads_a_bounded_part_and_the_next_one_continues() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("bounded").await;
        log(&tenant, (0..4_500).map(|n| (ago(90_000 - 10 * n), ok()))).await;
        let mut seen = Vec::new();
        for _ in 0..4 {
            let (digest, cost) = measure(Insight::of(&tenant).digest()).await;
            let digest = digest.unwrap();
            assert!(cost.calls <= 12, "{cost:?}");
            seen.push((counted(&digest), digest.complete));
        }
        assert_eq!(
            seen,
            [(2_000, false), (4_000, false), (4_500, true), (4_500, true)]
        );
        assert_eq!(
            Insight::of(&tenant).digest().await.unwrap().skipped_until,
            None
        );
        let (_, cost) = measure(Insight::of(&tenant).digest()).await;
        assert!(cost.calls <= 3 && cost.read_units <= 10.0, "{cost:?}");
    });
}

#[test]
fn old_requests_give_milestones_but_cause_no_delay() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("far-back").await;
        let day = 86_400;
        log(
            &tenant,
            [(ago(30 * day), LoggedRequest::new("POST", "/Users", 201))],
        )
        .await;
        log(&tenant, (0..4_500).map(|n| (ago(20 * day - n), ok()))).await;
        log(&tenant, (0..10).map(|n| (ago(day - n), ok()))).await;
        let first = Insight::of(&tenant).digest().await.unwrap();
        assert!(!first.complete);
        let second = Insight::of(&tenant).digest().await.unwrap();
        assert!(second.complete, "old requests must be skipped");
        assert_eq!(counted(&second), 10);
        assert!(second.connections["C"].first_user_at.unwrap() < ago(29 * day));
        let third = Insight::of(&tenant).digest().await.unwrap();
        for digest in [first, second, third] {
            let until = digest.skipped_until.unwrap();
            assert!((ago(8 * day + 60)..ago(8 * day - 1)).contains(&until));
        }
    });
}

#[test]
fn failures_are_current_until_the_request_succeeds() {
    run(async |service| {
        let tenant = service.tenant("failing").await;
        let (idp, directory) = (tenant.idp(), tenant.directory());
        let failing = async || -> BTreeMap<Diagnosis, u64> {
            let failures = Insight::of(directory).digest().await.unwrap().failures;
            failures
                .into_iter()
                .map(|f| (f.diagnosis, f.count))
                .collect()
        };
        let filter = "nonsense is eq";
        idp.filter("/Users", filter).await.expect(400);
        idp.filter("/Users", filter).await.expect(400);
        let stale = format!("/Users/{}", uuid::Uuid::now_v7());
        let off = || json!([{"op": "replace", "path": "active", "value": false}]);
        idp.patch(&stale, off()).await.expect(404);
        let ann = idp.user("ann").await;
        let team = idp.group("team", &[&ann]).await;
        let stranger = json!([{"op": "add", "path": "members",
                               "value": [{"value": uuid::Uuid::now_v7().to_string()}]}]);
        idp.patch(&format!("/Groups/{team}"), stranger)
            .await
            .expect(204);
        assert_eq!(
            failing().await,
            BTreeMap::from([
                (Diagnosis::Filter, 2),
                (Diagnosis::StaleUser, 1),
                (Diagnosis::Skipped, 1)
            ])
        );
        let rename = json!([{"op": "replace", "path": "displayName", "value": "crew"}]);
        idp.patch(&format!("/Groups/{team}"), rename)
            .await
            .expect(204);
        assert_eq!(failing().await.len(), 3, "the member is still missing");
        let whole =
            json!({"schemas": [urn::GROUP], "displayName": "crew", "members": [{"value": ann}]});
        idp.put(&format!("/Groups/{team}"), whole).await.expect(200);
        idp.filter("/Users", "userName eq \"ann\"")
            .await
            .expect(200);
        // The invalid filter may be sent again, so it stays current for an hour.
        let left = [(Diagnosis::Filter, 2), (Diagnosis::StaleUser, 1)];
        assert_eq!(failing().await, BTreeMap::from(left));
        let old = directory.credentials().tokens().await.unwrap().remove(0);
        tenant.revoke(&old.id).await;
        idp.get("/Users?count=1").await.expect(401);
        assert_eq!(failing().await.get(&Diagnosis::Revoked), Some(&1));
        let (_, secret) = tenant.issue("second", None).await;
        let idp = idp.with_token(Some(&secret));
        idp.get("/Groups?count=1").await.expect(200);
        assert_eq!(failing().await.get(&Diagnosis::Revoked), None);
    });
}

#[test]
fn failed_creates_are_reported_separately() {
    run(async |service| {
        let tenant = service.tenant("creates").await;
        let (idp, directory) = (tenant.idp(), tenant.directory());
        let create = async |name: &str| {
            let body = json!({"schemas": [urn::USER], "userName": name});
            idp.post("/Users", body).await.status
        };
        for name in ["ann", "bob"] {
            assert_eq!(create(name).await, 201);
        }
        for round in 1..3 {
            for name in ["ann", "bob"] {
                assert_eq!(create(name).await, 409);
                assert_eq!(create(&format!("{name}-{round}")).await, 201);
            }
            let failures = Insight::of(directory).digest().await.unwrap().failures;
            let counts: Vec<_> = failures.iter().map(|failure| failure.count).collect();
            assert_eq!(counts, [round, round]);
        }
    });
}
