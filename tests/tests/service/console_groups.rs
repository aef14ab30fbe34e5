//! Groups and roles in the console: many groups are found, previewed and mapped in one form.

use rollcall_directory::Role;
use rollcall_tests::browser::{DESKTOP, browse};
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::json;

/// Creates groups with these members.
async fn with_groups(tenant: &Tenant, groups: &[(&str, &[&str])]) -> Vec<String> {
    let idp = tenant.idp();
    let mut ids = Vec::new();
    for (name, members) in groups {
        ids.push(idp.group(name, members).await);
    }
    ids
}

/// Creates a person with a display name.
async fn named(tenant: &Tenant, user_name: &str, display_name: &str) -> String {
    let body = json!({"schemas": [urn::USER], "userName": user_name, "displayName": display_name, "active": true});
    tenant.idp().post("/Users", body).await.expect(201).id()
}

async fn role(service: &Service, tenant: &Tenant, person: &str) -> serde_json::Value {
    let path = format!("/tenants/{}/users/{person}/role", tenant.id());
    let given = service.application().get(&path).await.expect(200);
    given.body["effective"].clone()
}

#[test]
fn several_groups_are_mapped_in_one_save() {
    browse(async |service, browser| {
        let tenant = service.tenant("many").await;
        let anna = named(&tenant, "anna@example.test", "Anna Nguyễn").await;
        let carmen = named(&tenant, "carmen@example.test", "Carmen González").await;
        let mut groups: Vec<String> = (0..20).map(|n| format!("Team {n:02}")).collect();
        groups.push("Month-end close".to_owned());
        let members: Vec<&str> = vec![&anna];
        let both: Vec<&str> = vec![&anna, &carmen];
        let listed: Vec<(&str, &[&str])> = groups
            .iter()
            .map(|name| {
                let is_last = name.starts_with("Month");
                (
                    name.as_str(),
                    if is_last { &both[..] } else { &members[..] },
                )
            })
            .collect();
        let ids = with_groups(&tenant, &listed).await;
        let mapped = tenant
            .directory()
            .roles()
            .map_group(&ids[20], Some(Role::Admin));
        mapped.await.unwrap();
        browser.open_console(service, &tenant, "owner").await;
        browser.go("/console/groups").await;
        browser.wait_for("[data-group]").await;
        assert_eq!(browser.count("[data-group]").await, 21);
        // Nothing is staged, so nothing looks staged, and nobody is warned.
        assert_eq!(browser.count(".savebar:not([hidden])").await, 0);
        let warns = "const leaving = new Event('beforeunload', {cancelable: true}); \
                     window.dispatchEvent(leaving); return leaving.defaultPrevented";
        assert_eq!(browser.eval(warns, &[]).await, false);

        // One row: it looks unsaved, and the loss names its people.
        browser.choose("Role of Month-end close", "Viewer").await;
        browser.wait_for_text("Was Admin, not saved").await;
        browser
            .wait_for_text("2 people lose Admin and become Viewer")
            .await;
        browser.wait_for_text("Access that ends").await;
        browser.wait_for_text("Anna Nguyễn").await;
        browser.wait_for_text("Carmen González").await;
        assert_eq!(browser.count(".impact.down .names a").await, 2);
        browser.wait_for_text("1 group changed.").await;
        // A browser warns only those who have done something on the page.
        browser.check("Select Team 00").await;
        assert_eq!(browser.eval(warns, &[]).await, true);
        // So does the choice of a language, which would lose it.
        let chooses = "document.querySelector('form[action$=\"/language\"]') \
                       .dispatchEvent(new Event('submit', {bubbles: true}))";
        browser.eval(chooses, &[]).await;
        assert_eq!(browser.eval(warns, &[]).await, true);

        // All rows on the page at once.
        browser
            .eval("document.querySelector('[data-pick-all]').click()", &[])
            .await;
        browser
            .choose("Role for the selected groups", "Member")
            .await;
        browser.click("Apply").await;
        browser.wait_for_text("21 groups changed.").await;
        browser
            .wait_for_text("2 people lose Admin and become Member")
            .await;
        browser.check_page("groups-staged").await;
        browser.set_screen(DESKTOP, false).await;
        browser.click("Save 21 changes").await;
        browser.wait_for_text("Roles saved").await;
        browser.wait_for_text("your application was told").await;
        assert_eq!(browser.path().await, "/console/groups");
        assert_eq!(browser.count(".savebar:not([hidden])").await, 0);
        assert_eq!(role(service, &tenant, &anna).await, "member");

        // Filters are links, so the address has them; a search finds any part of a name.
        browser.click("Member 21").await;
        assert!(browser.url().await.contains("role=member"));
        assert_eq!(browser.count("[data-group]").await, 21);
        browser.click("No role 0").await;
        browser.wait_for_text("No match among 21 groups").await;
        browser.go("/console/groups").await;
        browser.fill("Search groups", "END CLO").await;
        browser.click("Search").await;
        browser.wait_for_text("Month-end close").await;
        assert_eq!(browser.count("[data-group]").await, 1);
        browser.fill("Search groups", "admins").await;
        browser.click("Search").await;
        browser.wait_for_text("Looked through all 21 groups.").await;
        let size = browser
            .eval("return document.documentElement.outerHTML.length", &[])
            .await;
        assert!(size.as_u64().is_some_and(|size| size < 100_000), "{size}");
    });
}

#[test]
fn several_groups_are_mapped_without_scripts() {
    browse(async |service, browser| {
        let tenant = service.tenant("many-plain").await;
        let anna = named(&tenant, "anna@example.test", "Anna Nguyễn").await;
        with_groups(&tenant, &[("Data", &[&anna]), ("Design", &[&anna])]).await;
        browser.disable_scripts().await;
        browser.open_console(service, &tenant, "owner").await;
        browser.go("/console/groups?name=d").await;
        browser.choose("Role of Data", "Viewer").await;
        browser.choose("Role of Design", "Admin").await;
        browser.click("Preview").await;
        browser.wait_for_text("1 person gains Admin, Viewer").await;
        browser.wait_for_text("Anna Nguyễn").await;
        browser.wait_for_text("Was No role, not saved").await;
        browser.click("Save 2 changes").await;
        browser.wait_for_text("Roles saved").await;
        assert!(browser.url().await.contains("name=d"));
        assert_eq!(role(service, &tenant, &anna).await, "admin");
    });
}

/// What another admin saves meanwhile is neither overwritten nor hidden, and what was chosen is kept.
#[test]
fn a_stale_form_keeps_what_was_chosen_and_shows_both_values() {
    run(async |service| {
        let tenant = service.tenant("stale-roles").await;
        let ids = with_groups(&tenant, &[("Data", &[]), ("Design", &[])]).await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let token = visitor.form_token();
        let fields: Vec<(String, &str)> = ids
            .iter()
            .flat_map(|id| {
                [
                    (format!("was.{id}"), "none"),
                    (format!("role.{id}"), "viewer"),
                ]
            })
            .collect();
        let mut form: Vec<(&str, &str)> = vec![("form_token", &token), ("then", "save")];
        form.extend(fields.iter().map(|(name, value)| (name.as_str(), *value)));
        let mapped = tenant
            .directory()
            .roles()
            .map_group(&ids[1], Some(Role::Admin));
        mapped.await.unwrap();
        let refused = visitor.post("/console/groups?name=des", &form, &[]).await;
        let html = refused.expect(409).html;
        assert!(html.contains("Roles changed in another tab"), "{html}");
        assert!(
            html.contains("No role when you opened this page, Admin now"),
            "{html}"
        );
        // Both rows are there, although the search shows one of them, and both have what was chosen.
        assert_eq!(
            html.matches(r#"<option value="viewer" selected>"#).count(),
            2
        );
        assert!(html.contains("Was No role, not saved"), "{html}");
        let saved = tenant.directory().roles().mappings().await.unwrap();
        assert_eq!(saved.len(), 1, "nothing was saved");
        // The page that says so saves both.
        let was = format!("was.{}", ids[1]);
        let again: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, value)| (*name, if *name == was { "admin" } else { *value }))
            .collect();
        visitor
            .post("/console/groups", &again, &[])
            .await
            .expect(303);
        let saved = tenant.directory().roles().mappings().await.unwrap();
        assert!(saved.iter().all(|one| one.roles() == [Role::Viewer]));
        // Nonsense is refused, and so is a group of another tenant.
        for (name, status) in [("role.nothing", 404), ("names", 400)] {
            let form = [("form_token", &*token), (name, "viewer")];
            visitor
                .post("/console/groups", &form, &[])
                .await
                .expect(status);
        }
    });
}

/// The preview names the first ten, and all the others on request, each of them once.
#[test]
fn everybody_whom_a_change_is_about_is_named() {
    run(async |service| {
        let tenant = service.tenant("all-names").await;
        let mut people = Vec::new();
        for n in 0..25 {
            people.push(
                named(
                    &tenant,
                    &format!("p{n}@example.test"),
                    &format!("Person {n}"),
                )
                .await,
            );
        }
        let members: Vec<&str> = people.iter().map(String::as_str).collect();
        let ids = with_groups(&tenant, &[("Half", &members[..15]), ("All", &members)]).await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let token = visitor.form_token();
        let fields: Vec<(String, &str)> = ids
            .iter()
            .flat_map(|id| {
                [
                    (format!("was.{id}"), "none"),
                    (format!("role.{id}"), "viewer"),
                ]
            })
            .collect();
        let mut form: Vec<(&str, &str)> = vec![("form_token", &token)];
        form.extend(fields.iter().map(|(name, value)| (name.as_str(), *value)));
        let part = visitor
            .post("/console/groups", &form, &[("hx-request", "true")])
            .await;
        let html = part.expect(200).html;
        assert!(html.contains("25 people gain Viewer"), "{html}");
        assert!(html.contains("Show all 25"), "{html}");
        let in_part = |html: &str| -> Vec<bool> {
            people
                .iter()
                .map(|id| html.contains(&format!("/people/{id}\"")))
                .collect()
        };
        let first = in_part(&html);
        assert_eq!(first.iter().filter(|is| **is).count(), 10);
        let (_, ask) = html.split_once(r#"name="names" value=""#).unwrap();
        let ask = ask.split('"').next().unwrap().replace("&#34;", "\"");
        form.push(("names", &ask));
        let rest = visitor
            .post("/console/groups", &form, &[("hx-request", "true")])
            .await;
        let rest = in_part(&rest.expect(200).html);
        assert!(first.iter().zip(&rest).all(|(first, rest)| first != rest));
        // Without scripts, it is a page with all of them.
        let page = visitor
            .post("/console/groups", &form, &[])
            .await
            .expect(200);
        assert!(in_part(&page.html).iter().all(|is| *is), "{}", page.html);
        assert!(page.html.contains("Back to the preview"));
    });
}

#[test]
fn members_are_searched_within_a_group() {
    run(async |service| {
        let tenant = service.tenant("members").await;
        let anna = named(&tenant, "anna@example.test", "Anna Nguyễn").await;
        let carmen = named(&tenant, "carmen@example.test", "Carmen González").await;
        let other = named(&tenant, "other@example.test", "Carmen Other").await;
        let ids = with_groups(&tenant, &[("Data", &[&anna, &carmen])]).await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let found = visitor
            .get(&format!("/console/groups/{}?text=carmen", ids[0]))
            .await;
        let html = found.expect(200).html;
        assert!(html.contains(&carmen) && !html.contains(&anna) && !html.contains(&other));
        let none = visitor
            .get(&format!("/console/groups/{}?text=zoe", ids[0]))
            .await;
        assert!(none.expect(200).html.contains("No match among the members"));
    });
}
