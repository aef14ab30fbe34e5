//! Hostile names: with markup, with characters that change the text direction, and very long ones.

use rollcall_directory::{Provider, Role};
use rollcall_tests::browser::{DESKTOP, PHONE, browse};
use rollcall_tests::service::Tenant;
use rollcall_tests::size::size;
use rollcall_tests::urn;
use rollcall_tests::visitor::{SECTIONS, Visitor};
use serde_json::json;

/// Creates a connection and a token with this name, and returns the id of the connection.
async fn connection(tenant: &Tenant, name: &str) -> String {
    let directory = tenant.directory();
    let made = directory
        .credentials()
        .create_connection(name, Provider::Google)
        .await;
    let id = made.map(|made| made.id).unwrap_or_default();
    let issued = directory.credentials().issue_token(&id, name, None).await;
    assert!(issued.is_ok(), "{issued:?}");
    id
}

#[test]
fn hostile_names_do_no_harm() {
    browse(async |service, browser| {
        let tenant = service.tenant("hostile").await;
        let idp = tenant.idp();
        let markup = concat!(
            r#""><img src=x onerror="window.hit=1"><script>window.hit=1</script>"#,
            r#"<a href="javascript:window.hit=1">"#
        );
        let turned = "\u{202e}\u{2067}moc.elpmaxe\u{200f}אבגד";
        let long = "W".repeat(size(2_000, 10_000));
        let mut people = Vec::new();
        for name in [markup, turned, &long] {
            let mail = format!("{name}@example.test");
            // A user name with marks of direction is refused. Other names may have them.
            let user_name = name.replace(['\u{202e}', '\u{2067}', '\u{200f}'], "");
            let body = json!({
                "schemas": [urn::USER], "userName": user_name, "displayName": name, "externalId": name, "title": name,
                "name": {"familyName": name}, "emails": [{"value": mail}], "active": true,
            });
            people.push(idp.post("/Users", body).await.expect(201).id());
        }
        let members: Vec<&str> = people.iter().map(String::as_str).collect();
        let mut groups = Vec::new();
        for name in [markup, turned, &long] {
            groups.push(idp.group(name, &members).await);
        }
        let mut connections = Vec::new();
        for name in [markup, turned, &long] {
            connections.push(connection(&tenant, name).await);
        }
        idp.request(
            http::Method::GET,
            "/Users?filter=%3Cscript%3Ewindow.hit=1%3C/script%3E",
        )
        .send()
        .await
        .expect(400);
        browser.open_console(service, &tenant, "owner").await;
        let mut pages: Vec<String> = SECTIONS.map(|page| format!("/console{page}")).into();
        browser.go("/console/activity/audit").await;
        let records = "return [...document.querySelectorAll('a[href*=\"entry=\"]')]\
            .map((link) => link.pathname + link.search)";
        for list in ["/console/activity", "/console/activity/audit"] {
            browser.go(&format!("{list}?each=yes")).await;
            let found = browser.eval(records, &[]).await;
            let found: Vec<String> = serde_json::from_value(found).unwrap_or_default();
            assert!(found.len() >= 7, "{list}: {found:?}");
            pages.extend(found);
        }
        pages.extend(
            connections
                .iter()
                .map(|id| format!("/console/connections/{id}")),
        );
        pages.extend(people.iter().map(|id| format!("/console/people/{id}")));
        pages.extend(
            groups
                .iter()
                .map(|id| format!("/console/groups/{id}?role=admin")),
        );
        pages.push("/console/people?text=%3Cscript%3Ewindow.hit=1%3C/script%3E%22%3E".to_owned());
        pages.push("/console?done=%3Cscript%3E".to_owned());
        for page in pages {
            browser.go(&page).await;
            browser.expand_details().await;
            for screen in [DESKTOP, PHONE] {
                browser.set_screen(screen, false).await;
                browser.assert_renders_cleanly().await;
                let hit = browser
                    .eval(
                        "return window.hit === undefined && document.images.length === 0",
                        &[],
                    )
                    .await;
                assert_eq!(hit, true, "a script ran or an image was added on {page}");
            }
        }
        // Browsers download files and do not display them.
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        for page in ["/activity/export", "/activity/audit/export"] {
            for format in ["csv", "json"] {
                let file = visitor
                    .get(&format!("/console{page}?format={format}"))
                    .await;
                let file = file.expect(200);
                assert!(file.html.contains("window.hit=1"), "{page}");
                let kind = file.header("content-type");
                assert!(
                    ["text/csv; charset=utf-8", "application/json"].contains(&kind),
                    "{kind}"
                );
                let how = file.header("content-disposition");
                assert!(how.starts_with("attachment; filename=\""), "{how}");
            }
        }
        // The groups can still be used.
        browser.go(&format!("/console/groups/{}", groups[2])).await;
        browser.choose("Role of", "Viewer").await;
        browser.wait_for_text("3 people gain Viewer").await;
        assert!(
            browser.text().await.contains(&long),
            "the page does not contain the whole name"
        );
    });
}
