//! Pages with nothing on them, and pages that refuse: they too are sound and accessible, and say what to do next.

use rollcall_tests::browser::{Browser, DESKTOP, PHONE, Screen, browse};
use serde_json::json;

/// What is left of a laptop's screen at four times the size (WCAG 1.4.10).
const NARROW: Screen = ("narrow", 320, 640);

async fn look_at(browser: &Browser, page: &str) {
    for (screen, is_dark) in [
        (DESKTOP, false),
        (DESKTOP, true),
        (PHONE, false),
        (PHONE, true),
    ] {
        browser.become_screen(screen, is_dark).await;
        browser.assert_sound().await;
        browser.assert_accessible().await;
        browser.photograph(page, screen, is_dark).await;
    }
    browser.become_screen(NARROW, false).await;
    browser.assert_sound().await;
}

#[test]
fn a_page_without_anything_says_what_comes_here() {
    browse(async |service, browser| {
        let tenant = service.tenant("bare").await;
        browser.open_console(service, &tenant, "owner").await;
        for (page, path, said) in [
            ("bare-groups", "/console/groups", "No group was pushed yet"),
            ("bare-people", "/console/people", "Nobody was pushed yet"),
            ("bare-found", "/console/people?text=x", "Nobody was found"),
            ("bare-activity", "/console/activity", "Activity"),
            ("bare-audit", "/console/activity/audit", "Activity"),
            ("bare-health", "/console/health", "Health"),
        ] {
            browser.go(path).await;
            browser.wait_for_text(said).await;
            look_at(browser, page).await;
        }
    });
}

#[test]
fn a_refusal_is_a_page_too() {
    browse(async |service, browser| {
        let tenant = service.tenant("refusals").await;
        let path = format!("/tenants/{}/portal-links", tenant.id());
        let asked = json!({"role_id": "owner"});
        let link = service.application().post(&path, asked).await.expect(201);
        let link = link.string("/url");
        browser.go(&link).await;
        look_at(browser, "open").await;
        browser.click("Open the console").await;
        browser.wait_for_path("/console").await;
        for (page, to, said) in [
            ("refused-link", &*link, "This link was opened already"),
            ("refused-address", "/console/nowhere", "Not here"),
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
            // That an answer is a refusal is something that the browser says aloud.
            browser.complaints().await;
            look_at(browser, page).await;
        }
        browser.click("Back to the console").await;
        browser.wait_for_text("New connection").await;
    });
}

#[test]
fn every_page_fits_a_screen_at_four_times_the_size() {
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
        browser.become_screen(NARROW, true).await;
        for path in [
            "/console",
            &format!("/console/connections/{}", tenant.connection_id()),
            "/console/tokens",
            "/console/groups",
            &format!("/console/groups/{group}?role=admin"),
            "/console/people",
            &format!("/console/people/{ada}"),
            "/console/activity",
            "/console/activity/audit",
            "/console/health",
            "/console/settings",
        ] {
            browser.go(path).await;
            browser.wait_for("h1").await;
            browser.assert_sound().await;
        }
    });
}

/// A page that is wrong in every way that pages are looked at for.
const WRONG: &str = "data:text/html,<html><body><img src='https://elsewhere.test/x'>\
    <p style='width:3000px;color:%23eee;background:white'>wide and pale</p><input></body></html>";

#[test]
fn faults_are_found_where_there_are_some() {
    browse(async |_, browser| {
        browser.become_screen(PHONE, false).await;
        browser.go(WRONG).await;
        browser.wait_for("input").await;
        assert!(!browser.overflow().await.is_empty());
        let barriers = browser.barriers().await.join("\n");
        for rule in ["image-alt", "color-contrast", "label", "html-has-lang"] {
            assert!(barriers.contains(rule), "{rule} is missing in {barriers}");
        }
    });
}
