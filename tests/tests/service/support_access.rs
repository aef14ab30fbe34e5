//! Support access: a named operator reads, for a reason and a time, and changes nothing; the tenant sees it and ends it.

use http::Method;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{Origin, Role};
use rollcall_tests::api::Api;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::visitor::Visitor;
use serde_json::{Value, json};

/// The routes of the console.
const ROUTES: &str = include_str!("../../../functions/console/src/pages/mod.rs");

fn support_of(tenant: &Tenant) -> String {
    format!("/tenants/{}/support-access", tenant.id())
}

fn asked() -> Value {
    json!({"operator": "sue@vendor.test", "reason": "Case 4711: people are missing", "role_id": "admin"})
}

/// Grants support access, and returns its id and the secret of its link.
async fn grant(service: &Service, tenant: &Tenant, asked: Value) -> (String, String) {
    let granted = service.application().post(&support_of(tenant), asked).await;
    let granted = granted.expect(201);
    let url = granted.string("/url");
    let secret = url.rsplit('=').next().unwrap_or_default();
    (granted.id(), secret.to_owned())
}

/// Opens the link, and returns a client with its session.
async fn opened(service: &Service, link: &str) -> Api {
    let directory = service.directory();
    let session = directory.open_portal_link(link, "opened-by-a-test", Origin::default());
    let session = session.await.unwrap().expect("a session");
    service.application().with(Some(session.secret.expose()))
}

#[test]
fn an_operator_reads_everything_of_the_role_and_changes_nothing() {
    run(async |service| {
        let tenant = service.tenant("support-reads").await;
        tenant.idp().user("ada").await;
        let (_, link) = grant(service, &tenant, asked()).await;
        let operator = opened(service, &link).await;
        let document = operator.get("/openapi.json").await.expect(200).body;
        let mut refused = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            let path = path.trim_start_matches("/api/v1");
            for (method, operation) in item.as_object().unwrap() {
                let is_for_sessions = !operation["security"][0]["session"].is_null();
                if !is_for_sessions || method == "get" || path == "/sessions/current" {
                    continue;
                }
                // A session that is called `current` is none.
                let path = path
                    .replace("{session}", "current")
                    .replace("{id}", "current");
                let method: Method = method.to_uppercase().parse().unwrap();
                let answer = operator
                    .send(method, &path, Some("{}".to_owned()))
                    .await
                    .expect(403);
                assert!(
                    answer
                        .string("/detail")
                        .contains("support access only reads"),
                    "{path}: {}",
                    answer.body
                );
                refused += 1;
            }
        }
        assert!(refused > 20, "{refused}");
        for path in [
            "/users",
            "/scim/groups",
            "/scim/connections",
            "/settings",
            "/audit",
            "/requests",
            "/health",
        ] {
            operator.get(path).await.expect(200);
        }
        // It may sign out, and that is all.
        operator.delete("/sessions/current").await.expect(204);
        operator.get("/users").await.expect(401);
    });
}

#[test]
fn an_operator_changes_nothing_in_the_console() {
    run(async |service| {
        let tenant = service.tenant("support-console").await;
        let (_, link) = grant(service, &tenant, asked()).await;
        let visitor = Visitor::anonymous(service).open("link", &link).await;
        let page = visitor.get("/console/people").await.expect(200).html;
        assert!(page.contains("support access, read-only"), "{page}");
        let token = visitor.form_token();
        let mut refused = 0;
        for route in ROUTES
            .split(".route(")
            .filter(|route| route.contains("post("))
        {
            let path = route.split('"').nth(1).unwrap();
            if ["/console/open", "/console/close", "/console/language"].contains(&path) {
                continue;
            }
            let filled = path.split('/').map(|segment| match segment {
                "{action}" => "block",
                "{remedy}" => "confirm",
                segment if segment.starts_with('{') => "x",
                segment => segment,
            });
            let path = filled.collect::<Vec<_>>().join("/");
            let answer = visitor
                .post(&path, &[("form_token", &token)], &[])
                .await
                .expect(403);
            assert!(
                answer.html.contains("Support access only reads"),
                "{path}: {}",
                answer.html
            );
            refused += 1;
        }
        assert!(refused > 10, "{refused}");
        visitor
            .post("/console/close", &[("form_token", &token)], &[])
            .await
            .expect(303);
        visitor.get("/console/people").await.expect(401);
    });
}

#[test]
fn the_console_shows_support_access_and_an_owner_ends_it() {
    run(async |service| {
        let tenant = service.tenant("support-page").await;
        let owner = Visitor::with_link(service, &tenant, Role::Owner).await;
        let admin = Visitor::with_link(service, &tenant, Role::Admin).await;
        let page = admin.get("/console/support-access").await.expect(200);
        assert!(
            page.html.contains("Nobody has support access"),
            "{}",
            page.html
        );
        let (id, link) = grant(service, &tenant, asked()).await;
        let operator = opened(service, &link).await;
        for (visitor, may_end) in [(&owner, true), (&admin, false)] {
            let html = visitor
                .get("/console/support-access")
                .await
                .expect(200)
                .html;
            for shown in [
                "sue@vendor.test",
                "Case 4711: people are missing",
                "<bdi>Admin</bdi>",
                "Opened",
                &id,
            ] {
                assert!(html.contains(shown), "{shown}: {html}");
            }
            let path = format!("/support-access/{id}/end");
            assert_eq!(html.contains(&path), may_end, "{html}");
        }
        let path = format!("/console/support-access/{id}/end");
        let post = async |visitor: &Visitor, path: &str| {
            let token = visitor.form_token();
            visitor.post(path, &[("form_token", &token)], &[]).await
        };
        post(&admin, &path).await.expect(403);
        operator.get("/users").await.expect(200);
        post(&owner, &path).await.expect(303);
        operator.get("/users").await.expect(401);
        post(&owner, &path).await.expect(404);
        // What is over is still told of.
        let html = admin.get("/console/support-access").await.expect(200).html;
        assert!(html.contains("Nobody has support access"), "{html}");
        assert!(html.contains("sue@vendor.test"), "{html}");
        assert!(html.contains("<bdi>Admin</bdi>"), "{html}");
        let member = Visitor::with_link(service, &tenant, Role::Member).await;
        member.get("/console/support-access").await.expect(403);
    });
}

#[test]
fn the_tenant_sees_support_access_and_its_owner_ends_it() {
    run(async |service| {
        let tenant = service.tenant("support-ends").await;
        let application = service.application();
        let owner = service.admin(&tenant, Role::Owner).await;
        let admin = service.admin(&tenant, Role::Admin).await;
        let (id, link) = grant(service, &tenant, asked()).await;
        let listed = admin.get("/support-access").await.expect(200).body;
        assert_eq!(listed["items"][0]["id"], id.as_str(), "{listed}");
        assert_eq!(listed["items"][0]["operator"], "sue@vendor.test");
        assert_eq!(listed["items"][0]["opened"], false);
        let operator = opened(service, &link).await;
        operator.get("/users").await.expect(200);
        let listed = admin.get("/support-access").await.expect(200).body;
        assert_eq!(
            (&listed["items"][0]["id"], &listed["items"][0]["opened"]),
            (&json!(id), &json!(true))
        );
        assert_eq!(
            listed["items"][0]["reason"],
            "Case 4711: people are missing"
        );
        let path = format!("/support-access/{id}");
        admin.delete(&path).await.expect(403);
        operator.delete(&path).await.expect(403);
        owner.delete(&path).await.expect(204);
        operator.get("/users").await.expect(401);
        owner.delete(&path).await.expect(404);
        // One that was not opened is ended too, by the other door.
        let (id, link) = grant(service, &tenant, asked()).await;
        application
            .delete(&format!("{}/{id}", support_of(&tenant)))
            .await
            .expect(204);
        let directory = service.directory();
        let session = directory.open_portal_link(&link, "opened-by-a-test", Origin::default());
        assert!(session.await.unwrap().is_none());
        service.follow_up(&tenant).await;
        let log = admin
            .get("/audit?action=portal_link.")
            .await
            .expect(200)
            .body
            .to_string();
        for told in [
            "Case 4711",
            "sue@vendor.test",
            "portal_link.created",
            "portal_link.opened",
            "portal_link.ended",
        ] {
            assert!(log.contains(told), "{told}: {log}");
        }
        let page = Visitor::with_link(service, &tenant, Role::Owner).await;
        let page = page.get("/console/activity/audit").await.expect(200).html;
        assert!(
            page.contains("Support access granted") && page.contains("Case 4711"),
            "{page}"
        );
    });
}

#[test]
fn support_access_is_ended_behind_any_number_of_links() {
    run(async |service| {
        let tenant = service.tenant("support-behind").await;
        let application = service.application();
        let (id, link) = grant(service, &tenant, asked()).await;
        let operator = opened(service, &link).await;
        let links = format!("/tenants/{}/portal-links", tenant.id());
        for _ in 0..101 {
            let link = json!({"role_id": "admin"});
            application.post(&links, link).await.expect(201);
        }
        let path = support_of(&tenant);
        let listed = application.get(&path).await.expect(200);
        assert_eq!(listed.strings("/items/*/id"), [id.as_str()]);
        application
            .delete(&format!("{path}/{id}"))
            .await
            .expect(204);
        operator.get("/users").await.expect(401);
    });
}

#[test]
fn support_access_ends_by_itself_and_is_good_for_nothing_else() {
    run(async |service| {
        let tenant = service.tenant("support-bounds").await;
        let (application, path) = (service.application(), support_of(&tenant));
        let with = |name: &str, value: Value| {
            let mut asked = asked();
            asked[name] = value;
            asked
        };
        for (refused, what) in [
            (with("expires_in", json!(28_801)), "expires_in"),
            (with("expires_in", json!(299)), "expires_in"),
            (with("role_id", json!("owner")), "owner"),
            (with("role_id", json!("viewer")), "viewer"),
            (with("reason", json!(" ")), "reason"),
            (with("operator", json!("")), "operator"),
        ] {
            let answer = application.post(&path, refused).await.expect(400);
            assert!(answer.string("/detail").contains(what), "{}", answer.body);
        }
        let granted = application
            .post(&path, with("expires_in", json!(600)))
            .await
            .expect(201);
        let ends: Timestamp = granted.string("/expires_at").parse().unwrap();
        assert!(ends.duration_since(Timestamp::now()) <= SignedDuration::from_mins(10));
        let url = granted.string("/url");
        let operator = opened(service, url.rsplit('=').next().unwrap()).await;
        // The session ends when the access does, and not some time after it was opened.
        let session = operator.get("/sessions/current").await.expect(200);
        let session_ends: Timestamp = session.string("/expires_at").parse().unwrap();
        assert!(
            session_ends <= ends + SignedDuration::from_secs(1),
            "{session_ends} {ends}"
        );
        // The application does not take the operator for one of its users.
        let introspected = application.introspect(operator.credential()).await;
        assert_eq!(introspected.body, json!({"active": false}));
        service.expire_session(&tenant, operator.credential()).await;
        operator.get("/users").await.expect(401);
    });
}
