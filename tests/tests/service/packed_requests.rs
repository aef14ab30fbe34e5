//! Long entries of the request log are compressed, and everybody who reads them sees what was sent.

use rollcall_directory::Role;
use rollcall_tests::raw;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

/// Returns the body of a person with many attributes, of about 3 KB.
fn body() -> Value {
    let addresses = (0..12).map(|number| {
        json!({"type": "work", "streetAddress": format!("{number} Analytical Street"), "locality": "Marylebone",
               "region": "Greater London", "postalCode": "W1U", "country": "GB"})
    });
    json!({
        "schemas": [urn::USER, urn::ENTERPRISE], "userName": "ada@x.test", "externalId": "ada-1",
        "displayName": "Ada Lovelace", "emails": [{"value": "ada-work@x.test", "type": "work", "primary": true}],
        "addresses": addresses.collect::<Vec<Value>>(),
        urn::ENTERPRISE: {"department": "Analytical Engines", "division": "Mathematics"},
    })
}

#[test]
fn a_long_entry_is_compressed_and_everybody_reads_what_was_sent() {
    run(async |service| {
        let scene = Scene::create(service, "packed").await;
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        let created = scene.tenant.idp().post("/Users", body()).await.expect(201);
        let ada = created.body["id"].as_str().unwrap();
        // It changed nothing, so the index finds it.
        scene.tenant.idp().post("/Users", body()).await.expect(409);

        let items = raw::items(service, &scene.tenant).await;
        let packed: Vec<_> = items
            .iter()
            .filter(|item| item.contains_key("packed"))
            .collect();
        assert_eq!(packed.len(), 2);
        for item in packed {
            assert!(!item.contains_key("sent"), "{item:?}");
            let names: Vec<&str> = item["names"]
                .as_l()
                .unwrap()
                .iter()
                .map(|name| &**name.as_s().unwrap())
                .collect();
            assert_eq!(names, ["ada-1", "ada-work@x.test", "ada@x.test"]);
        }
        let check = |found: &[Value], count: usize, by: &str| {
            assert_eq!(found.len(), count, "{by}: {found:?}");
            for entry in found {
                assert_eq!(
                    entry["body"]["addresses"].as_array().unwrap().len(),
                    12,
                    "{by}"
                );
            }
        };
        for query in [
            "text=marylebone",
            "person=ada-work%40x.test",
            &format!("person={ada}"),
        ] {
            let found = admin.all(&format!("/requests?{query}")).await;
            check(&found, 2, query);
        }
        let found = admin.all("/requests?failed=true").await;
        check(&found, 1, "failed");
        let id = found[0]["id"].as_str().unwrap();
        let log = scene.tenant.directory().request_log();
        let one = log.logged_request(id).await.unwrap();
        assert!(one.sent.unwrap().contains("Marylebone"));

        let path = format!("/tenants/{}/users/{ada}/export", scene.tenant.id());
        let lines = scene.application.all(&path).await;
        let mut requests = lines.iter().filter(|line| line["type"] == "request");
        assert!(requests.all(|line| line["packed"].is_null()));
        let sent = lines.iter().filter(|line| line["sent"].is_string());
        assert_eq!(sent.filter(|line| line["type"] == "request").count(), 2);
    });
}
