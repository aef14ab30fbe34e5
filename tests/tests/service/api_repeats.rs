//! `Idempotency-Key`: a POST that is sent again under its key changes nothing again, and gets the first answer.

use std::sync::atomic::{AtomicU32, Ordering};

use http::Method;
use rollcall_directory::{Reason, Role, USERS};
use rollcall_scim::Precondition;
use rollcall_tests::api::Api;
use rollcall_tests::faults::Fault;
use rollcall_tests::idp::Answer;
use rollcall_tests::service::{Service, Tenant, run};
use serde_json::{Value, json};

/// Returns a key that no other request has.
fn fresh() -> String {
    uuid::Uuid::now_v7().to_string()
}

async fn post(api: &Api, key: &str, path: &str, body: Value) -> Answer {
    let api = api.clone().and_header("idempotency-key", key);
    api.post(path, body).await
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

async fn connections(service: &Service, tenant: &Tenant) -> usize {
    let path = format!("/tenants/{}/connections", tenant.id());
    service.application().all(&path).await.len()
}

/// Sends a request twice, and returns both answers. The second must be the first again.
async fn twice(api: &Api, path: &str, body: &Value) -> (Answer, Answer) {
    let key = fresh();
    let first = post(api, &key, path, body.clone()).await;
    let again = post(api, &key, path, body.clone()).await;
    assert!(!is_replayed(&first), "{path}");
    assert!(
        is_replayed(&again),
        "{path}: {} {}",
        again.status,
        again.body
    );
    assert_eq!(first.status, again.status, "{path}");
    assert_eq!(first.header("location"), again.header("location"), "{path}");
    (first, again)
}

#[test]
fn a_repetition_gets_the_first_answer() {
    run(async |service| {
        let tenant = service.tenant("repeat").await;
        let before = connections(service, &tenant).await;
        let session = service.admin(&tenant, Role::Owner).await;
        let body = json!({"name": "Okta", "provider": "okta"});
        let by_key = format!("/tenants/{}/connections", tenant.id());
        for (api, path) in [
            (&service.application(), by_key.as_str()),
            (&session, "/scim/connections"),
        ] {
            let (first, again) = twice(api, path, &body).await;
            assert_eq!(first.body, again.body);
            first.expect(201);
        }
        assert_eq!(connections(service, &tenant).await, before + 2);
        // A request without an answer in its body.
        let ada = tenant.idp().user("ada").await;
        twice(&session, &format!("/users/{ada}/sessions/end"), &json!({}))
            .await
            .0
            .expect(204);
    });
}

#[test]
fn a_tenant_is_created_once() {
    run(async |service| {
        let api = service.application();
        let id = format!("t-{}", &fresh()[24..]);
        let body = json!({"id": id, "display_name": "Once"});
        let (first, again) = twice(&api, "/tenants", &body).await;
        assert_eq!(first.expect(201).body, again.body);
        // When the tenant is erased, its answer is too.
        api.delete(&format!("/tenants/{id}")).await.expect(204);
        let tenant = service.directory().system(id.parse().expect("an id"));
        api.post(&format!("/tenants/{id}/erasure"), json!({}))
            .await
            .expect(202);
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        while tenant
            .erasures()
            .go_on(None, deadline)
            .await
            .expect("a step")
        {}
        service.drained().await;
        let left = service.client().query().table_name(service.table());
        let left = left
            .key_condition_expression("PK = :pk")
            .expression_attribute_values(
                ":pk",
                aws_sdk_dynamodb::types::AttributeValue::S("S#REPEATS".to_owned()),
            );
        let left = left.send().await.expect("a query");
        let names = |item: &std::collections::HashMap<_, _>| format!("{item:?}").contains(&id);
        assert!(!left.items().iter().any(names));
    });
}

#[test]
fn a_secret_is_sent_once() {
    run(async |service| {
        let tenant = service.tenant("repeat-secret").await;
        let (api, root) = (service.application(), format!("/tenants/{}", tenant.id()));
        let tokens = format!("{root}/connections/{}/tokens", tenant.connection_id());
        for (path, body, secret) in [
            (tokens, json!({"label": "new"}), "token"),
            (
                format!("{root}/portal-links"),
                json!({"role_id": "admin"}),
                "url",
            ),
            (
                "/service-keys".to_owned(),
                json!({"label": "new", "scopes": ["events"]}),
                "service_key",
            ),
        ] {
            let (first, again) = twice(&api, &path, &body).await;
            assert!(first.body[secret].is_string(), "{path}");
            assert!(first.body["secret_omitted"].is_null(), "{path}");
            let mut expected = first.body.clone();
            expected.as_object_mut().expect("an object").remove(secret);
            expected["secret_omitted"] = json!(true);
            assert_eq!(again.body, expected, "{path}");
        }
        let path = format!("{root}/connections/{}/tokens", tenant.connection_id());
        assert_eq!(api.all(&path).await.len(), 2);
    });
}

#[test]
fn a_key_belongs_to_one_request_of_one_caller() {
    run(async |service| {
        let (tenant, other) = (
            service.tenant("repeat-a").await,
            service.tenant("repeat-b").await,
        );
        let (api, key) = (service.application(), fresh());
        let path = |tenant: &Tenant| format!("/tenants/{}/connections", tenant.id());
        let body = |name: &str| json!({"name": name, "provider": "okta"});
        post(&api, &key, &path(&tenant), body("a"))
            .await
            .expect(201);
        let reused = post(&api, &key, &path(&tenant), body("b"))
            .await
            .expect(422);
        reused.because(Reason::IdempotencyKeyReused);
        // In another tenant, and for another caller, it is another key.
        let elsewhere = post(&api, &key, &path(&other), body("b")).await.expect(201);
        assert!(!is_replayed(&elsewhere));
        let session = service.admin(&tenant, Role::Owner).await;
        let by_other = post(&session, &key, "/scim/connections", body("b"))
            .await
            .expect(201);
        assert!(!is_replayed(&by_other));
    });
}

#[test]
fn one_of_many_in_flight_changes_something() {
    run(async |service| {
        let tenant = service.tenant("repeat-race").await;
        let before = connections(service, &tenant).await;
        let (api, key) = (service.application(), fresh());
        let path = format!("/tenants/{}/connections", tenant.id());
        let body = json!({"name": "Race", "provider": "okta"});
        let posts = (0..8).map(|_| post(&api, &key, &path, body.clone()));
        let answers = futures::future::join_all(posts).await;
        let mut first = 0;
        for answer in answers {
            match answer.status {
                201 => first += usize::from(!is_replayed(&answer)),
                _ => {
                    assert!(answer.header("retry-after").is_some());
                    answer.expect(409).because(Reason::IdempotencyKeyInUse);
                }
            }
        }
        assert_eq!(first, 1);
        assert_eq!(connections(service, &tenant).await, before + 1);
        assert!(is_replayed(
            &post(&api, &key, &path, body).await.expect(201)
        ));
    });
}

#[test]
fn an_answer_that_was_lost_is_a_conflict() {
    run(async |service| {
        let tenant = service.tenant("repeat-lost").await;
        let before = connections(service, &tenant).await;
        let (api, key) = (service.application(), fresh());
        let path = format!("/tenants/{}/connections", tenant.id());
        let body = json!({"name": "Lost", "provider": "okta"});
        post(&api, &key, &path, body.clone()).await.expect(201);
        // As if the process had ended after the change, and the request were under way or long over.
        for at in [None, Some("2026-01-01T00:00:00Z")] {
            lose(service, &tenant, at).await;
            let lost = post(&api, &key, &path, body.clone()).await.expect(409);
            let after: i64 = lost
                .header("retry-after")
                .expect("a time")
                .parse()
                .expect("seconds");
            assert!(after > 0);
            lost.because(Reason::IdempotencyKeyInUse);
        }
        assert_eq!(connections(service, &tenant).await, before + 1);
    });
}

/// Removes the answers of a tenant, and sets the time of their requests.
async fn lose(service: &Service, tenant: &Tenant, at: Option<&str>) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let partition = format!("T#{}#XA", tenant.id());
    let stored = service.client().query().table_name(service.table());
    let stored = stored
        .key_condition_expression("PK = :pk")
        .expression_attribute_values(":pk", text(&partition));
    for mut item in stored
        .send()
        .await
        .expect("a query")
        .items
        .unwrap_or_default()
    {
        item.retain(|name, _| !name.starts_with("answer_"));
        if let Some(at) = at {
            item.insert("at".to_owned(), text(at));
        }
        let put = service.client().put_item().table_name(service.table());
        put.set_item(Some(item)).send().await.expect("a write");
    }
}

#[test]
fn what_was_refused_or_changed_nothing_is_not_remembered() {
    run(async |service| {
        let tenant = service.tenant("repeat-refused").await;
        let (api, key) = (service.application(), fresh());
        let path = format!("/tenants/{}/connections", tenant.id());
        post(&api, &key, &path, json!({"name": "", "provider": "okta"}))
            .await
            .expect(400);
        let made = post(
            &api,
            &key,
            &path,
            json!({"name": "Okta", "provider": "okta"}),
        )
        .await;
        assert!(!is_replayed(&made.expect(201)));
        for key in ["", "a b", "ä", &"x".repeat(256)] {
            let refused = post(&api, key, &path, json!({"name": "x", "provider": "okta"})).await;
            refused.expect(400).because(Reason::InvalidValue);
        }
        let longest = "x".repeat(255);
        post(
            &api,
            &longest,
            &path,
            json!({"name": "x", "provider": "okta"}),
        )
        .await
        .expect(201);
        // Nothing is written in a tenant that does not exist.
        let path = "/tenants/no-such-tenant/portal-links";
        let body = json!({"role_id": "admin"});
        post(&api, &fresh(), path, body).await.expect(404);
        let journal = service.client().query().table_name(service.table());
        let journal = journal
            .key_condition_expression("PK = :pk")
            .expression_attribute_values(
                ":pk",
                aws_sdk_dynamodb::types::AttributeValue::S("T#no-such-tenant#XA".to_owned()),
            );
        assert_eq!(journal.send().await.expect("a query").count(), 0);
    });
}

#[test]
fn sign_ins_and_introspections_are_exempt() {
    run(async |service| {
        let tenant = service.tenant("repeat-exempt").await;
        let (api, key) = (service.application(), fresh());
        let path = format!("/tenants/{}/sso/logins", tenant.id());
        let login = json!({"user_name": "ada"});
        let first = post(&api, &key, &path, login.clone()).await.expect(200);
        let again = post(&api, &key, &path, login).await.expect(200);
        assert!(!is_replayed(&again));
        assert_ne!(
            first.string("/session/token"),
            again.string("/session/token")
        );
        let document = api.get("/openapi.json").await.expect(200).body;
        let has_key = |path: &str| {
            document["paths"][path]["post"]
                .to_string()
                .contains(r#""name":"Idempotency-Key""#)
        };
        for (path, has) in [
            ("/api/v1/tenants", true),
            ("/api/v1/scim/connections", true),
            ("/api/v1/tenants/{tenant}/portal-links", true),
            ("/api/v1/tenants/{tenant}/sso/logins", false),
            ("/api/v1/sessions/introspect", false),
        ] {
            assert_eq!(has_key(path), has, "{path}");
        }
    });
}

#[test]
fn an_erasure_removes_the_answers_about_the_person() {
    run(async |service| {
        let tenant = service.tenant("repeat-erased").await;
        let (api, root) = (service.application(), format!("/tenants/{}", tenant.id()));
        let ada = tenant.idp().user("ada@example.com").await;
        twice(&api, &format!("{root}/users/{ada}/block"), &json!({}))
            .await
            .0
            .expect(200);
        api.post(&format!("{root}/users/{ada}/erasure"), json!({}))
            .await
            .expect(202);
        service.follow_up(&tenant).await;
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        let erasures = tenant.directory().erasures();
        while erasures.go_on(Some(&ada), deadline).await.expect("a step") {}
        service.drained().await;
        let left = service.client().query().table_name(service.table());
        let left = left
            .key_condition_expression("PK = :pk")
            .expression_attribute_values(
                ":pk",
                aws_sdk_dynamodb::types::AttributeValue::S(format!("T#{}#XA", tenant.id())),
            );
        let left = format!("{:?}", left.send().await.expect("a query").items());
        assert!(!left.contains("ada@example.com"), "{left}");
    });
}

/// A tenant with a person in this many groups.
async fn in_groups(service: &Service, name: &str, count: usize) -> (Tenant, String) {
    let tenant = service.tenant(name).await;
    let idp = tenant.idp();
    let ada = idp.user("ada").await;
    let groups = (0..count).map(|n| {
        let (idp, ada) = (&idp, &ada);
        async move { idp.group(&format!("g{n}"), &[ada]).await }
    });
    futures::future::join_all(groups).await;
    (tenant, ada)
}

/// A return to many groups fits into one transaction beside the mark of the key, or is an intent that has it.
#[test]
fn somebody_in_many_groups_is_restored_once() {
    run(async |service| {
        for count in [27, 28, 29] {
            let (tenant, ada) = in_groups(service, "repeat-restore", count).await;
            tenant
                .idp()
                .delete(&format!("/Users/{ada}"))
                .await
                .expect(204);
            let path = format!("/tenants/{}/users/{ada}/restore", tenant.id());
            let (first, _) = twice(&service.application(), &path, &json!({})).await;
            assert!(first.status < 300, "{count}: {first:?}");
            let read = tenant.idp().get(&format!("/Users/{ada}")).await;
            let groups = read.expect(200).body["groups"].as_array().map(Vec::len);
            assert_eq!(groups, Some(count));
        }
    });
}

/// Whoever completes what another process left half done has not yet done what the key is for.
#[test]
fn the_completion_of_another_change_does_not_use_up_the_key() {
    run(async |service| {
        let (tenant, ada) = in_groups(service, "repeat-settled", 60).await;
        let (dying, faults) = service.other_process(&tenant);
        let seen = AtomicU32::new(0);
        faults.schedule(move |call| {
            let is_write = call.operation == "TransactWriteItems";
            match is_write && seen.fetch_add(1, Ordering::SeqCst) >= 1 {
                true => Fault::KilledBefore,
                false => Fault::None,
            }
        });
        let none = Precondition::none();
        let resources = dying.resources();
        tokio::select! {
            _ = resources.delete(&USERS, &ada, &none) => panic!("nobody was killed"),
            () = faults.wait_for_kill() => {}
        }
        // Somebody else has the name, so the restoration is refused, after it has completed the deletion.
        let other = tenant.idp().user("ada").await;
        let (api, key) = (service.application(), fresh());
        let path = format!("/tenants/{}/users/{ada}/restore", tenant.id());
        post(&api, &key, &path, json!({})).await.expect(409);
        tenant
            .idp()
            .delete(&format!("/Users/{other}"))
            .await
            .expect(204);
        let restored = post(&api, &key, &path, json!({})).await;
        assert!(restored.status < 300, "{restored:?}");
        assert!(!is_replayed(&restored));
        tenant.idp().get(&format!("/Users/{ada}")).await.expect(200);
    });
}

/// That the status is declared is checked with each answer.
#[test]
fn a_key_bounds_the_body_also_where_none_is_expected() {
    run(async |service| {
        let tenant = service.tenant("repeats-large").await;
        let api = service.application();
        let document = api.get("/openapi.json").await.expect(200).body;
        let large = "x".repeat((1 << 20) + 1);
        let mut seen = 0;
        for (path, item) in document["paths"].as_object().expect("paths") {
            let post = &item["post"];
            let takes_key = post["parameters"].to_string().contains("Idempotency-Key");
            if !takes_key || !post["requestBody"].is_null() || !path.contains("{tenant}") {
                continue;
            }
            seen += 1;
            let path = path.trim_start_matches("/api/v1");
            let path = path.replace("{tenant}", tenant.id()).replace("{id}", "x");
            let api = api.clone().and_header("idempotency-key", &fresh());
            let answer = api.send(Method::POST, &path, Some(large.clone()));
            answer.await.expect(413);
        }
        assert!(seen > 2, "{seen}");
    });
}
