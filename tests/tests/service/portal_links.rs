//! Portal links as the application makes them: for somebody, to a page, for up to seven days, and back to the application.

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::Role;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::visitor::{ConsoleResponse, Visitor};
use serde_json::{Value, json};

const APP: &str = "https://app.example.test";

fn links_of(tenant: &Tenant) -> String {
    format!("/tenants/{}/portal-links", tenant.id())
}

/// Returns the secret of a link that is made as asked.
async fn link(service: &Service, tenant: &Tenant, asked: Value) -> String {
    let made = service.application().post(&links_of(tenant), asked).await;
    let url = made.expect(201).string("/url");
    url.rsplit('=').next().unwrap_or_default().to_owned()
}

async fn opened(service: &Service, link: &str) -> ConsoleResponse {
    let visitor = Visitor::anonymous(service);
    let form = [("link", link)];
    visitor.post("/console/open", &form, &[]).await.expect(303)
}

#[test]
fn a_link_opens_its_page_and_leads_back_to_the_application() {
    run(async |service| {
        let tenant = service.tenant("links-back").await;
        let application = service.application();
        let settings = format!("/tenants/{}/settings", tenant.id());
        let origins = json!({"return_origins": [APP, "http://localhost:3000"]});
        let changed = application.patch(&settings, origins).await.expect(200);
        assert_eq!(changed.string("/return_origins/0"), APP);
        let back = format!("{APP}/settings/sso?tab=\"x\"&y=1");
        let refused = json!({"role_id": "admin", "return_url": back});
        application
            .post(&links_of(&tenant), refused)
            .await
            .expect(201);
        let back = format!("{APP}/settings/sso?tab=1&y=%22");
        let asked = json!({"role_id": "admin", "return_url": back, "page": "people", "email": "grace@links.test"});
        let link = link(service, &tenant, asked).await;
        let answer = opened(service, &link).await;
        assert!(
            answer.header("location").ends_with("/console/people"),
            "{}",
            answer.header("location")
        );
        let mut visitor = Visitor::anonymous(service);
        visitor.keep_cookie(&answer);
        for page in ["/console/people", "/console/health"] {
            let page = visitor.get(page).await.expect(200).html;
            let shown = back.replace('&', "&#38;");
            assert!(
                page.contains(&format!(
                    "href=\"{shown}\"><bdi>Back to the application</bdi></a>"
                )),
                "{page}"
            );
        }
        // What the holder does has their name.
        let admin = json!({"name": "Okta", "provider": "okta"});
        let session = visitor
            .cookie
            .as_deref()
            .and_then(|cookie| cookie.split_once('='));
        let session = application.with(session.map(|(_, secret)| secret));
        session.post("/scim/connections", admin).await.expect(201);
        let log = application
            .get(&format!(
                "/tenants/{}/audit?actor=grace@links.test",
                tenant.id()
            ))
            .await;
        assert!(
            log.expect(200)
                .body
                .to_string()
                .contains("connection.created")
        );
        // A session of somebody else has no such link.
        let plain = Visitor::with_link(service, &tenant, Role::Admin).await;
        let page = plain.get("/console/people").await.expect(200).html;
        assert!(!page.contains("Back to the application"));
    });
}

#[test]
fn a_link_leads_back_only_to_where_the_settings_allow() {
    run(async |service| {
        let tenant = service.tenant("links-origins").await;
        let (application, links) = (service.application(), links_of(&tenant));
        let settings = format!("/tenants/{}/settings", tenant.id());
        let asked = |url: &str| json!({"role_id": "admin", "return_url": url});
        application.post(&links, asked(APP)).await.expect(400);
        let origins = json!({"return_origins": [APP]});
        application
            .patch(&settings, origins.clone())
            .await
            .expect(200);
        application.post(&links, asked(APP)).await.expect(201);
        for url in [
            "https://app.example.test.evil.test/",
            "https://app.example.test@evil.test/",
            "https://evil.test/https://app.example.test",
            "javascript:alert(1)",
            "//app.example.test/",
            "/console",
            "",
        ] {
            let refused = application.post(&links, asked(url)).await.expect(400);
            assert!(
                refused.string("/detail").contains("return_origins"),
                "{url}"
            );
        }
        for origin in [
            "https://app.example.test/",
            "http://app.example.test",
            "https://*",
            "app.example.test",
        ] {
            let wrong = json!({"return_origins": [origin]});
            let refused = application.patch(&settings, wrong).await.expect(400);
            assert!(
                refused.string("/detail").contains("return_origins"),
                "{origin}"
            );
        }
        let owner = service.admin(&tenant, Role::Owner).await;
        owner.patch("/settings", origins).await.expect(403);
    });
}

#[test]
fn a_link_lasts_as_long_as_is_asked_and_needs_a_role_that_sees_something() {
    run(async |service| {
        let tenant = service.tenant("links-life").await;
        let (application, links) = (service.application(), links_of(&tenant));
        let week = json!({"role_id": "admin", "expires_in": 604_800});
        let made = application.post(&links, week).await.expect(201);
        let ends: Timestamp = made.string("/expires_at").parse().unwrap();
        let left = ends.duration_since(Timestamp::now());
        assert!(left > SignedDuration::from_hours(7 * 24 - 1), "{left}");
        for (refused, what) in [
            (json!({}), "role_id"),
            (json!({"role_id": "viewer"}), "viewer"),
            (json!({"role_id": "nobody"}), "a role is one of"),
            (json!({"role_id": "admin", "expires_in": 59}), "expires_in"),
            (
                json!({"role_id": "admin", "expires_in": 604_801}),
                "expires_in",
            ),
            (
                json!({"role_id": "admin", "email": "not an email"}),
                "`email`",
            ),
            (json!({"role_id": "member", "page": "people"}), "people"),
            (json!({"role_id": "admin", "page": "nowhere"}), "nowhere"),
        ] {
            let answer = application.post(&links, refused).await.expect(400);
            assert!(answer.string("/detail").contains(what), "{}", answer.body);
        }
        let link = link(
            service,
            &tenant,
            json!({"role_id": "member", "page": "connect"}),
        )
        .await;
        let answer = opened(service, &link).await;
        assert!(answer.header("location").ends_with("/console/connections"));
    });
}
