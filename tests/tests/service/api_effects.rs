//! The SCIM provisioning and sign-in features that Controlinfra documents, row by row.

use rollcall_directory::{ManualRoles, Role, RouteBy, Settings};
use rollcall_tests::api::Api;
use rollcall_tests::service::{Service, Tenant, run};
use serde_json::{Value, json};

/// Returns settings that route by the claim alone, as Controlinfra does.
fn by_claim() -> Settings {
    Settings {
        rate_limit: None,
        route_by: RouteBy::Claim,
        manual_roles: ManualRoles::OverwrittenAtLogin,
        ..Settings::default()
    }
}

async fn map(admin: &Api, group: &str, role: Value) {
    let path = format!("/scim/groups/{group}/role-mapping");
    admin
        .put(&path, json!({"role_id": role}))
        .await
        .expect(200)
        .is(json!({"role_id": role}));
}

/// Returns the `auth.login` entries of the audit log, newest first.
async fn logins(service: &Service, tenant: &Tenant) -> Vec<Value> {
    let viewer = service.admin(tenant, Role::Admin).await;
    viewer.all("/audit?action=auth.login").await
}

#[test]
fn tokens_are_shown_once_and_revoked_separately() {
    run(async |service| {
        let tenant = service.tenant("ci-tokens").await;
        let admin = service.admin(&tenant, Role::Admin).await;
        let tokens = format!("/scim/connections/{}/tokens", tenant.connection_id());
        let mut issued = Vec::new();
        for label in ["Okta", "Okta, next"] {
            let token = admin.post(&tokens, json!({"label": label})).await;
            issued.push(token.expect(201));
        }
        for token in &issued {
            let idp = tenant.idp().with_token(Some(&token.string("/token")));
            idp.get("/Users").await.expect(200);
        }
        for listed in admin.all(&tokens).await {
            assert_eq!(
                listed.get("token"),
                None,
                "the list shows the token again: {listed}"
            );
            assert!(
                listed["prefix"]
                    .as_str()
                    .is_some_and(|p| p.starts_with("rcs_"))
            );
        }
        let revoked = format!("/scim/tokens/{}", issued[0].id());
        admin.delete(&revoked).await.expect(204);
        for (token, status) in issued.iter().zip([401, 200]) {
            let idp = tenant.idp().with_token(Some(&token.string("/token")));
            idp.get("/Users").await.expect(status);
        }
    });
}

#[test]
fn groups_are_listed_with_member_count_and_external_id_and_roles_are_listed() {
    run(async |service| {
        let tenant = service.tenant("ci-groups").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let user = idp.user("ada").await;
        let group = json!({"schemas": [rollcall_tests::urn::GROUP], "displayName": "Engineers",
                           "externalId": "okta-17", "members": [{"value": user}]});
        let id = idp.post("/Groups", group).await.expect(201).id();
        let listed = admin.get("/scim/groups/role-mappings").await.expect(200);
        listed.clone().is(json!({"items": [{
            "group": {"id": id, "display_name": "Engineers", "external_id": "okta-17", "member_count": 1},
        }]}));
        assert_eq!(listed.body["items"][0]["role_id"], Value::Null);
        let roles = admin.get("/scim/roles").await.expect(200);
        assert_eq!(
            roles.strings("/items/*/id"),
            ["viewer", "member", "admin", "owner"]
        );
        let owner = json!({"role_id": "owner"});
        let path = format!("/scim/groups/{id}/role-mapping");
        admin.put(&path, owner).await.expect(400);
    });
}

#[test]
fn members_carry_a_pending_login_badge_until_they_sign_in() {
    run(async |service| {
        let tenant = service.tenant("ci-badge").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let (ada, bob) = (idp.user("ada").await, idp.user("bob").await);
        let group = idp.group("g", &[&ada, &bob]).await;
        let members = format!("/scim/groups/{group}/members");
        let states = async || {
            let mut states: Vec<(String, String)> = Vec::new();
            for member in admin.all(&members).await {
                let text = |key: &str| member[key].as_str().unwrap_or_default().to_owned();
                states.push((text("user_name"), text("state")));
            }
            states.sort();
            states
        };
        let pair = |name: &str, state: &str| (name.to_owned(), state.to_owned());
        assert_eq!(
            states().await,
            [pair("ada", "invited"), pair("bob", "invited")]
        );
        let application = service.application();
        application
            .log_in(tenant.id(), "ada", None)
            .await
            .expect(200);
        assert_eq!(
            states().await,
            [pair("ada", "active"), pair("bob", "invited")]
        );
    });
}

#[test]
fn the_claim_decides_on_every_login_and_the_highest_role_wins() {
    run(async |service| {
        let tenant = service.tenant_with("ci-claim", by_claim()).await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        for (name, role) in [
            ("Staff", "member"),
            ("Leads", "admin"),
            ("Guests", "viewer"),
        ] {
            let group = idp.group(name, &[]).await;
            map(&admin, &group, json!(role)).await;
        }
        idp.group("Unmapped", &[]).await;
        let application = service.application();
        for (claim, role, source) in [
            (&["Staff"][..], "member", "scim-group:Staff"),
            (&["staff", "LEADS", "Guests"], "admin", "scim-group:Leads"),
            (&["Guests", "Unmapped"], "viewer", "scim-group:Guests"),
        ] {
            let login = application.log_in(tenant.id(), "ada", Some(claim)).await;
            let login = login.expect(200);
            login
                .clone()
                .is(json!({"role": role, "routing": {"source": source}}));
            let session = application
                .introspect(&login.string("/session/token"))
                .await;
            session.is(json!({"active": true, "role": role}));
            let entry = &logins(service, &tenant).await[0];
            assert_eq!(entry["after"]["source"], source, "{entry}");
            assert_eq!(entry["subject"]["name"], "ada", "{entry}");
        }
    });
}

#[test]
fn without_a_matching_group_the_default_role_is_given_on_the_first_login_only() {
    run(async |service| {
        let settings = Settings {
            sso_default_role: Some(Role::Viewer.into()),
            ..by_claim()
        };
        let tenant = service.tenant_with("ci-default", settings).await;
        let application = service.application();
        let first = application
            .log_in(tenant.id(), "ada", Some(&["Elsewhere"]))
            .await;
        first.expect(200).is(
            json!({"role": "viewer", "routing": {"source": "sso-config-default", "matched": []}}),
        );
        let admin = service.admin(&tenant, Role::Admin).await;
        let change = json!({"sso_default_role": "admin"});
        admin.patch("/settings", change).await.expect(200);
        let again = application.log_in(tenant.id(), "ada", None).await;
        again
            .expect(200)
            .is(json!({"role": "viewer", "routing": {"source": "existing-grants"}}));
        let entries = logins(service, &tenant).await;
        assert_eq!(entries[1]["after"]["source"], "sso-config-default");
    });
}

#[test]
fn the_same_group_name_in_another_tenant_never_routes() {
    run(async |service| {
        let (ours, theirs) = (
            service.tenant_with("ci-ours", by_claim()).await,
            service.tenant_with("ci-theirs", by_claim()).await,
        );
        let group = theirs.idp().group("Leads", &[]).await;
        let admin = service.admin(&theirs, Role::Admin).await;
        map(&admin, &group, json!("admin")).await;
        for claim in ["Leads", &group] {
            let login = service
                .application()
                .log_in(ours.id(), claim, Some(&[claim]))
                .await;
            login
                .expect(200)
                .is(json!({"role": "member", "routing": {"source": "sso-config-default"}}));
        }
    });
}

#[test]
fn a_manual_role_is_overwritten_at_the_next_login_when_the_policy_says_so() {
    run(async |service| {
        for (policy, expected) in [
            (ManualRoles::OverwrittenAtLogin, "viewer"),
            (ManualRoles::Preserved, "admin"),
        ] {
            let settings = Settings {
                manual_roles: policy,
                ..by_claim()
            };
            let tenant = service.tenant_with("ci-manual", settings).await;
            let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
            let group = idp.group("Guests", &[]).await;
            map(&admin, &group, json!("viewer")).await;
            let ada = idp.user("ada").await;
            let role = format!("/users/{ada}/role");
            let given = admin.put(&role, json!({"role_id": "admin"})).await;
            given
                .expect(200)
                .is(json!({"effective": "admin", "grants": [{"source": "manual"}]}));
            let login = service
                .application()
                .log_in(tenant.id(), "ada", Some(&["Guests"]))
                .await;
            login.expect(200).is(json!({"role": expected}));
        }
    });
}

#[test]
fn a_login_never_removes_an_owner_role() {
    run(async |service| {
        let tenant = service.tenant_with("ci-owner", by_claim()).await;
        let (idp, owner) = (tenant.idp(), service.admin(&tenant, Role::Owner).await);
        let group = idp.group("Guests", &[]).await;
        map(&owner, &group, json!("viewer")).await;
        // First the only owner, then one of two owners.
        for name in ["ada", "bob"] {
            let role = format!("/users/{}/role", idp.user(name).await);
            // A portal link makes the first owner only.
            service
                .application()
                .put(
                    &format!("/tenants/{}{role}", tenant.id()),
                    json!({"role_id": "owner"}),
                )
                .await
                .expect(200);
            for _ in 0..2 {
                let login = service
                    .application()
                    .log_in(tenant.id(), name, Some(&["Guests"]))
                    .await;
                login
                    .expect(200)
                    .is(json!({"role": "owner", "routing": {"source": "scim-group:Guests"}}));
            }
            owner.get(&role).await.expect(200).is(
                json!({"effective": "owner", "grants": [{"source": "mapped"}, {"source": "manual"}]}),
            );
        }
    });
}

#[test]
fn deactivation_deletion_and_removal_each_have_their_effect() {
    run(async |service| {
        let tenant = service.tenant("ci-effects").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let application = service.application();
        let group = idp.group("Leads", &[]).await;
        map(&admin, &group, json!("admin")).await;
        for name in ["gone", "out", "deleted"] {
            let user = idp.user(name).await;
            let members = format!("/Groups/{group}");
            let add = json!([{"op": "add", "path": "members", "value": [{"value": user}]}]);
            idp.patch(&members, add).await.expect(204);
            let login = application
                .log_in(tenant.id(), name, None)
                .await
                .expect(200);
            let token = login.string("/session/token");
            application
                .introspect(&token)
                .await
                .is(json!({"active": true, "role": "admin"}));
            let path = format!("/Users/{user}");
            match name {
                "gone" => {
                    let off = json!([{"op": "replace", "value": {"active": false}}]);
                    idp.patch(&path, off).await.expect(200);
                    application
                        .introspect(&token)
                        .await
                        .is(json!({"active": false}));
                    let again = application.log_in(tenant.id(), name, None).await;
                    again.refused(403, "");
                }
                "deleted" => {
                    idp.delete(&path).await.expect(204);
                    application
                        .introspect(&token)
                        .await
                        .is(json!({"active": false}));
                    admin.get(&format!("/users/{user}")).await.expect(404);
                }
                _ => {
                    let filter = format!("members[value eq \"{user}\"]");
                    let out = json!([{"op": "remove", "path": filter}]);
                    idp.patch(&members, out).await.expect(204);
                    // The session stays active, but without the role from the group.
                    let session = application.introspect(&token).await;
                    assert_eq!(session.body["role"], Value::Null);
                    session.is(json!({"active": true, "permissions": []}));
                }
            }
        }
    });
}
