//! The SCIM provisioning features that TridentStack Control documents, row by row.

use rollcall_directory::{RateLimit, Reason, Role, Settings};
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

#[test]
fn a_token_shows_its_label_age_and_last_use_and_revoking_takes_effect_immediately() {
    run(async |service| {
        let tenant = service.tenant("ts-token").await;
        let admin = service.admin(&tenant, Role::Admin).await;
        let tokens = format!("/scim/connections/{}/tokens", tenant.connection_id());
        let new = json!({"label": "Entra"});
        let token = admin.post(&tokens, new).await.expect(201);
        let idp = tenant.idp().with_token(Some(&token.string("/token")));
        let listed = async || {
            let all = admin.all(&tokens).await;
            let found = all.into_iter().find(|t| t["id"] == token.body["id"]);
            found.unwrap_or_default()
        };
        let before = listed().await;
        assert_eq!(before["label"], "Entra");
        assert!(before["created_at"].is_string() && before.get("last_used_at").is_none());
        idp.get("/Users").await.expect(200);
        assert!(listed().await["last_used_at"].is_string());
        let path = format!("/scim/tokens/{}", token.id());
        admin.delete(&path).await.expect(204);
        idp.get("/Users").await.refused(401, "");
        assert!(listed().await["revoked_at"].is_string());
    });
}

#[test]
fn during_rotation_both_tokens_work() {
    run(async |service| {
        let tenant = service.tenant("ts-rotation").await;
        let admin = service.admin(&tenant, Role::Admin).await;
        let tokens = format!("/scim/connections/{}/tokens", tenant.connection_id());
        let next = admin.post(&tokens, json!({"label": "next"})).await;
        let next = tenant
            .idp()
            .with_token(Some(&next.expect(201).string("/token")));
        tenant.idp().get("/Users").await.expect(200);
        next.get("/Users").await.expect(200);
        let old = admin.all(&tokens).await[0]["id"].clone();
        let path = format!("/scim/tokens/{}", old.as_str().unwrap_or_default());
        admin.delete(&path).await.expect(204);
        tenant.idp().get("/Users").await.expect(401);
        next.get("/Users").await.expect(200);
    });
}

#[test]
fn a_person_is_kept_in_sync_and_keeps_their_id_after_a_rename() {
    run(async |service| {
        let tenant = service.tenant("ts-sync").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let body = |name: &str| {
            json!({"schemas": [urn::USER], "userName": name, "externalId": "00u1",
                   "displayName": format!("Display {name}"),
                   "emails": [{"value": format!("{name}@example.com"), "primary": true}]})
        };
        let id = idp.post("/Users", body("ada")).await.expect(201).id();
        let shown = |name: &str| {
            json!({"id": id, "user_name": name, "external_id": "00u1", "email": format!("{name}@example.com"),
                   "display_name": format!("Display {name}")})
        };
        let path = format!("/users/{id}");
        admin.get(&path).await.expect(200).is(shown("ada"));
        let scim = format!("/Users/{id}");
        idp.put(&scim, body("ada.lovelace")).await.expect(200);
        admin.get(&path).await.expect(200).is(shown("ada.lovelace"));
        // A person who signs in with an unknown name is found by their external id.
        let login = json!({"user_name": "countess", "external_id": "00u1"});
        let logins = format!("/tenants/{}/sso/logins", tenant.id());
        let login = service.application().post(&logins, login).await;
        login.expect(200).is(json!({"user": {"id": id}}));
    });
}

#[test]
fn joining_and_leaving_a_group_changes_the_role_immediately_and_keeps_manual_roles() {
    run(async |service| {
        let tenant = service.tenant("ts-join").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let ada = idp.user("ada").await;
        let group = idp.group("Leads", &[]).await;
        let mapping = format!("/scim/groups/{group}/role-mapping");
        admin
            .put(&mapping, json!({"role_id": "admin"}))
            .await
            .expect(200);
        let role = format!("/users/{ada}/role");
        admin
            .put(&role, json!({"role_id": "viewer"}))
            .await
            .expect(200);
        let login = service.application().log_in(tenant.id(), "ada", None).await;
        let token = login.expect(200).string("/session/token");
        let members = format!("/Groups/{group}");
        for (op, effective) in [("add", "admin"), ("remove", "viewer"), ("add", "admin")] {
            let change = json!([{"op": op, "path": "members", "value": [{"value": ada}]}]);
            idp.patch(&members, change).await.expect(204);
            let session = service.application().introspect(&token).await;
            session.is(json!({"role": effective}));
            let held = admin.get(&role).await.expect(200);
            assert!(held.strings("/grants/*/source").contains(&"manual".into()));
        }
        let held = admin.get(&role).await.expect(200);
        held.is(json!({"effective": "admin", "grants": [
            {"role": "admin", "source": "mapped", "group": group}, {"role": "viewer", "source": "manual"}]}));
    });
}

#[test]
fn deactivation_keeps_manual_roles_and_history_and_reactivation_restores_roles() {
    run(async |service| {
        let tenant = service.tenant("ts-leave").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let application = service.application();
        let ada = idp.user("ada").await;
        let group = idp.group("Leads", &[&ada]).await;
        let mapping = format!("/scim/groups/{group}/role-mapping");
        admin
            .put(&mapping, json!({"role_id": "admin"}))
            .await
            .expect(200);
        let role = format!("/users/{ada}/role");
        admin
            .put(&role, json!({"role_id": "viewer"}))
            .await
            .expect(200);
        let login = application
            .log_in(tenant.id(), "ada", None)
            .await
            .expect(200);
        let token = login.string("/session/token");
        let active = async |active: bool| {
            let change = json!([{"op": "replace", "path": "active", "value": active}]);
            idp.patch(&format!("/Users/{ada}"), change)
                .await
                .expect(200);
        };

        active(false).await;
        application
            .introspect(&token)
            .await
            .is(json!({"active": false}));
        let inactive = admin.get("/users?state=inactive").await.expect(200);
        assert_eq!(inactive.strings("/items/*/id"), std::slice::from_ref(&ada));
        let held = admin.get(&role).await.expect(200);
        assert_eq!(held.body["effective"], Value::Null);
        held.is(json!({"grants": [{"source": "manual"}]}));
        let history = admin.all(&format!("/audit?subject={ada}")).await;
        let did = |action: &str| history.iter().any(|entry| entry["type"] == action);
        assert!(did("user.created") && did("auth.login") && did("user.deactivated"));

        active(true).await;
        // The old sessions stay ended; the roles are restored.
        application
            .introspect(&token)
            .await
            .is(json!({"active": false}));
        let held = admin.get(&role).await.expect(200);
        held.is(
            json!({"effective": "admin", "grants": [{"source": "mapped"}, {"source": "manual"}]}),
        );
        application
            .log_in(tenant.id(), "ada", None)
            .await
            .expect(200)
            .is(json!({"role": "admin"}));
    });
}

#[test]
fn a_configured_limit_of_sixty_requests_per_minute_applies() {
    run(async |service| {
        let tenant = service.tenant("ts-rate").await;
        let admin = service.admin(&tenant, Role::Admin).await;
        let limit = json!({"rate_limit": {"per_minute": 60, "burst": 3}});
        let changed = admin.patch("/settings", limit.clone()).await.expect(200);
        changed.is(limit);
        // The limit also applies to a token that was issued before the change.
        let (mut sent, mut refused) = (0, 0);
        while refused < 4 {
            let answer = tenant.idp().get("/Users?count=0").await;
            sent += 1;
            assert!(sent < 1_000, "no request was refused");
            if answer.status == 429 {
                refused += 1;
                assert!(answer.header("retry-after").is_some());
            }
        }
        assert!(sent - refused >= 3, "{refused} of {sent} were refused");
        let log = admin.get("/requests?failed=true").await.expect(200);
        assert_eq!(log.select("/items/*").len(), refused);
        assert_eq!(log.string("/items/0/reason"), Reason::RateLimited.as_str());
        let diagnosis = log.string("/items/0/diagnosis");
        assert!(diagnosis.contains("nothing is lost"), "{diagnosis}");
    });
}

#[test]
fn revoked_tokens_and_unsupported_filters_are_logged() {
    run(async |service| {
        let settings = Settings {
            rate_limit: Some(RateLimit::default()),
            ..Settings::default()
        };
        let tenant = service.tenant_with("ts-told", settings).await;
        let idp = tenant.idp();
        let filter = idp.filter("/Users", "userName like \"a\"").await;
        filter.refused(400, "invalidFilter");
        let (id, token) = tenant.issue("old", None).await;
        tenant.revoke(&id).await;
        let old = idp.with_token(Some(&token));
        old.get("/Users").await.refused(401, "");
        let admin = service.admin(&tenant, Role::Admin).await;
        let log = admin.get("/requests?failed=true").await.expect(200);
        log.is(json!({"items": [
            {"status": 401, "method": "GET", "target": "/Users", "token_id": id},
            {"status": 400, "scim_type": "invalidFilter"},
        ]}));
    });
}
