//! The lists of Activity in a browser: the record by keyboard, the live list, chips, narrow screens.

use rollcall_tests::browser::{Browser, DESKTOP, PHONE, Screen, browse};
use rollcall_tests::service::{Service, Tenant};
use serde_json::json;

const SMALL: Screen = ("small", 320, 640);
/// The codes of two keys, in WebDriver.
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

async fn lively(service: &Service, name: &str) -> Tenant {
    let tenant = service.tenant(name).await;
    let idp = tenant.idp();
    for name in ["ada", "grace", "edsger", "barbara"] {
        idp.user(&format!("{name}@example.test")).await;
    }
    idp.post(
        "/Users",
        json!({"schemas": [rollcall_tests::urn::USER], "userName": "ada@example.test"}),
    )
    .await
    .expect(409);
    idp.group("Engineers", &[]).await;
    tenant
}

async fn focused(browser: &Browser) -> String {
    let id = "return document.activeElement.id || document.activeElement.className";
    let id = browser.eval(id, &[]).await;
    id.as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_record_opens_and_closes_by_keyboard() {
    browse(async |service, browser| {
        let tenant = lively(service, "record-keys").await;
        browser.open_console(service, &tenant, "owner").await;
        for (list, line) in [
            (
                "/console/activity",
                "Could not add ada@example.test: user name taken",
            ),
            ("/console/activity/audit", "Added group Engineers"),
        ] {
            browser.go(list).await;
            browser.wait_for(".log").await;
            browser.tab_to(line).await;
            let row = focused(browser).await;
            assert!(row.starts_with("e-"), "{row}");
            browser.type_keys(ENTER).await;
            browser.wait_for("#record > .record").await;
            browser.wait_for_requests().await;
            assert!(focused(browser).await.contains("record"));
            let url = browser.url().await;
            assert!(url.contains(&format!("entry={}", &row[2..])), "{url}");
            browser
                .wait_for("#record button[data-copy]:not([hidden])")
                .await;
            assert_eq!(browser.count(".log a[aria-current]").await, 1);
            browser.assert_accessible().await;

            browser.type_keys(ESCAPE).await;
            assert_eq!(browser.count(".record").await, 0);
            assert_eq!(focused(browser).await, row);
            let at_list = async || browser.url().await.ends_with(list);
            browser.eventually("the address of the list", at_list).await;

            // The address opens the same record, and Escape closes that as well.
            browser.go(&url).await;
            browser.wait_for("#record > .record").await;
            browser.type_keys(ESCAPE).await;
            assert_eq!(browser.count(".record").await, 0);
            assert_eq!(focused(browser).await, row);
        }
        browser.assert_renders_cleanly().await;
    });
}

#[test]
fn back_leads_from_a_record_to_its_list() {
    browse(async |service, browser| {
        let tenant = lively(service, "record-back").await;
        browser.open_console(service, &tenant, "owner").await;
        browser.set_screen(PHONE, false).await;
        browser.go("/console").await;
        browser.go("/console/activity?each=yes").await;
        browser.wait_for(".log").await;
        browser.click("Added ada@example.test").await;
        browser.wait_for("#record > .record").await;
        browser.wait_for_requests().await;
        assert!(browser.url().await.contains("entry="));
        browser.go_back().await;
        let is_closed = async || browser.count(".record").await == 0;
        browser.eventually("the record is closed", is_closed).await;
        assert!(browser.url().await.ends_with("/console/activity?each=yes"));
    });
}

#[test]
fn a_live_list_grows_and_pauses() {
    browse(async |service, browser| {
        let tenant = lively(service, "live-list").await;
        browser.open_console(service, &tenant, "owner").await;
        for (list, name) in [
            ("/console/activity", "hedy"),
            ("/console/activity/audit", "katherine"),
        ] {
            browser.go(list).await;
            browser.click("Live").await;
            browser.wait_for(".live:not([hidden])").await;
            assert_eq!(browser.count(".log[aria-live], [aria-live] .log").await, 0);
            tenant.idp().user(name).await;
            browser.wait_for_text(&format!("Added {name}")).await;
            let first = "return document.querySelector('.log tbody tr th').innerText";
            assert_eq!(browser.eval(first, &[]).await, format!("Added {name}"));
            assert_eq!(browser.count("#tail").await, 1);
            browser.click("Pause").await;
            assert_eq!(browser.count("#tail, .live").await, 0);
        }
        browser.assert_renders_cleanly().await;
    });
}

#[test]
fn chips_set_and_remove_filters() {
    browse(async |service, browser| {
        let tenant = lively(service, "chips").await;
        browser.open_console(service, &tenant, "owner").await;
        browser.go("/console/activity").await;
        browser.click("Failures only").await;
        assert!(browser.url().await.ends_with("?failed=yes"));
        assert_eq!(browser.count(".log tbody tr").await, 1);
        browser.click("Add filter").await;
        browser.choose("Method", "Reads (GET)").await;
        browser.click("Apply").await;
        browser.wait_for_text("No match").await;
        browser.click("Reads (GET), remove").await;
        assert_eq!(browser.count(".log tbody tr").await, 1);
        browser.click("Failures only, remove").await;
        browser.wait_for_text("Added 4 people").await;
    });
}

#[test]
fn lists_and_records_fit_narrow_screens() {
    browse(async |service, browser| {
        let tenant = lively(service, "narrow-logs").await;
        browser.open_console(service, &tenant, "owner").await;
        for list in ["/console/activity", "/console/activity/audit"] {
            browser.go(list).await;
            let record =
                "return document.querySelector('.log a[href*=\"entry=\"]').getAttribute('href')";
            let record = browser.eval(record, &[]).await;
            let record = record.as_str().unwrap_or_default().to_owned();
            let name = list.rsplit('/').next().unwrap_or_default();
            for (path, what) in [(list, name.to_owned()), (&record, format!("{name}-record"))] {
                browser.go(path).await;
                browser.wait_for("#record").await;
                browser.expand_details().await;
                for screen in [DESKTOP, PHONE, SMALL] {
                    for is_dark in [false, true] {
                        browser.set_screen(screen, is_dark).await;
                        browser.assert_renders_cleanly().await;
                        browser.assert_accessible().await;
                        browser.save_screenshot(&what, screen, is_dark).await;
                    }
                    // On a narrow screen, a record takes the place of the list.
                    let shown = "return document.querySelector('.log').getClientRects().length > 0";
                    let is_shown = screen == DESKTOP || path == list;
                    assert_eq!(browser.eval(shown, &[]).await, is_shown, "{screen:?}");
                }
                browser.set_screen(DESKTOP, false).await;
            }
        }
    });
}

#[test]
fn rows_are_dense() {
    browse(async |service, browser| {
        let tenant = lively(service, "dense").await;
        browser.open_console(service, &tenant, "owner").await;
        browser.go("/console/activity").await;
        let heights =
            "return [...document.querySelectorAll('.log tbody tr')].map((row) => row.offsetHeight)";
        let heights = browser.eval(heights, &[]).await;
        let heights: Vec<u64> = serde_json::from_value(heights).unwrap_or_default();
        assert!(heights.len() >= 3, "{heights:?}");
        assert!(heights.iter().all(|height| *height <= 37), "{heights:?}");
    });
}

#[test]
fn everything_essential_needs_no_scripts() {
    browse(async |service, browser| {
        let tenant = lively(service, "log-no-script").await;
        browser.disable_scripts().await;
        browser.open_console(service, &tenant, "owner").await;
        browser.go("/console/activity").await;
        browser.click("Added 4 people").await;
        browser.wait_for_text("Added barbara@example.test").await;
        browser.click("Added barbara@example.test").await;
        browser.wait_for_text("What changed").await;
        browser.wait_for_text("user.created").await;
        browser.click("Close").await;
        browser.click("Failures only").await;
        browser.wait_for_text("user name taken").await;
        browser.click("Failures only, remove").await;
        browser.click("Add filter").await;
        browser.choose("Result", "Refused").await;
        browser.click("Apply").await;
        browser.wait_for_text("user name taken").await;
        assert!(!browser.text().await.contains("Live"));
    });
}
