//! The sessions of a person: an admin can list and end them.

use rollcall_directory::{Role, Subject, USERS};
use rollcall_tests::seed::{patch, person, sign_in};
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use serde_json::json;

#[test]
fn sessions_are_listed_until_they_end() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("listed").await;
        let (ann, bob) = (person(&tenant, "ann").await, person(&tenant, "bob").await);
        let count = async |id: &str| tenant.sign_in().sessions_of(id).await.unwrap().len();
        assert_eq!(count(&ann).await, 0);
        let first = sign_in(&tenant, "ann", None).await;
        let second = sign_in(&tenant, "ann", None).await;
        sign_in(&tenant, "bob", None).await;
        // A session that a portal link opened belongs to no person.
        let link = tenant
            .sign_in()
            .issue_portal_link(Role::Admin, None, false)
            .await
            .unwrap();
        let portal = tenant
            .sign_in()
            .redeem_portal_link(&link.secret)
            .await
            .unwrap();
        let listed = tenant.sign_in().sessions_of(&ann).await.unwrap();
        assert_eq!(listed.len(), 2);
        assert!(listed[0].began_at >= listed[1].began_at);
        assert_ne!(listed[0].id, listed[1].id);
        assert_eq!(listed[0].ends_at, second.session.expires_at);
        for session in &listed {
            assert!(!first.session.secret.expose().contains(&session.id));
        }
        tenant
            .sign_in()
            .end_session(&first.session.secret, Subject::new("user", &ann, "ann"))
            .await
            .unwrap();
        assert_eq!((count(&ann).await, count(&bob).await), (1, 1));

        tenant
            .sign_in()
            .end_sessions_of(&ann, Role::Owner)
            .await
            .unwrap();
        assert_eq!((count(&ann).await, count(&bob).await), (0, 1));
        let directory = table.directory();
        let gone = directory.session(second.session.secret.expose()).await;
        assert_eq!(gone.unwrap(), None);
        let portal = directory.session(portal.unwrap().secret.expose()).await;
        assert!(portal.unwrap().is_some());

        // Nothing else has changed, and the person can sign in again.
        let again = sign_in(&tenant, "ann", None).await;
        assert_eq!((again.role, count(&ann).await), (Some(Role::Member), 1));
        let off = json!({"op": "replace", "path": "active", "value": false});
        patch(&tenant, &USERS, &ann, off).await;
        assert_eq!(count(&ann).await, 0);
        let nobody = uuid::Uuid::now_v7().to_string();
        let nobody = tenant.sign_in().end_sessions_of(&nobody, Role::Owner).await;
        assert_eq!(nobody.unwrap_err().to_scim().status(), 404);
    });
}

#[test]
fn ending_sessions_is_in_the_journal() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("ended").await;
        let ann = person(&tenant, "ann").await;
        sign_in(&tenant, "ann", None).await;
        tenant
            .sign_in()
            .end_sessions_of(&ann, Role::Owner)
            .await
            .unwrap();
        let query = rollcall_directory::AuditQuery {
            action: Some("user.sessions_ended".to_owned()),
            limit: 10,
            ..Default::default()
        };
        let (entries, _) = tenant.journal().audit(&query).await.unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].subject.id, ann);
    });
}
