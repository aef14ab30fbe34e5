//! What stays of people who left: also of the identifiers that they had before. And mailboxes that many people share.

use futures::future::join_all;
use rollcall_directory::Reason;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use serde_json::{Value, json};

async fn delete(scene: &Scene, user: &str) {
    let path = format!("/Users/{user}");
    scene.tenant.idp().delete(&path).await.expect(204);
}

fn emails(address: &str) -> Value {
    json!([{"value": address, "primary": true}])
}

#[test]
fn a_former_name_of_somebody_who_left_is_nobodys() {
    run(async |service| {
        let scene = Scene::create(service, "traces-former").await;
        let restore = json!({"deleted_people": "restore"});
        let path = scene.path("/settings");
        scene.application.patch(&path, restore).await.expect(200);
        let pushed = json!({"userName": "ada", "externalId": "A", "emails": emails("ada@x.test")});
        let ada = scene.push(pushed.clone()).await;
        for (path, value) in [
            ("userName", json!("countess")),
            ("externalId", json!("B")),
            ("emails", emails("countess@x.test")),
        ] {
            scene.set(&ada, path, value).await.expect(200);
        }
        let logins = [
            json!({"user_name": "Ada"}),
            json!({"user_name": "ada@x.test"}),
            json!({"user_name": "other-a", "external_id": "A"}),
            json!({"user_name": "other-b", "external_id": "B"}),
            json!({"user_name": "countess"}),
        ];
        // Twice: whoever comes back keeps what they were called.
        for _ in 0..2 {
            delete(&scene, &ada).await;
            for login in &logins {
                scene.keeps_out(login.clone()).await;
            }
            // A former name is not that of the person who is pushed.
            let other = scene
                .push(json!({"userName": "ada", "externalId": "C"}))
                .await;
            assert_ne!(other, ada);
            let path = scene.path(&format!("/users/{other}"));
            scene.application.delete(&path).await.expect(204);
            let path = scene.path(&format!("/users/{other}/admit-as-new"));
            scene.application.post(&path, json!({})).await.expect(204);
            let back = json!({"userName": "countess", "externalId": "B", "emails": emails("countess@x.test")});
            assert_eq!(scene.push(back).await, ada);
        }
        delete(&scene, &ada).await;
        let path = scene.path(&format!("/users/{ada}/admit-as-new"));
        scene.application.post(&path, json!({})).await.expect(204);
        for login in logins {
            assert_ne!(scene.signed_in(login).await, ada);
        }
    });
}

#[test]
fn the_latest_former_names_leave_traces() {
    run(async |service| {
        let scene = Scene::create(service, "traces-bounded").await;
        let ada = scene.push(json!({"userName": "ada-0"})).await;
        for number in 1..=10 {
            let name = json!(format!("ada-{number}"));
            scene.set(&ada, "userName", name).await.expect(200);
        }
        // Back to a name of before.
        scene
            .set(&ada, "userName", json!("ada-9"))
            .await
            .expect(200);
        delete(&scene, &ada).await;
        for number in 3..=10 {
            let login = json!({"user_name": format!("ada-{number}")});
            scene.keeps_out(login).await;
        }
        scene.signed_in(json!({"user_name": "ada-0"})).await;
    });
}

#[test]
fn there_is_no_link_for_somebody_who_was_deleted() {
    run(async |service| {
        let scene = Scene::create(service, "traces-link").await;
        let ada = scene
            .push(json!({"userName": "ada", "emails": emails("ada@x.test")}))
            .await;
        scene
            .set(&ada, "emails", emails("king@x.test"))
            .await
            .expect(200);
        delete(&scene, &ada).await;
        let path = scene.path("/portal-links");
        let link = async |email: &str| {
            let link = json!({"role_id": "admin", "email": email});
            scene.application.post(&path, link).await
        };
        link("ada").await.because(Reason::InvalidValue);
        for email in ["King@x.test", "ada@x.test"] {
            let refused = link(email).await.expect(403);
            assert!(refused.string("/detail").contains("deleted"), "{email}");
            refused.because(Reason::PersonInactive);
        }
        link("nobody@x.test").await.expect(201);
        let admit = scene.path(&format!("/users/{ada}/admit-as-new"));
        scene.application.post(&admit, json!({})).await.expect(204);
        link("ada@x.test").await.expect(201);
    });
}

#[test]
fn nobody_is_overlooked_among_many_with_one_mailbox() {
    run(async |service| {
        let scene = Scene::create(service, "traces-mailbox").await;
        let push = |name: String, external_id: String| {
            let shared = emails("team@x.test");
            scene.push(json!({"userName": name, "externalId": external_id, "emails": shared}))
        };
        for chunk in (0..60).collect::<Vec<_>>().chunks(20) {
            let pushes = chunk
                .iter()
                .map(|n| push(format!("p-{n}"), format!("x-{n}")));
            join_all(pushes).await;
        }
        let last = push("last".to_owned(), "x-last".to_owned()).await;
        let login = json!({"user_name": "other", "external_id": "x-last", "email": "team@x.test"});
        assert_eq!(scene.signed_in(login).await, last);
    });
}
