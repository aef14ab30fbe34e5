//! The general rules of the API and the application's endpoints: bodies, lists, problems, tenants, links, events.

use http::Method;
use rollcall_directory::{Reason, Role};
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

#[test]
fn unknown_keys_are_refused_by_name() {
    run(async |service| {
        let tenant = service.tenant("api-keys").await;
        let admin = service.admin(&tenant, Role::Owner).await;
        let named = async |answer: rollcall_tests::idp::Answer, word: &str| {
            let detail = answer.expect(400).string("/detail");
            assert!(detail.contains(word), "{detail}");
        };
        let new = json!({"name": "Okta", "provider": "okta", "tenant": "globex"});
        named(admin.post("/scim/connections", new).await, "`tenant`").await;
        let new = json!({"name": "Okta", "provider": "oktopus"});
        named(admin.post("/scim/connections", new).await, "`oktopus`").await;
        let new = json!({"name": "  ", "provider": "okta"});
        named(admin.post("/scim/connections", new).await, "`name`").await;
        named(admin.post("/scim/connections", json!({})).await, "`name`").await;
        let change = json!({"retention": 3});
        named(admin.patch("/settings", change).await, "`retention`").await;
        let change = json!({"sso_default_role": "owner"});
        named(admin.patch("/settings", change).await, "by hand").await;
        named(admin.get("/users?stat=invited").await, "`stat`").await;
        named(admin.get("/users?state=here").await, "`here`").await;
        named(admin.get("/users?limit=0").await, "`limit`").await;
        named(admin.get("/users?filter=userName+like+1").await, "filter").await;
        let token = json!({"label": "old", "expires_at": "2020-01-01T00:00:00Z"});
        let tokens = format!("/scim/connections/{}/tokens", tenant.connection_id());
        named(admin.post(&tokens, token).await, "future").await;
    });
}

#[test]
fn bodies_that_are_not_json_objects_or_too_large_are_refused() {
    run(async |service| {
        let tenant = service.tenant("api-bodies").await;
        let admin = service.admin(&tenant, Role::Owner).await;
        let send = async |body: String| {
            let sent = admin.send(Method::PATCH, "/settings", Some(body));
            sent.await.status
        };
        for body in ["", "[]", "null", "{", "name=x", "\u{feff}[]"] {
            assert_eq!(send(body.to_owned()).await, 400, "{body}");
        }
        let large = format!("{{\"x\": \"{}\"}}", "x".repeat(1 << 20));
        assert_eq!(send(large).await, 413);
    });
}

#[test]
fn a_body_that_is_a_form_is_told_the_media_type_of_the_api() {
    run(async |service| {
        let api = service.application();
        let request = reqwest::Client::new()
            .post(format!("{}/sessions/introspect", api.base_url()))
            .bearer_auth(api.credential())
            .header("content-type", "application/x-www-form-urlencoded")
            .body("token=rcx_1");
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 400);
        let said = answer.text().await.expect("a text");
        let hint = "its `Content-Type` should be `application/json`";
        assert!(said.contains(hint), "{said}");
    });
}

#[test]
fn unknown_paths_and_resources_are_problem_documents() {
    run(async |service| {
        let tenant = service.tenant("api-paths").await;
        let admin = service.admin(&tenant, Role::Owner).await;
        for path in ["/nothing", "/scim", "", "/users/1/2/3", "/tenants/a/b"] {
            admin.get(path).await.expect(404);
        }
        let wrong = admin
            .send(Method::POST, "/settings", None)
            .await
            .expect(405);
        assert!(wrong.header("allow").is_some_and(|a| a.contains("PATCH")));
        let application = service.application();
        for path in ["/tenants/none", "/tenants/UPPER", "/tenants/none/events"] {
            application.get(path).await.expect(404);
        }
        let login = application.log_in("none", "ada", None).await;
        login.expect(404);
        let link = application.post("/tenants/none/portal-links", json!({"role_id": "admin"}));
        link.await.expect(404);
    });
}

#[test]
fn tenants_are_created_listed_changed_and_deleted_permanently() {
    run(async |service| {
        let application = service.application();
        let id = format!("made-{}", uuid::Uuid::now_v7());
        let new = json!({"id": id, "display_name": "Made", "settings": {"retention_days": 7}});
        let made = application.post("/tenants", new.clone()).await.expect(201);
        made.is(json!({"id": id, "display_name": "Made",
                   "settings": {"retention_days": 7, "route_by": "claim_then_membership"}}));
        application.post("/tenants", new.clone()).await.expect(409);
        let bad = json!({"id": "Not an id", "display_name": "x"});
        application.post("/tenants", bad).await.expect(400);
        let path = format!("/tenants/{id}");
        let change = json!({"display_name": "Renamed", "settings": {"invitations": true}});
        application.patch(&path, change).await.expect(200).is(
            json!({"display_name": "Renamed", "settings": {"invitations": true, "retention_days": 7}}),
        );
        let listed = application.all("/tenants?limit=2").await;
        let ids: Vec<&str> = listed.iter().filter_map(|t| t["id"].as_str()).collect();
        assert!(ids.is_sorted() && ids.contains(&id.as_str()));
        let login = application.log_in(&id, "ada", None).await.expect(200);
        let token = login.string("/session/token");
        application.delete(&path).await.expect(204);
        application.get(&path).await.expect(404);
        application.delete(&path).await.expect(404);
        application
            .introspect(&token)
            .await
            .is(json!({"active": false}));
        application.post("/tenants", new).await.expect(409);
    });
}

#[test]
fn a_refused_change_of_a_tenant_changes_nothing() {
    run(async |service| {
        let application = service.application();
        let id = format!("refused-{}", uuid::Uuid::now_v7());
        let new = json!({"id": id, "display_name": "Made", "settings": {"retention_days": 7}});
        application.post("/tenants", new).await.expect(201);
        let path = format!("/tenants/{id}");
        let unchanged = application.get(&path).await.expect(200).body;
        for change in [
            json!({"display_name": "bad\u{7}name", "settings": {"retention_days": 9}}),
            json!({"display_name": "", "settings": {"retention_days": 9}}),
            json!({"display_name": "Good", "settings": {"retention_days": 0}}),
        ] {
            application.patch(&path, change).await.expect(400);
            let read = application.get(&path).await.expect(200);
            assert_eq!(read.body, unchanged);
        }
    });
}

#[test]
fn no_error_repeats_a_long_value_whole() {
    run(async |service| {
        let tenant = service.tenant("long-values").await;
        let (idp, application) = (tenant.idp(), service.application());
        let admin = service.admin(&tenant, Role::Owner).await;
        let long = "x".repeat(5_000);
        let mut answers = vec![];
        for path in ["tokens", "connections"] {
            let path = format!("/scim/{path}/{long}");
            answers.push(admin.get(&path).await);
            answers.push(admin.delete(&path).await);
            answers.push(admin.patch(&path, json!({ "label": "a" })).await);
        }
        let document = admin.get("/openapi.json").await.expect(200).body;
        let paths = document["paths"].as_object().unwrap();
        for (path, operations) in paths.iter().filter(|(path, _)| path.contains('{')) {
            let parts = path.split('/').map(|part| match part.starts_with('{') {
                true => long.as_str(),
                false => part,
            });
            let path = parts.collect::<Vec<_>>().join("/");
            let path = path.strip_prefix("/api/v1").unwrap();
            for method in operations.as_object().unwrap().keys() {
                let method: Method = method.to_uppercase().parse().unwrap();
                let body = (method != Method::GET && method != Method::DELETE)
                    .then(|| json!({ "role_id": "admin" }).to_string());
                for caller in [&admin, &application] {
                    answers.push(caller.send(method.clone(), path, body.clone()).await);
                }
            }
        }
        for path in ["users?state=LONG", "users?filter=LONG", "users?LONG=1"] {
            let path = format!("/{}", path.replace("LONG", &long));
            answers.push(admin.get(&path).await);
        }
        let path = format!("/tenants/{long}");
        answers.push(application.get(&path).await);
        let new = [(long.as_str(), json!("x")), ("id", json!(long))];
        for (key, value) in new {
            let new = json!({"display_name": "x", key: value});
            answers.push(application.post("/tenants", new).await);
        }
        let role = json!({ "role_id": long });
        answers.push(admin.put("/users/x/role", role).await);

        let users = format!("/Users/{long}");
        answers.push(idp.get(&users).await);
        answers.push(idp.get(&format!("/{long}")).await);
        answers.push(idp.filter("/Users", &long).await);
        let filter = format!("{long} eq \"x\"");
        answers.push(idp.filter("/Users", &filter).await);
        answers.push(idp.get(&format!("/Users?sortBy={long}")).await);
        let group = json!({"schemas": [urn::GROUP], "displayName": "g",
                           "members": [{ "value": long }]});
        answers.push(idp.post("/Groups", group).await);
        let ada = idp.user("ada").await;
        let path = format!("/Users/{ada}");
        for operation in [
            json!({"op": "replace", "path": long, "value": "x"}),
            json!({"op": long, "path": "title", "value": "x"}),
            json!({"op": "replace", "path": "active", "value": long}),
            json!({"op": "replace", "path": format!("emails[{long} eq 1]"), "value": "x"}),
        ] {
            answers.push(idp.patch(&path, json!([operation])).await);
        }

        for answer in answers {
            let body = answer.body.to_string();
            assert!(answer.status < 500, "{body}");
            assert!(
                body.len() < 2_000,
                "an answer of {} bytes: {body}",
                body.len()
            );
        }
    });
}

#[test]
fn deleting_a_tenant_ends_its_tokens_and_sessions() {
    run(async |service| {
        let tenant = service.tenant("api-deleted").await;
        let admin = service.admin(&tenant, Role::Owner).await;
        tenant.idp().user("ada").await;
        let path = format!("/tenants/{}", tenant.id());
        service.application().delete(&path).await.expect(204);
        admin.get("/users").await.expect(401);
        tenant.idp().get("/Users").await.expect(401);
    });
}

#[test]
fn a_portal_link_opens_a_session_with_its_role() {
    run(async |service| {
        let tenant = service.tenant("api-links").await;
        let application = service.application();
        let path = format!("/tenants/{}/portal-links", tenant.id());
        let asked = json!({"role_id": "owner"});
        let link = application.post(&path, asked).await.expect(201);
        let url = link.string("/url");
        assert!(url.contains("/console/open?link=rcl_"), "{url}");
        let secret = url.rsplit('=').next().unwrap_or_default();
        // The secret of a link is neither a session token nor a service key.
        let with_link = application.with(Some(secret));
        with_link.get("/users").await.expect(403);
        let admin = service.admin(&tenant, Role::Admin).await;
        let current = admin.get("/sessions/current").await.expect(200);
        current.is(json!({"tenant": tenant.id(), "role": "admin"}));
        admin.delete("/sessions/current").await.expect(204);
        admin.get("/sessions/current").await.expect(401);
        let ended = application.introspect(admin.credential()).await;
        ended.is(json!({"active": false}));
    });
}

#[test]
fn introspection_never_fails_and_accepts_only_sessions() {
    run(async |service| {
        let tenant = service.tenant("api-introspect").await;
        let application = service.application();
        for token in ["", "nonsense", tenant.token(), application.credential()] {
            let answer = application.introspect(token).await;
            assert_eq!(answer.body, json!({"active": false}), "{token}");
        }
        let login = application
            .log_in(tenant.id(), "ada", None)
            .await
            .expect(200);
        let session = application
            .introspect(&login.string("/session/token"))
            .await;
        session.is(json!({"active": true, "tenant": tenant.id(), "role": "member",
            "user": {"id": login.string("/user/id"), "user_name": "ada"}, "permissions": ["provisioning:read"]}));
    });
}

#[test]
fn events_are_read_by_cursor_in_order_and_without_gaps() {
    run(async |service| {
        let tenant = service.tenant("api-events").await;
        let idp = tenant.idp();
        let ada = idp.user("ada").await;
        idp.group("g", &[&ada]).await;
        service.follow_up(&tenant).await;
        let application = service.application();
        let path = format!("/tenants/{}/events", tenant.id());
        let mut events: Vec<Value> = Vec::new();
        let mut after = "0".to_owned();
        loop {
            let page = format!("{path}?after={after}&limit=2");
            let page = application.get(&page).await.expect(200);
            after = page.string("/next");
            let items = page.select("/items/*");
            if items.is_empty() {
                break;
            }
            events.extend(items.into_iter().cloned());
        }
        let sequences: Vec<u64> = events
            .iter()
            .filter_map(|event| event["sequence"].as_u64())
            .collect();
        let expected: Vec<u64> = (1..=events.len() as u64).collect();
        assert_eq!(sequences, expected);
        let created = events.iter().find(|event| event["type"] == "user.created");
        let created = created.unwrap_or_else(|| panic!("{events:#?}"));
        assert_eq!(created["subject"]["id"], ada.as_str());
        assert_eq!(created["after"]["userName"], "ada");
        application
            .get(&format!("{path}?after=x"))
            .await
            .expect(400);
    });
}

#[test]
fn nobody_changes_a_role_above_their_own_and_the_last_owner_remains() {
    run(async |service| {
        let tenant = service.tenant("api-owners").await;
        let idp = tenant.idp();
        let (ada, bob) = (idp.user("ada").await, idp.user("bob").await);
        let role = |user: &str| format!("/users/{user}/role");
        let give = |role: Value| json!({"role_id": role});
        let admin = service.admin(&tenant, Role::Admin).await;
        let owner = service.admin(&tenant, Role::Owner).await;
        admin
            .put(&role(&ada), give(json!("owner")))
            .await
            .expect(403)
            .because(Reason::RoleAboveGiver);
        owner
            .put(&role(&ada), give(json!("owner")))
            .await
            .expect(200);
        admin
            .put(&role(&ada), give(json!("member")))
            .await
            .expect(403);
        admin
            .put(&role(&bob), give(json!("admin")))
            .await
            .expect(200);
        // The last active owner cannot be removed.
        let last = owner.put(&role(&ada), give(Value::Null)).await;
        last.expect(403).because(Reason::LastOwner);
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        let path = format!("/Users/{ada}");
        for refused in [idp.patch(&path, off.clone()).await, idp.delete(&path).await] {
            refused.refused(403, "").because(Reason::LastOwner);
        }
        // A portal link makes the first owner only.
        let second = format!("/tenants/{}{}", tenant.id(), role(&bob));
        let application = service.application();
        application
            .put(&second, give(json!("owner")))
            .await
            .expect(200);
        idp.patch(&path, off).await.expect(200);
    });
}
