//! Service keys: they are issued, listed and revoked by direct invocation of the function, and by the API.

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{KeyChanger, KeyScope, NewServiceKey, Role};
use rollcall_issue_service_key::Issuer;
use rollcall_tests::api::Api;
use rollcall_tests::seed::sign_in;
use rollcall_tests::service::{Service, run};
use rollcall_tests::table::TestTable;
use serde_json::{Value, json};

use crate::api_doors::at_tenant;

async fn call(issuer: &Issuer, payload: Value) -> Result<Value, String> {
    let request = serde_json::from_value(payload).map_err(|error| error.to_string())?;
    match issuer.call(request).await {
        Ok(answer) => Ok(json!(answer)),
        Err(failure) => Err(failure.to_string()),
    }
}

#[test]
fn a_leaked_key_is_found_by_its_label_and_revoked() {
    run(async |_| {
        let table = TestTable::start().await;
        let issuer = rollcall_issue_service_key::handler(table.directory());
        let mut secrets = Vec::new();
        for payload in [json!({}), json!({"label": "blue"})] {
            let issued = call(&issuer, payload).await.unwrap();
            secrets.push(issued["service_key"].as_str().unwrap().to_owned());
        }
        let listed = call(&issuer, json!({"list": true})).await.unwrap();
        let labels: Vec<_> = listed["service_keys"].as_array().unwrap().iter().collect();
        let labels: Vec<_> = labels.iter().map(|key| &key["label"]).collect();
        assert_eq!(labels, ["application", "blue"]);
        for secret in &secrets {
            assert!(!listed.to_string().contains(secret.as_str()));
        }

        let blue = listed["service_keys"][1]["id"].clone();
        let revoked = call(&issuer, json!({"revoke": blue})).await.unwrap();
        assert_eq!(revoked, json!({"revoked": blue}));
        let directory = table.directory();
        assert_eq!(
            directory.service_keys().verify(&secrets[1]).await.unwrap(),
            None
        );
        assert!(
            directory
                .service_keys()
                .verify(&secrets[0])
                .await
                .unwrap()
                .is_some()
        );
        let left = call(&issuer, json!({"list": true})).await.unwrap();
        assert_eq!(left["service_keys"].as_array().unwrap().len(), 1);
        let again = call(&issuer, json!({"revoke": blue})).await.unwrap_err();
        assert!(again.contains("service key"), "{again}");

        let told = call(&issuer, json!({"history": true})).await.unwrap();
        let changes: Vec<_> = told["history"].as_array().unwrap().iter().collect();
        let changes: Vec<_> = changes
            .iter()
            .map(|one| (&one["type"], &one["label"]))
            .collect();
        let (issued, revoked) = (json!("service_key.issued"), json!("service_key.revoked"));
        let (application, blue) = (json!("application"), json!("blue"));
        assert_eq!(
            changes,
            [(&revoked, &blue), (&issued, &blue), (&issued, &application)]
        );
        let both = call(&issuer, json!({"history": true, "list": true})).await;
        assert!(both.is_err());
    });
}

#[test]
fn a_key_can_be_issued_with_certain_scopes() {
    run(async |_| {
        let table = TestTable::start().await;
        let issuer = rollcall_issue_service_key::handler(table.directory());
        let payload = json!({"label": "reader", "scopes": ["provisioning:read", "events:read"]});
        let issued = call(&issuer, payload).await.unwrap();
        let secret = issued["service_key"].as_str().unwrap();
        assert!(
            secret.starts_with("rck_scoped_"),
            "a key that looks like one with all scopes"
        );
        let directory = table.directory();
        let key = directory.service_keys().verify(secret).await.unwrap();
        let key = key.unwrap();
        assert!(key.has(KeyScope::Events) && !key.has(KeyScope::Tenants));
        let listed = call(&issuer, json!({"list": true})).await.unwrap();
        let listed = &listed["service_keys"][0];
        assert_eq!(
            listed["scopes"],
            json!(["provisioning:read", "events:read"])
        );
        let revoked = call(&issuer, json!({"revoke": listed["id"]})).await;
        assert_eq!(revoked, Ok(json!({"revoked": listed["id"]})));
        assert_eq!(directory.service_keys().verify(secret).await.unwrap(), None);
    });
}

#[test]
fn a_payload_has_exactly_one_request() {
    run(async |_| {
        let table = TestTable::start().await;
        let issuer = rollcall_issue_service_key::handler(table.directory());
        for payload in [
            json!({"label": "x", "list": true}),
            json!({"list": true, "revoke": "x"}),
            json!({"label": "x", "revoke": "x"}),
            json!({"lable": "x"}),
            json!({"scopes": []}),
            json!({"scopes": null}),
            json!({"scopes": ["everything"]}),
            json!({"scopes": ["events:read"], "list": true}),
            json!({"scopes": ["events:read"], "revoke": "x"}),
            json!({"tenant": "acme", "scopes": ["tenants:manage"]}),
            json!({"tenant": null}),
            json!({"tenant": "Not an id"}),
            json!({"expires_at": "2020-01-01T00:00:00Z"}),
            json!({"tenant": "acme", "history": true}),
            json!("x"),
        ] {
            assert!(call(&issuer, payload.clone()).await.is_err(), "{payload}");
        }
    });
}

/// Issues a key by the API. Returns its id and a client that uses it.
async fn issued(service: &Service, maker: &Api, new: Value) -> (String, Api) {
    let made = maker.post("/service-keys", new).await.expect(201);
    let (id, secret) = (made.string("/id"), made.string("/service_key"));
    let read = maker.get(&format!("/service-keys/{id}")).await.expect(200);
    assert!(!read.body.to_string().contains(&secret));
    assert!(secret.starts_with(&read.string("/prefix")));
    (id, service.application().with(Some(&secret)))
}

#[test]
fn the_application_issues_lists_and_revokes_keys() {
    run(async |service| {
        let application = service.application();
        let label = format!("api-{}", uuid::Uuid::now_v7());
        let new = json!({"label": label, "scopes": ["tenants", "events", "events:read"]});
        let (id, caller) = issued(service, &application, new).await;
        caller.get("/tenants").await.expect(200);
        caller.get("/service-keys").await.expect(403);

        let listed = application.all("/service-keys?limit=2").await;
        let own = listed.iter().find(|key| key["id"] == id.as_str());
        let own = own.expect("the key is listed");
        assert_eq!(own["scopes"], json!(["tenants:manage", "events:read"]));
        assert_eq!(
            (&own["label"], &own["tenant"]),
            (&json!(label), &Value::Null)
        );
        assert!(own["last_used_at"].is_string(), "{own}");
        assert!(!json!(listed).to_string().contains(caller.credential()));

        let path = format!("/service-keys/{id}");
        application.delete(&path).await.expect(204);
        caller.get("/tenants").await.expect(401);
        application.delete(&path).await.expect(404);
        application.get(&path).await.expect(404);

        let history = application.get("/service-keys/history").await.expect(200);
        let keys = service.directory();
        let maker = keys.service_keys().verify(application.credential()).await;
        let maker = maker.unwrap().unwrap().id;
        let changes = history.select("/items/*").into_iter();
        let own: Vec<_> = changes
            .filter(|change| change["id"] == id.as_str())
            .collect();
        let types: Vec<_> = own.iter().map(|change| &change["type"]).collect();
        assert_eq!(types, ["service_key.revoked", "service_key.issued"]);
        for change in own {
            assert_eq!(change["by_key"], maker.as_str());
            assert!(change["request_id"].is_string(), "{change}");
        }
    });
}

#[test]
fn a_key_of_one_tenant_reaches_no_other() {
    run(async |service| {
        let (own, other) = (
            service.tenant("key-own").await,
            service.tenant("key-other").await,
        );
        let application = service.application();
        let new = json!({"label": "one tenant", "tenant": own.id()});
        let (_, bound) = issued(service, &application, new).await;
        let path = |tenant: &str| format!("/tenants/{tenant}/users");
        bound.get(&path(own.id())).await.expect(200);
        for tenant in [other.id(), "no-such-tenant"] {
            let refused = bound.get(&path(tenant)).await.expect(403);
            assert!(refused.string("/detail").contains(own.id()));
            let events = format!("/tenants/{tenant}/events");
            bound.get(&events).await.expect(403);
            bound.log_in(tenant, "ada", None).await.expect(403);
        }
        // What reaches beyond the tenant, or sets its bounds.
        bound.get("/tenants").await.expect(403);
        bound.get("/service-keys").await.expect(403);
        let itself = format!("/tenants/{}", own.id());
        bound
            .patch(&itself, json!({"request_ceiling": null}))
            .await
            .expect(403);

        for (tenant, active) in [(&own, true), (&other, false)] {
            tenant.idp().user("ada").await;
            let session = sign_in(tenant.directory(), "ada", None).await.session;
            for _ in 0..2 {
                let seen = bound.introspect(session.secret.expose()).await;
                assert_eq!(seen.body["active"], active);
            }
        }
    });
}

#[test]
fn a_key_ends_when_it_expires() {
    run(async |service| {
        let directory = service.directory();
        let end = Timestamp::now() + SignedDuration::from_secs(3);
        let new = NewServiceKey {
            label: "short".to_owned(),
            expires_at: Some(end),
            ..NewServiceKey::default()
        };
        let keys = directory.service_keys();
        let issued = keys.issue_new(new, KeyChanger::default()).await.unwrap();
        let caller = service.application().with(Some(issued.secret.expose()));
        caller.get("/tenants").await.expect(200);
        caller.introspect("nothing").await;
        let left = end.duration_since(Timestamp::now()).unsigned_abs();
        tokio::time::sleep(left).await;
        caller.get("/tenants").await.expect(401);
        let asked = json!({"token": "nothing"});
        caller.post("/sessions/introspect", asked).await.expect(401);
        let ended = keys.read(&issued.key.id).await.unwrap();
        assert_eq!(
            ended.expires_at,
            Some(end),
            "an expired key is still listed"
        );
    });
}

#[test]
fn a_key_issues_no_more_than_it_has() {
    run(async |service| {
        let application = service.application();
        let new = json!({"label": "maker", "scopes": ["service_keys:manage", "events"],
                         "expires_at": "2090-01-01T00:00:00Z"});
        let (_, maker) = issued(service, &application, new).await;
        let later = json!("2091-01-01T00:00:00Z");
        let soon = json!("2089-01-01T00:00:00Z");
        for (status, new) in [
            (
                201,
                json!({"label": "x", "scopes": ["events"], "expires_at": soon}),
            ),
            (
                403,
                json!({"label": "x", "scopes": ["events"], "expires_at": later}),
            ),
            (403, json!({"label": "x", "scopes": ["events"]})),
            (
                403,
                json!({"label": "x", "scopes": ["tenants"], "expires_at": soon}),
            ),
            (403, json!({"label": "x", "expires_at": soon})),
            (
                400,
                json!({"label": "x", "scopes": ["everything"], "expires_at": soon}),
            ),
            (400, json!({"label": "x", "scopes": [], "expires_at": soon})),
            (
                400,
                json!({"label": "", "scopes": ["events"], "expires_at": soon}),
            ),
            (
                400,
                json!({"label": "x", "tenant": "No id", "scopes": ["events"], "expires_at": soon}),
            ),
            (
                404,
                json!({"label": "x", "tenant": "no-such-tenant", "scopes": ["events"], "expires_at": soon}),
            ),
            (
                400,
                json!({"label": "x", "scopes": ["events"], "expires_at": "2020-01-01T00:00:00Z"}),
            ),
            (400, json!({"label": "x", "scope": ["events"]})),
        ] {
            maker.post("/service-keys", new).await.expect(status);
        }
    });
}

#[test]
fn a_service_key_stands_above_every_person_but_not_above_the_last_owner() {
    run(async |service| {
        let tenant = service.tenant("door-ranks").await;
        let ada = tenant.idp().user("ada").await;
        let application = service.application();
        let path = at_tenant(tenant.id(), &format!("/users/{ada}/role"));
        let give = |role: Value| json!({"role_id": role});
        let given = application.put(&path, give(json!("owner"))).await;
        given.expect(200).is(json!({"effective": "owner"}));
        let admin = service.admin(&tenant, Role::Admin).await;
        let path_of_session = format!("/users/{ada}/role");
        let by_admin = admin.put(&path_of_session, give(Value::Null)).await;
        by_admin.expect(403);
        let last = application.put(&path, give(Value::Null)).await.expect(403);
        assert!(last.string("/detail").contains("owner"));
    });
}

#[test]
fn a_revoked_service_key_is_refused_at_once_and_a_tenant_has_its_creator() {
    run(async |service| {
        let directory = service.directory();
        let keys = directory.service_keys();
        let secret = keys.issue("short-lived").await.expect("a key");
        let id = keys.verify(secret.expose()).await.expect("a read");
        let id = id.expect("a valid key").id;
        let caller = service.application().with(Some(secret.expose()));
        let tenant = format!("door-{}", uuid::Uuid::now_v7());
        let new = json!({"id": tenant, "display_name": "Made"});
        caller.post("/tenants", new).await.expect(201);
        let audit = caller.all(&at_tenant(&tenant, "/audit")).await;
        let created = audit.last().expect("an entry");
        assert_eq!(created["type"], "tenant.created");
        assert_eq!(created["actor"]["type"], "application");
        assert_eq!(created["actor"]["id"], id.as_str());
        let revoked = keys.revoke(&id, Default::default()).await;
        revoked.expect("a revocation");
        caller.get(&at_tenant(&tenant, "/users")).await.expect(401);
    });
}
