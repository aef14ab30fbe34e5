//! The brake: what a connection takes away beyond its limit is told, and held where the tenant wants that.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use futures::stream::{self, StreamExt};
use rollcall_directory::{ConnectionRules, Decision, Role, Settings};
use rollcall_role_reconciler::Queue;
use rollcall_tests::api::Api;
use rollcall_tests::event_fixture::{Outbox, batch};
use rollcall_tests::idp::Answer;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, run};
use rollcall_tests::size::size;
use rollcall_tests::urn;
use serde_json::{Value, json};
use tokio::time::Instant;

/// A tenant whose connection holds, with people who were pushed.
pub(crate) async fn holding(service: &Service, name: &str, people: usize) -> (Scene, Vec<String>) {
    let settings = Settings {
        rate_limit: None,
        ..Settings::default()
    };
    let scene = Scene {
        application: service.application(),
        tenant: service.tenant_with(name, settings).await,
    };
    let rules = ConnectionRules {
        brake_holds: Some(true),
        ..ConnectionRules::default()
    };
    let credentials = scene.tenant.directory().credentials();
    let id = scene.tenant.connection_id();
    credentials.change_rules(id, &rules).await.unwrap();
    let names = (0..people).map(|n| format!("p{n:04}"));
    let people = scene.tenant.idp().users(names).await;
    (scene, people)
}

pub(crate) fn held_path(scene: &Scene) -> String {
    scene.path(&format!(
        "/connections/{}/held",
        scene.tenant.connection_id()
    ))
}

pub(crate) async fn held(scene: &Scene) -> Vec<Value> {
    let list = scene.application.get(&held_path(scene)).await.expect(200);
    list.body["items"].as_array().cloned().unwrap_or_default()
}

pub(crate) async fn decide(api: &Api, path: &str, decision: &str) -> Answer {
    api.post(path, json!({"decision": decision}))
        .await
        .expect(200)
}

pub(crate) async fn deactivate(scene: &Scene, person: &str) {
    let gone = scene.set(person, "active", json!(false)).await.expect(200);
    assert_eq!(gone.body["active"], false);
}

pub(crate) async fn deactivate_all(scene: &Scene, people: &[String]) {
    for person in people {
        deactivate(scene, person).await;
    }
}

pub(crate) async fn is_in(scene: &Scene, person: &str) -> bool {
    let read = scene.at_tenant(&format!("/users/{person}")).await;
    read.expect(200).body["state"] != "inactive"
}

pub(crate) async fn told(service: &Service, scene: &Scene, kind: &str) -> usize {
    let journal = service.journal(&scene.tenant).await;
    journal.iter().filter(|entry| entry["type"] == kind).count()
}

#[test]
fn the_21st_of_30_people_is_held_and_an_admin_decides() {
    run(async |service| {
        let (scene, people) = holding(service, "brake-30", 30).await;
        let last = scene
            .log_in(json!({"user_name": "p0020"}))
            .await
            .expect(200);
        let session = last.string("/session/token");
        deactivate_all(&scene, &people[..20]).await;
        assert!(held(&scene).await.is_empty());
        assert_eq!(told(service, &scene, "brake.tripped").await, 0);

        deactivate_all(&scene, &people[20..23]).await;
        assert_eq!(told(service, &scene, "brake.tripped").await, 1);
        assert_eq!(told(service, &scene, "brake.held").await, 3);
        assert_eq!(told(service, &scene, "user.deactivated").await, 20);
        let list = held(&scene).await;
        let names = list
            .iter()
            .map(|one| one["people"][0]["name"].as_str().unwrap());
        assert_eq!(
            names.collect::<BTreeSet<_>>(),
            ["p0020", "p0021", "p0022"].into()
        );
        assert!(list.iter().all(|one| one["change"] == "deactivation"));
        // The sessions and sign-ins go on.
        assert!(scene.is_active(&session).await && is_in(&scene, &people[20]).await);
        scene
            .log_in(json!({"user_name": "p0021"}))
            .await
            .expect(200);
        scene.keeps_out(json!({"user_name": "p0019"})).await;
        // What the connection said is what it reads.
        let idp = scene.tenant.idp();
        let found = idp.filter("/Users", "active eq false").await;
        assert_eq!(found.total(), 23);

        // One is applied, and all others are discarded.
        let path = held_path(&scene);
        let one = list
            .iter()
            .find(|one| one["people"][0]["id"] == people[20])
            .unwrap();
        let ask = json!({"decision": "apply", "changes": [one["id"]]});
        let done = scene.application.post(&path, ask.clone()).await.expect(200);
        done.is(json!({"changes": 1, "left_out": 0}));
        assert!(!scene.is_active(&session).await && !is_in(&scene, &people[20]).await);
        assert_eq!(told(service, &scene, "user.deactivated").await, 21);
        decide(&scene.application, &path, "discard")
            .await
            .is(json!({"changes": 2}));
        assert!(held(&scene).await.is_empty());
        let again = idp.get(&format!("/Users/{}", people[21])).await.expect(200);
        assert_eq!(again.body["active"], true);
        assert_eq!(told(service, &scene, "brake.discarded").await, 2);
        decide(&scene.application, &path, "apply")
            .await
            .is(json!({"changes": 0}));
        assert!(is_in(&scene, &people[21]).await);
        // If the identity provider means it, it is held again.
        deactivate(&scene, &people[21]).await;
        assert_eq!(held(&scene).await.len(), 1);
        assert!(is_in(&scene, &people[21]).await);
        service.follow_up(&scene.tenant).await;
    });
}

#[test]
fn a_tenth_of_many_people_may_go_also_at_once() {
    run(async |service| {
        let count = size(300, 1_000);
        let tenth = count / 10;
        let (scene, people) = holding(service, "brake-many", count).await;
        let gone = stream::iter(&people[..tenth + 4]).map(|person| deactivate(&scene, person));
        gone.buffer_unordered(12).collect::<Vec<()>>().await;
        // Exactly four are too many, however the requests met.
        assert_eq!(held(&scene).await.len(), 4);
        assert_eq!(told(service, &scene, "user.deactivated").await, tenth);
        assert_eq!(told(service, &scene, "brake.tripped").await, 1);
        let states = join_all(
            people[..tenth + 4]
                .iter()
                .map(|person| is_in(&scene, person)),
        )
        .await;
        assert_eq!(states.into_iter().filter(|is_in| *is_in).count(), 4);
    });
}

#[test]
fn a_hold_ends_when_the_identity_provider_takes_it_back() {
    run(async |service| {
        let (scene, people) = holding(service, "brake-back", 23).await;
        deactivate_all(&scene, &people[..22]).await;
        assert_eq!(held(&scene).await.len(), 2);
        scene
            .set(&people[20], "active", json!(true))
            .await
            .expect(200);
        assert_eq!(held(&scene).await.len(), 1);
        assert_eq!(told(service, &scene, "brake.discarded").await, 1);
        assert_eq!(told(service, &scene, "user.reactivated").await, 0);
        decide(&scene.application, &held_path(&scene), "apply").await;
        assert!(is_in(&scene, &people[20]).await && !is_in(&scene, &people[21]).await);
    });
}

#[test]
fn a_held_deletion_is_hidden_from_the_connection_alone() {
    run(async |service| {
        let (scene, people) = holding(service, "brake-delete", 26).await;
        let idp = scene.tenant.idp();
        let group = idp.group("Team", &[&people[22]]).await;
        deactivate_all(&scene, &people[..20]).await;
        deactivate(&scene, &people[21]).await;
        let path = |person: &str| format!("/Users/{person}");
        for person in &people[21..25] {
            idp.delete(&path(person)).await.expect(204);
            idp.get(&path(person)).await.refused(404, "");
            assert!(is_in(&scene, person).await);
        }
        assert_eq!(
            idp.filter("/Users", "userName eq \"p0022\"").await.total(),
            0
        );
        let listed = idp.get("/Users?count=100").await.expect(200);
        let listed = listed.strings("/Resources/*/id");
        assert!(listed.contains(&people[20]) && !listed.contains(&people[22]));
        scene
            .log_in(json!({"user_name": "p0022"}))
            .await
            .expect(200);
        let kinds: Vec<_> = held(&scene).await;
        assert!(
            kinds.iter().all(|one| one["change"] == "deletion"),
            "{kinds:?}"
        );
        assert_eq!(kinds.len(), 4);

        // The name is created again: the deletion is taken back.
        let same = scene.push(json!({"userName": "p0024"})).await;
        assert_eq!(same, people[24]);
        idp.get(&path(&people[24])).await.expect(200);
        // An admin deletes somebody whose deletion is held.
        let held_one = scene.path(&format!("/users/{}", people[23]));
        scene.application.delete(&held_one).await.expect(204);
        assert_eq!(held(&scene).await.len(), 2);
        decide(&scene.application, &held_path(&scene), "discard")
            .await
            .is(json!({"changes": 2}));
        let back = idp.get(&path(&people[22])).await.expect(200);
        assert_eq!(back.string("/groups/0/value"), group);
        let back = idp.get(&path(&people[21])).await.expect(200);
        assert_eq!(back.body["active"], true);
    });
}

#[test]
fn members_who_leave_keep_their_role_until_somebody_agrees() {
    run(async |service| {
        let (scene, people) = holding(service, "brake-groups", 70).await;
        let idp = scene.tenant.idp();
        let members: Vec<&str> = people.iter().map(String::as_str).collect();
        let group = idp.group("Engineering", &members).await;
        let other = idp.group("Sales", &members[..30]).await;
        let roles = scene.tenant.directory().roles();
        roles.map_group(&group, Some(Role::Admin)).await.unwrap();
        roles.map_group(&other, Some(Role::Admin)).await.unwrap();
        let role = async |person: &str| {
            let read = scene.at_tenant(&format!("/users/{person}/role")).await;
            read.expect(200).body["effective"].clone()
        };
        // More than fit into one transaction.
        let none = json!({"schemas": [urn::GROUP], "displayName": "Engineering", "members": []});
        idp.put(&format!("/Groups/{group}"), none).await.expect(200);
        assert!(idp.members(&group).await.is_empty());
        assert_eq!(role(&people[69]).await, "admin");
        let list = held(&scene).await;
        let concerned: usize = list
            .iter()
            .map(|one| one["people"].as_array().unwrap().len())
            .sum();
        assert_eq!(concerned, 70, "{list:?}");
        assert!(list.iter().all(|one| one["group"]["name"] == "Engineering"));
        // One is added again by the identity provider, and keeps the role whatever becomes of the others.
        let add = json!([{"op": "add", "path": "members", "value": [{"value": people[69]}]}]);
        idp.patch(&format!("/Groups/{group}"), add)
            .await
            .expect(204);
        decide(&scene.application, &held_path(&scene), "apply").await;
        assert_eq!(role(&people[69]).await, "admin");
        assert_eq!(role(&people[68]).await, Value::Null);
        assert!(held(&scene).await.is_empty());

        // A group that is deleted counts on.
        idp.delete(&format!("/Groups/{other}")).await.expect(204);
        idp.get(&format!("/Groups/{other}")).await.refused(404, "");
        assert_eq!(role(&people[0]).await, "admin");
        let list = held(&scene).await;
        assert_eq!(list[0]["change"], "group_deletion");
        let read = idp.get(&format!("/Users/{}", people[0])).await.expect(200);
        assert!(read.strings("/groups/*/value").is_empty());
        decide(&scene.application, &held_path(&scene), "discard").await;
        assert_eq!(idp.members(&other).await.len(), 30);
        idp.delete(&format!("/Groups/{other}")).await.expect(204);
        // Nobody takes a role away that is above their own.
        let (sign_in, id) = (
            scene.tenant.directory().sign_in(),
            scene.tenant.connection_id(),
        );
        let below = sign_in.decide_held(id, Decision::Apply, None, None, Role::Viewer);
        let below = below.await.unwrap();
        assert_eq!((below.changes, below.left_out), (0, 1));
        decide(&scene.application, &held_path(&scene), "apply").await;
        service.follow_up(&scene.tenant).await;
        assert_eq!(role(&people[0]).await, Value::Null);
    });
}

#[test]
fn losses_that_are_discarded_are_memberships_again() {
    run(async |service| {
        let (scene, people) = holding(service, "brake-rejoin", 25).await;
        let idp = scene.tenant.idp();
        let members: Vec<&str> = people.iter().map(String::as_str).collect();
        let group = idp.group("Engineering", &members).await;
        let remove = json!([{"op": "remove", "path": "members"}]);
        idp.patch(&format!("/Groups/{group}"), remove)
            .await
            .expect(204);
        assert!(idp.members(&group).await.is_empty());
        decide(&scene.application, &held_path(&scene), "discard")
            .await
            .is(json!({"changes": 1}));
        assert_eq!(idp.members(&group).await.len(), 25);
        assert!(held(&scene).await.is_empty());
        service.follow_up(&scene.tenant).await;
    });
}

/// Lets the time of what is held of these people be over.
async fn make_due(service: &Service, scene: &Scene, people: &[String]) {
    let id = scene.tenant.connection_id();
    for person in people {
        let update = service.client().update_item();
        let text = |text: String| AttributeValue::S(text);
        let update = update
            .table_name(service.table())
            .key("PK", text(format!("T#{}#BH", scene.tenant.id())))
            .key("SK", text(format!("{id}#u#{person}")))
            .update_expression("SET #until = :past")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":past", text("2026-01-01T00:00:00Z".to_owned()));
        update.send().await.unwrap();
    }
}

#[test]
fn what_was_held_takes_effect_in_parts_that_take_turns() {
    run(async |service| {
        let (scene, people) = holding(service, "brake-parts", 82).await;
        deactivate_all(&scene, &people).await;
        assert_eq!(held(&scene).await.len(), 62);
        make_due(service, &scene, &people[20..]).await;
        let outbox = Outbox::default();
        let queue = Queue::new(outbox.client(), "http://127.0.0.1/queues/roles");
        let reconciler = rollcall_role_reconciler::handler(service.directory().clone(), queue);
        let handled = async |message: String| {
            let late = Instant::now() + Duration::from_secs(3_600);
            let response = reconciler.call(batch(&[message]), late).await;
            assert!(response.batch_item_failures.is_empty());
            outbox.take()
        };
        let order = json!({"full_pass": {"tenant": scene.tenant.id(), "released": true}});
        // While the tenant's people are walked through, it waits.
        let roles = scene.tenant.directory().roles();
        assert!(roles.take_turn("a walk").await.unwrap());
        let sent = handled(order.to_string()).await;
        let waits: Value = serde_json::from_str(&sent[0]).unwrap();
        assert_eq!(waits["full_pass"]["place"]["waited"], 1);
        assert_eq!((sent.len(), held(&scene).await.len()), (1, 62));
        roles.end_turn("a walk").await.unwrap();
        let sent = handled(sent[0].clone()).await;
        assert_eq!((sent.len(), held(&scene).await.len()), (1, 12));
        // Until it is done, it has the turn.
        assert!(!roles.take_turn("a walk").await.unwrap());
        let sent = handled(sent[0].clone()).await;
        assert_eq!((sent.len(), held(&scene).await.len()), (0, 0));
        assert!(roles.take_turn("a walk").await.unwrap());
    });
}

#[test]
fn what_nobody_decides_takes_effect_also_when_the_connection_is_gone() {
    run(async |service| {
        let (scene, people) = holding(service, "brake-time", 25).await;
        deactivate_all(&scene, &people[..22]).await;
        let sign_in = scene.tenant.directory().sign_in();
        let early = sign_in.release_held(None, usize::MAX).await;
        assert!(early.failed.is_none() && early.next.is_none());
        assert_eq!(held(&scene).await.len(), 2);
        let id = scene.tenant.connection_id();
        let credentials = scene.tenant.directory().credentials();
        credentials.delete_connection(id).await.unwrap();
        // They are still listed, and in.
        assert_eq!(held(&scene).await.len(), 2);
        assert!(is_in(&scene, &people[21]).await);
        make_due(service, &scene, &people[20..22]).await;
        // A part of one takes effect, and the next call goes on behind it.
        let first = sign_in.release_held(None, 1).await;
        assert!(first.failed.is_none() && first.next.is_some());
        assert_eq!(held(&scene).await.len(), 1);
        let rest = sign_in.release_held(first.next, usize::MAX).await;
        assert!(rest.failed.is_none() && rest.next.is_none());
        assert!(held(&scene).await.is_empty());
        assert!(!is_in(&scene, &people[20]).await && !is_in(&scene, &people[21]).await);
        let nobody = scene.path("/connections/nobody/held");
        scene.application.get(&nobody).await.expect(404);
    });
}

#[test]
fn nobody_decides_about_whoever_ranks_above_and_the_last_owner_stays() {
    run(async |service| {
        let (scene, people) = holding(service, "brake-rank", 25).await;
        scene.give(&people[21], Role::Owner).await;
        deactivate_all(&scene, &people[..23]).await;
        let own = format!("/scim/connections/{}/held", scene.tenant.connection_id());
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        assert_eq!(
            admin
                .get(&own)
                .await
                .expect(200)
                .strings("/items/*/id")
                .len(),
            3
        );
        let applied = decide(&admin, &own, "apply").await;
        applied.is(json!({"changes": 2, "left_out": 1}));
        // Not even the application deactivates the last owner.
        let applied = decide(&scene.application, &held_path(&scene), "apply").await;
        applied.is(json!({"changes": 0, "left_out": 1}));
        assert!(is_in(&scene, &people[21]).await);
        scene.give(&people[24], Role::Owner).await;
        let applied = decide(&scene.application, &held_path(&scene), "apply").await;
        applied.is(json!({"changes": 1, "left_out": 0}));
        let viewer = service.admin(&scene.tenant, Role::Viewer).await;
        viewer.get(&own).await.expect(403);
    });
}

#[test]
fn a_connection_that_does_not_hold_is_only_told_about() {
    run(async |service| {
        let (scene, people) = holding(service, "brake-told", 30).await;
        let own = scene.path(&format!("/connections/{}", scene.tenant.connection_id()));
        let limit = json!({"percent": 0, "at_least": 2});
        let change = json!({"brake": "notify", "brake_limit": limit});
        let changed = scene.application.patch(&own, change).await.expect(200);
        changed.is(json!({"brake": "notify", "brake_limit": limit}));
        deactivate_all(&scene, &people[..5]).await;
        assert!(held(&scene).await.is_empty() && !is_in(&scene, &people[4]).await);
        assert_eq!(told(service, &scene, "brake.tripped").await, 1);
        let health = scene.at_tenant("/health").await.expect(200);
        let found = health.body["findings"].as_array().unwrap().iter();
        let found: Vec<_> = found.filter(|one| one["kind"] == "brake_tripped").collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["count"], 3);

        // What the application does is neither counted nor held, and each connection has its own count.
        for person in &people[5..9] {
            let path = scene.path(&format!("/users/{person}/block"));
            scene.application.post(&path, json!({})).await;
        }
        let (_, theirs) = scene.another("second").await;
        let person = json!({"schemas": [urn::USER], "userName": "una"});
        let una = theirs.post("/Users", person).await.expect(201).id();
        theirs.delete(&format!("/Users/{una}")).await.expect(204);
        assert_eq!(told(service, &scene, "brake.tripped").await, 1);
        // The tenant's limit is a setting.
        let settings = scene.path("/settings");
        let change = json!({"brake": {"percent": 101, "at_least": 2}});
        scene.application.patch(&settings, change).await.expect(400);
        let change = json!({"brake": {"percent": 50, "at_least": 2}});
        scene
            .application
            .patch(&settings, change.clone())
            .await
            .expect(200)
            .is(change);
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        let less = json!({"brake": {"percent": 1, "at_least": 1}});
        admin.patch("/settings", less).await.expect(403);
        let wrong = json!({"brake_limit": {"percent": 10, "at_least": 0}});
        scene.application.patch(&own, wrong).await.expect(400);
        scene
            .application
            .patch(&own, json!({"brake_limit": null}))
            .await
            .expect(200);
    });
}
