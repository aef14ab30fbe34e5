//! The console of a large tenant: pages have a bounded size, and long operations show their progress.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt};
use rollcall_directory::Role;
use rollcall_tests::browser::{Browser, PHONE, browse};
use rollcall_tests::idp::Idp;
use rollcall_tests::service::Service;
use rollcall_tests::size::full_size;
use rollcall_tests::visitor::Visitor;

const PEOPLE: usize = 1_100;
const GROUPS: usize = 500;
/// The maximum number of rows on a page.
const ROWS: usize = 50;
/// The maximum size of a page in characters.
const PAGE_SIZE: u64 = 150_000;

/// Creates many people, many groups with one person each, and one group with everybody.
async fn create_people_and_groups(idp: &Idp) -> (Vec<String>, String) {
    let people: Vec<String> = stream::iter(0..PEOPLE)
        .map(|n| async move { idp.user(&format!("person-{n:04}@example.test")).await })
        .buffered(16)
        .collect()
        .await;
    let everybody: Vec<&str> = people.iter().map(String::as_str).collect();
    let members = &everybody;
    stream::iter(0..GROUPS)
        .map(|n| async move { idp.group(&format!("Group {n:03}"), &members[n..=n]).await })
        .buffered(16)
        .collect::<Vec<String>>()
        .await;
    let all = idp.group("Whole company", &everybody).await;
    (people, all)
}

/// Returns the ids on the current page from the given attribute.
async fn ids(browser: &Browser, attribute: &str) -> Vec<String> {
    let script = "return [...document.querySelectorAll(`[${arguments[0]}]`)]\
        .map((row) => row.getAttribute(arguments[0]))";
    let found = browser.eval(script, &[attribute.into()]).await;
    serde_json::from_value(found).unwrap_or_default()
}

async fn assert_bounded(browser: &Browser, attribute: &str) -> Vec<String> {
    let rows = ids(browser, attribute).await;
    assert!(rows.len() <= ROWS, "{} rows", rows.len());
    let size = browser
        .eval("return document.documentElement.outerHTML.length", &[])
        .await;
    assert!(
        size.as_u64().is_some_and(|size| size <= PAGE_SIZE),
        "{size} characters"
    );
    rows
}

#[test]
fn a_large_tenant_is_shown_in_pages_and_mappings_show_progress() {
    // It takes 45 seconds of processor time to create the tenant, so `tests/large` does it.
    if !full_size() {
        return;
    }
    browse(async |_, browser| {
        // Use a separate service: in the shared one, the effects of a mapping would wait for those of other tests.
        let service = &Service::start().await;
        let tenant = service.tenant("crowd").await;
        let idp = tenant.idp();
        let (people, all) = create_people_and_groups(&idp).await;
        // Wait for the events of the new people and groups, so that they do not delay the effects of a mapping.
        service.drained().await;
        browser.open_console(service, &tenant, "owner").await;
        browser.set_screen(PHONE, false).await;

        // Every group is on exactly one page.
        browser.click("Menu").await;
        browser.click("Groups and roles").await;
        browser.wait_for("[data-group]").await;
        let mut seen = BTreeSet::new();
        for page in 1.. {
            for id in assert_bounded(browser, "data-group").await {
                assert!(seen.insert(id), "a group is shown twice on page {page}");
            }
            let Some(next) = next_page(browser).await else {
                break;
            };
            browser.go(&next).await;
        }
        assert_eq!(seen.len(), GROUPS + 1);

        browser.go("/console/people").await;
        browser.wait_for_text("1,100 people").await;
        let first = assert_bounded(browser, "data-person").await;
        browser.click("Next page").await;
        browser.wait_for("[data-person]").await;
        let second = assert_bounded(browser, "data-person").await;
        assert!(first.iter().all(|id| !second.contains(id)));
        browser.fill("Search people", "person-0777").await;
        browser.click("Search").await;
        browser.wait_for_text("person-0777@example.test").await;
        assert_eq!(ids(browser, "data-person").await, [people[777].clone()]);

        // Without scripts, a preview continues through links.
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let preview = format!("/console/groups/{all}?role=viewer");
        let first = visitor.get(&preview).await.expect(200).html;
        assert!(first.contains("1,000 of 1,100 people checked"), "{first}");
        let (_, rest) = first.split_once("<noscript><a href=\"").unwrap_or_default();
        let (rest, _) = rest.split_once('"').unwrap_or_default();
        let rest = rest.replace("&#38;", "&");
        let last = visitor.get(&rest).await.expect(200).html;
        assert!(last.contains("1,100 people gain Viewer"), "{last}");

        // In the list, an admin who chooses another role sees and saves the last choice.
        browser.go("/console/groups?name=whole").await;
        browser.choose("Role of Whole", "Admin").await;
        browser.wait_for(".preview h3").await;
        browser.choose("Role of Whole", "Member").await;
        browser
            .wait_through_progress("1,100 people gain Member")
            .await;
        assert_eq!(browser.value("r1").await, "member");
        browser.click("Discard").await;
        let saves = "return document.querySelector('.preview input[name=role]').value";

        // The preview of a mapping is computed in steps, and saving the mapping shows its progress.
        browser.go(&format!("/console/groups/{all}")).await;
        assert_eq!(assert_bounded(browser, "data-person").await.len(), ROWS);
        browser.choose("Role of", "Viewer").await;
        browser.wait_for(".preview button").await;
        let focus =
            "document.querySelector('.preview button').focus(); return document.activeElement.id";
        let button = browser.eval(focus, &[]).await;
        browser
            .wait_through_progress("1,100 people gain Viewer")
            .await;
        let focused = browser.eval("return document.activeElement.id", &[]).await;
        assert_eq!(focused, button, "a step of the preview moved the focus");
        // All of them are named on request, 400 at a time.
        for (button, children) in [
            ("Show all 1,100", 401),
            ("Show more", 801),
            ("Show more", 1_100),
        ] {
            browser.click(button).await;
            let last = format!(".preview .names > li:nth-child({children})");
            browser.wait_for(&last).await;
        }
        let left = "return document.querySelectorAll('.preview .rest').length";
        assert_eq!(browser.eval(left, &[]).await, 0);
        // An admin who chooses another role during the preview sees and saves the last choice.
        browser.choose("Role of", "Member").await;
        browser.wait_for_text("people gain Member").await;
        browser.choose("Role of", "Viewer").await;
        browser
            .wait_through_progress("1,100 people gain Viewer")
            .await;
        assert_eq!(browser.eval(saves, &[]).await, "viewer");
        browser.click("Save the role of Whole company").await;
        browser.wait_for_text("Roles saved").await;
        browser.wait_for("progress").await;
        browser
            .wait_through_progress("Done: 1,100 people checked, and your application was told")
            .await;
        browser.assert_renders_cleanly().await;
    });
}

async fn next_page(browser: &Browser) -> Option<String> {
    let link = "const next = document.querySelector('a[rel=next]'); \
                return next && next.pathname + next.search";
    let next = browser.eval(link, &[]).await;
    next.as_str().map(str::to_owned)
}
