//! The SCIM connection features and permissions that Frontegg documents, row by row.

use rollcall_directory::Role;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::json;

#[test]
fn an_admin_creates_lists_renames_and_deletes_a_connection() {
    run(async |service| {
        let tenant = service.tenant("fe-connection").await;
        let admin = service.admin(&tenant, Role::Admin).await;
        let providers = [
            "okta",
            "entra",
            "onelogin",
            "jumpcloud",
            "google",
            "ping",
            "cyberark",
            "rippling",
            "other",
        ];
        for provider in providers {
            let new = json!({"name": provider, "provider": provider});
            admin.post("/scim/connections", new).await.expect(201);
        }
        let new = json!({"name": "Okta", "provider": "okta"});
        let connection = admin.post("/scim/connections", new).await.expect(201);
        assert!(
            connection
                .header("location")
                .is_some_and(|at| at.ends_with(&connection.id()))
        );
        let path = format!("/scim/connections/{}", connection.id());
        let tokens = format!("{path}/tokens");
        let token = admin.post(&tokens, json!({"label": "first"})).await;
        let idp = tenant
            .idp()
            .with_token(Some(&token.expect(201).string("/token")));
        idp.user("ada").await;
        let listed = admin.all("/scim/connections").await;
        assert!(listed.iter().any(|c| c["id"] == connection.body["id"]
            && c["name"] == "Okta"
            && c["provider"] == "okta"));
        let renamed = admin.patch(&path, json!({"name": "Okta EU"})).await;
        renamed
            .expect(200)
            .is(json!({"name": "Okta EU", "provider": "okta"}));

        admin.delete(&path).await.expect(204);
        idp.get("/Users").await.refused(401, "");
        for gone in [&path, &tokens] {
            admin.get(gone).await.expect(404);
        }
        let late = admin.post(&tokens, json!({"label": "late"})).await;
        late.expect(404);
        // The people that the connection pushed remain.
        let people = admin.get("/users").await.expect(200);
        assert_eq!(people.strings("/items/*/user_name"), ["ada"]);
    });
}

#[test]
fn three_permissions_decide_which_roles_manage_connections() {
    run(async |service| {
        let tenant = service.tenant("fe-permissions").await;
        let owner = service.admin(&tenant, Role::Owner).await;
        let roles = owner.get("/scim/roles").await.expect(200);
        for (role, read, create, delete) in [
            (Role::Viewer, 403, 403, 403),
            (Role::Member, 200, 403, 403),
            (Role::Admin, 200, 201, 204),
            (Role::Owner, 200, 201, 204),
        ] {
            let admin = service.admin(&tenant, role).await;
            admin.get("/scim/connections").await.expect(read);
            let new = json!({"name": "c", "provider": "okta"});
            admin
                .post("/scim/connections", new.clone())
                .await
                .expect(create);
            let made = owner.post("/scim/connections", new).await.expect(201);
            let path = format!("/scim/connections/{}", made.id());
            admin.delete(&path).await.expect(delete);
            let listed = roles
                .select("/items/*")
                .into_iter()
                .find(|listed| listed["id"] == role.as_str());
            let permissions = listed.map(|role| role["permissions"].to_string());
            let has = |permission: &str| {
                permissions
                    .as_ref()
                    .is_some_and(|all| all.contains(permission))
            };
            assert_eq!(has("provisioning:read"), read == 200);
            assert_eq!(has("provisioning:create"), create == 201);
            assert_eq!(has("provisioning:delete"), delete == 204);
        }
    });
}

#[test]
fn an_email_address_works_as_the_unique_identifier() {
    run(async |service| {
        let tenant = service.tenant("fe-email").await;
        let idp = tenant.idp();
        let user = json!({"schemas": [urn::USER], "userName": "ada@example.com",
                          "emails": [{"value": "ada@example.com", "primary": true}]});
        let id = idp.post("/Users", user).await.expect(201).id();
        let found = idp
            .filter("/Users", "userName eq \"ADA@example.com\"")
            .await;
        assert_eq!(
            found.expect(200).strings("/Resources/*/id"),
            std::slice::from_ref(&id)
        );
        let login = service
            .application()
            .log_in(tenant.id(), "Ada@Example.com", None)
            .await;
        login
            .expect(200)
            .is(json!({"user": {"id": id, "email": "ada@example.com"}}));
    });
}

#[test]
fn the_flag_on_the_tenant_url_works() {
    run(async |service| {
        let tenant = service.tenant("fe-flag").await;
        let idp = tenant.idp();
        let user = json!({"schemas": [urn::USER], "userName": "ada"});
        let made = idp.post("/Users?aadOptscim062020", user).await.expect(201);
        let path = format!("/Users/{}?aadOptscim062020=", made.id());
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        idp.patch(&path, off).await.expect(200);
        let admin = service.admin(&tenant, Role::Admin).await;
        let log = admin.get("/requests").await.expect(200);
        log.is(json!({"items": [{"method": "PATCH", "status": 200}, {"method": "POST", "status": 201}]}));
    });
}

#[test]
fn users_and_groups_are_provisioned_assigned_unassigned_and_deprovisioned() {
    run(async |service| {
        let tenant = service.tenant("fe-life").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let ada = idp.user("ada").await;
        let group = idp.group("Team", &[&ada]).await;
        let path = format!("/Groups/{group}");
        let members = format!("/scim/groups/{group}/members");
        assert_eq!(admin.all(&members).await.len(), 1);
        let rename = json!([{"op": "replace", "path": "displayName", "value": "Crew"}]);
        idp.patch(&path, rename).await.expect(204);
        let listed = admin.get("/scim/groups/role-mappings").await.expect(200);
        assert_eq!(listed.strings("/items/*/group/display_name"), ["Crew"]);
        let remove = json!([{"op": "remove", "path": "members", "value": [{"value": ada}]}]);
        idp.patch(&path, remove).await.expect(204);
        assert!(admin.all(&members).await.is_empty());
        idp.delete(&path).await.expect(204);
        admin.get(&members).await.expect(404);
        idp.delete(&format!("/Users/{ada}")).await.expect(204);
        assert!(admin.all("/users").await.is_empty());
    });
}
