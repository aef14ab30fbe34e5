//! What the application reads of its customers: people with their attributes and groups, and groups by name.

use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

#[test]
fn attributes_and_groups_are_shown_when_asked_for() {
    run(async |service| {
        let tenant = service.tenant("people-parts").await;
        let idp = tenant.idp();
        let ada = json!({"schemas": [urn::USER, urn::ENTERPRISE], "userName": "ada", "title": "Engineer",
                         "name": {"givenName": "Ada", "familyName": "Lovelace"},
                         urn::ENTERPRISE: {"department": "Research"}});
        let ada = idp.post("/Users", ada).await.expect(201).id();
        let team = idp.group("Engineering", &[&ada]).await;
        let application = service.application();
        let base = format!("/tenants/{}/users", tenant.id());
        let plain = application.get(&format!("{base}/{ada}")).await.expect(200);
        assert!(plain.body.get("attributes").is_none() && plain.body.get("groups").is_none());
        let one = format!("{base}/{ada}?include=attributes,groups");
        let one = application.get(&one).await.expect(200).body;
        assert_eq!(one["attributes"]["title"], "Engineer", "{one}");
        assert_eq!(one["attributes"]["name"]["familyName"], "Lovelace");
        assert_eq!(one["attributes"][urn::ENTERPRISE]["department"], "Research");
        assert_eq!(
            one["groups"],
            json!([{"id": team, "display_name": "Engineering"}])
        );
        let listed = application.get(&format!("{base}?include=groups")).await;
        let listed = listed.expect(200).body;
        assert_eq!(listed["items"][0]["groups"], one["groups"]);
        assert!(listed["items"][0].get("attributes").is_none());
        let refused = application.get(&format!("{base}?include=roles")).await;
        assert!(refused.expect(400).string("/detail").contains("`roles`"));
    });
}

#[test]
fn groups_are_listed_by_name() {
    run(async |service| {
        let tenant = service.tenant("group-names").await;
        let idp = tenant.idp();
        for name in ["Support", "Engineering", "English teachers"] {
            idp.group(name, &[]).await;
        }
        let application = service.application();
        let base = format!("/tenants/{}/groups", tenant.id());
        let names = async |query: &str| -> Vec<String> {
            let groups = application.all(&format!("{base}{query}")).await;
            let name = |group: &Value| group["display_name"].as_str().unwrap().to_owned();
            groups.iter().map(name).collect()
        };
        let all = ["Engineering", "English teachers", "Support"];
        assert_eq!(names("?limit=2").await, all);
        assert_eq!(names("?text=ENG").await, all[..2]);
        assert_eq!(names("?text=sales").await, [""; 0]);
        let found = application
            .get(&format!("{base}?text=sup"))
            .await
            .expect(200);
        let id = found.string("/items/0/id");
        let group = application.get(&format!("{base}/{id}")).await.expect(200);
        assert_eq!(group.body, found.body["items"][0]);
        assert_eq!(group.body["role_ids"], json!([]));
        application.get(&format!("{base}/none")).await.expect(404);
    });
}
