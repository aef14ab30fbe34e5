//! Whose people and groups are: those of earlier versions, those that were handed over, and bindings without a connection.

use std::time::Duration;

use rollcall_directory::{Reason, Role};
use rollcall_tests::idp::Idp;
use rollcall_tests::raw;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, run};
use serde_json::{Value, json};

async fn title(idp: &Idp, user: &str) -> u16 {
    let title = uuid::Uuid::now_v7().to_string();
    let title = json!([{"op": "replace", "path": "title", "value": title}]);
    idp.patch(&format!("/Users/{user}"), title).await.status
}

/// Adds somebody to a group, and removes them again.
async fn touch(idp: &Idp, group: &str, user: &str) -> u16 {
    let path = format!("/Groups/{group}");
    let add = json!([{"op": "add", "path": "members", "value": [{"value": user}]}]);
    let status = idp.patch(&path, add).await.status;
    let one = format!("members[value eq \"{user}\"]");
    let remove = json!([{"op": "remove", "path": one}]);
    assert_eq!(idp.patch(&path, remove).await.status, status);
    status
}

/// Makes people, groups and the tenant those of an earlier version, which noted no owners.
async fn forget_owners(service: &Service, scene: &Scene, records: &[(&str, &str)]) {
    for (partition, id) in records {
        let mut item = raw::item(service, &scene.tenant, partition, id).await;
        assert!(item.remove("identity").is_some(), "{partition} {id}");
        raw::put(service, item).await;
    }
    let mut tenant = raw::item(service, &scene.tenant, "", "TENANT").await;
    for known in ["owners_known_at", "group_owners_known_at"] {
        assert!(tenant.remove(known).is_some(), "{known}");
    }
    raw::put(service, tenant).await;
}

/// Deletes the journal, as its time to live does.
async fn expire_journal(service: &Service, scene: &Scene) {
    let own = format!("T#{}", scene.tenant.id());
    for item in raw::items(service, &scene.tenant).await {
        let suffix = raw::text(&item, "PK")
            .strip_prefix(&own)
            .unwrap_or_default();
        if suffix == "#J" || suffix.starts_with("#JS") {
            raw::delete(service, &scene.tenant, suffix, raw::text(&item, "SK")).await;
        }
    }
}

async fn pass(scene: &Scene) {
    let soon = tokio::time::Instant::now() + Duration::from_secs(20);
    let directory = scene.tenant.directory();
    directory.resources().complete_owners(soon).await.unwrap();
}

#[test]
fn the_hourly_pass_gives_groups_of_an_earlier_version_their_owners() {
    run(async |service| {
        let scene = Scene::create(service, "owners-groups").await;
        let (mine, (_, theirs)) = (scene.tenant.idp(), scene.another("other").await);
        let ada = scene.push(json!({"userName": "ada"})).await;
        let group = mine.group("Team", &[]).await;
        assert_eq!(touch(&theirs, &group, &ada).await, 403);
        forget_owners(service, &scene, &[("#G", &group)]).await;
        // Until the owner is known, both may write it.
        for idp in [&mine, &theirs] {
            assert_eq!(touch(idp, &group, &ada).await, 204);
        }
        for _ in 0..2 {
            pass(&scene).await;
        }
        assert_eq!(touch(&theirs, &group, &ada).await, 204);
        assert_eq!(touch(&mine, &group, &ada).await, 403);
    });
}

#[test]
fn what_nobody_knows_the_owner_of_belongs_to_the_first_who_writes_it() {
    run(async |service| {
        let scene = Scene::create(service, "owners-unknown").await;
        let (mine, (other, theirs)) = (scene.tenant.idp(), scene.another("other").await);
        let ada = scene.push(json!({"userName": "ada"})).await;
        let bob = scene.push(json!({"userName": "bob"})).await;
        let (team, crew) = (mine.group("Team", &[]).await, mine.group("Crew", &[]).await);
        let records = [
            ("#U", ada.as_str()),
            ("#U", &bob),
            ("#G", &team),
            ("#G", &crew),
        ];
        forget_owners(service, &scene, &records).await;
        expire_journal(service, &scene).await;
        pass(&scene).await;

        // A change of members alone, too.
        assert_eq!(touch(&theirs, &team, &ada).await, 204);
        assert_eq!(touch(&mine, &team, &ada).await, 403);
        assert_eq!(touch(&theirs, &team, &ada).await, 204);
        assert_eq!(title(&theirs, &ada).await, 200);
        assert_eq!(title(&mine, &ada).await, 403);
        assert_eq!(title(&theirs, &ada).await, 200);
        let read = scene.at_tenant(&format!("/users/{ada}")).await;
        read.expect(200).is(json!({"owner": other}));
        let rename = json!([{"op": "replace", "path": "displayName", "value": "Crew 2"}]);
        let path = format!("/Groups/{crew}");
        mine.patch(&path, rename.clone()).await.expect(204);
        let refused = theirs.patch(&path, rename).await;
        refused.refused(403, "");
        mine.delete(&format!("/Users/{bob}")).await.expect(204);
        service.follow_up(&scene.tenant).await;
    });
}

/// Two connections whose people were handed over, from the first to the second, and nobody pushed since.
async fn handed_over(scene: &Scene, people: &PeopleOfFirst) -> (String, Idp) {
    let second = scene.another("second").await;
    let own = scene.tenant.connection_id();
    let path = scene.path(&format!(
        "/connections/{own}?people=hand_over&to={}",
        second.0
    ));
    scene.application.delete(&path).await.expect(204);
    assert!(!people.ada.is_empty());
    second
}

struct PeopleOfFirst {
    ada: String,
    group: String,
}

impl PeopleOfFirst {
    async fn push(scene: &Scene) -> Self {
        let ada = scene.push(json!({"userName": "ada"})).await;
        let group = scene.tenant.idp().group("Team", &[&ada]).await;
        Self { ada, group }
    }
}

#[test]
fn people_who_were_handed_over_are_deactivated_with_their_connection() {
    run(async |service| {
        let scene = Scene::create(service, "handed-deactivated").await;
        let people = PeopleOfFirst::push(&scene).await;
        let (second, _) = handed_over(&scene, &people).await;
        let (_, third) = scene.another("third").await;
        let path = scene.path(&format!("/connections/{second}?people=deactivate"));
        scene.application.delete(&path).await.expect(204);
        service.follow_up(&scene.tenant).await;
        let read = third.get(&format!("/Users/{}", people.ada)).await;
        read.expect(200).is(json!({"active": false}));
        scene.keeps_out(json!({"user_name": "ada"})).await;
    });
}

#[test]
fn people_who_were_handed_over_are_taken_over_with_their_connection() {
    run(async |service| {
        let scene = Scene::create(service, "handed-taken").await;
        let people = PeopleOfFirst::push(&scene).await;
        let first = scene.tenant.connection_id().to_owned();
        let (second, seconds) = handed_over(&scene, &people).await;
        let (third, thirds) = scene.another("third").await;
        let path = scene.path(&format!("/connections/{third}/remedies"));
        let ask = |from: &str| json!({"remedy": "take_over", "from": from});

        // They belong to a connection that is there, so an owner decides.
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        let own_door = format!("/scim/connections/{third}/remedies");
        for from in [&first, &second] {
            let refused = admin.post(&own_door, ask(from)).await;
            refused.expect(403).because(Reason::Forbidden);
        }
        let done = scene.application.post(&path, ask(&second)).await;
        done.expect(200).is(json!({"people": 1, "groups": 1}));
        let done = scene.application.post(&path, ask(&second)).await;
        done.expect(200).is(json!({"people": 0, "groups": 0}));
        assert_eq!(title(&seconds, &people.ada).await, 403);
        assert_eq!(title(&thirds, &people.ada).await, 200);
        assert_eq!(touch(&thirds, &people.group, &people.ada).await, 204);
    });
}

fn login(connection: Option<&str>, name: &str, subject: &str) -> Value {
    json!({"user_name": name, "subject": subject, "connection": connection})
}

/// A binding from before the application named connections is that of the person, and not of whichever connection
/// brings the same subject.
#[test]
fn another_connection_does_not_take_a_binding_without_a_connection() {
    run(async |service| {
        let scene = Scene::create(service, "binding-taken").await;
        let (other, _) = scene.another("other").await;
        let own = scene.tenant.connection_id();
        let ada = scene.push(json!({"userName": "ada"})).await;
        for _ in 0..2 {
            assert_eq!(scene.signed_in(login(None, "ada", "s")).await, ada);
        }
        let stranger = scene.signed_in(login(Some(&other), "mallory", "s")).await;
        assert_ne!(stranger, ada);
        // Two people have the subject now, so the application must say which connection it means.
        let either = scene.log_in(login(None, "ada", "s")).await;
        Scene::refused(either, 409, Reason::IdentityAmbiguous, &[&ada, &stranger]);
        assert_eq!(scene.signed_in(login(Some(own), "any", "s")).await, ada);
        assert_eq!(
            scene.signed_in(login(Some(&other), "any", "s")).await,
            stranger
        );
    });
}

#[test]
fn a_binding_without_a_connection_moves_to_the_one_that_takes_over() {
    run(async |service| {
        let scene = Scene::create(service, "binding-moved").await;
        let (other, _) = scene.another("other").await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        for _ in 0..2 {
            assert_eq!(scene.signed_in(login(None, "ada", "s")).await, ada);
        }
        let path = scene.path(&format!("/connections/{other}"));
        let replaces = json!({"replaces": [scene.tenant.connection_id()]});
        scene.application.patch(&path, replaces).await.expect(200);
        assert_eq!(scene.signed_in(login(Some(&other), "any", "s")).await, ada);
        let read = scene.at_tenant(&format!("/users/{ada}")).await.expect(200);
        assert_eq!(
            read.body["subjects"],
            json!([{"connection_id": other, "firm": true}])
        );
    });
}
