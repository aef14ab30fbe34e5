//! Resources that the caller puts under a name of its own: they are created or replaced, the same request again changes
//! nothing, and each can be sent back as it was read.

use rollcall_directory::{Reason, Role};
use rollcall_tests::api::Api;
use rollcall_tests::service::{Service, Tenant, run};
use serde_json::{Value, json};

use crate::own_schemas::{ACME, attributes};

/// Returns a tenant's id that no other test uses.
fn fresh(name: &str) -> String {
    format!("{name}-{}", &uuid::Uuid::now_v7().to_string()[24..])
}

/// Returns how many entries the journal of a tenant has.
async fn entries(service: &Service, tenant: &str) -> usize {
    let path = format!("/tenants/{tenant}/audit");
    service.application().all(&path).await.len()
}

/// Puts a resource, reads it, and puts it as it was read. Nothing may change. Returns it.
async fn put_and_put_back(
    service: &Service,
    api: &Api,
    tenant: &str,
    path: &str,
    body: &Value,
) -> Value {
    let put = api.put(path, body.clone()).await;
    assert!([200, 201].contains(&put.status), "{path}: {}", put.body);
    let before = entries(service, tenant).await;
    api.put(path, body.clone()).await.expect(200);
    let read = api.get(path).await.expect(200).body;
    let again = api.put(path, read.clone()).await.expect(200);
    assert_eq!(again.body, read, "{path}");
    assert_eq!(entries(service, tenant).await, before, "{path}");
    read
}

#[test]
fn a_tenant_is_created_once_and_replaced_whole() {
    run(async |service| {
        let (api, id) = (service.application(), fresh("put"));
        let path = format!("/tenants/{id}");
        let whole = json!({
            "display_name": "Put", "settings": {"retention_days": 30, "cache_seconds": 5, "sso_default_role": null},
            "request_ceiling": {"per_minute": 100, "burst": 5}, "ceilings": {"people": 50},
        });
        let made = api.put(&path, whole.clone()).await.expect(201);
        assert_eq!(
            made.header("location"),
            Some(format!("/api/v1/tenants/{id}").as_str())
        );
        let read = put_and_put_back(service, &api, &id, &path, &whole).await;
        assert_eq!(read["settings"]["retention_days"], 30);
        assert_eq!(read["ceilings"]["people"], 50);
        // What is left out takes its default.
        let plain = json!({"display_name": "Put"});
        let read = put_and_put_back(service, &api, &id, &path, &plain).await;
        assert_eq!(read["request_ceiling"], Value::Null);
        assert_eq!(read["ceilings"]["people"], Value::Null);
        assert_eq!(read["settings"]["cache_seconds"], 0);
        assert_eq!(read["settings"]["sso_default_role"], "member");

        let other = json!({"id": "other", "display_name": "Put"});
        api.put(&path, other).await.because(Reason::InvalidValue);
        api.delete(&path).await.expect(204);
        api.put(&path, plain).await.because(Reason::NotUnique);
    });
}

#[test]
fn one_of_many_creates_a_tenant() {
    run(async |service| {
        let (api, id) = (service.application(), fresh("race"));
        let path = format!("/tenants/{id}");
        let body = json!({"display_name": "Race"});
        let puts = (0..6).map(|_| api.put(&path, body.clone()));
        let answers = futures::future::join_all(puts).await;
        let made = answers.iter().filter(|answer| answer.status == 201);
        assert_eq!(made.count(), 1);
        assert!(
            answers
                .iter()
                .all(|answer| [200, 201].contains(&answer.status))
        );
        assert_eq!(entries(service, &id).await, 1);
    });
}

#[test]
fn settings_keep_what_the_caller_may_not_change() {
    run(async |service| {
        let tenant = service.tenant("put-settings").await;
        let (api, path) = (
            service.application(),
            format!("/tenants/{}/settings", tenant.id()),
        );
        let whole = json!({
            "cache_seconds": 60, "return_origins": ["https://app.test"], "sign_up": "pushed_only", "retention_days": 90,
            "route_by": "claim",
        });
        put_and_put_back(service, &api, tenant.id(), &path, &whole).await;
        let owner = service.admin(&tenant, Role::Owner).await;
        let kept = owner
            .put("/settings", json!({"sign_up": "pushed_only"}))
            .await
            .expect(200);
        assert_eq!(kept.body["cache_seconds"], 60);
        assert_eq!(kept.body["return_origins"], json!(["https://app.test"]));
        assert_eq!(kept.body["route_by"], "claim_then_membership");
        for forbidden in [json!({"cache_seconds": 0}), json!({"return_origins": []})] {
            let refused = owner.put("/settings", forbidden).await;
            refused.because(Reason::Forbidden);
        }
        owner.put("/settings", kept.body).await.expect(200);
        let admin = service.admin(&tenant, Role::Admin).await;
        let kept = admin.put("/settings", json!({})).await.expect(200);
        assert_eq!(kept.body["sign_up"], "pushed_only");
        admin.put("/settings", kept.body).await.expect(200);
        let refused = admin.put("/settings", json!({"sign_up": "allowed"})).await;
        refused.because(Reason::Forbidden);
    });
}

#[test]
fn a_connection_has_a_chosen_id_and_works() {
    run(async |service| {
        let tenant = service.tenant("put-connection").await;
        let api = service.application();
        let path = format!("/tenants/{}/connections/okta-production", tenant.id());
        let whole = json!({
            "name": "Okta", "provider": "okta", "alias": "okta", "external_id": "unrelated",
            "replaces": [tenant.connection_id()],
        });
        let read = put_and_put_back(service, &api, tenant.id(), &path, &whole).await;
        assert_eq!(read["id"], "okta-production");
        let plain = json!({"name": "Okta", "provider": "okta"});
        let read = put_and_put_back(service, &api, tenant.id(), &path, &plain).await;
        assert_eq!(read["replaces"], json!([]));
        assert_eq!(read.get("alias"), None);

        // An id is no alias of another connection, and the other way round: a sign-in can name either.
        let root = format!("/tenants/{}/connections", tenant.id());
        let other = |alias: &str| json!({"name": "Other", "provider": "okta", "alias": alias});
        let aliased = format!("{root}/aliased");
        api.put(&aliased, other("entra")).await.expect(201);
        let taken = api.put(&format!("{root}/entra"), plain.clone()).await;
        taken.because(Reason::NotUnique);
        let taken = api.put(&aliased, other("okta-production")).await;
        taken.because(Reason::NotUnique);
        api.put(&aliased, other("aliased")).await.expect(200);
        api.delete(&aliased).await.expect(204);

        // Its tokens push people, whom it owns, and who sign in by it.
        let issued = api
            .post(&format!("{path}/tokens"), json!({"label": "first"}))
            .await
            .expect(201);
        let idp = tenant.idp().with_token(Some(&issued.string("/token")));
        let ada = idp.user("ada").await;
        let person = format!("/tenants/{}/users/{ada}", tenant.id());
        let owner = api.get(&person).await.expect(200);
        assert!(
            owner.body.to_string().contains("okta-production"),
            "{}",
            owner.body
        );
        let login = json!({"user_name": "ada", "connection": "okta-production"});
        let path_of_logins = format!("/tenants/{}/sso/logins", tenant.id());
        let signed_in = api.post(&path_of_logins, login).await.expect(200);
        assert_eq!(signed_in.body["user"]["id"], ada.as_str());

        for id in ["Okta", "-okta", "okta%20x", &"x".repeat(65)] {
            let path = format!("/tenants/{}/connections/{id}", tenant.id());
            api.put(&path, plain.clone())
                .await
                .because(Reason::InvalidValue);
        }
        api.delete(&path).await.expect(204);
        let again = api.put(&path, plain.clone()).await;
        again.because(Reason::NotUnique);
        idp.get("/Users").await.expect(401);

        // A generated one can be put back too.
        let path = format!(
            "/tenants/{}/connections/{}",
            tenant.id(),
            tenant.connection_id()
        );
        let read = api.get(&path).await.expect(200).body;
        put_and_put_back(service, &api, tenant.id(), &path, &read).await;
    });
}

#[test]
fn an_admin_who_is_no_owner_keeps_the_rules_of_a_connection() {
    run(async |service| {
        let tenant = service.tenant("put-rules").await;
        let owner = service.admin(&tenant, Role::Owner).await;
        let admin = service.admin(&tenant, Role::Admin).await;
        let path = "/scim/connections/entra";
        let plain = json!({"name": "Entra", "provider": "entra"});
        let ruled = json!({"name": "Entra", "provider": "entra", "external_id": "unrelated"});
        admin
            .put(path, ruled.clone())
            .await
            .because(Reason::Forbidden);
        admin.put(path, plain.clone()).await.expect(201);
        owner.put(path, ruled).await.expect(200);
        let kept = admin.put(path, plain).await.expect(200);
        assert_eq!(kept.body["external_id"], "unrelated");
        admin.put(path, kept.body).await.expect(200);
    });
}

async fn role_of(service: &Service, tenant: &Tenant, user: &str) -> Value {
    let path = format!("/tenants/{}/users/{user}/role", tenant.id());
    service.application().get(&path).await.expect(200).body["effective"].clone()
}

#[test]
fn a_mapping_awaits_its_group() {
    run(async |service| {
        let tenant = service.tenant("put-mapping").await;
        let (api, root) = (service.application(), format!("/tenants/{}", tenant.id()));
        let path = format!("{root}/groups/role-mapping?name=Site%20Reliability%2FEU");
        api.get(&path).await.because(Reason::NotFound);
        let body = json!({"role_ids": ["admin"]});
        api.put(&path, body.clone()).await.expect(201);
        let read = put_and_put_back(service, &api, tenant.id(), &path, &body).await;
        assert_eq!(read["group_id"], Value::Null);
        let awaited = format!("{root}/groups/role-mappings/awaited");
        assert_eq!(
            api.get(&awaited).await.expect(200).body["items"],
            json!([read])
        );
        let owner = json!({"role_ids": ["owner"]});
        api.put(&path, owner).await.because(Reason::RoleNotMappable);

        let ada = tenant.idp().user("ada").await;
        let group = tenant.idp().group("site reliability/eu", &[&ada]).await;
        service.follow_up(&tenant).await;
        assert_eq!(role_of(service, &tenant, &ada).await, "admin");
        let read = put_and_put_back(service, &api, tenant.id(), &path, &body).await;
        assert_eq!(read["group_id"], group.as_str());
        assert_eq!(api.get(&awaited).await.expect(200).body["items"], json!([]));
        // The journal names whoever asked for it.
        let log = format!("{root}/audit?action=group.mapping_changed");
        let log = api.get(&log).await.expect(200);
        assert_eq!(log.body["items"][0]["actor"]["type"], "application");

        let cleared = api.put(&path, json!({"role_ids": []})).await.expect(200);
        assert_eq!(cleared.body["group_id"], group.as_str());
        assert_eq!(api.get(&path).await.expect(200).body, cleared.body);
        service.follow_up(&tenant).await;
        assert_eq!(role_of(service, &tenant, &ada).await, Value::Null);
    });
}

#[test]
fn a_name_that_is_awaited_takes_no_role_away() {
    run(async |service| {
        let tenant = service.tenant("put-kept").await;
        let owner = service.admin(&tenant, Role::Owner).await;
        let ada = tenant.idp().user("ada").await;
        let group = tenant.idp().group("Mapped", &[&ada]).await;
        let mapped = format!("/scim/groups/{group}/role-mapping");
        let body = json!({"role_id": "admin"});
        owner.put(&mapped, body).await.expect(200);
        let awaited = "/scim/groups/role-mapping?name=Awaited";
        let body = json!({"role_ids": ["viewer"]});
        owner.put(awaited, body).await.expect(201);
        let rename = json!([{"op": "replace", "path": "displayName", "value": "Awaited"}]);
        let group = format!("/Groups/{group}");
        tenant.idp().patch(&group, rename).await;
        let roles = tenant.directory().roles();
        roles.settle_all_awaited().await.expect("settled");
        assert_eq!(role_of(service, &tenant, &ada).await, "admin");
        let left = owner.get("/scim/groups/role-mappings/awaited").await;
        assert_eq!(left.expect(200).body["items"], json!([]));
    });
}

#[test]
fn a_group_that_gets_the_name_gets_the_roles() {
    run(async |service| {
        let tenant = service.tenant("put-renamed").await;
        let admin = service.admin(&tenant, Role::Admin).await;
        let ada = tenant.idp().user("ada").await;
        let group = tenant.idp().group("Before", &[&ada]).await;
        let path = "/scim/groups/role-mapping?name=After";
        admin
            .put(path, json!({"role_ids": ["viewer"]}))
            .await
            .expect(201);
        admin.put(path, json!({"role_ids": []})).await.expect(200);
        admin.get(path).await.because(Reason::NotFound);
        admin
            .put(path, json!({"role_ids": ["admin"]}))
            .await
            .expect(201);
        let rename = json!([{"op": "replace", "path": "displayName", "value": "After"}]);
        tenant
            .idp()
            .patch(&format!("/Groups/{group}"), rename)
            .await;
        // Without its event, the full pass does it.
        tenant
            .directory()
            .roles()
            .settle_all_awaited()
            .await
            .expect("settled");
        assert_eq!(role_of(service, &tenant, &ada).await, "admin");
    });
}

#[test]
fn roles_can_be_sent_as_they_were_read() {
    run(async |service| {
        let tenant = service.tenant("put-roles").await;
        let (api, path) = (
            service.application(),
            format!("/tenants/{}/roles", tenant.id()),
        );
        let inherited = api.get(&path).await.expect(200).body;
        let before = entries(service, tenant.id()).await;
        let again = api.put(&path, inherited.clone()).await.expect(200);
        assert_eq!(again.body, inherited);
        assert_eq!(entries(service, tenant.id()).await, before);
        let own = json!({"items": [
            {"id": "member", "name": "Member", "rank": 10, "by_mapping": true, "by_default": true},
            {"id": "admin", "name": "Admin", "rank": 500, "by_mapping": true},
        ]});
        put_and_put_back(service, &api, tenant.id(), &path, &own).await;
    });
}

#[test]
fn a_schema_can_be_sent_as_it_was_read() {
    run(async |service| {
        let tenant = service.tenant("put-schema").await;
        let api = service.application();
        let path = format!("/tenants/{}/schemas/{ACME}", tenant.id());
        let whole = json!({"name": "Acme", "attributes": attributes()});
        let mut read = put_and_put_back(service, &api, tenant.id(), &path, &whole).await;
        assert_eq!(read["origin"], "tenant");
        read["urn"] = json!("urn:example:other");
        let refused = api.put(&path, read).await.because(Reason::InvalidValue);
        assert!(refused.expect(400).string("/detail").contains("`urn`"));
    });
}

#[test]
fn an_import_can_be_sent_as_it_was_read() {
    run(async |service| {
        let tenant = service.tenant("put-import").await;
        let api = service.application();
        let path = format!("/tenants/{}/imports/list", tenant.id());
        let whole = json!({"mode": "report", "format": "csv"});
        let mut read = put_and_put_back(service, &api, tenant.id(), &path, &whole).await;
        assert_eq!(read["counts"]["rows"], 0);
        read["id"] = json!("other");
        let refused = api.put(&path, read).await.because(Reason::InvalidValue);
        assert!(refused.expect(400).string("/detail").contains("`id`"));
    });
}

#[test]
fn what_would_be_read_back_otherwise_is_refused() {
    run(async |service| {
        let (api, id) = (service.application(), fresh("put-exact"));
        let path = format!("/tenants/{id}");
        let tenant = |settings: Value, floor: Value| {
            let ceilings = json!({"min_retention_days": floor});
            json!({"display_name": "Exact", "settings": settings, "ceilings": ceilings})
        };
        let (days, refused) = (
            |days: u32| json!({"retention_days": days}),
            async |path: &str, body: Value| {
                let answer = api.put(path, body).await.because(Reason::InvalidValue);
                answer.string("/detail")
            },
        );
        let detail = refused(&path, tenant(days(30), json!(90))).await;
        assert!(detail.contains("at least 90"), "{detail}");
        api.get(&path).await.expect(404);
        let plain = tenant(json!({}), json!(400));
        let read = put_and_put_back(service, &api, &id, &path, &plain).await;
        assert_eq!(read["settings"]["retention_days"], 400);
        let read = put_and_put_back(service, &api, &id, &path, &tenant(days(90), json!(90))).await;
        assert_eq!(read["settings"]["retention_days"], 90);
        refused(&path, tenant(days(89), json!(90))).await;
        refused(&path, tenant(days(90), json!(91))).await;
        put_and_put_back(service, &api, &id, &path, &tenant(days(30), Value::Null)).await;
        let both = json!({"settings": days(30), "ceilings": {"min_retention_days": 90}});
        let both = api.patch(&path, both).await.because(Reason::InvalidValue);
        assert!(both.string("/detail").contains("at least 90"));

        let settings = format!("{path}/settings");
        for (body, hint) in [
            (
                json!({"invitation_domains": ["a.test", "Example.com"]}),
                "write `Example.com` as `example.com`",
            ),
            (
                json!({"allowed_addresses": ["203.0.113.7"]}),
                "as `203.0.113.7/32`",
            ),
            (
                json!({"allowed_addresses": ["203.0.113.0/24", "203.0.113.0/24"]}),
                "twice",
            ),
        ] {
            let detail = refused(&settings, body.clone()).await;
            assert!(detail.contains(hint), "{detail}");
            refused(&path, tenant(body.clone(), Value::Null)).await;
            // A change may have another spelling, because nothing promises that it is kept.
            api.patch(&settings, body).await.expect(200);
        }
        let exact =
            json!({"invitation_domains": ["example.com"], "allowed_addresses": ["203.0.113.7/32"]});
        put_and_put_back(service, &api, &id, &settings, &exact).await;

        let hook = json!({"name": " SIEM", "url": "https://siem.example.com/x"});
        let role = json!({"id": "editor", "name": "Editor ", "rank": 5});
        for (path, body) in [
            (path.clone(), json!({"display_name": "Exact "})),
            (
                format!("{path}/connections/okta"),
                json!({"name": " Okta", "provider": "okta"}),
            ),
            (format!("{path}/webhooks/siem"), hook),
            (format!("{path}/roles"), json!({"items": [role]})),
        ] {
            let detail = refused(&path, body).await;
            assert!(detail.contains("space"), "{detail}");
        }
    });
}

#[test]
fn an_awaited_name_is_spelled_as_it_was_put_last() {
    run(async |service| {
        let tenant = service.tenant("put-spelling").await;
        let (owner, admin) = (
            service.admin(&tenant, Role::Owner).await,
            service.admin(&tenant, Role::Admin).await,
        );
        let body = json!({"role_ids": ["admin"]});
        let path = |name: &str| format!("/scim/groups/role-mapping?name={name}");
        owner.put(&path("admins"), body.clone()).await.expect(201);
        let spelled = admin.put(&path("Admins"), body.clone()).await.expect(200);
        assert_eq!(spelled.body["group_name"], "Admins");
        let before = entries(service, tenant.id()).await;
        let read = admin.get(&path("ADMINS")).await.expect(200).body;
        assert_eq!(read, spelled.body);
        admin.put(&path("Admins"), body).await.expect(200);
        assert_eq!(entries(service, tenant.id()).await, before);
        let log = format!("/tenants/{}/audit?action=tenant.group_awaited", tenant.id());
        let log = service.application().get(&log).await.expect(200);
        assert_eq!(log.body["items"][0]["before"]["group"], "admins");
        assert_eq!(log.body["items"][0]["after"]["group"], "Admins");
        let cleared = admin.put(&path("aDMINS"), json!({"role_ids": []})).await;
        assert_eq!(cleared.expect(200).body["role_ids"], json!([]));
    });
}
