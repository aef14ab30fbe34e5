//! Empty pages and error pages: they render cleanly, are accessible, and explain what to do next.

use rollcall_tests::browser::{Browser, PHONE, Screen, browse};
use serde_json::json;

/// The size of a laptop screen at 400% zoom (WCAG 1.4.10).
const NARROW: Screen = ("narrow", 320, 640);

async fn check_current_page(browser: &Browser, page: &str) {
    browser.check_page(page).await;
    browser.set_screen(NARROW, false).await;
    browser.assert_renders_cleanly().await;
}

#[test]
fn an_empty_page_explains_what_it_will_show() {
    browse(async |service, browser| {
        let tenant = service.tenant("bare").await;
        browser.open_console(service, &tenant, "owner").await;
        for (page, path, said) in [
            ("bare-groups", "/console/groups", "No groups yet"),
            ("bare-people", "/console/people", "Nobody yet"),
            ("bare-found", "/console/people?text=x", "Looked through all"),
            ("bare-activity", "/console/activity", "Activity"),
            ("bare-audit", "/console/activity/audit", "Activity"),
            ("bare-health", "/console/health", "Health"),
            ("bare-evidence", "/console/evidence", "Nobody left"),
        ] {
            browser.go(path).await;
            browser.wait_for_text(said).await;
            check_current_page(browser, page).await;
        }
    });
}

#[test]
fn error_pages_render_cleanly_and_are_accessible() {
    browse(async |service, browser| {
        let tenant = service.tenant("refusals").await;
        let path = format!("/tenants/{}/portal-links", tenant.id());
        let asked = json!({"role_id": "owner"});
        let link = service.application().post(&path, asked).await.expect(201);
        let link = link.string("/url");
        browser.go(&link).await;
        check_current_page(browser, "open").await;
        browser.click("Open the console").await;
        browser.wait_for_path("/console").await;
        for (page, to, said) in [
            ("refused-link", &*link, "This link was opened already"),
            ("refused-address", "/console/nowhere", "Not found"),
            (
                "refused-person",
                "/console/people/nobody",
                "Back to the console",
            ),
        ] {
            browser.go(to).await;
            browser.wait_for_text(said).await;
            assert_eq!(browser.count("h1").await, 1);
            assert_eq!(browser.count("[role=alert]").await, 1);
            // The browser logs a warning about the error status; discard it.
            browser.browser_warnings().await;
            check_current_page(browser, page).await;
        }
        browser.click("Back to the console").await;
        browser.wait_for_text("Connections").await;
    });
}

#[test]
fn every_page_fits_the_screen_at_400_percent_zoom() {
    browse(async |service, browser| {
        let tenant = service.tenant("narrow").await;
        let idp = tenant.idp();
        let ada = idp
            .user("ada.lovelace@analytical-engines.example.test")
            .await;
        let group = idp
            .group("Engineers of the analytical engine", &[&ada])
            .await;
        browser.open_console(service, &tenant, "owner").await;
        browser.set_screen(NARROW, true).await;
        for path in [
            "/console",
            "/console/connections",
            &format!("/console/connections/{}", tenant.connection_id()),
            &format!("/console/connections/{}/setup", tenant.connection_id()),
            "/console/connections/new?provider=google",
            "/console/tokens",
            "/console/groups",
            &format!("/console/groups/{group}?role=admin"),
            "/console/people",
            &format!("/console/people/{ada}"),
            "/console/activity",
            "/console/activity/audit",
            "/console/support-access",
            "/console/health",
            "/console/settings",
        ] {
            browser.go(path).await;
            browser.wait_for("h1").await;
            browser.assert_renders_cleanly().await;
        }
    });
}

/// A page with every fault that the checks must find.
const WRONG: &str = "data:text/html,<html><body><img src='https://elsewhere.test/x'>\
    <p style='width:3000px;color:%23eee;background:white'>wide and pale</p><input></body></html>";

#[test]
fn the_page_checks_find_faults() {
    browse(async |_, browser| {
        browser.set_screen(PHONE, false).await;
        browser.go(WRONG).await;
        browser.wait_for("input").await;
        assert!(!browser.overflow().await.is_empty());
        let findings = browser.accessibility_findings().await.join("\n");
        for rule in ["image-alt", "color-contrast", "label", "html-has-lang"] {
            assert!(findings.contains(rule), "{rule} is missing in {findings}");
        }
    });
}
