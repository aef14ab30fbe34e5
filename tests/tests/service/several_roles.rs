//! Several roles by one group, and several by hand.

use rollcall_directory::Reason;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::visitor::Visitor;
use serde_json::{Value, json};

fn role(id: &str, rank: u16, permissions: &[&str]) -> Value {
    json!({"id": id, "name": id.to_uppercase(), "rank": rank, "by_mapping": true, "by_hand": true,
           "permissions": permissions})
}

/// Returns what a stored change led to, which is JSON as text.
fn after(entry: &Value) -> Value {
    let text = entry["after"].as_str().expect("a change");
    serde_json::from_str(text).expect("JSON")
}

/// Creates a tenant with the roles `billing`, `editor` and `admin`, and no default role.
async fn tenant(service: &Service, name: &str) -> Tenant {
    let tenant = service.tenant(name).await;
    let application = service.application();
    let path = format!("/tenants/{}", tenant.id());
    let none = json!({"sso_default_role": null});
    let settings = format!("{path}/settings");
    application.patch(&settings, none).await.expect(200);
    let roles = [
        role("billing", 10, &["invoices:read"]),
        role("editor", 20, &["texts:write"]),
        role(
            "admin",
            500,
            &["sso:configure", "directory:read", "logs:read"],
        ),
    ];
    let roles = json!({"items": roles});
    application
        .put(&format!("{path}/roles"), roles)
        .await
        .expect(200);
    tenant
}

#[test]
fn a_group_gives_several_roles() {
    run(async |service| {
        let tenant = tenant(service, "group-several").await;
        let application = service.application();
        let ada = tenant.idp().user("ada").await;
        let group = tenant.idp().group("Press", &[&ada]).await;
        let at = |path: &str| format!("/tenants/{}{path}", tenant.id());
        let mapping = at(&format!("/groups/{group}/role-mapping"));
        let both = json!({"role_ids": ["billing", "editor", "billing"]});
        let mapped = application.put(&mapping, both).await.expect(200);
        mapped.is(json!({"role_id": "editor", "role_ids": ["editor", "billing"]}));
        let listed = application
            .get(&at("/groups/role-mappings"))
            .await
            .expect(200);
        listed.is(json!({"items": [{"role_id": "editor", "role_ids": ["editor", "billing"]}]}));
        service.follow_up(&tenant).await;
        let told = service.journal(&tenant).await;
        let told = |kind: &str| {
            let last = told.iter().rfind(|entry| entry["type"] == kind);
            after(last.expect(kind))
        };
        assert_eq!(
            told("group.mapping_changed"),
            json!({"role_id": "editor", "role_ids": ["editor", "billing"]})
        );
        assert_eq!(
            told("user.role_changed"),
            json!({"role": "editor", "roles": ["editor", "billing"]})
        );
        let login = application
            .log_in(tenant.id(), "ada", Some(&["Press"]))
            .await;
        let login = login.expect(200);
        let roles = json!({"role": "editor", "roles": ["editor", "billing"]});
        let login = login.is(roles.clone());
        let login = login.is(json!({"routing": {"source": "scim-group:Press"}}));
        let token = login.string("/session/token");
        let session = application.introspect(&token).await.expect(200);
        let session = session.is(roles.clone());
        assert_eq!(
            session.body["permissions"],
            json!(["invoices:read", "texts:write"])
        );
        application
            .get(&at(&format!("/users/{ada}")))
            .await
            .expect(200)
            .is(roles);
        let grants = application.get(&at(&format!("/users/{ada}/role"))).await;
        let grants = grants.expect(200);
        assert_eq!(grants.strings("/grants/*/role"), ["editor", "billing"]);

        // One of two goes.
        let one = application
            .put(&mapping, json!({"role_id": "billing"}))
            .await;
        one.expect(200).is(json!({"role_ids": ["billing"]}));
        let held = application
            .get(&at(&format!("/users/{ada}")))
            .await
            .expect(200);
        held.is(json!({"role": "billing", "roles": ["billing"]}));
    });
}

#[test]
fn a_person_gets_several_roles_by_hand() {
    run(async |service| {
        let tenant = tenant(service, "hand-several").await;
        let application = service.application();
        let ada = tenant.idp().user("ada").await;
        let role_path = format!("/tenants/{}/users/{ada}/role", tenant.id());
        let both = json!({"role_ids": ["billing", "editor"]});
        let given = application.put(&role_path, both.clone()).await.expect(200);
        given.is(json!({"effective": "editor", "roles": ["editor", "billing"],
            "grants": [{"role": "editor", "source": "manual"}, {"role": "billing", "source": "manual"}]}));
        application.put(&role_path, both).await.expect(200);
        let told = service.journal(&tenant).await;
        let told: Vec<&Value> = told
            .iter()
            .filter(|one| one["type"] == "user.role_given")
            .collect();
        assert_eq!(told.len(), 1, "a repetition is no change");
        assert_eq!(
            after(told[0]),
            json!({"role_id": "editor", "role_ids": ["editor", "billing"]})
        );
        // Deactivation keeps them, reactivation brings them back.
        for active in [false, true] {
            let path = format!("/Users/{ada}");
            let set = json!([{"op": "replace", "path": "active", "value": active}]);
            tenant.idp().patch(&path, set).await.expect(200);
            let held = application.get(&role_path).await.expect(200);
            let roles = if active {
                json!(["editor", "billing"])
            } else {
                json!([])
            };
            assert_eq!(held.body["roles"], roles);
        }
        for (wrong, status) in [
            (json!({}), 400),
            (json!({"role_id": "editor", "role_ids": ["editor"]}), 400),
            (json!({"role_ids": null}), 400),
            (json!({"role_ids": ["editor", "nothing"]}), 400),
        ] {
            application.put(&role_path, wrong).await.expect(status);
        }
    });
}

/// Beside a role above the giver's own, others can be given and taken.
#[test]
fn only_what_changes_must_be_within_the_givers_rank() {
    run(async |service| {
        let tenant = tenant(service, "rank-several").await;
        let application = service.application();
        let ada = tenant.idp().user("ada").await;
        let eve = tenant.idp().user("eve").await;
        let path = |who: &str| format!("/users/{who}/role");
        let below = format!("/tenants/{}", tenant.id());
        for (who, roles) in [(&ada, json!(["owner"])), (&eve, json!(["admin"]))] {
            let given = json!({"role_ids": roles});
            application
                .put(&format!("{below}{}", path(who)), given)
                .await
                .expect(200);
        }
        let login = application
            .log_in(tenant.id(), "eve", None)
            .await
            .expect(200);
        let admin = application.with(Some(&login.string("/session/token")));
        let with = json!({"role_ids": ["owner", "billing"]});
        admin.put(&path(&ada), with).await.expect(200);
        for taken in [json!(["billing"]), json!([])] {
            let refused = admin.put(&path(&ada), json!({"role_ids": taken})).await;
            refused.expect(403).because(Reason::RoleAboveGiver);
        }
        let owner = json!({"role_ids": ["owner", "billing"]});
        let given = admin.put(&path(&eve), owner).await;
        given.expect(403).because(Reason::RoleAboveGiver);
    });
}

/// The rank of one role does not extend what another one allows.
#[test]
fn nobody_acts_with_the_rank_of_one_role_and_the_permission_of_another() {
    run(async |service| {
        let tenant = service.tenant("ranks-apart").await;
        let application = service.application();
        let at = |path: &str| format!("/tenants/{}{path}", tenant.id());
        let roles = [
            role("helpdesk", 100, &["sso:configure", "directory:read"]),
            role("lead", 300, &["sso:configure", "directory:read"]),
            role("billing", 500, &["invoices:read"]),
        ];
        let none = json!({"sso_default_role": null});
        let settings = at("/settings");
        application.patch(&settings, none).await.expect(200);
        let roles = json!({"items": roles});
        application.put(&at("/roles"), roles).await.expect(200);
        let ada = tenant.idp().user("ada").await;
        let both = json!({"role_ids": ["billing", "helpdesk"]});
        let role_of = at(&format!("/users/{ada}/role"));
        application.put(&role_of, both).await.expect(200);
        let login = application.log_in(tenant.id(), "ada", None).await;
        let token = login.expect(200).string("/session/token");
        let session = application.with(Some(&token));
        let path = format!("/users/{ada}/role");
        let more = json!({"role_ids": ["billing", "lead", "helpdesk"]});
        session.put(&path, more).await.expect(403);
    });
}

/// Whoever may not give a role by a group may not take it away either, nor beside one that they may give.
#[test]
fn nobody_takes_away_a_mapping_above_their_own_rank() {
    run(async |service| {
        let tenant = tenant(service, "mapping-ranks").await;
        let application = service.application();
        let at = |path: &str| format!("/tenants/{}{path}", tenant.id());
        let roles = [
            role("helpdesk", 100, &["sso:configure", "directory:read"]),
            role("lead", 300, &["texts:write"]),
        ];
        let roles = json!({"items": roles});
        application.put(&at("/roles"), roles).await.expect(200);
        let ada = tenant.idp().user("ada").await;
        let group = tenant.idp().group("Leads", &[]).await;
        let mapping = format!("/groups/{group}/role-mapping");
        let mapped = |ids: Value| json!({"role_ids": ids});
        for (path, roles) in [
            (
                at(&format!("/users/{ada}/role")),
                mapped(json!(["helpdesk"])),
            ),
            (at(&mapping), mapped(json!(["lead"]))),
        ] {
            application.put(&path, roles).await.expect(200);
        }
        let login = application.log_in(tenant.id(), "ada", None).await;
        let token = login.expect(200).string("/session/token");
        let admin = application.with(Some(&token));
        let own = format!("/scim{mapping}");
        for taken in [json!([]), json!(["helpdesk"])] {
            let refused = admin.put(&own, mapped(taken)).await;
            refused.expect(403).because(Reason::RoleAboveGiver);
        }
        for kept in [json!(["lead", "helpdesk"]), json!(["lead"])] {
            admin.put(&own, mapped(kept)).await.expect(200);
        }
        let visitor = Visitor::with_session(service, &token).await;
        let form_token = visitor.form_token();
        let form = [
            ("from", "lead"),
            ("role", "none"),
            ("form_token", &*form_token),
        ];
        let path = format!("/console/groups/{group}/role");
        visitor.post(&path, &form, &[]).await.expect(403);
        let left = admin.get("/scim/groups/role-mappings").await.expect(200);
        left.is(json!({"items": [{"role_ids": ["lead"]}]}));
    });
}
