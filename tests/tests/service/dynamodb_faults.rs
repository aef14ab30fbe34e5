//! DynamoDB faults: conflicts, throttling, server errors and broken connections, injected with a fixed seed.

use std::collections::BTreeSet;

use futures::future::join_all;
use http::Method;
use rollcall_tests::audit::audit;
use rollcall_tests::faults::Fault;
use rollcall_tests::idp::{Answer, Idp, encode};
use rollcall_tests::service::{Service, run};
use rollcall_tests::urn;
use serde_json::{Value, json};

/// Repeats a request until the status is neither 500 nor 503, as identity providers do.
async fn send_with_retries(idp: &Idp, method: Method, path: &str, body: &Value) -> Answer {
    for _ in 0..20 {
        let answer = idp
            .request(method.clone(), path)
            .body(body)
            .allow_500()
            .send()
            .await;
        if ![500, 503].contains(&answer.status) {
            return answer;
        }
    }
    panic!("{method} {path}: failed twenty times");
}

fn patch(operations: Value) -> Value {
    json!({"schemas": [urn::PATCH], "Operations": operations})
}

async fn change_members_with_faults(mix: &[(Fault, u32)], seed: u64) {
    let (service, faults) = Service::with_faults().await;
    let idp = service.tenant("faults").await.idp();
    let people = join_all((0..100).map(async |n| idp.user(&format!("p{n}")).await)).await;
    let (leaving, joining) = people.split_at(50);
    let group = idp
        .group("g", &leaving.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    let path = format!("/Groups/{group}");
    faults.mix(seed, mix);
    let changes = (0..50).flat_map(|n| {
        let join =
            patch(json!([{"op": "add", "path": "members", "value": [{"value": joining[n]}]}]));
        let leave = patch(
            json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", leaving[n])}]),
        );
        [join, leave]
    });
    let answers = join_all(
        changes.map(async |body| send_with_retries(&idp, Method::PATCH, &path, &body).await),
    )
    .await;
    for (fault, share) in mix {
        assert!(
            faults.count(*fault) > 0,
            "{fault:?} ({share} of 1000) was never injected: {:?}",
            faults.injected()
        );
    }
    faults.clear();
    for answer in answers {
        answer.expect(204);
    }
    let expected: BTreeSet<String> = joining.iter().cloned().collect();
    assert_eq!(audit(&idp).await.members(&group), expected);
}

#[test]
fn member_changes_survive_conflicts_and_throttling() {
    run(async |_| {
        change_members_with_faults(
            &[
                (Fault::Conflict, 300),
                (Fault::Throttle, 50),
                (Fault::Delay, 200),
            ],
            1,
        )
        .await
    });
}

#[test]
fn member_changes_survive_server_errors_and_broken_connections() {
    let mix = [
        (Fault::ServerError, 50),
        (Fault::DroppedBefore, 50),
        (Fault::DroppedAfter, 80),
        (Fault::Conflict, 100),
    ];
    run(async |_| change_members_with_faults(&mix, 2).await);
}

#[test]
fn a_user_name_is_assigned_once_despite_faults() {
    run(async |_| {
        let (service, faults) = Service::with_faults().await;
        let idp = service.tenant("names").await.idp();
        let mix = [
            (Fault::Conflict, 200),
            (Fault::Throttle, 50),
            (Fault::ServerError, 50),
            (Fault::DroppedBefore, 30),
            (Fault::DroppedAfter, 100),
        ];
        faults.mix(3, &mix);
        let body = json!({"schemas": [urn::USER], "userName": "only.one"});
        let answers = join_all(
            (0..50).map(async |_| send_with_retries(&idp, Method::POST, "/Users", &body).await),
        )
        .await;
        assert!(faults.count(Fault::Conflict) > 0 && faults.count(Fault::DroppedAfter) > 0);
        faults.clear();
        let created = answers.iter().filter(|answer| answer.status == 201).count();
        // If all retries of the SDK lose their response, the client sends the request again and conflicts with its
        // own user.
        assert!(created <= 1, "{created}");
        for answer in answers.into_iter().filter(|answer| answer.status != 201) {
            answer.refused(409, "uniqueness");
        }
        assert_eq!(audit(&idp).await.users.len(), 1);
    });
}

/// Creates a resource and returns its id; after a conflict, finds the resource of an earlier attempt.
async fn create_or_find(idp: &Idp, path: &str, filter: &str, body: &Value) -> String {
    let answer = send_with_retries(idp, Method::POST, path, body).await;
    if answer.status != 409 {
        return answer.expect(201).id();
    }
    let found = format!("{path}?filter={}", encode(filter));
    let found = send_with_retries(idp, Method::GET, &found, &Value::Null).await;
    found.expect(200).string("/Resources/0/id")
}

#[test]
fn a_whole_conversation_survives_faults() {
    run(async |_| {
        let (service, faults) = Service::with_faults().await;
        let idp = service.tenant("rain").await.idp();
        faults.mix(
            4,
            &[
                (Fault::Conflict, 100),
                (Fault::Throttle, 50),
                (Fault::DroppedAfter, 50),
                (Fault::ServerError, 20),
            ],
        );
        let mut people = Vec::new();
        for n in 0..30 {
            let body = json!({"schemas": [urn::USER], "userName": format!("r{n}"),
                              "externalId": format!("e{n}"), "active": true});
            people.push(
                create_or_find(&idp, "/Users", &format!("userName eq \"r{n}\""), &body).await,
            );
        }
        let members: Vec<Value> = people.iter().map(|id| json!({"value": id})).collect();
        let body = json!({"schemas": [urn::GROUP], "displayName": "rain", "members": members});
        let group = create_or_find(&idp, "/Groups", "displayName eq \"rain\"", &body).await;
        for (n, id) in people.iter().enumerate() {
            let path = format!("/Users/{id}");
            let change = patch(json!([{"op": "replace", "path": "active", "value": n % 2 == 0}]));
            send_with_retries(&idp, Method::PATCH, &path, &change)
                .await
                .expect(200);
        }
        for id in &people[20..] {
            let gone =
                send_with_retries(&idp, Method::DELETE, &format!("/Users/{id}"), &Value::Null)
                    .await;
            // The status is 404 if the response to an earlier attempt was lost.
            assert!([204, 404].contains(&gone.status), "{}", gone.status);
        }
        let scans = faults
            .injected()
            .into_keys()
            .filter(|(operation, _)| operation == "Scan");
        assert_eq!(scans.count(), 0, "an operation scanned the table");
        faults.clear();
        let world = audit(&idp).await;
        assert_eq!(world.users.len(), 20);
        assert_eq!(world.members(&group).len(), 20);
        let active = world
            .users
            .values()
            .filter(|user| user["active"] == true)
            .count();
        assert_eq!(active, 10);
    });
}

#[test]
fn when_dynamodb_is_unavailable_the_response_is_503_with_retry_after() {
    run(async |_| {
        let (service, faults) = Service::with_faults().await;
        let idp = service.tenant("storm").await.idp();
        let id = idp.user("u").await;
        // The authorizer's call succeeds, so the response comes from the function.
        faults.schedule(|call| {
            if call.operation == "UpdateItem" {
                Fault::None
            } else {
                Fault::Throttle
            }
        });
        let change = json!([{"op": "replace", "path": "title", "value": "x"}]);
        idp.patch(&format!("/Users/{id}"), change).await.expect(503);
        faults.clear();
        idp.get(&format!("/Users/{id}"))
            .await
            .expect(200)
            .is(json!({"title": null}));
    });
}
