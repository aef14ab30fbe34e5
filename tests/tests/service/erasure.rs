//! Erasures: nothing is left of a person or of a deleted tenant, wherever it was.

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_directory::{Lease, Role};
use rollcall_tests::api::Api;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, run};
use rollcall_tests::urn;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use crate::imports;
use crate::own_schemas::{ACME, attributes, declare};

/// Is in every name of the person. No id and no word of the product contains it.
const CANARY: &str = "zzcanary";

/// Pushes a person whose every attribute has the canary, and returns their id.
async fn push(scene: &Scene) -> String {
    scene
        .push(json!({
            "userName": format!("{CANARY}@x.test"), "externalId": format!("{CANARY}-1"),
            "displayName": format!("Ada {CANARY}"), "name": {"formatted": format!("Ada {CANARY}"), "familyName": CANARY},
            "emails": [{"value": format!("{CANARY}-work@x.test"), "type": "work", "primary": true}],
            "phoneNumbers": [{"value": format!("+1-{CANARY}"), "type": "work"}], "title": format!("{CANARY} I"),
        }))
        .await
}

/// Leaves the person's names in all logs: changes, memberships, sign-ins, refusals, links, failed requests, digests.
async fn leave_traces(service: &Service, scene: &Scene) -> (String, String) {
    let idp = scene.tenant.idp();
    let ada = push(scene).await;
    let bob = scene
        .push(json!({"userName": "bob@x.test", "displayName": "Bob"}))
        .await;
    let group = idp.group("Staff", &[&ada, &bob]).await;
    let roles = scene.tenant.directory().roles();
    roles.map_group(&group, Some(Role::Admin)).await.unwrap();
    scene
        .set(&ada, "title", json!(format!("{CANARY} II")))
        .await
        .expect(200);
    scene
        .set(&ada, "userName", json!(format!("{CANARY}.new@x.test")))
        .await
        .expect(200);
    let again = json!({"schemas": [urn::USER], "userName": format!("{CANARY}.new@x.test")});
    for _ in 0..2 {
        idp.post("/Users", again.clone()).await.expect(409);
    }
    declare(service, &scene.tenant, attributes())
        .await
        .expect(200);
    let employee_number =
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber";
    let badge = &format!("{ACME}:badge");
    for (path, value) in [(employee_number, "number"), (badge.as_str(), "badge")] {
        let value = json!(format!("{CANARY}-{value}"));
        scene.set(&ada, path, value).await.expect(200);
    }
    for filter in [
        format!("{employee_number} eq \"{CANARY}-number\""),
        format!("{badge} eq \"{CANARY}-badge\""),
        format!("displayName eq \"Ada {CANARY}\""),
        format!("displayName co \"{CANARY}\""),
        format!("name.familyName eq \"{CANARY}\""),
    ] {
        idp.filter("/Users", &filter).await.expect(200);
    }
    for name in ["@x.test", ".new@x.test"] {
        let filter = format!("userName eq \"{CANARY}{name}\"");
        idp.filter("/Users", &filter).await.expect(200);
    }
    let login = |user_name: &str, subject: &str| {
        json!({
            "user_name": user_name, "subject": subject, "connection": scene.tenant.connection_id(),
            "email": format!("{CANARY}-work@x.test"), "groups": ["Staff"],
        })
    };
    let name = format!("{CANARY}.new@x.test");
    let signed_in = scene
        .log_in(login(&name, &format!("{CANARY}-subject")))
        .await;
    let session = signed_in.expect(200).string("/session/token");
    scene.log_in(login(&name, "another-subject")).await;
    // What she does to somebody else is their history, and says where she was.
    let admin = service.application().with(Some(&session));
    admin
        .post(&format!("/users/{bob}/block"), json!({}))
        .await
        .expect(200);
    // What she writes about a finding, who has met her, and what was leased for her.
    let health = scene.at_tenant("/health").await.expect(200);
    let finding = health.string("/findings/0/id");
    let put_off = json!({"reason": format!("ask Ada {CANARY}"), "days": 7});
    admin
        .post(&format!("/health/findings/{finding}/snooze"), put_off)
        .await
        .expect(200);
    imports::begin(scene, "list", json!({"mode": "report"})).await;
    let rows = imports::lines(&[
        json!({"user_name": name}),
        json!({"user_name": "bob@x.test"}),
    ]);
    imports::send(scene, "list", 1, &rows).await.expect(200);
    let credentials = scene.tenant.directory().credentials();
    let told = format!("brake-tripped#1#{ada}");
    let lease = credentials.lease(&told, Duration::from_secs(60)).await;
    assert_eq!(lease.unwrap(), Lease::Ours);
    let link = json!({"role_id": "admin", "email": name});
    scene
        .application
        .post(
            &format!("/tenants/{}/portal-links", scene.tenant.id()),
            link,
        )
        .await
        .expect(201);
    service.drained().await;
    scene
        .at_tenant(&format!("/users?text={CANARY}"))
        .await
        .expect(200);
    scene.at_tenant("/health").await.expect(200);
    (ada, bob)
}

/// Waits until an erasure is finished, and returns it.
pub(crate) async fn finished(service: &Service, api: &Api, path: &str) -> Value {
    let late = Instant::now() + Duration::from_secs(60);
    loop {
        service.drained().await;
        let erasure = api.get(path).await.expect(200).body;
        if erasure["state"] == "finished" {
            return erasure;
        }
        assert!(Instant::now() < late, "{erasure}");
    }
}

/// Returns the parts of a text around the canary.
fn sightings(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let around = |at: usize| {
        let part = text.get(at.saturating_sub(300)..(at + 80).min(text.len()));
        part.unwrap_or_default().to_owned()
    };
    text.match_indices(CANARY)
        .map(|(at, _)| around(at))
        .take(3)
        .collect()
}

#[test]
fn nothing_is_left_of_a_person() {
    run(async |_| {
        let service = &Service::start().await;
        let scene = Scene::create(service, "erased-person").await;
        let (ada, bob) = leave_traces(service, &scene).await;
        let credentials = scene.tenant.directory().credentials();
        let invited = format!("{CANARY}-work+1@x.test");
        let claim = credentials.claim_invitation("event", &invited, 9).await;
        assert!(claim.unwrap().is_none());
        assert!(service.dump().await.contains("invited#"));
        assert!(!sightings(&service.dump().await).is_empty());
        let before = scene
            .tenant
            .directory()
            .journal()
            .verify(0, 500)
            .await
            .unwrap();

        let path = format!("/tenants/{}/users/{ada}/erasure", scene.tenant.id());
        scene.application.get(&path).await.expect(404);
        let ordered = scene.application.post(&path, json!({})).await.expect(202);
        assert_eq!(ordered.body["requested_by"]["type"], "application");
        let erasure = finished(service, &scene.application, &path).await;
        assert!(erasure["removed"].as_u64() > Some(5), "{erasure}");

        let dump = service.dump().await;
        assert_eq!(sightings(&dump), Vec::<String>::new());
        // Nor of the claim on her mailbox, nor of the subject of before she was bound anew.
        for left in ["another-subject", "invited#", "#US#", "brake-tripped#1#"] {
            assert!(!dump.contains(left), "{left}");
        }
        // The import has met two people, and one of them is left.
        assert_eq!(dump.matches("#IM#list#M").count(), 1);
        assert_eq!(erasure["left_out"], 0);
        scene.at_tenant(&format!("/users/{ada}")).await.expect(404);
        let after = scene
            .tenant
            .directory()
            .journal()
            .verify(0, 500)
            .await
            .unwrap();
        assert_eq!(after.faults, []);
        assert!(
            after.erased.len() > 3 && after.verified > before.verified,
            "{after:?}"
        );
        // What happened to others is still told, by whom alone.
        let entries = scene
            .application
            .all(&format!(
                "/tenants/{}/audit?subject={bob}",
                scene.tenant.id()
            ))
            .await;
        let blocked = entries
            .iter()
            .find(|entry| entry["type"] == "user.blocked")
            .unwrap();
        assert_eq!(
            (&blocked["actor"]["id"], blocked.get("origin")),
            (&json!(ada), None)
        );
        let own = scene
            .application
            .all(&format!(
                "/tenants/{}/audit?subject={ada}",
                scene.tenant.id()
            ))
            .await;
        let own = own
            .iter()
            .filter(|entry| entry["subject"]["id"] == ada.as_str());
        let own: Vec<_> = own.map(|entry| entry["type"].clone()).collect();
        assert_eq!(own, ["user.erased", "user.erasure_requested"]);
        // It can be ordered again, and changes nothing.
        scene
            .application
            .post(&path, json!({}))
            .await
            .expect(202)
            .is(erasure);
        // The name is free, for somebody new.
        push(&scene).await;
    });
}

#[test]
fn only_the_application_and_owners_have_a_person_erased() {
    run(async |service| {
        let scene = Scene::create(service, "erasers").await;
        let ada = push(&scene).await;
        let path = format!("/users/{ada}/erasure");
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        admin.post(&path, json!({})).await.expect(403);
        scene.at_tenant(&format!("/users/{ada}")).await.expect(200);
        let owner = service.admin(&scene.tenant, Role::Owner).await;
        owner
            .post("/users/nobody/erasure", json!({}))
            .await
            .expect(404);
        owner.post(&path, json!({})).await.expect(202);
        scene.at_tenant(&format!("/users/{ada}")).await.expect(404);
        finished(service, &owner, &path).await;
    });
}

/// Returns the partitions of the items of the stack that name a tenant.
async fn of_stack(service: &Service, tenant: &str) -> Vec<String> {
    let scan = service.client().scan().table_name(service.table());
    let items = scan.into_paginator().items().send();
    let items = items.collect::<Result<Vec<_>, _>>().await.unwrap();
    let named = items.iter().filter(|item| {
        // As a whole: the id of another tenant can begin with it.
        let text = format!("{item:?}");
        let mut names = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        names.any(|name| name == tenant)
    });
    let partitions = named.map(|item| item["PK"].as_s().unwrap().clone());
    let mut of_stack: Vec<_> = partitions.filter(|it| it.starts_with("S#")).collect();
    of_stack.sort();
    of_stack
}

#[test]
fn nothing_is_left_of_a_deleted_tenant() {
    run(async |_| {
        let service = &Service::start().await;
        let scene = Scene::create(service, "erased-tenant").await;
        let other = Scene::create(service, "erased").await;
        leave_traces(service, &scene).await;
        let bystander = other.push(json!({"userName": "bystander"})).await;
        let (tenant, application) = (scene.tenant.id(), &scene.application);
        // Of the stack: keys that reach this tenant or the other one alone, the answer that says so, and a pause.
        let repeated = application.clone().and_header("idempotency-key", "once");
        for (api, id) in [(&repeated, tenant), (application, other.tenant.id())] {
            let bound = json!({"label": "bound", "tenant": id, "scopes": ["events:read"]});
            api.post("/service-keys", bound).await.expect(201);
            let pause = service.client().put_item().table_name(service.table());
            let (hook, id) = ("S#HOOKSPAUSED#hook".to_owned(), id.to_owned());
            let pause = pause.item("PK", AttributeValue::S(hook));
            pause
                .item("SK", AttributeValue::S(id))
                .send()
                .await
                .unwrap();
        }
        assert!(of_stack(service, tenant).await.len() >= 4);
        let path = format!("/tenants/{tenant}/erasure");
        application.get(&path).await.expect(404);
        application.post(&path, json!({})).await.expect(409);
        application
            .post("/tenants/never-there/erasure", json!({}))
            .await
            .expect(404);
        application
            .delete(&format!("/tenants/{tenant}"))
            .await
            .expect(204);
        service.drained().await;
        let keys = application.all("/service-keys").await;
        let bound = keys.iter().filter_map(|key| key["tenant"].as_str());
        assert_eq!(bound.collect::<Vec<_>>(), [other.tenant.id()]);
        // For a week, the application can read the feed to its end.
        let scheduled = application.get(&path).await.expect(200).body;
        assert_eq!(scheduled["state"], "scheduled");
        let feed = application
            .get(&format!("/tenants/{tenant}/events?limit=500"))
            .await
            .expect(200);
        let last = feed.strings("/items/*/type").pop();
        assert_eq!(last.as_deref(), Some("tenant.deleted"));

        application.post(&path, json!({})).await.expect(202);
        let erasure = finished(service, application, &path).await;
        assert!(erasure["removed"].as_u64() > Some(50), "{erasure}");
        let dump = service.dump().await;
        assert_eq!(sightings(&dump), Vec::<String>::new());
        // What stays: the tombstone of its id, and the erasure.
        assert_eq!(dump.matches(&format!("T#{tenant}")).count(), 1, "{dump}");
        assert_eq!(
            of_stack(service, tenant).await,
            ["S#ERASURES", "S#KEYHISTORY", "S#KEYHISTORY"]
        );
        let others = of_stack(service, other.tenant.id()).await;
        assert!(others.contains(&"S#KEYS".to_owned()), "{others:?}");
        assert!(others.contains(&"S#HOOKSPAUSED#hook".to_owned()));
        application
            .post("/tenants", json!({"id": tenant, "display_name": "x"}))
            .await
            .expect(409);
        other
            .at_tenant(&format!("/users/{bystander}"))
            .await
            .expect(200);
    });
}

#[test]
fn an_erasure_goes_on_where_it_was_cut_off() {
    run(async |_| {
        let service = &Service::start().await;
        let scene = Scene::create(service, "erased-in-steps").await;
        leave_traces(service, &scene).await;
        let tenant = scene.tenant.directory();
        tenant.lifecycle().delete().await.unwrap();
        // It is not due yet.
        let now = Instant::now();
        assert!(!tenant.erasures().go_on(None, now).await.unwrap());
        assert!(!sightings(&service.dump().await).is_empty());
        service.drained().await;
        tenant.erasures().order().await.unwrap();
        for call in 1..12 {
            let (other, faults) = service.other_process(&scene.tenant);
            faults.kill_at_call(call, call % 2 == 0);
            tokio::select! {
                () = faults.wait_for_kill() => {}
                _ = other.erasures().go_on(None, now) => {}
            }
        }
        let mut calls = 0;
        while tenant.erasures().go_on(None, now).await.unwrap() {
            calls += 1;
            assert!(calls < 100);
        }
        service.drained().await;
        assert_eq!(sightings(&service.dump().await), Vec::<String>::new());
        assert!(
            tenant
                .erasures()
                .read(None)
                .await
                .unwrap()
                .unwrap()
                .finished_at
                .is_some()
        );
    });
}

/// Returns what the logs tell of somebody, as an export shows it.
pub(crate) async fn told_of(scene: &Scene, names: &[&str]) -> Vec<Value> {
    let path = format!("/tenants/{}/export", scene.tenant.id());
    let lines = scene.application.all(&path).await;
    let logs = ["audit_entry", "event", "request"].map(Value::from);
    let mut told = lines;
    told.retain(|line| {
        let text = line.to_string();
        logs.contains(&line["type"]) && names.iter().any(|name| text.contains(name))
    });
    told
}

#[test]
fn an_erasure_leaves_what_is_about_others() {
    run(async |service| {
        let scene = Scene::create(service, "erased-alone").await;
        let idp = scene.tenant.idp();
        // Her user name is a part of another, and she is called as the group is.
        let ann = scene
            .push(json!({"userName": "ann", "displayName": "Staff"}))
            .await;
        let joanna = scene
            .push(json!({"userName": "joanna", "displayName": "Staff"}))
            .await;
        let group = idp.group("Staff", &[&joanna]).await;
        idp.filter("/Users", "userName eq \"joanna\"")
            .await
            .expect(200);
        service.drained().await;
        let names = ["joanna", joanna.as_str(), group.as_str()];
        let before = told_of(&scene, &names).await;
        assert!(before.len() > 3, "{before:?}");

        let path = format!("/tenants/{}/users/{ann}/erasure", scene.tenant.id());
        scene.application.post(&path, json!({})).await.expect(202);
        finished(service, &scene.application, &path).await;
        assert_eq!(told_of(&scene, &names).await, before);
    });
}

#[test]
fn nobody_is_restored_whose_erasure_was_ordered() {
    run(async |service| {
        let scene = Scene::create(service, "erased-or-restored").await;
        let tenant = scene.tenant.directory();
        for together in [false, true] {
            let ada = push(&scene).await;
            scene
                .tenant
                .idp()
                .delete(&format!("/Users/{ada}"))
                .await
                .expect(204);
            let order = tenant.erasures().order_of_person(&ada, Role::Owner);
            let restore = tenant.roles().restore(&ada, Role::Owner, Role::Owner);
            if together {
                // Whichever comes first: she is erased.
                let (ordered, _) = tokio::join!(order, restore);
                ordered.unwrap();
            } else {
                order.await.unwrap();
                assert!(restore.await.is_err());
            }
            let path = format!("/tenants/{}/users/{ada}/erasure", scene.tenant.id());
            finished(service, &scene.application, &path).await;
            scene.at_tenant(&format!("/users/{ada}")).await.expect(404);
        }
    });
}

#[test]
fn an_erasure_tells_who_ordered_it_but_not_from_where_once_they_are_erased() {
    run(async |service| {
        let scene = Scene::create(service, "erased-eraser").await;
        // The last owner cannot be erased.
        let otto = scene.push(json!({"userName": "otto@x.test"})).await;
        scene.give(&otto, Role::Owner).await;
        let ada = push(&scene).await;
        let olga = scene.push(json!({"userName": "olga@x.test"})).await;
        scene.give(&olga, Role::Owner).await;
        let owner = scene.session(json!({"user_name": "olga@x.test"})).await;
        let path = format!("/users/{ada}/erasure");
        owner.post(&path, json!({})).await.expect(202);
        finished(service, &owner, &path).await;

        let path = format!("/tenants/{}/users/{olga}/erasure", scene.tenant.id());
        scene.application.post(&path, json!({})).await.expect(202);
        finished(service, &scene.application, &path).await;
        let path = format!("/tenants/{}/audit?subject={ada}", scene.tenant.id());
        let entries = scene.application.all(&path).await;
        let ordered = entries
            .iter()
            .find(|entry| entry["type"] == "user.erasure_requested")
            .unwrap();
        assert_eq!(
            (&ordered["actor"]["id"], ordered.get("origin")),
            (&json!(olga), None)
        );
    });
}
