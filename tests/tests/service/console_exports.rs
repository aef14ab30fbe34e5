//! The console's logs as files: whole, cut where they say so, and safe to open.

use rollcall_directory::Role;
use rollcall_tests::service::run;
use rollcall_tests::visitor::Visitor;

#[test]
fn logs_are_files_too() {
    run(async |service| {
        let tenant = service.tenant("export").await;
        tenant.idp().user("=1+1, \"ada\"").await;
        tenant.idp().get("/Users?filter=nonsense").await.expect(400);
        let visitor = Visitor::enter(service, &tenant, Role::Member).await;
        let requests = visitor
            .get("/console/activity/export?format=csv&failed=yes")
            .await
            .expect(200);
        assert_eq!(requests.header("content-type"), "text/csv; charset=utf-8");
        assert!(
            requests
                .header("content-disposition")
                .starts_with("attachment")
        );
        let lines: Vec<&str> = requests.html.lines().collect();
        assert!(
            lines[0].starts_with("occurred_at,connection,method,target,status"),
            "{lines:?}"
        );
        assert!(lines.len() == 2 && lines[1].contains("400"), "{lines:?}");
        let audit = visitor
            .get("/console/activity/audit/export?format=csv&action=user.")
            .await
            .expect(200);
        assert!(
            audit.html.contains("\"'=1+1, \"\"ada\"\"\""),
            "{}",
            audit.html
        );
        let audit = visitor
            .get("/console/activity/audit/export?format=json")
            .await
            .expect(200);
        let audit: serde_json::Value = serde_json::from_str(&audit.html).unwrap_or_default();
        assert!(
            audit["items"]
                .as_array()
                .is_some_and(|items| items.len() >= 3),
            "{audit}"
        );
    });
}
