//! Pages that update themselves: they continue after an error and stop when they are done.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{LoggedRequest, Role};
use rollcall_tests::browser::{Browser, browse};
use rollcall_tests::faults::Fault;
use rollcall_tests::service::Service;
use rollcall_tests::size::{full_size, size};
use rollcall_tests::visitor::Visitor;
use serde_json::json;

use crate::digest::log;

/// Starts to record the response status of each htmx request; a request without a response has status 0.
const RECORD_STATUSES: &str = r#"
    window.answers = [];
    document.addEventListener("htmx:afterRequest", (event) => window.answers.push(event.detail.xhr.status));
"#;

/// Waits until one of the page's htmx requests has this status.
async fn wait_for_status(browser: &Browser, status: u16) {
    let script = "return window.answers.includes(arguments[0])";
    browser
        .eventually(&format!("a response with status {status}"), async || {
            browser.eval(script, &[json!(status)]).await == true
        })
        .await;
}

#[test]
fn a_checklist_continues_after_an_error() {
    browse(async |_, browser| {
        let (service, faults) = Service::with_faults().await;
        let tenant = service.tenant("hiccup").await;
        let idp = tenant.idp();
        let page = format!("/console/connections/{}", tenant.connection_id());
        browser.open_console(&service, &tenant, "owner").await;
        browser.go(&page).await;
        browser.wait_for_completed_steps(0).await;
        browser.eval(RECORD_STATUSES, &[]).await;

        // There is no response.
        browser.set_offline(true).await;
        wait_for_status(browser, 0).await;
        browser.wait_for_text("could not be loaded").await;
        browser.set_offline(false).await;
        idp.user("ada").await;
        browser.wait_for_completed_steps(2).await;
        assert!(!browser.text().await.contains("could not be loaded"));

        // The response is an error.
        faults.schedule(|_| Fault::Throttle);
        wait_for_status(browser, 503).await;
        browser.wait_for_text("The service is busy").await;
        assert_eq!(
            browser.count(".checklist li").await,
            4,
            "the checklist disappeared"
        );
        faults.clear();
        let grace = idp.user("grace").await;
        idp.group("Engineers", &[]).await;
        browser.wait_for_completed_steps(3).await;

        // The checklist is complete, so the page stops polling.
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        idp.patch(&format!("/Users/{grace}"), off).await.expect(200);
        browser.wait_for_completed_steps(4).await;
        assert_eq!(browser.eval("return window.answers.at(-1)", &[]).await, 286);
        let stopped = "return document.getElementById('checklist')['htmx-internal-data'].cancelled";
        assert_eq!(browser.eval(stopped, &[]).await, true);
    });
}

#[test]
fn a_page_stops_polling_for_a_deleted_connection() {
    browse(async |service, browser| {
        let tenant = service.tenant("gone").await;
        browser.open_console(service, &tenant, "owner").await;
        let connection = tenant.connection_id();
        browser
            .go(&format!("/console/connections/{connection}"))
            .await;
        browser.wait_for_completed_steps(0).await;
        browser.eval(RECORD_STATUSES, &[]).await;
        let deleted = tenant
            .directory()
            .credentials()
            .delete_connection(connection)
            .await;
        assert!(deleted.is_ok());
        wait_for_status(browser, 404).await;
        // Wait for longer than the polling interval.
        tokio::time::sleep(Duration::from_secs(6)).await;
        let refused = "return window.answers.filter((status) => status === 404).length";
        assert_eq!(browser.eval(refused, &[]).await, 1);
    });
}

fn requests(count: usize) -> impl Iterator<Item = (Timestamp, LoggedRequest)> {
    let hour_ago = Timestamp::now() - SignedDuration::from_hours(1);
    (0..count).map(move |_| (hour_ago, LoggedRequest::new("GET", "/Users", 200)))
}

#[test]
fn pages_say_that_they_have_not_read_all_of_a_longer_log() {
    // It takes half a minute to write the log, so `tests/large` does it.
    if !full_size() {
        return;
    }
    browse(async |service, browser| {
        // Each request reads 2,000 log entries, and pages repeat it. This log is longer than any page reads.
        let tenant = service.tenant("longer-log").await;
        log(tenant.directory(), requests(30_500)).await;
        browser.open_console(service, &tenant, "owner").await;
        let connection = format!("/console/connections/{}", tenant.connection_id());
        for (page, said) in [
            ("/console", "are incomplete"),
            ("/console/connections", "are incomplete"),
            (&connection, "so this is incomplete"),
            ("/console/activity", "still counting…"),
        ] {
            browser.go(page).await;
            browser.wait_for_text(said).await;
        }
    });
}

#[test]
fn the_health_page_reads_a_long_log_to_its_end() {
    browse(async |service, browser| {
        let tenant = service.tenant("long-log").await;
        log(tenant.directory(), requests(size(4_500, 8_500))).await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let first = visitor.get("/console/health").await.expect(200).html;
        assert!(first.contains("000 requests so far"), "{first}");
        browser.open_console(service, &tenant, "owner").await;
        browser.go("/console/health").await;
        let gone = async || !browser.text().await.contains("still being read");
        browser.eventually("the whole log is read", gone).await;
        assert_eq!(browser.count("#findings #findings, #findings h1").await, 0);
        browser.go("/console").await;
        assert!(gone().await);
        browser.assert_renders_cleanly().await;
    });
}
