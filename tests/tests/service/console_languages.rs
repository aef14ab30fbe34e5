//! The console in another language: as the browser asks for it, or as the visitor chooses.

use std::collections::BTreeSet;

use rollcall_directory::Role;
use rollcall_tests::browser::{DESKTOP, PHONE, browse};
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::urn;
use rollcall_tests::visitor::{ConsoleResponse, Visitor, link};
use serde_json::json;

/// What is the same in every language: names of the test, of providers and of what they have on their pages.
const DATA: [&str; 1] = ["Engineers of the north"];

/// Creates a tenant with people, a group and a change, and returns it with its pages.
async fn tenant(service: &Service, name: &str) -> (Tenant, Vec<String>) {
    let tenant = service.tenant(name).await;
    let idp = tenant.idp();
    let ada = idp.user("ada@example.test").await;
    let gone = idp.user("gone@example.test").await;
    let group = idp.group("Engineers of the north", &[&ada]).await;
    let inactive = json!([{"op": "replace", "path": "active", "value": false}]);
    idp.patch(&format!("/Users/{gone}"), inactive)
        .await
        .expect(200);
    let pages = [
        "",
        "/people",
        "/people?text=nobody",
        "/people/deleted",
        "/groups",
        "/groups?name=nothing",
        "/roles",
    ];
    let pages = pages.map(str::to_owned).into_iter().chain([
        format!("/people/{ada}"),
        format!("/people/{gone}"),
        format!("/groups/{group}"),
        format!("/groups/{group}?role=admin"),
    ]);
    (
        tenant,
        pages.map(|page| format!("/console{page}")).collect(),
    )
}

/// Returns the texts of a page that have at least three words and are no document.
pub(crate) fn sentences(html: &str) -> BTreeSet<String> {
    let (_, body) = html.split_once("<body").unwrap_or_default();
    let texts = body
        .split('<')
        .filter_map(|part| Some(part.split_once('>')?.1.trim()));
    let is_long = |text: &&str| {
        let words = text.split_whitespace().filter(|word| word.len() > 1);
        words.count() > 2 && !text.contains("&#34;")
    };
    texts.filter(is_long).map(str::to_owned).collect()
}

pub(crate) fn assert_german(seen: &ConsoleResponse, path: &str) {
    assert!(seen.html.contains("<html lang=\"de\">"), "{path}");
    assert_eq!(seen.header("content-language"), "de", "{path}");
    assert_eq!(seen.header("vary"), "accept-language, cookie", "{path}");
}

#[test]
fn pages_follow_the_language_of_the_browser() {
    run(async |service| {
        let (tenant, pages) = tenant(service, "sprachen").await;
        let english = Visitor::with_link(service, &tenant, Role::Owner).await;
        let german = Visitor {
            languages: Some("fr, de-AT;q=0.8, en;q=0.5"),
            ..english.clone()
        };
        for path in pages {
            let (seen, other) = (german.get(&path).await, english.get(&path).await);
            let (seen, other) = (seen.expect(200), other.expect(200));
            assert_german(&seen, &path);
            assert!(other.html.contains("<html lang=\"en\">"), "{path}");
            assert_eq!(other.header("content-language"), "en", "{path}");
            let (seen, other) = (sentences(&seen.html), sentences(&other.html));
            let same: Vec<&String> = seen.intersection(&other).collect();
            let same: Vec<_> = same
                .iter()
                .filter(|text| !DATA.contains(&text.as_str()))
                .collect();
            assert!(same.is_empty(), "{path} still says {same:?}");
        }
        // What is no page of a handler, too.
        let missing = german.get("/console/nothing").await.expect(404);
        assert_german(&missing, "/console/nothing");
        assert!(
            missing.html.contains("Diese Seite gibt es nicht."),
            "{}",
            missing.html
        );
        let signed_out = Visitor {
            cookie: None,
            ..german
        };
        let refused = signed_out.get("/console/people").await.expect(401);
        assert_german(&refused, "/console/people");
        assert!(refused.html.contains("Sie sind abgemeldet."));
        let part = signed_out.part("/console/people").await.expect(401);
        assert!(part.html.contains("Sie sind abgemeldet."));
        let expired = signed_out
            .get("/console/open?link=rcl_nothing")
            .await
            .expect(403);
        assert!(
            expired.html.contains("Dieser Link wurde bereits geöffnet"),
            "{}",
            expired.html
        );
    });
}

#[test]
fn a_choice_counts_more_than_the_browser() {
    run(async |service| {
        let (tenant, _) = tenant(service, "auswahl").await;
        let opens = link(service, &tenant, Role::Owner).await;
        let visitor = Visitor {
            languages: Some("de"),
            ..Visitor::anonymous(service)
        };
        // Before a visitor is signed in, and back to the same page.
        let path = format!("/console/open?link={opens}");
        let page = visitor.get(&path).await.expect(200);
        assert_german(&page, &path);
        let fields = page.hidden_fields("/console/language");
        assert_eq!(fields, [("back".to_owned(), format!("/open?link={opens}"))]);
        let choice = [("to", "en"), ("back", &*fields[0].1)];
        let chosen = visitor
            .post("/console/language", &choice, &[])
            .await
            .expect(303);
        assert_eq!(chosen.header("location"), path);
        let cookie = chosen.header("set-cookie");
        for part in [
            "language=en",
            "HttpOnly",
            "SameSite=Lax",
            "Path=/console",
            "Max-Age=",
        ] {
            assert!(cookie.contains(part), "{cookie}");
        }
        let mut visitor = visitor;
        visitor.keep_cookie(&chosen);
        let page = visitor.get(&path).await.expect(200);
        assert!(page.html.contains("<html lang=\"en\">"));

        // The way back stays in the console, and no other site chooses.
        for back in [
            "//evil.example",
            "https://evil.example",
            "/../api/v1",
            ".evil.example",
        ] {
            let choice = [("to", "de"), ("back", back)];
            let chosen = visitor
                .post("/console/language", &choice, &[])
                .await
                .expect(303);
            let to = chosen.header("location");
            assert!(to == "/console" || to == "/console//evil.example", "{to}");
        }
        let foreign = [("sec-fetch-site", "cross-site")];
        let choice = [("to", "de")];
        visitor
            .post("/console/language", &choice, &foreign)
            .await
            .expect(403);
        visitor
            .post("/console/language", &[("to", "xx")], &[])
            .await
            .expect(400);
    });
}

#[test]
fn a_choice_on_an_error_page_comes_back_to_it() {
    run(async |service| {
        let tenant = service.tenant("irrwege").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let back = |page: &ConsoleResponse| page.hidden_fields("/console/language");
        let field = |value: &str| vec![("back".to_owned(), value.to_owned())];
        let missing = visitor.get("/console/nothing?a=b").await.expect(404);
        assert_eq!(back(&missing), field("/nothing?a=b"));
        let unknown = visitor.get("/console/people/nobody").await.expect(404);
        assert_eq!(back(&unknown), field("/people/nobody"));
        let chosen = [("to", "de"), ("back", "/people/nobody")];
        let chosen = visitor.post("/console/language", &chosen, &[]).await;
        let chosen = chosen.expect(303);
        assert_eq!(chosen.header("location"), "/console/people/nobody");

        // The address of a form cannot be asked for: its page can.
        let origin = visitor.origin.clone();
        let refused = async |from: &str| {
            let form = [("label", "first")];
            let headers = [("referer", from)];
            let page = visitor.post("/console/tokens", &form, &headers).await;
            back(&page.expect(403))
        };
        let own = format!("{origin}/console/tokens?done=x");
        assert_eq!(refused(&own).await, field("/tokens?done=x"));
        for foreign in [
            "https://evil.example/console/tokens",
            &format!("{origin}/api/v1/tenants"),
            &format!("{origin}/consoles"),
            "",
        ] {
            assert_eq!(refused(foreign).await, field(""), "{foreign}");
        }
    });
}

#[test]
fn the_answer_to_a_form_offers_no_language() {
    run(async |service| {
        let tenant = service.tenant("antworten").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let offer = r#"action="/console/language""#;
        let form_token = visitor.form_token();
        for (path, field, value, status) in [
            ("/console/tokens", "label", "first", 303),
            ("/console/settings", "per_minute", "many", 400),
        ] {
            let page = visitor.get(path).await.expect(200);
            assert!(page.html.contains(offer), "{path}");
            let (form_id, connection) = (uuid::Uuid::now_v7().to_string(), tenant.connection_id());
            let form = [
                ("form_token", &*form_token),
                ("form_id", &*form_id),
                ("connection", connection),
                ("revision", "2"),
                (field, value),
            ];
            let page = visitor.post(path, &form, &[]).await.expect(status);
            assert!(!page.html.contains(offer), "{path}: {}", page.html);
        }
    });
}

/// Whether each of these names stands in an element of its own that isolates its direction.
const ISOLATED: &str = r#"
    const walker = document.createTreeWalker(document.getElementById("main"), NodeFilter.SHOW_TEXT);
    const loose = [];
    while (walker.nextNode()) {
        const { textContent, parentElement } = walker.currentNode;
        if (textContent.includes(arguments[0]) && !parentElement.closest("bdi, option, textarea, .value")) loose.push(textContent);
    }
    return loose;
"#;

#[test]
fn names_stay_contained_and_the_switch_works_without_scripts() {
    browse(async |service, browser| {
        let tenant = service.tenant("rtl").await;
        let idp = tenant.idp();
        let name = "نور الهدى";
        let body = json!({"schemas": [urn::USER], "userName": "nour@example.test", "displayName": name, "active": true});
        let nour = idp.post("/Users", body).await.expect(201).id();
        let group = idp.group(name, &[&nour]).await;
        browser.open_console(service, &tenant, "owner").await;
        let pages = ["/console/people", "/console/groups"].map(str::to_owned);
        let more = [
            format!("/console/people/{nour}"),
            format!(
                "/console/people?text={}",
                rollcall_tests::idp::encode("נור")
            ),
            format!("/console/groups/{group}?role=admin"),
            "/console".to_owned(),
        ];
        browser.click("Deutsch").await;
        browser.wait_for_text("Übersicht").await;
        for path in pages.into_iter().chain(more) {
            for screen in [DESKTOP, PHONE] {
                browser.set_screen(screen, false).await;
                browser.go(&path).await;
                browser.wait_for("html[lang=de] h1").await;
                let loose = browser.eval(ISOLATED, &[json!(name)]).await;
                assert_eq!(loose, json!([]), "{path}");
                browser.assert_renders_cleanly().await;
                browser.assert_accessible().await;
            }
        }
        browser.set_screen(DESKTOP, false).await;
        browser.save_screenshot("german", DESKTOP, false).await;
        browser.disable_scripts().await;
        browser.go("/console/people").await;
        browser.click("English").await;
        browser.wait_for_path("/console/people").await;
        browser.wait_for_text("Search").await;
    });
}
