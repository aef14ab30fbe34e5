//! What a connection said while it was only observed, after it was deleted: nothing is left over.

use std::collections::BTreeSet;
use std::time::Duration;

use rollcall_directory::Role;
use rollcall_tests::observed::{Observed, fast, scene};
use rollcall_tests::raw;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};
use tokio::time::Instant;

#[test]
fn what_a_deleted_observed_connection_said_stays_without_effect() {
    run(async |service| {
        let scene = scene(service, "observe-dropped", fast()).await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let group = scene.tenant.idp().group("Admins", &[]).await;
        let it = Observed::replacing(scene).await;
        let scene = &it.scene;
        it.map(&group, Role::Admin).await;
        let join =
            |person: &str| json!([{"op": "add", "path": "members", "value": [{"value": person}]}]);
        let at = format!("/Groups/{group}");
        it.idp.patch(&at, join(&ada)).await.expect(204);
        scene.application.delete(&it.path()).await.expect(204);

        // Another connection takes the group over, and changes it.
        let (next, idp) = scene.another("Next").await;
        let bob = json!({"schemas": [urn::USER], "userName": "bob"});
        let bob = idp.post("/Users", bob).await.expect(201).id();
        idp.patch(&at, join(&bob)).await.expect(204);
        let name = json!([{"op": "replace", "path": "externalId", "value": "x"}]);
        idp.patch(&at, name).await.expect(204);
        let roles = scene.tenant.directory().roles();
        let soon = || Instant::now() + Duration::from_secs(20);
        assert_eq!(roles.reconcile_all(None, soon()).await.unwrap(), None);
        service.follow_up(&scene.tenant).await;
        assert_eq!(it.of(&ada).await.1, Value::Null);
        assert_eq!(it.of(&bob).await.1, "admin");
        // The requests of the other one take effect.
        idp.patch(
            &format!("/Users/{bob}"),
            json!([{"op": "replace", "path": "active", "value": false}]),
        )
        .await
        .expect(200);
        assert_eq!(it.of(&bob).await.0, "inactive");
        // One that leaves and comes back counts.
        let path = format!("members[value eq \"{ada}\"]");
        let leave = json!([{"op": "remove", "path": path}]);
        idp.patch(&at, leave).await.expect(204);
        idp.patch(&at, join(&ada)).await.expect(204);
        assert_eq!(it.of(&ada).await.1, "admin");
        let next = scene.path(&format!("/connections/{next}"));
        scene.application.delete(&next).await.expect(204);
    });
}

#[test]
fn who_is_handed_over_by_a_deleted_observed_connection_leaves_with_the_next() {
    run(async |service| {
        let scene = scene(service, "observe-handed", fast()).await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let it = Observed::replacing(scene).await;
        let scene = &it.scene;
        it.deactivate(&ada).await;
        let bob = it.push("bob").await.expect(201).id();
        let group = it.idp.group("Admins", &[&bob]).await;
        it.map(&group, Role::Admin).await;
        // Nothing of a join comes back with a person who was deleted before it counted.
        let at = format!("/Users/{bob}");
        it.idp.delete(&at).await.expect(204);
        let restore = scene.path(&format!("/users/{bob}/restore"));
        scene
            .application
            .post(&restore, json!({}))
            .await
            .expect(200);
        service.follow_up(&scene.tenant).await;
        assert_eq!(it.of(&bob).await.1, Value::Null);
        scene.application.delete(&it.path()).await.expect(204);

        let (next, idp) = scene.another("Next").await;
        let remedy = scene.path(&format!("/connections/{next}/remedies"));
        let ask = json!({"remedy": "take_over", "from": it.connection});
        scene.application.post(&remedy, ask).await.expect(200);
        assert_eq!(it.of(&ada).await.0, "invited");
        for active in [true, false] {
            let set = json!([{"op": "replace", "path": "active", "value": active}]);
            let path = format!("/Users/{ada}");
            idp.patch(&path, set).await.expect(200);
        }
        assert_eq!(it.of(&ada).await.0, "inactive");
    });
}

#[test]
fn nothing_is_left_over_of_a_deleted_observed_connection() {
    run(async |service| {
        let scene = scene(service, "left-over", fast()).await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let eve = scene.push(json!({"userName": "eve"})).await;
        let kim = scene.push(json!({"userName": "kim"})).await;
        let bob = scene.signed_in(json!({"user_name": "bob"})).await;
        scene.set(&eve, "active", json!(false)).await.expect(200);
        let real = scene.tenant.idp().group("Real", &[&ada]).await;
        let it = Observed::replacing(scene).await;
        let scene = &it.scene;
        it.map(&real, Role::Admin).await;

        // It takes people over, changes who is in and who is in the group, and sends somebody new and a new group.
        for (name, id) in [("ada", &ada), ("eve", &eve), ("bob", &bob)] {
            let pushed = it.push(name).await;
            assert!(pushed.status == 409 || pushed.id() == *id, "{name}");
        }
        let active = json!([{"op": "replace", "path": "active", "value": true}]);
        it.idp
            .patch(&format!("/Users/{eve}"), active)
            .await
            .expect(200);
        it.deactivate(&ada).await;
        it.deactivate(&bob).await;
        it.leave(&real, &ada).await;
        let join = |id: &str| json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
        let at = format!("/Groups/{real}");
        it.idp.patch(&at, join(&bob)).await.expect(204);
        it.idp.delete(&format!("/Users/{kim}")).await.expect(204);
        let new = it.push("new").await.expect(201).id();
        let guest = it.push("guest").await.expect(201).id();
        assert_eq!(scene.signed_in(json!({"user_name": "guest"})).await, guest);
        let ghosts = it.idp.group("Ghosts", &[&ada, &new, &guest]).await;
        service.drained().await;
        let marks = async || {
            let items = raw::items(service, &scene.tenant).await;
            let is_resource = |item: &&raw::Item| {
                let partition = raw::text(item, "PK");
                partition.ends_with("#U") || partition.ends_with("#G")
            };
            let resources = items.iter().filter(is_resource);
            let resources = resources.map(|item| format!("{item:?}"));
            let marks = ["observ", "held", &it.connection];
            let is_marked = |item: &String| marks.iter().any(|mark| item.contains(mark));
            resources.filter(is_marked).collect::<Vec<_>>()
        };
        assert_eq!(marks().await.len(), 8);

        scene.application.delete(&it.path()).await.expect(204);
        service.drained().await;
        assert_eq!(marks().await, Vec::<String>::new());
        for gone in [format!("/users/{new}"), format!("/groups/{ghosts}")] {
            scene.at_tenant(&gone).await.expect(404);
        }
        assert_eq!(it.of(&ada).await.1, "admin");
        assert_eq!(it.of(&kim).await.0, "invited");
        assert_eq!(it.of(&eve).await.0, "inactive");
        for (id, state) in [(&bob, "active"), (&guest, "active")] {
            assert_eq!(it.of(id).await, (state.to_owned(), json!("member")));
        }
        // Nobody is kept out because it has sent them.
        let again = scene.signed_in(json!({"user_name": "new"})).await;
        assert_ne!(again, new);

        // The next connection finds everything as it is in effect, and what it says takes effect.
        let (_, idp) = scene.another("Next").await;
        assert_eq!(idp.members(&real).await, BTreeSet::from([ada.clone()]));
        for (id, active) in [(&ada, true), (&eve, false), (&kim, true)] {
            let read = idp.get(&format!("/Users/{id}")).await.expect(200);
            assert_eq!(read.body["active"] != json!(false), active);
        }
        for name in ["bob", "guest"] {
            let person = json!({"schemas": [urn::USER], "userName": name});
            let adopted = idp.post("/Users", person).await.expect(201);
            assert!([&bob, &guest].contains(&&adopted.id()));
        }
        idp.patch(&at, join(&bob)).await.expect(204);
        service.drained().await;
        assert_eq!(it.of(&bob).await.1, "admin");
    });
}
