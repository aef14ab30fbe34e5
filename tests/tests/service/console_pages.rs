//! Every page, in both colour schemes, on a laptop and on a phone: it fits the screen, the browser logs no warnings,
//! and the accessibility audit has no serious findings.

use rollcall_directory::Role;
use rollcall_tests::browser::{Browser, DESKTOP, PHONE, browse};
use rollcall_tests::service::{Service, Tenant};
use rollcall_tests::visitor::link;
use serde_json::json;

/// Creates a tenant with people in every state, groups, failed requests and sign-ins, and returns it with its pages.
async fn populated_tenant(service: &Service) -> (Tenant, Vec<(&'static str, String)>) {
    let tenant = service.tenant("lively").await;
    let idp = tenant.idp();
    let mut people = Vec::new();
    for name in ["ada", "grace", "edsger", "barbara", "donald"] {
        let user_name = format!("{name}@example.test");
        let body = json!({
            "schemas": [rollcall_tests::urn::USER], "userName": user_name, "displayName": name, "active": true,
            "externalId": format!("00u{name}"), "emails": [{"value": user_name, "primary": true}],
        });
        people.push(idp.post("/Users", body).await.expect(201).id());
    }
    let members: Vec<&str> = people.iter().map(String::as_str).collect();
    let engineers = idp.group("Engineers", &members[..3]).await;
    idp.group("Nobody yet", &[]).await;
    let gone = json!([{"op": "replace", "path": "active", "value": false}]);
    idp.patch(&format!("/Users/{}", people[2]), gone.clone())
        .await
        .expect(200);
    idp.patch("/Users/01890a5d-ac96-774b-bcce-b302099a8057", gone)
        .await
        .expect(404);
    idp.get("/Users?filter=nonsense").await.expect(400);
    let admin = service.admin(&tenant, Role::Owner).await;
    let okta = json!({"name": "Okta production", "provider": "okta"});
    let connection = format!("/scim/connections/{}", tenant.connection_id());
    admin.patch(&connection, okta).await.expect(200);
    let mapping = json!({"role_id": "admin"});
    admin
        .put(&format!("/scim/groups/{engineers}/role-mapping"), mapping)
        .await
        .expect(200);
    service
        .application()
        .log_in(tenant.id(), "ada@example.test", None)
        .await
        .expect(200);
    service
        .application()
        .log_in(tenant.id(), "barbara@example.test", None)
        .await
        .expect(200);
    let pages = vec![
        ("connect", "/console/connections".to_owned()),
        (
            "choose",
            "/console/connections/new?provider=google".to_owned(),
        ),
        (
            "connection",
            format!("/console/connections/{}", tenant.connection_id()),
        ),
        (
            "setup",
            format!("/console/connections/{}/setup", tenant.connection_id()),
        ),
        ("tokens", "/console/tokens".to_owned()),
        ("groups", "/console/groups".to_owned()),
        ("group", format!("/console/groups/{engineers}?role=viewer")),
        ("people", "/console/people".to_owned()),
        ("person", format!("/console/people/{}", people[0])),
        ("activity", "/console/activity".to_owned()),
        ("audit", "/console/activity/audit".to_owned()),
        ("support", "/console/support-access".to_owned()),
        ("health", "/console/health".to_owned()),
        ("evidence", "/console/evidence".to_owned()),
        ("access-review", "/console/evidence/access".to_owned()),
        ("settings", "/console/settings".to_owned()),
        ("roles", "/console/roles".to_owned()),
        ("overview", "/console".to_owned()),
    ];
    (tenant, pages)
}

async fn check_page(browser: &Browser, page: &str, path: &str) {
    browser.go(path).await;
    browser.wait_for("h1").await;
    browser.expand_details().await;
    browser.check_page(page).await;
}

#[test]
fn every_page_renders_cleanly_and_is_accessible() {
    browse(async |service, browser| {
        let (tenant, pages) = populated_tenant(service).await;
        browser.open_console(service, &tenant, "owner").await;
        for (page, path) in &pages {
            check_page(browser, page, path).await;
        }
        let (_, person) = &pages[8];
        browser.go(person).await;
        let trace =
            "return document.querySelector('[href*=\"/activity/trace?\"]').getAttribute('href')";
        let trace = browser.eval(trace, &[]).await;
        check_page(browser, "trace", trace.as_str().unwrap_or_default()).await;
        let (_, connection) = &pages[2];
        browser.go(connection).await;
        browser.click("Setup guide").await;
        for screen in [DESKTOP, PHONE] {
            browser.set_screen(screen, false).await;
            browser.assert_renders_cleanly().await;
        }
        browser.expand_details().await;
        browser.click("Create token").await;
        browser.wait_for("#token").await;
        browser.check_page("issued").await;
        browser.go("/console/tokens").await;
        browser.click("Rotate").await;
        browser.wait_for("#token").await;
        browser.check_page("rotated").await;
    });
}

#[test]
fn the_page_behind_a_link_renders_cleanly_and_is_accessible() {
    browse(async |service, browser| {
        let tenant = service.tenant("link").await;
        browser.open_console(service, &tenant, "owner").await;
        let link = link(service, &tenant, Role::Owner).await;
        browser.go(&format!("/console/open?link={link}")).await;
        browser.wait_for_text("Open the console").await;
        browser.check_page("link").await;
    });
}

#[test]
fn the_page_without_a_session_renders_cleanly_and_is_accessible() {
    browse(async |service, browser| {
        let tenant = service.tenant("outside").await;
        browser.open_console(service, &tenant, "owner").await;
        browser.click("Sign out").await;
        browser
            .wait_for_text("Open the console again from your application")
            .await;
        // The browser logs a warning about the error status; discard it.
        browser.browser_warnings().await;
        browser.check_page("signed-out").await;
    });
}
