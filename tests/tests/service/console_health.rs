//! The links from the findings on the Health page.

use rollcall_directory::Role;
use rollcall_tests::service::run;
use rollcall_tests::visitor::Visitor;
use serde_json::json;

#[test]
fn a_finding_links_to_its_request_person_and_group() {
    run(async |service| {
        let tenant = service.tenant("findings").await;
        let idp = tenant.idp();
        let ann = idp.user("ann").await;
        let team = idp.group("team", &[&ann]).await;
        let stranger = json!([{"op": "add", "path": "members", "value": [{"value": "stranger"}]}]);
        idp.patch(&format!("/Groups/{team}"), stranger)
            .await
            .expect(204);
        let application = service.application();
        application
            .log_in(tenant.id(), "ann", None)
            .await
            .expect(200);

        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let health = visitor.get("/console/health").await.expect(200).html;
        for place in [format!("people/{ann}"), format!("groups/{team}")] {
            let link = format!("href=\"/console/{place}\"");
            assert!(health.contains(&link), "{link} is not in {health}");
        }
        let (_, behind) = health.split_once("/console/activity/requests/").unwrap();
        let (id, _) = behind.split_once('"').unwrap();
        let path = format!("/console/activity/requests/{id}");
        let request = visitor.get(&path).await.expect(200).html;
        assert!(request.contains("stranger") && request.contains("PATCH"));
        visitor
            .get("/console/activity/requests/none")
            .await
            .expect(404);

        let failed = visitor.get("/console/activity?failed=yes").await;
        assert!(failed.expect(200).html.contains("stranger"));
        let day = |hours| {
            let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours);
            at.strftime("%Y-%m-%d").to_string()
        };
        for (days, is_in) in [
            (format!("from={}&to={}", day(-24), day(24)), true),
            ("to=2026-01-01".to_owned(), false),
            ("from=2999-01-01".to_owned(), false),
        ] {
            let page = visitor.get(&format!("/console/activity?{days}")).await;
            let html = page.expect(200).html;
            assert_eq!(html.contains("stranger"), is_in, "{days}: {html}");
        }
        visitor
            .get("/console/activity?from=yesterday")
            .await
            .expect(400);
    });
}

#[test]
fn an_expiring_token_is_reported_with_its_date_and_the_other_token() {
    run(async |service| {
        let tenant = service.tenant("ending").await;
        let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(6 * 24);
        let (_, secret) = tenant.issue("ending", Some(soon)).await;
        let idp = tenant.idp().with_token(Some(&secret));
        idp.get("/Users?count=1").await.expect(200);
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let health = visitor.get("/console/health").await.expect(200).html;
        assert!(
            health.contains("another token that lasts longer"),
            "{health}"
        );
        assert!(health.contains(">Expires <time"), "{health}");
        assert!(!health.contains("Since <time"), "{health}");
    });
}

#[test]
fn a_name_cannot_reverse_the_text_around_it() {
    run(async |service| {
        let tenant = service.tenant("turned").await;
        let directory = tenant.directory();
        let connection = tenant.connection_id();
        let turning = directory.credentials().change_connection(
            connection,
            Some("\u{202e}evil".to_owned()),
            None,
        );
        turning.await.unwrap();
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let health = visitor.get("/console/health").await.expect(200).html;
        let title = "Nothing has come from “\u{2068}evil\u{2069}” yet</h2>";
        assert!(health.contains(title), "{health}");
    });
}
