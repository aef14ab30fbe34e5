//! The picker: members whose role allows it find colleagues by name, and learn nothing else of them.

use rollcall_directory::Role;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

#[test]
fn members_pick_people_by_name_and_learn_nothing_else() {
    run(async |service| {
        let tenant = service.tenant("picker").await;
        let (idp, application) = (tenant.idp(), service.application());
        for (name, shown, active) in [
            ("ada@picker.test", "Ada King", true),
            ("bob@picker.test", "Bob Adams", true),
            ("gone@picker.test", "Adam Gone", false),
            ("nameless@picker.test", "", true),
        ] {
            let body = json!({"schemas": [urn::USER], "userName": name, "displayName": shown, "active": active,
                              "emails": [{"value": format!("secret-{name}")}], "title": "Engineer"});
            idp.post("/Users", body).await.expect(201);
        }
        // Somebody with the parts of a name, and somebody whose provider sends the address as the name.
        let body = json!({"schemas": [urn::USER], "userName": "hidden.person@corp.example",
                          "name": {"givenName": "Nora", "familyName": "Zahl"}});
        idp.post("/Users", body).await.expect(201);
        let body = json!({"schemas": [urn::USER], "userName": "eve@corp.example", "displayName": "eve@corp.example"});
        idp.post("/Users", body).await.expect(201);
        let path = format!("/tenants/{}/roles", tenant.id());
        let role = |id: &str, rank: u16, permissions: Value| {
            json!({"id": id, "name": id, "rank": rank, "by_mapping": true, "by_hand": true, "by_default": true,
                   "permissions": permissions})
        };
        let roles = json!({"items": [role("member", 200, json!(["directory:pick"])), role("viewer", 100, json!([]))]});
        application.put(&path, roles).await.expect(200);
        service.follow_up(&tenant).await;
        let login = application
            .log_in(tenant.id(), "bob@picker.test", None)
            .await;
        let login = login.expect(200);
        assert_eq!(login.body["role"], "member", "{}", login.body);
        let member = application.with(Some(&login.string("/session/token")));
        let names = async |query: &str| -> Vec<String> {
            let people = member.all(&format!("/picker{query}")).await;
            let name = |person: &Value| person["name"].as_str().unwrap().to_owned();
            let mut names: Vec<String> = people.iter().map(name).collect();
            names.sort();
            names
        };
        for limit in [1, 100] {
            let found = names(&format!("?limit={limit}&text=ad")).await;
            assert_eq!(found, ["Ada King", "Bob Adams"]);
        }
        assert_eq!(names("?text=king%20a").await, ["Ada King"]);
        assert_eq!(
            names("").await,
            ["Ada King", "Bob Adams", "Nora Zahl", "eve", "nameless"]
        );
        assert_eq!(names("?text=nora%20z").await, ["Nora Zahl"]);
        // Addresses are not shown, so they find nobody either.
        for address in [
            "ada@picker.test",
            "secret",
            "picker",
            "nameless",
            "hidden",
            "corp",
            "eve",
        ] {
            let found = names(&format!("?text={address}")).await;
            assert!(found.is_empty(), "{address}: {found:?}");
        }
        // Nor does a page tell that somebody has them.
        for text in ["ada@picker.test", "nobody@picker.test"] {
            let path = format!("/picker?limit=1&text={text}");
            let page = member.get(&path).await.expect(200).body;
            let empty = json!({"items": [], "next": null});
            assert_eq!(page.get("items"), empty.get("items"), "{text}");
            assert!(page["next"].is_null(), "{text}: {page}");
        }
        let body =
            json!({"schemas": [urn::USER], "userName": "nina@adams.test", "displayName": "Nina"});
        idp.post("/Users", body).await.expect(201);
        service.follow_up(&tenant).await;
        for limit in [1, 2, 3] {
            let path = format!("/picker?limit={limit}&text=ad");
            let first = member.get(&path).await.expect(200).body;
            let count = first["items"].as_array().unwrap().len();
            assert_eq!(count, limit.min(2));
            // Whoever has it in an address is neither shown nor told of.
            assert_eq!(first["next"].is_null(), limit > 1, "{limit}: {first}");
        }
        let one = member.get("/picker?text=king").await.expect(200).body;
        let keys = one["items"][0].as_object().unwrap().keys();
        assert_eq!(keys.collect::<Vec<_>>(), ["id", "name"]);
        for path in ["/users", "/scim/groups", "/audit"] {
            member.get(path).await.expect(403);
        }
        // The application has the same by its door, and the console has no page for it.
        let by_key = application
            .get(&format!("/tenants/{}/picker?text=king", tenant.id()))
            .await;
        assert_eq!(by_key.expect(200).body, one);
        let link = json!({"role_id": "member"});
        let path = format!("/tenants/{}/portal-links", tenant.id());
        application.post(&path, link).await.expect(400);
    });
}

#[test]
fn a_role_that_reads_the_directory_can_pick() {
    run(async |service| {
        let tenant = service.tenant("picker-admin").await;
        tenant.idp().user("ada").await;
        service.follow_up(&tenant).await;
        let admin = service.admin(&tenant, Role::Admin).await;
        admin.get("/picker?text=ada").await.expect(200);
        let member = service.admin(&tenant, Role::Member).await;
        member.get("/picker").await.expect(403);
        let key = json!({"label": "picker", "scopes": ["directory:pick"]});
        let key = service
            .application()
            .post("/service-keys", key)
            .await
            .expect(201);
        let key = service
            .application()
            .with(Some(&key.string("/service_key")));
        key.get(&format!("/tenants/{}/picker", tenant.id()))
            .await
            .expect(200);
        key.get(&format!("/tenants/{}/users", tenant.id()))
            .await
            .expect(403);
    });
}
