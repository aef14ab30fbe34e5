//! Whoever may push decides what people are called, and how often: their erasure and their export must end, and leave others
//! alone.

use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use serde_json::{Value, json};

use crate::erasure::{finished, told_of};

#[test]
fn the_erasure_of_somebody_called_as_the_protocol_leaves_the_requests_about_others() {
    run(async |service| {
        let scene = Scene::create(service, "erased-words").await;
        let idp = scene.tenant.idp();
        let called = json!({"userName": "replace", "externalId": "work", "phoneNumbers": [{"value": "displayName"}]});
        let called = scene.push(called).await;
        let email = json!([{"value": "joanna@x.test", "type": "work"}]);
        let joanna = json!({"userName": "joanna", "emails": email});
        let joanna = scene.push(joanna).await;
        let set = async |path: &str, value: &str| {
            scene.set(&joanna, path, json!(value)).await.expect(200);
        };
        set("displayName", "Joanna").await;
        set("emails[type eq \"work\"].value", "jo@x.test").await;
        let long = json!({"title": "joanna ".repeat(40), "nickName": "x".repeat(5_000)});
        let operation = json!([{"op": "replace", "value": long}]);
        let path = format!("/Users/{joanna}");
        idp.patch(&path, operation).await.expect(200);
        let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "filter": "userName eq \"joanna\"", "sortBy": "displayName"});
        idp.post("/Users/.search", search).await.expect(200);
        // This one has the external id at an attribute's place.
        let title = "about joanna: a title";
        let told = json!([{"op": "add", "value": {"title": title, "userType": "work"}}]);
        idp.patch(&path, told).await.expect(200);
        service.drained().await;
        let names = ["joanna", joanna.as_str()];
        let mut expected = told_of(&scene, &names).await;
        expected.retain(|line| line["type"] != "request" || !line.to_string().contains(title));
        let requests = expected.iter().filter(|line| line["type"] == "request");
        assert_eq!(requests.count(), 5);

        let path = format!("/tenants/{}/users/{called}/erasure", scene.tenant.id());
        scene.application.post(&path, json!({})).await.expect(202);
        finished(service, &scene.application, &path).await;
        assert_eq!(told_of(&scene, &names).await, expected);
    });
}

#[test]
fn a_person_with_a_long_history_is_exported_in_bounded_steps() {
    run(async |service| {
        let scene = Scene::create(service, "exported-history").await;
        let ada = scene.push(json!({"userName": "first@x.test"})).await;
        let second = json!("second@x.test");
        scene.set(&ada, "userName", second).await.expect(200);
        for round in 0..30 {
            let label = format!("{round} {}", "x".repeat(60));
            let number = |n| json!({"value": format!("+49 {n:04}"), "display": label});
            let numbers: Vec<Value> = (0..900).map(number).collect();
            let changed = scene.set(&ada, "phoneNumbers", json!(numbers)).await;
            changed.expect(200);
        }
        service.drained().await;
        let path = format!("/tenants/{}/users/{ada}/export", scene.tenant.id());
        // The first part of the history is read, and nothing is told before the rest is.
        let first = scene.application.get(&path).await.expect(200).body;
        assert_eq!(first["items"], json!([]));
        assert!(first["next"].is_string(), "{first}");
        let kept = format!("export#{ada}");
        assert!(service.dump().await.contains(&kept));

        let lines = scene.application.all(&format!("{path}?limit=20")).await;
        let of = |kind: &str| {
            let of_kind = lines.iter().filter(|line| line["type"] == kind);
            of_kind.collect::<Vec<_>>()
        };
        assert_eq!(of("user").len(), 1);
        assert_eq!(of("audit_entry").len(), 32);
        // The request that created them has the name alone that the beginning of their history tells.
        let created = |line: &&Value| line["http_method"] == "POST";
        assert!(of("request").iter().any(created));

        let user = format!("/Users/{ada}");
        scene.tenant.idp().delete(&user).await.expect(204);
        let path = format!("/tenants/{}/users/{ada}/erasure", scene.tenant.id());
        scene.application.post(&path, json!({})).await.expect(202);
        finished(service, &scene.application, &path).await;
        assert!(!service.dump().await.contains(&kept));
    });
}
