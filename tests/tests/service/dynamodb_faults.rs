//! DynamoDB on bad days: conflicts, throttling, failures and broken connections, dealt out by the same seed every time.

use std::collections::BTreeSet;

use futures::future::join_all;
use http::Method;
use rollcall_tests::audit::audit;
use rollcall_tests::faults::Fault;
use rollcall_tests::idp::{Answer, Idp, encode};
use rollcall_tests::service::{Service, run};
use rollcall_tests::urn;
use serde_json::{Value, json};

/// Sends until the answer is not 500 or 503: what every identity provider does, sooner or later.
async fn insist(idp: &Idp, method: Method, path: &str, body: &Value) -> Answer {
    for _ in 0..20 {
        let answer = idp
            .request(method.clone(), path)
            .body(body)
            .in_bad_weather()
            .send()
            .await;
        if ![500, 503].contains(&answer.status) {
            return answer;
        }
    }
    panic!("{method} {path}: failed twenty times over");
}

fn patch(operations: Value) -> Value {
    json!({"schemas": [urn::PATCH], "Operations": operations})
}

async fn members_in(weather: &[(Fault, u32)], seed: u64) {
    let (service, faults) = Service::with_faults().await;
    let idp = service.tenant("weather").await.idp();
    let people = join_all((0..100).map(async |n| idp.user(&format!("p{n}")).await)).await;
    let (leaving, joining) = people.split_at(50);
    let group = idp
        .group("g", &leaving.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    let path = format!("/Groups/{group}");
    faults.mix(seed, weather);
    let changes = (0..50).flat_map(|n| {
        let join =
            patch(json!([{"op": "add", "path": "members", "value": [{"value": joining[n]}]}]));
        let leave = patch(
            json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", leaving[n])}]),
        );
        [join, leave]
    });
    let answers =
        join_all(changes.map(async |body| insist(&idp, Method::PATCH, &path, &body).await)).await;
    for (fault, share) in weather {
        assert!(
            faults.count(*fault) > 0,
            "{fault:?} ({share} of 1000) was never dealt out: {:?}",
            faults.dealt()
        );
    }
    faults.heal();
    for answer in answers {
        answer.expect(204);
    }
    let expected: BTreeSet<String> = joining.iter().cloned().collect();
    assert_eq!(audit(&idp).await.members(&group), expected);
}

#[test]
fn members_come_and_go_through_conflicts_and_throttling() {
    run(async |_| {
        members_in(
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
fn members_come_and_go_through_failures_and_broken_connections() {
    let weather = [
        (Fault::ServerError, 50),
        (Fault::DroppedBefore, 50),
        (Fault::DroppedAfter, 80),
        (Fault::Conflict, 100),
    ];
    run(async |_| members_in(&weather, 2).await);
}

#[test]
fn one_name_is_given_once_in_any_weather() {
    run(async |_| {
        let (service, faults) = Service::with_faults().await;
        let idp = service.tenant("names").await.idp();
        let weather = [
            (Fault::Conflict, 200),
            (Fault::Throttle, 50),
            (Fault::ServerError, 50),
            (Fault::DroppedBefore, 30),
            (Fault::DroppedAfter, 100),
        ];
        faults.mix(3, &weather);
        let body = json!({"schemas": [urn::USER], "userName": "only.one"});
        let answers =
            join_all((0..50).map(async |_| insist(&idp, Method::POST, "/Users", &body).await))
                .await;
        assert!(faults.count(Fault::Conflict) > 0 && faults.count(Fault::DroppedAfter) > 0);
        faults.heal();
        let created = answers.iter().filter(|answer| answer.status == 201).count();
        // Whose answer was lost through every try of the SDK asks again, and finds the name taken by itself.
        assert!(created <= 1, "{created}");
        for answer in answers.into_iter().filter(|answer| answer.status != 201) {
            answer.refused(409, "uniqueness");
        }
        assert_eq!(audit(&idp).await.users.len(), 1);
    });
}

/// Creates something and returns its id; finds what an earlier try has made whose answer was lost.
async fn made(idp: &Idp, path: &str, filter: &str, body: &Value) -> String {
    let answer = insist(idp, Method::POST, path, body).await;
    if answer.status != 409 {
        return answer.expect(201).id();
    }
    let found = format!("{path}?filter={}", encode(filter));
    let found = insist(idp, Method::GET, &found, &Value::Null).await;
    found.expect(200).string("/Resources/0/id")
}

#[test]
fn a_whole_conversation_in_the_rain() {
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
            let body = json!({"schemas": [urn::USER], "userName": format!("r{n}"), "externalId": format!("e{n}"), "active": true});
            people.push(made(&idp, "/Users", &format!("userName eq \"r{n}\""), &body).await);
        }
        let members: Vec<Value> = people.iter().map(|id| json!({"value": id})).collect();
        let body = json!({"schemas": [urn::GROUP], "displayName": "rain", "members": members});
        let group = made(&idp, "/Groups", "displayName eq \"rain\"", &body).await;
        for (n, id) in people.iter().enumerate() {
            let path = format!("/Users/{id}");
            let change = patch(json!([{"op": "replace", "path": "active", "value": n % 2 == 0}]));
            insist(&idp, Method::PATCH, &path, &change)
                .await
                .expect(200);
        }
        for id in &people[20..] {
            let gone = insist(&idp, Method::DELETE, &format!("/Users/{id}"), &Value::Null).await;
            // 404 where the answer to an earlier try was lost
            assert!([204, 404].contains(&gone.status), "{}", gone.status);
        }
        let scans = faults
            .dealt()
            .into_keys()
            .filter(|(operation, _)| operation == "Scan");
        assert_eq!(scans.count(), 0, "nothing reads the whole table");
        faults.heal();
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
fn when_nothing_works_the_client_is_told_when_to_come_back() {
    run(async |_| {
        let (service, faults) = Service::with_faults().await;
        let idp = service.tenant("storm").await.idp();
        let id = idp.user("u").await;
        // the authorizer's own call goes through, so that the answer is the function's
        faults.schedule(|call| {
            if call.operation == "UpdateItem" {
                Fault::None
            } else {
                Fault::Throttle
            }
        });
        let change = json!([{"op": "replace", "path": "title", "value": "x"}]);
        idp.patch(&format!("/Users/{id}"), change).await.expect(503);
        faults.heal();
        idp.get(&format!("/Users/{id}"))
            .await
            .expect(200)
            .is(json!({"title": null}));
    });
}
