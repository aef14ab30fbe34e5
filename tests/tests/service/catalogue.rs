//! The roles that the application defines for a tenant: what they give, that they do not vanish, and which groups give
//! them.

use rollcall_directory::{Reason, Role};
use rollcall_tests::idp::Answer;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::urn;
use serde_json::{Value, json};

/// A role that groups and people can get, with these permissions.
fn role(id: &str, rank: u16, permissions: &[&str]) -> Value {
    json!({"id": id, "name": id.to_uppercase(), "rank": rank, "by_mapping": true, "by_hand": true,
           "permissions": permissions})
}

async fn define(service: &Service, tenant: &Tenant, roles: &[Value]) -> Answer {
    let path = format!("/tenants/{}/roles", tenant.id());
    let body = json!({"items": roles});
    service.application().put(&path, body).await
}

async fn put(service: &Service, tenant: &Tenant, path: &str, body: Value) -> Answer {
    let path = format!("/tenants/{}{path}", tenant.id());
    service.application().put(&path, body).await
}

async fn set(service: &Service, tenant: &Tenant, settings: Value) {
    let path = format!("/tenants/{}/settings", tenant.id());
    let changed = service.application().patch(&path, settings).await;
    changed.expect(200);
}

async fn map(service: &Service, tenant: &Tenant, group: &str, role: &str) {
    let path = format!("/groups/{group}/role-mapping");
    let mapped = put(service, tenant, &path, json!({"role_id": role})).await;
    mapped.expect(200).is(json!({"role_id": role}));
}

/// Creates a tenant without a default role, with the roles `editor` and `admin` of an application.
async fn tenant_with_roles(service: &Service, name: &str) -> Tenant {
    let tenant = service.tenant(name).await;
    set(service, &tenant, json!({"sso_default_role": null})).await;
    let roles = [
        role("editor", 10, &[]),
        role("admin", 500, &["billing:write"]),
    ];
    let defined = define(service, &tenant, &roles).await.expect(200);
    assert_eq!(defined.strings("/items/*/id"), ["editor", "admin", "owner"]);
    tenant
}

#[test]
fn an_admin_of_the_application_is_none_of_rollcall() {
    run(async |service| {
        let tenant = tenant_with_roles(service, "own-roles").await;
        let ada = tenant.idp().user("ada").await;
        let group = tenant.idp().group("Engineering", &[&ada]).await;
        map(service, &tenant, &group, "admin").await;
        let application = service.application();
        let login = application
            .log_in(tenant.id(), "ada", None)
            .await
            .expect(200);
        let login =
            login.is(json!({"role": "admin", "roles": ["admin"], "user": {"roles": ["admin"]}}));
        let token = login.string("/session/token");
        let session = application.introspect(&token).await.expect(200);
        let session = session.is(json!({"role": "admin", "roles": ["admin"]}));
        assert_eq!(session.body["permissions"], json!(["billing:write"]));
        let session = application.with(Some(&token));
        for path in [
            "/users",
            "/scim/roles",
            "/scim/connections",
            "/settings",
            "/audit",
            "/requests",
        ] {
            session.get(path).await.expect(403);
        }
        // A link for a role that sees nothing would lead nowhere.
        let path = format!("/tenants/{}/portal-links", tenant.id());
        let asked = json!({"role_id": "admin"});
        application.post(&path, asked).await.expect(400);
    });
}

#[test]
fn a_person_has_several_roles_and_the_highest_counts() {
    run(async |service| {
        let tenant = tenant_with_roles(service, "several").await;
        let ada = tenant.idp().user("ada").await;
        for (name, role) in [("Writers", "editor"), ("Engineering", "admin")] {
            let group = tenant.idp().group(name, &[&ada]).await;
            map(service, &tenant, &group, role).await;
        }
        service.follow_up(&tenant).await;
        let both = json!(["admin", "editor"]);
        let path = format!("/tenants/{}/users/{ada}/role", tenant.id());
        let held = service.application().get(&path).await.expect(200);
        let held = held.is(json!({"effective": "admin"}));
        assert_eq!(held.body["roles"], both);
        let admin = service.admin(&tenant, Role::Owner).await;
        let told = admin.all("/audit?action=user.role_changed").await;
        assert_eq!(told[0]["after"]["roles"], both);

        // With other ranks, another role counts.
        let roles = [role("editor", 600, &[]), role("admin", 500, &[])];
        define(service, &tenant, &roles).await.expect(200);
        let held = service.application().get(&path).await.expect(200);
        held.is(json!({"effective": "editor"}));
        service.follow_up(&tenant).await;
        let told = admin.all("/audit?action=user.role_changed").await;
        assert_eq!(told[0]["after"]["role"], "editor");
    });
}

#[test]
fn a_role_in_use_does_not_vanish() {
    run(async |service| {
        let tenant = service.tenant("in-use").await;
        let fewer = [role("editor", 10, &[]), role("admin", 500, &[])];
        let refused = define(service, &tenant, &fewer).await.expect(409);
        let detail = refused.string("/detail");
        refused.because(Reason::RoleInUse);
        assert!(detail.contains("sso_default_role"), "{detail}");
        set(service, &tenant, json!({"sso_default_role": null})).await;
        define(service, &tenant, &fewer).await.expect(200);

        let ada = tenant.idp().user("ada").await;
        let group = tenant.idp().group("Writers", &[]).await;
        map(service, &tenant, &group, "editor").await;
        let given = format!("/users/{ada}/role");
        let editor = json!({"role_id": "editor"});
        put(service, &tenant, &given, editor).await.expect(200);
        let without = [role("admin", 500, &[])];
        let none = json!({"role_id": null});
        for (named, path) in [
            ("Writers", format!("/groups/{group}/role-mapping")),
            ("ada", given),
        ] {
            let refused = define(service, &tenant, &without).await.expect(409);
            let detail = refused.string("/detail");
            assert!(
                detail.contains("editor") && detail.contains(named),
                "{detail}"
            );
            put(service, &tenant, &path, none.clone()).await.expect(200);
        }
        define(service, &tenant, &without).await.expect(200);
        // Nobody can be given what is not there.
        let path = format!("/users/{ada}/role");
        let gone = json!({"role_id": "editor"});
        let refused = put(service, &tenant, &path, gone).await.expect(400);
        let detail = refused.string("/detail");
        assert!(detail.contains("`admin`, `owner`"), "{detail}");
        let told = service.journal(&tenant).await;
        let told = told
            .iter()
            .filter(|entry| entry["type"] == "tenant.roles_changed");
        assert_eq!(told.count(), 2);
    });
}

#[test]
fn only_the_application_defines_roles_and_not_every_role_is_given_in_every_way() {
    run(async |service| {
        let tenant = tenant_with_roles(service, "ways").await;
        let owner = service.admin(&tenant, Role::Owner).await;
        let roles = owner.get("/scim/roles").await.expect(200);
        roles.is(json!({"items": [{"id": "editor", "name": "EDITOR", "rank": 10}, {"id": "admin"}, {"id": "owner"}]}));
        owner
            .put("/scim/roles", json!({"items": []}))
            .await
            .expect(405);
        let mut by_hand = role("editor", 10, &[]);
        by_hand["by_mapping"] = json!(false);
        let mut by_group = role("admin", 500, &[]);
        by_group["by_hand"] = json!(false);
        define(service, &tenant, &[by_hand, by_group])
            .await
            .expect(200);
        let ada = tenant.idp().user("ada").await;
        let group = tenant.idp().group("Writers", &[&ada]).await;
        for (path, role, status) in [
            (format!("/groups/{group}/role-mapping"), "editor", 400),
            (format!("/groups/{group}/role-mapping"), "admin", 200),
            (format!("/users/{ada}/role"), "admin", 400),
            (format!("/users/{ada}/role"), "editor", 200),
        ] {
            let given = put(service, &tenant, &path, json!({"role_id": role})).await;
            given.expect(status);
        }
        let default = json!({"sso_default_role": "editor"});
        owner.patch("/settings", default).await.expect(400);
        for wrong in [role("Editor", 1, &[]), role("editor", 1_000, &[])] {
            define(service, &tenant, &[wrong]).await.expect(400);
        }
    });
}

#[test]
fn the_default_role_sees_nothing_of_other_people() {
    run(async |service| {
        let tenant = service.tenant("employees").await;
        let ada = tenant.idp().user("ada").await;
        let group = tenant.idp().group("All", &[&ada]).await;
        let application = service.application();
        let login = application
            .log_in(tenant.id(), "ada", None)
            .await
            .expect(200);
        let login = login.is(json!({"role": "member"}));
        let member = application.with(Some(&login.string("/session/token")));
        for path in [
            "/users",
            &format!("/users/{ada}"),
            &format!("/scim/groups/{group}/members"),
            "/audit",
            "/requests",
            "/settings",
        ] {
            member.get(path).await.expect(403);
        }
        member.get("/scim/connections").await.expect(200);
        let admin = service.admin(&tenant, Role::Admin).await;
        for path in ["/users", "/audit", "/requests", "/settings"] {
            admin.get(path).await.expect(200);
        }
    });
}

#[test]
fn a_group_is_named_by_its_own_letters_or_by_its_external_id_alone() {
    run(async |service| {
        let tenant = service.tenant("look-alikes").await;
        set(service, &tenant, json!({"sso_default_role": null})).await;
        let admins = json!({"schemas": [urn::GROUP], "displayName": "Admins", "externalId": "x-1"});
        let group = tenant.idp().post("/Groups", admins).await.expect(201).id();
        map(service, &tenant, &group, "admin").await;
        let application = service.application();
        let role = async |claim: &str| {
            let login = application.log_in(tenant.id(), "ada", Some(&[claim])).await;
            login.expect(200).body["role"].clone()
        };
        for claim in ["Admins", "ADMINS", "x-1", &group] {
            assert_eq!(role(claim).await, "admin", "{claim}");
        }
        for claim in ["aDMIN\u{17f}", "\u{410}dmins", "\u{ff21}dmins", "X-1"] {
            assert_eq!(role(claim).await, Value::Null, "{claim}");
        }
        set(service, &tenant, json!({"claim_match": "external_id"})).await;
        assert_eq!(role("x-1").await, "admin");
        for claim in ["Admins", &group] {
            assert_eq!(role(claim).await, Value::Null, "{claim}");
        }
    });
}

/// Who may map groups and change settings gives nobody a role above their own by that.
#[test]
fn nobody_lets_a_group_or_a_setting_give_a_role_above_their_own() {
    run(async |service| {
        let tenant = service.tenant("above").await;
        let configures = &["sso:configure", "settings:write", "provisioning:read"];
        let mut lead = role("lead", 900, &[]);
        lead["by_default"] = json!(true);
        let roles = [role("it", 300, configures), lead];
        set(service, &tenant, json!({"sso_default_role": null})).await;
        define(service, &tenant, &roles).await.expect(200);
        let eve = tenant.idp().user("eve").await;
        let group = tenant.idp().group("Helpdesk", &[&eve]).await;
        map(service, &tenant, &group, "it").await;
        let application = service.application();
        let login = application.log_in(tenant.id(), "eve", None).await;
        let token = login.expect(200).string("/session/token");
        let session = application.with(Some(&token));
        let path = format!("/scim/groups/{group}/role-mapping");
        let mapped = session.put(&path, json!({"role_id": "lead"})).await;
        mapped.expect(403).because(Reason::RoleAboveGiver);
        let changed = session
            .patch("/settings", json!({"sso_default_role": "lead"}))
            .await;
        changed.expect(403).because(Reason::RoleAboveGiver);
        session
            .put(&path, json!({"role_id": "it"}))
            .await
            .expect(200);
    });
}
