//! What the lists of Activity do quietly: news keep no session, and names are for those who may read the directory.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rollcall_tests::raw;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::visitor::Visitor;
use serde_json::{Value, json};

/// Makes this the role of everybody who signs in to the tenant, and returns the visitor Ada.
async fn ada_as(service: &Service, tenant: &Tenant, permissions: Value) -> Visitor {
    let application = service.application();
    let path = format!("/tenants/{}", tenant.id());
    let settings = format!("{path}/settings");
    let none = json!({"sso_default_role": null});
    application.patch(&settings, none).await.expect(200);
    let role = json!({"id": "auditor", "name": "Auditor", "rank": 10, "by_mapping": true, "by_hand": true,
        "permissions": permissions});
    let roles = json!({"items": [role]});
    application
        .put(&format!("{path}/roles"), roles)
        .await
        .expect(200);
    let limits =
        json!({"sso_default_role": "auditor", "session_minutes": 600, "session_idle_minutes": 30});
    application.patch(&settings, limits).await.expect(200);
    let login = application.log_in(tenant.id(), "ada", None).await;
    Visitor::with_session(service, &login.expect(200).string("/session/token")).await
}

#[test]
fn news_keep_no_session() {
    run(async |service| {
        let tenant = service.tenant("quiet-session").await;
        let ada = tenant.idp().user("ada").await;
        let all = json!([
            "logs:read",
            "directory:read",
            "provisioning:read",
            "sso:configure"
        ]);
        let visitor = ada_as(service, &tenant, all).await;
        let session = async || {
            let mut items = raw::items(service, &tenant).await.into_iter();
            let session =
                items.find(|item| raw::text(item, "user") == ada && item.contains_key("ends"));
            session.expect("the session")
        };
        let mut item = session().await;
        let ago = Timestamp::now() - std::time::Duration::from_secs(20 * 60);
        for name in ["began", "seen"] {
            item.insert(name.to_owned(), AttributeValue::S(ago.to_string()));
        }
        raw::put(service, item).await;
        let checklist = format!("/console/connections/{}/checklist", tenant.connection_id());
        for path in [
            "/console/activity/new",
            "/console/activity/audit/new",
            "/console/activity/chart",
            "/console/health/findings",
            &*checklist,
        ] {
            let answer = visitor.part(path).await;
            assert!(
                matches!(answer.status, 200 | 286),
                "{path}: {}",
                answer.status
            );
            assert_eq!(
                raw::text(&session().await, "seen"),
                ago.to_string(),
                "{path}"
            );
        }
        visitor.get("/console/activity").await.expect(200);
        assert_ne!(raw::text(&session().await, "seen"), ago.to_string());
    });
}

#[test]
fn names_are_for_those_who_may_read_the_directory() {
    run(async |service| {
        let tenant = service.tenant("quiet-names").await;
        let idp = tenant.idp();
        let ada = idp.user("ada").await;
        let grace = idp.user("grace").await;
        let group = idp.group("Finance", &[]).await;
        let join = json!([{"op": "add", "path": "members", "value": [{"value": grace}]}]);
        idp.patch(&format!("/Groups/{group}"), join)
            .await
            .expect(204);
        let visitor = ada_as(service, &tenant, json!(["logs:read"])).await;
        let page = visitor
            .get("/console/activity?method=PATCH")
            .await
            .expect(200)
            .html;
        assert!(page.contains("Added 1 member to a group"), "{page}");
        assert!(
            !page.contains("Finance") && !page.contains("deleted"),
            "{page}"
        );
        let audit = "/console/activity/audit?each=yes";
        let page = visitor.get(audit).await.expect(200).html;
        let entry = page
            .split("data-entry=\"")
            .skip(1)
            .filter_map(|text| text.split('"').next());
        for entry in entry {
            let record = visitor
                .get(&format!("{audit}&entry={entry}"))
                .await
                .expect(200)
                .html;
            assert!(!record.contains("/console/people/"), "{record}");
            assert!(!record.contains("/console/groups/"), "{record}");
        }
        let file = visitor
            .get("/console/activity/audit/export?format=csv&actor=ada")
            .await;
        let file = file.expect(200).html;
        assert!(!file.contains(&format!(",ada,{ada}")), "{file}");
    });
}
