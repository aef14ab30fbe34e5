//! The first hour of an IT admin in a browser, while an identity provider and the application also use the service.

use rollcall_directory::Role;
use rollcall_tests::browser::browse;
use rollcall_tests::service::{Service, Tenant};
use rollcall_tests::transcript::{Callers, replay};
use serde_json::json;

const OKTA: &str = include_str!("../../transcripts/okta_oin_user.yaml");

#[test]
fn the_first_hour() {
    browse(async |_, browser| {
        // Use a separate service: in the shared one, the effects of a mapping would wait for those of other tests.
        let service = &Service::start().await;
        let tenant = service.tenant("first-hour").await;
        browser.open_console(service, &tenant, "owner").await;

        // The admin creates a connection and a token.
        browser.wait_for_text("Finish the setup").await;
        browser.click("Connect").await;
        browser.click("New connection").await;
        browser.click("Okta").await;
        assert_eq!(browser.value("name").await, "Okta");
        browser.fill("Name", "Okta production").await;
        browser.click("Create connection").await;
        browser.wait_for_text("Test Connector Configuration").await;
        assert_eq!(browser.count("[data-done=true]").await, 0);
        browser.click("Create token").await;
        browser.wait_for("#token").await;
        let token = browser.value("token").await;
        let idp = service.idp_without_token().with_token(Some(&token));
        assert_eq!(browser.value("base-url").await, idp.base());

        // The checklist updates while the identity provider sends requests, without a page reload.
        let stranger = service.tenant("stranger").await.idp();
        let callers = Callers { idp, stranger };
        if let Err(fault) = replay(OKTA, &callers).await {
            panic!("{fault}");
        }
        let ada = callers.idp.user("ada@example.test").await;
        let group = callers.idp.group("Engineers", &[&ada]).await;
        browser.wait_for_completed_steps(4).await;
        assert_eq!(browser.value("token").await, token, "the page was reloaded");
        browser.wait_for_text("Map 1 group →").await;

        // The page is how the connection is, from now on.
        browser.click("Connect").await;
        browser.click("Okta production").await;
        browser.wait_for_text("Tokens in use").await;
        browser.click("Map 1 group →").await;
        browser.wait_for_path("/console/groups").await;

        // The admin previews the effect of a mapping and saves it.
        browser.click("Groups and roles").await;
        browser.choose("Role of Engineers", "Admin").await;
        browser.wait_for_text("1 person gains Admin").await;
        assert_eq!(role(service, &tenant, &ada).await, None);
        browser.click("Save 1 change").await;
        browser.wait_for_text("Roles saved").await;
        browser.wait_for_text("your application was told").await;
        assert_eq!(browser.path().await, "/console/groups");
        browser.wait_for(&format!("[data-group='{group}']")).await;

        // The person signs in, and the page explains why they have the role.
        let login = service
            .application()
            .log_in(tenant.id(), "ada@example.test", Some(&["Engineers"]))
            .await
            .expect(200);
        let session = login.string("/session/token");
        assert_eq!(login.body["role"], "admin");
        browser.click("People").await;
        browser.fill("Search", "ada@").await;
        browser.click("Search").await;
        browser.click("ada@example.test").await;
        browser
            .wait_for_text("member of a group that is mapped to it (Engineers)")
            .await;
        assert!(browser.text().await.contains("Signed in just now"));

        // The identity provider deactivates the person, and the session ends immediately.
        let gone = json!([{"op": "replace", "path": "active", "value": false}]);
        callers
            .idp
            .patch(&format!("/Users/{ada}"), gone)
            .await
            .expect(200);
        let introspected = service.application().introspect(&session).await;
        assert_eq!(introspected.body, json!({"active": false}));
        browser.go(&browser.path().await).await;
        browser.wait_for_text("No sessions").await;
        let said = browser.text().await;
        assert!(said.contains("None while inactive"), "{said}");
        assert!(said.contains("user.deactivated"), "{said}");
        browser.assert_renders_cleanly().await;
    });
}

/// Returns the effective role of a person, if any.
async fn role(service: &Service, tenant: &Tenant, person: &str) -> Option<String> {
    let admin = service.admin(tenant, Role::Owner).await;
    let role = admin
        .get(&format!("/users/{person}/role"))
        .await
        .expect(200);
    role.body["effective"].as_str().map(str::to_owned)
}
