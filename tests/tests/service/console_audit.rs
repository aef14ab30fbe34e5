//! The audit log as an admin sees it: it names who did what.

use rollcall_directory::{Provider, RequestQuery, Role};
use rollcall_tests::idp::encode;
use rollcall_tests::service::run;
use rollcall_tests::visitor::Visitor;
use serde_json::json;

#[test]
fn changes_are_shown_with_the_name_of_the_actor() {
    run(async |service| {
        let tenant = service.tenant("who").await;
        let idp = tenant.idp();
        let ada = idp.user("ada@example.test").await;
        let grace = idp.user("grace@example.test").await;
        let owner = json!({"role_id": "owner"});
        let setup = service.admin(&tenant, Role::Owner).await;
        setup
            .put(&format!("/users/{ada}/role"), owner)
            .await
            .expect(200);
        let login = service
            .application()
            .log_in(tenant.id(), "ada@example.test", None)
            .await
            .expect(200);
        let visitor = Visitor::with_session(service, &login.string("/session/token")).await;
        let form_token = visitor.form_token();
        let role = [
            ("role", "member"),
            ("was", "none"),
            ("form_token", &*form_token),
        ];
        let path = format!("/console/people/{grace}/role");
        visitor.post(&path, &role, &[]).await.expect(303);

        let given = "/console/activity/audit?action=user.role";
        let page = visitor.get(given).await.expect(200).html;
        for by in ["ada@example.test", "setup link"] {
            let by = format!(r#"data-label="By"><bdi>{by}</bdi>"#);
            assert!(page.contains(&by), "{page}");
        }
        // The record of a change leads to all of its actor.
        let by_ada = format!("/console/activity/audit?action=user.role&actor={ada}");
        let page = visitor.get(&by_ada).await.expect(200).html;
        let (_, entry) = page.split_once("data-entry=\"").unwrap_or_default();
        let entry = entry.split('"').next().unwrap_or_default();
        let record = format!("/console/activity/audit?entry={entry}");
        let record = visitor.get(&record).await.expect(200).html;
        let link = format!(
            r#"<a href="/console/activity/audit?actor={ada}"><bdi>ada@example.test</bdi></a>"#
        );
        assert!(record.contains(&link), "{record}");

        // Extreme time ranges are accepted.
        let ends = "from=-009999-01-02T01:59:59Z&to=9999-12-30T22:00:00.999999999Z";
        setup.get(&format!("/audit?{ends}")).await.expect(200);

        // The actor can be given by id, by name or by the name of a connection.
        let entries = async |query: &str| {
            let path = format!("/console/activity/audit?{query}");
            let page = visitor.get(&path).await.expect(200);
            page.html.matches("data-entry=").count()
        };
        assert_eq!(entries(&format!("actor={ada}")).await, 1);
        assert_eq!(entries("actor=ADA@example.test").await, 1);
        assert_eq!(entries("actor=nobody").await, 0);
        assert_eq!(entries("actor=identity+provider").await, 2);
        let file = format!("/console/activity/audit/export?format=csv&actor={ada}");
        let file = visitor.get(&file).await.expect(200).html;
        assert_eq!(file.lines().count(), 2, "{file}");
        assert!(file.contains("ada@example.test"), "{file}");

        // The history of a person names the connection.
        let page = visitor.get(&format!("/console/people/{grace}")).await;
        let page = page.expect(200).html;
        for by in ["identity provider", "ada@example.test"] {
            assert!(page.contains(&format!("by <bdi>{by}</bdi>")), "{page}");
        }
    });
}

#[test]
fn rows_are_found_by_their_text() {
    run(async |service| {
        let tenant = service.tenant("words").await;
        let (idp, directory) = (tenant.idp(), tenant.directory());
        let admin = service.admin(&tenant, Role::Owner).await;
        let connection = format!("/scim/connections/{}", tenant.connection_id());
        let renamed = admin.patch(&connection, json!({"name": "Okta"}));
        renamed.await.expect(200);
        let second = directory
            .credentials()
            .create_connection("OKTA", Provider::Okta)
            .await;
        let second = second.map(|made| made.id).unwrap_or_default();
        let token = directory
            .credentials()
            .issue_token(&second, "token", None)
            .await;
        let token = token.map(|issued| issued.secret.expose().to_owned());
        idp.user("özlem@example.com").await;
        idp.group("Büro München", &[]).await;
        let second = idp.with_token(token.ok().as_deref());
        second.user("grace").await;

        let opened = "/audit?action=portal_link.opened&actor=";
        assert_eq!(admin.all(&format!("{opened}portal_link")).await.len(), 1);
        assert_eq!(admin.all(&format!("{opened}system")).await.len(), 0);
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        for (action, actor, subject, count) in [
            ("user.", "okta", "", 2),
            ("user.", tenant.connection_id(), "", 1),
            ("portal_link.opened", "SETUP LINK", "", 2),
            ("portal_link.opened", "system", "", 0),
            ("portal_link.created", "your application", "", 2),
            ("connection.created", "SYSTEM", "", 2),
            ("connection.created", "setup link", "", 0),
            ("group.", "", "BÜRO MÜNCHEN", 1),
            ("group.", "", "Bu\u{308}ro Mu\u{308}nchen", 1),
            ("user.", "", "özlem@EXAMPLE.com", 1),
            ("user.", "", "özlem", 0),
        ] {
            let (by, whom) = (encode(actor), encode(subject));
            let path = format!("/console/activity/audit?action={action}&actor={by}&subject={whom}");
            let page = visitor.get(&path).await.expect(200).html;
            assert_eq!(page.matches("data-entry=").count(), count, "{path}");
        }
    });
}

#[test]
fn a_deleted_connection_keeps_its_name() {
    run(async |service| {
        let tenant = service.tenant("gone").await;
        tenant.idp().user("ada").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let deleted = tenant
            .directory()
            .credentials()
            .delete_connection(tenant.connection_id());
        assert!(deleted.await.is_ok());
        let latest = RequestQuery {
            limit: 1,
            ..RequestQuery::default()
        };
        let latest = tenant.directory().request_log().search(&latest).await;
        let (latest, _) = latest.unwrap_or_default();
        for page in [
            "/activity",
            "/activity/export?format=csv",
            "/activity/audit?action=user.",
            "/activity/audit/export?format=csv&action=user.",
            "/tokens",
            &format!("/activity/requests/{}", latest[0].id),
        ] {
            let seen = visitor.get(&format!("/console{page}")).await.expect(200);
            assert!(seen.html.contains("identity provider (deleted)"), "{page}");
        }
    });
}
