//! What a page asks for by itself keeps no session alive, and what a visitor may not see is on no page: the names of people
//! without `directory:read`.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::USERS;
use rollcall_tests::raw::{self, Item};
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::json;

use crate::budgets::create;

/// Returns the stored session of a person.
async fn session(service: &Service, tenant: &Tenant, person: &str) -> Item {
    let items = raw::items(service, tenant).await.into_iter();
    let mut sessions = items.filter(|item| raw::text(item, "user") == person);
    let session = sessions.next().expect("a session");
    assert!(sessions.next().is_none(), "several sessions");
    session
}

/// Lets the last use of a session be some minutes ago.
async fn last_used(service: &Service, mut session: Item, minutes: i64) {
    let at = Timestamp::now() - SignedDuration::from_mins(minutes);
    for name in ["began", "seen"] {
        let at = AttributeValue::S(at.to_string());
        session.insert(name.to_owned(), at);
    }
    raw::put(service, session).await;
}

async fn signed_in(service: &Service, tenant: &Tenant, name: &str) -> Visitor {
    let login = service.application().log_in(tenant.id(), name, None).await;
    let token = login.expect(200).string("/session/token");
    Visitor::with_session(service, &token).await
}

/// Pushes somebody, and gives them a role with these permissions.
async fn with_permissions(service: &Service, tenant: &Tenant, permissions: &[&str]) -> String {
    let application = service.application();
    let at = |path: &str| format!("/tenants/{}{path}", tenant.id());
    let role = json!({"id": "reader", "name": "Reader", "rank": 100, "by_mapping": true, "by_hand": true,
                      "permissions": permissions});
    let none = json!({"sso_default_role": null});
    application.patch(&at("/settings"), none).await.expect(200);
    let roles = json!({"items": [role]});
    application.put(&at("/roles"), roles).await.expect(200);
    let reader = tenant.idp().user("reader").await;
    let given = json!({"role_ids": ["reader"]});
    let role_of = at(&format!("/users/{reader}/role"));
    application.put(&role_of, given).await.expect(200);
    reader
}

#[test]
fn what_a_page_asks_for_by_itself_keeps_no_session_alive() {
    run(async |service| {
        let tenant = service.tenant("polls").await;
        let application = service.application();
        let settings = format!("/tenants/{}/settings", tenant.id());
        let limits = json!({"session_minutes": 600, "session_idle_minutes": 40});
        application.patch(&settings, limits).await.expect(200);
        let all = [
            "sso:configure",
            "directory:read",
            "logs:read",
            "provisioning:read",
        ];
        let ada = with_permissions(service, &tenant, &all).await;
        let group = tenant.idp().group("Staff", &[&ada]).await;
        let visitor = signed_in(service, &tenant, "reader").await;
        let since = "since=2026-01-01T00:00:00Z";
        let polls = [
            format!("/console/connections/{}/checklist", tenant.connection_id()),
            format!("/console/groups/progress?{since}&saved={group}"),
            format!("/console/groups/{group}/progress?{since}"),
            "/console/activity/new".to_owned(),
            "/console/activity/chart".to_owned(),
            "/console/activity/audit/new".to_owned(),
            "/console/health/findings".to_owned(),
        ];
        let stored = session(service, &tenant, &ada).await;
        for poll in &polls {
            last_used(service, stored.clone(), 20).await;
            let seen = raw::text(&session(service, &tenant, &ada).await, "seen").to_owned();
            let answer = visitor.get(poll).await;
            assert!(
                [200, 286].contains(&answer.status),
                "{poll}: {}",
                answer.status
            );
            let after = session(service, &tenant, &ada).await;
            assert_eq!(raw::text(&after, "seen"), seen, "{poll}");
            // Nobody has done anything for too long.
            last_used(service, stored.clone(), 41).await;
            let over = visitor.get(poll).await;
            assert_eq!(over.status, 401, "{poll}: {}", over.html);
        }
        // The person does something.
        last_used(service, stored.clone(), 20).await;
        let before = raw::text(&session(service, &tenant, &ada).await, "seen").to_owned();
        visitor.get("/console/activity").await.expect(200);
        let after = session(service, &tenant, &ada).await;
        assert_ne!(raw::text(&after, "seen"), before);
    });
}

/// The name of somebody, which only the directory has.
const NAME: &str = "Zzcanary Lovelace";

#[test]
fn names_are_hidden_from_a_session_that_may_not_read_the_directory() {
    run(async |service| {
        for (id, sees) in [("names-seen", true), ("names-hidden", false)] {
            let tenant = service.tenant(id).await;
            let mut permissions = vec!["sso:configure", "logs:read", "provisioning:read"];
            permissions.extend(sees.then_some("directory:read"));
            with_permissions(service, &tenant, &permissions).await;
            let idp = tenant.idp();
            let person = json!({"schemas": [urn::USER], "userName": "ada",
                                "displayName": NAME});
            // No request has said the name, which its line in the log would tell to whoever reads the log.
            let (ada, _) = create(tenant.directory(), &USERS, person).await;
            idp.get(&format!("/Users/{ada}")).await.expect(200);
            let group = idp.group("Staff", &[&ada]).await;
            service.drained().await;
            let visitor = signed_in(service, &tenant, "reader").await;
            let people = visitor.get("/console/people").await;
            assert_eq!(people.status, if sees { 200 } else { 403 });
            let pages = [
                "/console".to_owned(),
                "/console/activity".to_owned(),
                "/console/activity/new".to_owned(),
                "/console/activity/audit".to_owned(),
                "/console/health".to_owned(),
                format!("/console/connections/{}", tenant.connection_id()),
                format!("/console/groups/{group}/preview?role=reader"),
            ];
            let mut naming = Vec::new();
            for page in &pages {
                let answer = visitor.get(page).await.expect(200);
                if answer.html.contains("Zzcanary") {
                    naming.push(page.as_str());
                }
                let link = format!("href=\"/console/people/{ada}");
                assert!(
                    sees || !answer.html.contains(&link),
                    "{page}: {}",
                    answer.html
                );
            }
            let named = ["/console/activity", "/console/activity/audit"];
            let is_named = |page: &&str| naming.contains(page);
            assert_eq!(named.iter().all(is_named), sees, "{naming:?}");
            assert!(sees || naming.is_empty(), "{naming:?}");
        }
    });
}
