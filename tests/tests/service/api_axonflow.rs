//! The SCIM and role-mapping features that AxonFlow documents, row by row.

use http::Method;
use rollcall_directory::Role;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

#[test]
fn discovery_needs_no_token() {
    run(async |service| {
        let nobody = service.idp_without_token();
        for path in ["/ServiceProviderConfig", "/Schemas", "/ResourceTypes"] {
            nobody.get(path).await.expect(200);
        }
        let api = service.application().with(None);
        api.get("/openapi.json")
            .await
            .expect(200)
            .is(json!({"openapi": "3.1.0"}));
    });
}

#[test]
fn crud_is_scoped_to_the_tenant_with_filter_sort_pages_and_etags() {
    run(async |service| {
        let (ours, theirs) = (
            service.tenant("ax-ours").await,
            service.tenant("ax-theirs").await,
        );
        let (idp, other) = (ours.idp(), theirs.idp());
        for name in ["c", "a", "b"] {
            idp.user(name).await;
        }
        let page = idp
            .get("/Users?sortBy=userName&startIndex=2&count=1&filter=active+eq+true")
            .await
            .expect(200);
        assert_eq!(page.strings("/Resources/*/userName"), ["b"]);
        assert_eq!(page.total(), 3);
        let id = page.string("/Resources/0/id");
        let read = idp.get(&format!("/Users/{id}")).await.expect(200);
        let etag = read.header("etag").unwrap_or_default().to_owned();
        let unchanged = idp
            .request(Method::GET, &format!("/Users/{id}"))
            .header("if-none-match", &etag)
            .send();
        unchanged.await.expect(304);
        other.get(&format!("/Users/{id}")).await.expect(404);
        assert_eq!(other.get("/Users").await.expect(200).total(), 0);
        let admin = service.admin(&theirs, Role::Owner).await;
        admin.get(&format!("/users/{id}")).await.expect(404);
        let role = json!({"role_id": "viewer"});
        admin
            .put(&format!("/users/{id}/role"), role)
            .await
            .expect(404);
    });
}

#[test]
fn role_mappings_are_listed_set_and_cleared_by_those_who_may_configure_sso() {
    run(async |service| {
        let tenant = service.tenant("ax-mapping").await;
        let idp = tenant.idp();
        let group = idp.group("Ops", &[]).await;
        let path = format!("/scim/groups/{group}/role-mapping");
        let list = "/scim/groups/role-mappings";
        for (role, status) in [
            (Role::Viewer, 403),
            (Role::Member, 403),
            (Role::Admin, 200),
            (Role::Owner, 200),
        ] {
            let admin = service.admin(&tenant, role).await;
            let to = json!({"role_id": "member"});
            admin.put(&path, to).await.expect(status);
            admin.get(list).await.expect(status);
            admin.get("/scim/roles").await.expect(status);
        }
        let admin = service.admin(&tenant, Role::Admin).await;
        admin
            .get(list)
            .await
            .expect(200)
            .is(json!({"items": [{"group": {"id": group}, "role_id": "member"}]}));
        let clear = json!({"role_id": null});
        let cleared = admin.put(&path, clear).await.expect(200);
        assert_eq!(cleared.body["role_id"], Value::Null);
        for wrong in [
            json!({}),
            json!({"role_id": "root"}),
            json!({"role": "admin"}),
        ] {
            admin.put(&path, wrong).await.expect(400);
        }
        let nowhere = "/scim/groups/none/role-mapping";
        let to = json!({"role_id": "member"});
        admin.put(nowhere, to.clone()).await.expect(404);
        let scim = service.application().with(Some(tenant.token()));
        for refused in [scim.put(&path, to).await, scim.get(list).await] {
            let detail = refused.expect(403).string("/detail");
            assert!(detail.contains("not a SCIM token"), "{detail}");
        }
    });
}

#[test]
fn a_spoofed_tenant_header_changes_nothing() {
    run(async |service| {
        let (ours, theirs) = (
            service.tenant("ax-spoof").await,
            service.tenant("ax-victim").await,
        );
        theirs.idp().user("victim").await;
        theirs.idp().group("Victims", &[]).await;
        let mut admin = service.admin(&ours, Role::Owner).await;
        for name in ["X-Tenant-ID", "X-Org-ID", "Tenant", "X-Forwarded-Host"] {
            admin = admin.and_header(name, theirs.id());
        }
        for path in ["/users", "/scim/groups/role-mappings", "/requests"] {
            let path = format!("{path}?limit=5");
            assert!(admin.all(&path).await.is_empty(), "{path}");
        }
        let query = format!("/users?tenant={}", theirs.id());
        admin.get(&query).await.expect(400);
        let idp = ours.idp();
        let spoofed = idp
            .request(Method::GET, "/Users")
            .header("x-tenant-id", theirs.id());
        assert_eq!(spoofed.send().await.expect(200).total(), 0);
    });
}

#[test]
fn every_change_is_in_the_audit_log() {
    run(async |service| {
        let tenant = service.tenant("ax-audit").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let ada = idp.user("ada").await;
        let group = idp.group("Ops", &[&ada]).await;
        let mapping = format!("/scim/groups/{group}/role-mapping");
        let role = format!("/users/{ada}/role");
        for (path, role) in [(&mapping, json!("admin")), (&role, json!("viewer"))] {
            let body = json!({"role_id": role});
            admin.put(path, body).await.expect(200);
        }
        let clear = json!({"role_id": null});
        let cleared = admin.put(&mapping, clear).await.expect(200);
        let entries = admin.all("/audit?limit=3").await;
        let of = |action: &str| -> Vec<&Value> {
            entries.iter().filter(|e| e["type"] == action).collect()
        };
        let [clearing, mapping] = of("group.mapping_changed")[..] else {
            panic!("{entries:#?}")
        };
        assert_eq!(mapping["before"]["role_id"], Value::Null);
        assert_eq!(mapping["after"]["role_id"], "admin");
        assert_eq!(mapping["subject"]["name"], "Ops");
        assert_eq!(mapping["actor"]["type"], "portal_link");
        assert_eq!(
            clearing["request_id"].as_str(),
            cleared.header("x-amzn-requestid")
        );
        assert_eq!(of("user.role_given").len(), 1);
        assert_eq!(of("user.created")[0]["actor"]["type"], "token");
        // The log can be filtered by person, actor, time and action.
        let by_person = admin.all("/audit?subject=ADA").await;
        assert!(by_person.iter().all(|e| e["subject"]["id"] == ada.as_str()));
        let token = of("user.created")[0]["actor"]["id"].clone();
        let by_actor = format!("/audit?actor={}", token.as_str().unwrap_or_default());
        assert!(admin.all(&by_actor).await.len() >= 3);
        let none = admin.all("/audit?to=2020-01-01T00:00:00Z").await;
        assert!(none.is_empty());
        let since = "/audit?from=2020-01-01T00:00:00Z&action=user.role_g";
        let past = admin.all(since).await;
        assert_eq!(past.len(), 1);
    });
}

#[test]
fn membership_changes_update_roles_in_both_directions() {
    run(async |service| {
        let tenant = service.tenant("ax-follow").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let ada = idp.user("ada").await;
        let group = idp.group("Ops", &[&ada]).await;
        let role = format!("/users/{ada}/role");
        let effective = async || admin.get(&role).await.expect(200).body["effective"].clone();
        assert_eq!(effective().await, Value::Null);
        let mapping = format!("/scim/groups/{group}/role-mapping");
        for (mapped, expected) in [
            (json!("member"), json!("member")),
            (json!("admin"), json!("admin")),
            (json!(null), json!(null)),
            (json!("viewer"), json!("viewer")),
        ] {
            let body = json!({"role_id": mapped});
            admin.put(&mapping, body).await.expect(200);
            assert_eq!(effective().await, expected);
        }
        let path = format!("/Groups/{group}");
        let empty = json!({"schemas": [urn::GROUP], "displayName": "Ops"});
        idp.put(&path, empty).await.expect(200);
        assert_eq!(effective().await, Value::Null);
        let back = json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]);
        idp.patch(&path, back).await.expect(204);
        assert_eq!(effective().await, "viewer");
        idp.delete(&path).await.expect(204);
        assert_eq!(effective().await, Value::Null);
    });
}
