//! What holds for every operation of the OpenAPI document: each POST that takes an `Idempotency-Key` honours it, and each
//! list refuses what is no cursor of it.

use http::Method;
use rollcall_directory::{Reason, Role};
use rollcall_tests::api::Api;
use rollcall_tests::idp::Answer;
use rollcall_tests::service::{Service, run};
use serde_json::{Value, json};

use crate::api_permissions::{Fixture, Operation, operations};

/// What need not have anything to change in the fixture: a request that changes nothing leaves no mark.
const MAY_CHANGE_NOTHING: [&str; 4] = [
    "/health/findings/{id}/snooze",
    "/users/{id}/bind-anew",
    "/users/{id}/confirm",
    "/users/{id}/admit-as-new",
];

/// A service of its own, because the calls change what is the same for all tenants.
async fn own_service() -> &'static Service {
    Box::leak(Box::new(Service::start().await))
}

fn parameter(document: &Value, operation: &Operation, place: &str, name: &str) -> Option<Value> {
    let path = format!("/api/v1{}", operation.path);
    let method = operation.method.as_str().to_lowercase();
    let parameters = document["paths"][path.as_str()][method.as_str()]["parameters"].as_array();
    let found = parameters.into_iter().flatten().find(|parameter| {
        parameter["in"] == place
            && parameter["name"]
                .as_str()
                .is_some_and(|found| found.eq_ignore_ascii_case(name))
    });
    found.cloned()
}

/// Returns who may call an operation: a session, a service key, or both.
fn callers(fixture: &Fixture<'_>, service: &Service, operation: &Operation) -> Vec<Api> {
    let needs = operation.needs.as_ref().map(|(credential, _)| credential);
    let is_by_key = needs.is_some_and(|needs| needs == rollcall_edge_api::SERVICE_KEY);
    let mut callers = Vec::new();
    if !is_by_key {
        callers.push(fixture.owner.clone());
    }
    if is_by_key || operation.is_of_stack_too {
        callers.push(service.application());
    }
    callers
}

/// Sees to it that a request has something to change.
async fn prepare(fixture: &Fixture<'_>, api: &Api, operation: &Operation, path: &str) {
    let before = |action: &str| {
        let (root, _) = path.rsplit_once('/').expect("an action");
        format!("{root}/{action}")
    };
    match operation.resource() {
        "/users/{id}/unblock" => {
            api.post(&before("block"), json!({})).await.expect(200);
        }
        "/users/{id}/restore" => {
            let id = path.split('/').rev().nth(1).expect("an id");
            let deleted = fixture.tenant.idp().delete(&format!("/Users/{id}")).await;
            deleted.expect(204);
        }
        "/webhooks/{id}/pause" | "/webhooks/{id}/test" => {
            api.post(&before("resume"), json!({})).await.expect(200);
        }
        "/webhooks/{id}/resume" => {
            api.post(&before("pause"), json!({})).await.expect(200);
        }
        _ => {}
    }
}

fn is_because(answer: &Answer, reason: Reason) -> bool {
    let code = answer.body["reason"].as_str();
    code.or(answer.header("rollcall-reason")) == Some(reason.as_str())
}

async fn send(api: &Api, key: &str, path: &str, body: Option<&Value>) -> Answer {
    let api = api.clone().and_header("idempotency-key", key);
    let body = body.map(Value::to_string);
    api.send(Method::POST, path, body).await
}

/// Sends a request twice and then with another body. Returns what is wrong.
async fn repeated(api: &Api, path: &str, body: Option<&Value>) -> Option<String> {
    let key = uuid::Uuid::now_v7().to_string();
    let first = send(api, &key, path, body).await;
    if first.status >= 300 {
        return Some(format!("{path}: {} {}", first.status, first.body));
    }
    let again = send(api, &key, path, body).await;
    if again.header("idempotency-replayed") != Some("true") || again.status != first.status {
        return Some(format!("{path}: again: {} {}", again.status, again.body));
    }
    let other = send(api, &key, path, Some(&json!({"another": "body"}))).await;
    let is_refused = other.status == 422 && is_because(&other, Reason::IdempotencyKeyReused);
    (!is_refused).then(|| format!("{path}: other: {} {}", other.status, other.body))
}

#[test]
fn every_post_that_takes_a_key_honours_it() {
    run(async |_| {
        let service = own_service().await;
        let fixture = Fixture::create(service).await;
        let nobody = service.application().with(None);
        let document = nobody.get("/openapi.json").await.expect(200).body;
        let of_stack = fixture.webhook_of_stack().await;
        let (mut wrong, mut count) = (Vec::new(), 0);
        for operation in operations(&document) {
            let takes = parameter(&document, &operation, "header", "idempotency-key");
            if operation.method != Method::POST || takes.is_none() {
                continue;
            }
            if MAY_CHANGE_NOTHING.contains(&operation.resource()) {
                continue;
            }
            // The erasure of a tenant removes the mark, too, and can be ordered again as it is.
            if operation.resource() == "/erasure" {
                continue;
            }
            for (turn, api) in callers(&fixture, service, &operation).iter().enumerate() {
                let body = fixture.body(&operation);
                let mut paths = vec![fixture.path(&operation).await];
                if turn > 0 && operation.path.starts_with("/webhooks/{id}/") {
                    let path = operation.path.replace("{id}", &of_stack);
                    let named = format!("{path}?for_tenant={}", fixture.tenant.id());
                    paths = match operation.resource() {
                        "/webhooks/{id}/test" | "/webhooks/{id}/replay" => vec![named],
                        "/webhooks/{id}/resume" => vec![path, named],
                        _ => vec![path],
                    };
                }
                for path in paths {
                    let (plain, _) = path.split_once('?').unwrap_or((&path, ""));
                    prepare(&fixture, api, &operation, plain).await;
                    wrong.extend(repeated(api, &path, body.as_ref()).await);
                    count += 1;
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(count >= 35, "{count}");
    });
}

#[test]
fn every_list_refuses_what_is_no_cursor_of_it() {
    run(async |_| {
        let service = own_service().await;
        let fixture = Fixture::create(service).await;
        let nobody = service.application().with(None);
        let document = nobody.get("/openapi.json").await.expect(200).body;
        // The cursors of two lists.
        let new = json!({"name": "Second", "provider": "okta"});
        let made = fixture.owner.post("/scim/connections", new).await;
        made.expect(201);
        let mut cursors = vec!["zzzz".to_owned(), "0".to_owned()];
        for path in ["/scim/connections?limit=1", "/audit?limit=1"] {
            let page = fixture.owner.get(path).await.expect(200);
            cursors.push(page.string("/next"));
        }
        fixture.webhook_of_stack().await;
        let (mut wrong, mut count) = (Vec::new(), 0);
        for operation in operations(&document) {
            let after = parameter(&document, &operation, "query", "after");
            let is_get = operation.method == Method::GET;
            // The places in a feed are numbers, and not cursors.
            let is_feed = operation.resource().starts_with("/events");
            if !is_get || after.is_none() || is_feed {
                continue;
            }
            for (turn, api) in callers(&fixture, service, &operation).iter().enumerate() {
                let path = fixture.path(&operation).await;
                let path = match turn > 0 && path.ends_with("/deliveries") {
                    true => format!(
                        "/webhooks/of-stack/deliveries?for_tenant={}",
                        fixture.tenant.id()
                    ),
                    false => path,
                };
                let joint = if path.contains('?') { '&' } else { '?' };
                api.get(&path).await.expect(200);
                for cursor in &cursors {
                    let path = format!("{path}{joint}after={cursor}");
                    let own = ["/connections", "/audit"].iter();
                    let mut own = own.zip(&cursors[2..]);
                    if own.any(|(list, of)| operation.resource() == *list && of == cursor) {
                        api.get(&path).await.expect(200);
                        continue;
                    }
                    let answer = api.get(&path).await;
                    if answer.status != 400 || !is_because(&answer, Reason::InvalidCursor) {
                        wrong.push(format!("{path}: {} {}", answer.status, answer.body));
                    }
                }
                count += 1;
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(count >= 30, "{count}");
    });
}

#[test]
fn numbers_in_settings_have_the_bounds_that_the_document_states() {
    run(async |service| {
        let tenant = service.tenant("stated-bounds").await;
        let application = service.application();
        let document = application.get("/openapi.json").await.expect(200).body;
        let members = &document["components"]["schemas"]["SettingsChange"]["properties"];
        let path = format!("/tenants/{}/settings", tenant.id());
        let mut count = 0;
        for (name, member) in members.as_object().expect("members") {
            if !member["type"].to_string().contains("integer") {
                continue;
            }
            let bound = |key: &str| member[key].as_i64().expect("a bound");
            let (least, most) = (bound("minimum"), bound("maximum"));
            for (number, status) in [(least, 200), (most, 200), (least - 1, 400), (most + 1, 400)] {
                let change: Value = [(name.clone(), json!(number))].into_iter().collect();
                let answer = application.patch(&path, change).await.expect(status);
                let detail = answer.body["detail"].as_str().unwrap_or_default();
                assert!(
                    status == 200 || detail.contains(&most.to_string()),
                    "{detail}"
                );
                count += 1;
            }
        }
        assert!(count >= 20, "{count}");
    });
}

/// A limit below 60 a minute would stop provisioning. Without one, or with a very high one, a tenant takes from all others.
/// Only the application sets these.
#[test]
fn an_admin_neither_removes_the_rate_limit_nor_sets_an_extreme_one() {
    run(async |service| {
        let tenant = service.tenant("least-rate").await;
        let owner = service.admin(&tenant, Role::Owner).await;
        let of = |per_minute: u32| json!({"rate_limit": {"per_minute": per_minute, "burst": 0}});
        owner.patch("/settings", of(60)).await.expect(200);
        owner.patch("/settings", of(59)).await.expect(403);
        owner.put("/settings", of(59)).await.expect(403);
        let none = json!({"rate_limit": null});
        for extreme in [of(6_001), none.clone()] {
            owner.patch("/settings", extreme.clone()).await.expect(403);
            owner.put("/settings", extreme).await.expect(403);
        }
        let kept = owner.get("/settings").await.expect(200).body;
        assert_eq!(kept["rate_limit"], of(60)["rate_limit"]);
        let path = format!("/tenants/{}/settings", tenant.id());
        service.application().patch(&path, of(59)).await.expect(200);
        // What the application has set can be sent as it was read.
        owner.patch("/settings", of(59)).await.expect(200);
        let application = service.application();
        application.patch(&path, none.clone()).await.expect(200);
        owner.patch("/settings", none.clone()).await.expect(200);
        owner.put("/settings", none).await.expect(200);
        let read = owner.get("/settings").await.expect(200).body;
        assert_eq!(read["rate_limit"], Value::Null);
    });
}

#[test]
fn a_webhook_is_not_paused_by_being_put() {
    run(async |service| {
        let tenant = service.tenant("put-state").await;
        let owner = service.admin(&tenant, Role::Owner).await;
        let with =
            |state: &str| json!({"name": "SIEM", "url": "http://127.0.0.1:9/", "state": state});
        let path = "/webhooks/siem";
        owner.put(path, with("paused")).await.expect(400);
        owner.put(path, with("active")).await.expect(201);
        owner.put(path, with("paused")).await.expect(400);
        owner
            .post("/webhooks/siem/pause", json!({}))
            .await
            .expect(200);
        owner.put(path, with("paused")).await.expect(200);
        owner.put(path, with("active")).await.expect(400);
    });
}
