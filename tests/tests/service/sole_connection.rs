//! A sign-in that names no connection means the only one of the tenant, with its rules.

use rollcall_directory::Provider;
use rollcall_tests::raw;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use serde_json::{Value, json};

async fn set(scene: &Scene, connection: &str, rules: Value) {
    let path = scene.path(&format!("/connections/{connection}"));
    scene.application.patch(&path, rules).await.expect(200);
}

fn in_an_hour() -> String {
    let hour = std::time::Duration::from_secs(3_600);
    (jiff::Timestamp::now() + hour).to_string()
}

#[test]
fn a_window_of_the_only_connection_is_open_for_sign_ins_without_one() {
    run(async |service| {
        let scene = Scene::create(service, "sole-window").await;
        let own = scene.tenant.connection_id();
        let ada = scene.push(json!({"userName": "ada"})).await;
        let login = |subject: &str| json!({"user_name": "ada", "subject": subject});
        for _ in 0..2 {
            assert_eq!(scene.signed_in(login("s-1")).await, ada);
        }
        let subjects = async || {
            let read = scene.at_tenant(&format!("/users/{ada}")).await.expect(200);
            read.body["subjects"].clone()
        };
        let bound = |firm: bool| json!([{"connection_id": own, "firm": firm}]);
        assert_eq!(subjects().await, bound(true));
        scene.conflicts(login("s-2"), &[&ada]).await;
        set(&scene, own, json!({"rebind_until": in_an_hour()})).await;
        assert_eq!(scene.signed_in(login("s-2")).await, ada);
        assert_eq!(subjects().await, bound(false));
        set(&scene, own, json!({"rebind_until": null})).await;
        assert_eq!(scene.signed_in(login("s-2")).await, ada);
        scene.conflicts(login("s-1"), &[&ada]).await;
    });
}

#[test]
fn external_ids_are_unrelated_if_the_only_connection_says_so() {
    run(async |service| {
        let scene = Scene::create(service, "sole-unrelated").await;
        let own = scene.tenant.connection_id();
        let mut people = Vec::new();
        for name in ["ada", "bob", "cat", "dan"] {
            let pushed = json!({"userName": name, "externalId": format!("x-{name}")});
            people.push(scene.push(pushed).await);
        }
        let login = |name: &str| json!({"user_name": name, "external_id": format!("y-{name}")});
        scene.conflicts(login("ada"), &[&people[0]]).await;
        set(&scene, own, json!({"external_id": "unrelated"})).await;
        assert_eq!(scene.signed_in(login("ada")).await, people[0]);

        // With a second one, none is meant; and again when that one is gone.
        let credentials = scene.tenant.directory().credentials();
        let second = credentials.create_connection("second", Provider::Okta);
        let second = second.await.unwrap().id;
        scene.conflicts(login("bob"), &[&people[1]]).await;
        credentials.delete_connection(&second).await.unwrap();
        assert_eq!(scene.signed_in(login("bob")).await, people[1]);

        // An earlier version did not note it, or has added one since.
        for wrong in [None, Some("gone")] {
            let mut tenant = raw::item(service, &scene.tenant, "", "TENANT").await;
            tenant.remove("sole_connection");
            if let Some(wrong) = wrong {
                let wrong = aws_sdk_dynamodb::types::AttributeValue::S(wrong.to_owned());
                tenant.insert("sole_connection".to_owned(), wrong);
            }
            raw::put(service, tenant).await;
            let name = if wrong.is_some() { "dan" } else { "cat" };
            scene.conflicts(login(name), &[&people[2]]).await;
            credentials.complete_sole_connection().await.unwrap();
            scene.signed_in(login(name)).await;
        }
    });
}

/// What was bound before the tenant's only connection was noted moves to it.
#[test]
fn a_binding_without_a_connection_moves_to_the_only_one() {
    run(async |service| {
        let scene = Scene::create(service, "sole-moved").await;
        let (other, _) = scene.another("other").await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        let login = json!({"user_name": "ada", "subject": "s"});
        let bound_in = async |connection: Option<&str>| {
            assert_eq!(scene.signed_in(login.clone()).await, ada);
            let read = scene.at_tenant(&format!("/users/{ada}")).await.expect(200);
            let subjects = read.body["subjects"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let ids: Vec<_> = subjects
                .iter()
                .map(|one| one["connection_id"].as_str())
                .collect();
            assert_eq!(ids, [connection]);
        };
        bound_in(None).await;
        let credentials = scene.tenant.directory().credentials();
        credentials.delete_connection(&other).await.unwrap();
        bound_in(Some(scene.tenant.connection_id())).await;
    });
}
