//! Requests to the console that no page sends: unknown pages, cursors and ids.

use rollcall_directory::Role;
use rollcall_tests::service::run;
use rollcall_tests::visitor::Visitor;

#[test]
fn invalid_requests_get_an_error_page() {
    run(async |service| {
        let tenant = service.tenant("nonsense").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let long = "x".repeat(3_000);
        for (page, status) in [
            ("/console/nowhere", 404),
            ("/console/people/nobody", 404),
            (&*format!("/console/connections/{long}"), 404),
            (&*format!("/console/activity/requests/{long}"), 404),
            ("/console/connections/none", 404),
            ("/console/activity/requests/none", 404),
            ("/console/groups/none?role=king", 404),
            ("/console/people?state=asleep", 400),
            ("/console/activity/audit?from=yesterday", 400),
            ("/console/activity/audit?from=9999-12-31", 400),
            ("/console/activity/audit?to=9999-12-30", 400),
            ("/console/activity/audit/export?to=9999-12-30", 400),
            (
                "/console/activity/trace?request=x&at=9999-12-30T22:00:00Z",
                400,
            ),
            (
                "/console/activity/trace?request=x&at=-009999-01-02T01:59:59Z",
                400,
            ),
            ("/console/activity?format=xml", 400),
            ("/console/assets/x/nothing.css", 404),
        ] {
            let seen = visitor.get(page).await.expect(status);
            assert!(seen.html.contains(r#"role="alert""#), "{page}");
            assert!(
                seen.header("content-type").starts_with("text/html"),
                "{page}"
            );
        }
        let style = visitor.get("/console").await.expect(200);
        let (_, style) = style
            .html
            .split_once(r#"rel="stylesheet" href=""#)
            .unwrap_or_default();
        let style = visitor
            .get(style.split('"').next().unwrap_or_default())
            .await
            .expect(200);
        assert!(style.header("cache-control").contains("immutable"));
        // A request for another version of the file must not be cached.
        let other = visitor.get("/console/assets/0/style.css").await.expect(200);
        assert_eq!(other.header("cache-control"), "no-store");
    });
}

#[test]
fn unknown_page_cursors_still_show_the_list() {
    run(async |service| {
        let tenant = service.tenant("places").await;
        tenant.idp().user("ada").await;
        tenant.idp().group("admins", &[]).await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let long = "x".repeat(3_000);
        for (list, after, named) in [
            ("people?text=a", "zzz", "ada"),
            ("people?text=a", "0", "ada"),
            ("people?text=a", &long, "ada"),
            ("people?text=", "", "ada"),
            ("people?text=", &long, "ada"),
            ("groups?name=a", "b", "admins"),
            ("groups?name=", &long, "admins"),
        ] {
            let page = format!("/console/{list}&after={after}");
            let page = visitor.get(&page).await.expect(200).html;
            assert!(page.contains(&format!(">{named}<")), "{list} {after}");
        }
        for list in ["activity", "activity/audit"] {
            for after in ["", &*long] {
                let page = format!("/console/{list}?after={after}");
                visitor.get(&page).await.expect(200);
            }
        }
    });
}

#[test]
fn tokens_need_an_existing_connection() {
    run(async |service| {
        let tenant = service.tenant("no-connection").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let page = visitor.get("/console/tokens").await.expect(200);
        let fields = page.hidden_fields("/console/tokens");
        let long = "x".repeat(3_000);
        let missing = "01890a5d-ac96-774b-bcce-b302099a8057";
        for connection in ["none", missing, &*long] {
            let mut form = vec![("connection", connection), ("label", "t"), ("expires", "")];
            form.extend(fields.iter().map(|(name, value)| (&**name, &**value)));
            visitor
                .post("/console/tokens", &form, &[])
                .await
                .expect(404);
        }
    });
}
