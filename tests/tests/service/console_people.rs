//! The search for people in the console.

use rollcall_directory::Role;
use rollcall_tests::browser::browse;
use rollcall_tests::service::{Tenant, run};
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::json;

/// The full search covers the attribute values, but not the attribute names or the stored format.
#[test]
fn the_full_search_finds_people_by_any_value() {
    run(async |service| {
        let tenant = service.tenant("looked-through").await;
        let ada = json!({"schemas": [urn::USER], "userName": "ada", "active": true, "title": "O\"Brien \\ Co",
            "name": {"familyName": "Mu\u{308}ller"}, "addresses": [{"type": "work", "locality": "ZÜRICH"}]});
        tenant.idp().post("/Users", ada).await.expect(201);
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        for (text, found) in [
            ("brien", true),
            ("O%22Brien", true),
            ("%5C", true),
            ("M%C3%BCLLER", true),
            ("z%C3%BCrich", true),
            ("ada", true),
            ("true", false),
            ("familyName", false),
            ("urn:ietf", false),
        ] {
            let path = format!("/console/people?text={text}&everywhere=yes");
            let page = visitor.get(&path).await.expect(200).html;
            assert_eq!(page.contains("data-person="), found, "{text}: {page}");
        }
    });
}

/// Creates a person with a display name.
async fn named(tenant: &Tenant, user_name: &str, display_name: &str) -> String {
    let body = json!({"schemas": [urn::USER], "userName": user_name, "displayName": display_name, "active": true});
    tenant.idp().post("/Users", body).await.expect(201).id()
}

/// A search finds any word of a name or address; filters and order are in the address and go together.
#[test]
fn people_are_found_by_any_word_and_filtered() {
    run(async |service| {
        let tenant = service.tenant("any-word").await;
        let carmen = named(&tenant, "carmen.gonzalez@example.test", "Carmen González").await;
        let anna = named(&tenant, "anna@example.test", "Anna Nguyễn").await;
        let zoe = named(&tenant, "Zoe@example.test", "Zoë van der Berg").await;
        let group = tenant.idp().group("Data", &[&anna, &zoe]).await;
        let gone = json!([{"op": "replace", "path": "active", "value": false}]);
        tenant
            .idp()
            .patch(&format!("/Users/{zoe}"), gone)
            .await
            .expect(200);
        let given = tenant
            .directory()
            .roles()
            .give_role(&anna, Some(Role::Admin), Role::Owner);
        given.await.unwrap();
        service.follow_up(&tenant).await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        for (query, found) in [
            ("", vec![&carmen, &anna, &zoe]),
            ("?sort=user_name", vec![&anna, &carmen, &zoe]),
            ("?text=gonzalez", vec![&carmen]),
            ("?text=gonz%C3%A1lez", vec![&carmen]),
            ("?text=berg", vec![&zoe]),
            ("?text=nobody", vec![]),
            ("?state=inactive", vec![&zoe]),
            ("?state=invited&sort=user_name", vec![&anna, &carmen]),
            (&format!("?group={group}"), vec![&anna, &zoe]),
            (&format!("?group={group}&state=inactive"), vec![&zoe]),
        ] {
            let page = visitor.get(&format!("/console/people{query}")).await;
            let html = page.expect(200).html;
            let rows = html.split("data-person=\"").skip(1);
            let ids: Vec<String> = rows
                .filter_map(|row| row.split('"').next().map(str::to_owned))
                .collect();
            assert_eq!(ids.iter().collect::<Vec<_>>(), found, "{query}");
        }
        let html = visitor
            .get("/console/people?text=nobody")
            .await
            .expect(200)
            .html;
        assert!(html.contains("Looked through all 3 people"), "{html}");
        visitor.get("/console/people?sort=age").await.expect(400);
        let html = visitor
            .get("/console/people?after=nonsense")
            .await
            .expect(200)
            .html;
        assert!(html.contains(&carmen), "{html}");
    });
}

#[test]
fn the_sessions_of_several_people_end_at_once() {
    browse(async |service, browser| {
        let tenant = service.tenant("bulk").await;
        for (user_name, name) in [
            ("anna@example.test", "Anna"),
            ("bo@example.test", "Bo"),
            ("cy@example.test", "Cy"),
        ] {
            named(&tenant, user_name, name).await;
        }
        let application = service.application();
        let mut sessions = Vec::new();
        for user_name in ["anna@example.test", "bo@example.test", "cy@example.test"] {
            let login = application.log_in(tenant.id(), user_name, None).await;
            sessions.push(login.expect(200).string("/session/token"));
        }
        browser.disable_scripts().await;
        browser.open_console(service, &tenant, "owner").await;
        browser.go("/console/people?sort=user_name").await;
        browser.wait_for("[data-person]").await;
        browser.check("Select Anna").await;
        browser.check("Select Cy").await;
        browser.click("End sessions…").await;
        browser.click("End sessions of everyone selected").await;
        browser.wait_for_text("Sessions ended").await;
        assert!(browser.url().await.contains("sort=user_name"));
        for (session, active) in sessions.iter().zip([false, true, false]) {
            assert_eq!(application.introspect(session).await.body["active"], active);
        }
    });
}

/// More people than a page has cannot be selected by hand, so a form with them is refused as a whole.
#[test]
fn a_form_with_more_people_than_a_page_has_is_refused() {
    run(async |service| {
        let tenant = service.tenant("bulk-bounds").await;
        let ada = named(&tenant, "ada@example.test", "Ada").await;
        let application = service.application();
        let login = application
            .log_in(tenant.id(), "ada@example.test", None)
            .await;
        let session = login.expect(200).string("/session/token");
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let token = visitor.form_token();
        let mut form = vec![("form_token", &*token), ("then", "end-sessions")];
        let others: Vec<String> = (0..50).map(|n| format!("person-{n}")).collect();
        form.push(("pick", &ada));
        form.extend(others.iter().map(|id| ("pick", &**id)));
        let answer = visitor
            .post("/console/people", &form, &[])
            .await
            .expect(400);
        assert!(answer.html.contains("50 people at most"), "{}", answer.html);
        assert_eq!(application.introspect(&session).await.body["active"], true);
    });
}

#[test]
fn the_page_of_somebody_who_left_says_when_and_by_whom() {
    run(async |service| {
        let tenant = service.tenant("left").await;
        let ada = json!({"schemas": [urn::USER, urn::ENTERPRISE], "userName": "ada", "displayName": "Ada King",
            "active": true, "name": {"givenName": "Ada"}, urn::ENTERPRISE: {"department": "Engines"}});
        let ada = tenant.idp().post("/Users", ada).await.expect(201).id();
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let path = format!("/console/people/{ada}");
        let html = visitor.get(&path).await.expect(200).html;
        assert!(html.contains("<h1><bdi>Ada King</bdi></h1>"), "{html}");
        for label in ["Given name", "Department", "Original data (JSON)"] {
            assert!(html.contains(label), "{label}: {html}");
        }
        assert!(html.contains("Complete: "), "{html}");
        assert!(!html.contains("Deactivated by"), "{html}");
        let gone = json!([{"op": "replace", "path": "active", "value": false}]);
        tenant
            .idp()
            .patch(&format!("/Users/{ada}"), gone)
            .await
            .expect(200);
        // Many later changes do not hide it.
        for n in 0..65 {
            let title = json!([{"op": "replace", "path": "title", "value": format!("Title {n}")}]);
            tenant
                .idp()
                .patch(&format!("/Users/{ada}"), title)
                .await
                .expect(200);
        }
        let html = visitor.get(&path).await.expect(200).html;
        let (_, ended) = html.split_once("How access ended").unwrap();
        let ended = ended.split("</section>").next().unwrap();
        assert!(ended.contains("Deactivated by <bdi>"), "{ended}");
        assert!(ended.contains("View request"), "{ended}");
        let (_, earlier) = html.split_once("rel=\"next\" href=\"").unwrap();
        let earlier = earlier.split('"').next().unwrap().replace("&#38;", "&");
        let html = visitor.get(&earlier).await.expect(200).html;
        assert!(html.contains("user.created"), "{html}");
        assert!(html.contains("Complete."), "{html}");
    });
}
