//! Sessions: how long they last, and how the backend lists and ends those of people and of portal links.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rollcall_directory::{Origin, Role, SessionBounds, SettingsChange};
use rollcall_tests::api::Api;
use rollcall_tests::faults::Fault;
use rollcall_tests::raw;
use rollcall_tests::seed::sign_in;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::table::TestTable;
use serde_json::{Value, json};

async fn signed_in(service: &Service, tenant: &Tenant, name: &str) -> String {
    let application = service.application();
    let login = application.log_in(tenant.id(), name, None).await;
    login.expect(200).string("/session/token")
}

async fn is_active(application: &Api, token: &str) -> bool {
    application.introspect(token).await.body["active"] == true
}

/// Opens a portal link and returns its session.
pub(crate) async fn opened(service: &Service, url: &str) -> Option<String> {
    let secret = url.rsplit('=').next().unwrap_or_default();
    let directory = service.directory();
    let opened = directory.open_portal_link(secret, "opened-by-a-test", Origin::default());
    let session = opened.await.unwrap();
    session.map(|session| session.secret.expose().to_owned())
}

#[test]
fn sessions_of_a_person_are_listed_and_ended() {
    run(async |service| {
        let tenant = service.tenant("session-list").await;
        let application = service.application();
        let ada = tenant.idp().user("ada").await;
        let tokens = [
            signed_in(service, &tenant, "ada").await,
            signed_in(service, &tenant, "ada").await,
        ];
        let path = format!("/tenants/{}/users/{ada}/sessions", tenant.id());
        let listed = application.get(&path).await.expect(200);
        let ids = listed.strings("/items/*/id");
        assert_eq!(ids.len(), 2);
        let one = format!("{path}/{}", ids[0]);
        application.delete(&one).await.expect(204);
        application.delete(&one).await.expect(404);
        let mut active = Vec::new();
        for token in &tokens {
            active.push(is_active(&application, token).await);
        }
        active.sort_unstable();
        assert_eq!(active, [false, true]);
        let end = format!("{path}/end");
        application.post(&end, json!({})).await.expect(204);
        for token in &tokens {
            assert!(!is_active(&application, token).await);
        }
        let listed = application.get(&path).await.expect(200);
        assert_eq!(listed.body["items"], json!([]));
        let admin = service.admin(&tenant, Role::Admin).await;
        let told = admin.all("/audit?action=user.session_ended").await;
        assert_eq!(told[0]["before"]["session"], json!(ids[0]));
    });
}

#[test]
fn the_tenant_says_how_long_sessions_last() {
    run(async |service| {
        let tenant = service.tenant("session-life").await;
        let application = service.application();
        let path = format!("/tenants/{}/settings", tenant.id());
        for wrong in [
            json!({"session_minutes": 4}),
            json!({"session_idle_minutes": 43_201}),
        ] {
            application.patch(&path, wrong).await.expect(400);
        }
        let hour = json!({"session_minutes": 60, "session_idle_minutes": 30});
        application
            .patch(&path, hour.clone())
            .await
            .expect(200)
            .is(hour);
        let login = application
            .log_in(tenant.id(), "ada", None)
            .await
            .expect(200);
        let ends: jiff::Timestamp = login.string("/session/expires_at").parse().unwrap();
        let left = ends.duration_since(jiff::Timestamp::now()).as_mins();
        assert!((58..=60).contains(&left), "{left}");
        assert!(is_active(&application, &login.string("/session/token")).await);
    });
}

/// The application may remember an introspection for as long as the tenant's setting says, and never beyond the session.
#[test]
fn the_application_is_told_how_long_it_may_remember() {
    run(async |service| {
        let tenant = service.tenant("remembered").await;
        let application = service.application();
        let path = format!("/tenants/{}/settings", tenant.id());
        let session = application.log_in(tenant.id(), "ada", None).await;
        let session = session.expect(200).string("/session/token");
        let told = application.introspect(&session).await;
        assert_eq!(told.body["cache_seconds"], 0);
        let minute = json!({"cache_seconds": 60});
        application.patch(&path, minute.clone()).await.expect(200);
        let soon = std::time::Instant::now() + std::time::Duration::from_secs(8);
        while application.introspect(&session).await.body["cache_seconds"] != 60 {
            assert!(std::time::Instant::now() < soon);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let over = json!({"cache_seconds": 301});
        application.patch(&path, over).await.expect(400);
        let owner = service.admin(&tenant, Role::Owner).await;
        let refused = owner.patch("/settings", minute).await.expect(403);
        assert!(refused.string("/detail").contains("only the application"));
        let ended = application.introspect("rcx_none").await;
        assert_eq!(ended.body, json!({"active": false}));
    });
}

/// What the operator allows counts, whatever the tenant has set before, and for sessions that began before.
#[test]
fn the_operator_bounds_how_long_sessions_last() {
    run(async |_| {
        let table = TestTable::start().await;
        let week = table.directory();
        let tenant = table.tenant("bounded").await;
        let set = |minutes| SettingsChange {
            session_minutes: Some(Some(minutes)),
            ..SettingsChange::default()
        };
        tenant.settings().change(&set(10_080)).await.unwrap();
        let bounds = SessionBounds::of("480", "30");
        let day = table.directory().with_session_bounds(bounds);
        let bounded = day.system(tenant.id().clone());
        let refused = bounded.settings().change(&set(481)).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("5 to 480"), "{refused}");
        // Other settings can still be changed.
        let other = SettingsChange {
            invitations: Some(true),
            ..SettingsChange::default()
        };
        bounded.settings().change(&other).await.unwrap();
        for (directory, minutes) in [(&week, 10_080), (&day, 480)] {
            let tenant = directory.system(tenant.id().clone());
            let session = sign_in(&tenant, "ada", None).await.session;
            let left = session.expires_at.duration_since(Timestamp::now());
            assert!((minutes - 2..=minutes).contains(&left.as_mins()), "{left}");
        }
    });
}

/// A session that nobody has used for too long is over, whether or not somebody tries to use it.
#[test]
fn sessions_that_are_over_are_not_listed() {
    run(async |service| {
        let tenant = service.tenant("session-idle").await;
        let application = service.application();
        let path = format!("/tenants/{}/settings", tenant.id());
        let limits = json!({"session_minutes": 600, "session_idle_minutes": 30});
        application.patch(&path, limits).await.expect(200);
        let ada = tenant.idp().user("ada").await;
        for _ in 0..3 {
            signed_in(service, &tenant, "ada").await;
        }
        let items = raw::items(service, &tenant).await.into_iter();
        let sessions = items.filter(|item| raw::text(item, "user") == ada);
        for (mut item, minutes) in sessions.zip([29, 31, 601]) {
            let began = Timestamp::now() - std::time::Duration::from_secs(minutes * 60);
            let seen = match minutes {
                601 => Timestamp::now(),
                _ => began,
            };
            for (name, at) in [("began", began), ("seen", seen)] {
                item.insert(name.to_owned(), AttributeValue::S(at.to_string()));
            }
            raw::put(service, item).await;
        }
        let path = format!("/tenants/{}/users/{ada}/sessions", tenant.id());
        let listed = application.get(&path).await.expect(200);
        assert_eq!(listed.strings("/items/*/id").len(), 1);
    });
}

#[test]
fn portal_links_need_a_role_that_sees_something() {
    run(async |service| {
        let tenant = service.tenant("link-role").await;
        let application = service.application();
        let path = format!("/tenants/{}/portal-links", tenant.id());
        for (asked, word) in [
            (json!({}), "role_id"),
            (json!({"role_id": "viewer"}), "sees nothing"),
            (
                json!({"role_id": "root"}),
                "`viewer`, `member`, `admin`, `owner`",
            ),
        ] {
            let refused = application.post(&path, asked).await.expect(400);
            let detail = refused.string("/detail");
            assert!(detail.contains(word), "{detail}");
        }
    });
}

#[test]
fn portal_links_and_their_sessions_are_listed_and_ended() {
    run(async |service| {
        let tenant = service.tenant("link-list").await;
        let application = service.application();
        let path = format!("/tenants/{}/portal-links", tenant.id());
        let asked = json!({"role_id": "admin", "email": "grace@example.test"});
        let first = application.post(&path, asked.clone()).await.expect(201);
        let second = application.post(&path, asked).await.expect(201);
        let session = opened(service, &first.string("/url")).await.unwrap();
        let listed = application.get(&path).await.expect(200);
        let items = listed.select("/items/*");
        assert_eq!(items.len(), 2, "{items:?}");
        let id = |is_opened: bool| {
            let mut items = items.iter().filter(|one| one["opened"] == is_opened);
            let one = items.next().expect("a link");
            assert_eq!(
                (&one["role_id"], &one["email"]),
                (&json!("admin"), &json!("grace@example.test"))
            );
            one["id"].as_str().unwrap_or_default().to_owned()
        };
        for is_opened in [true, false] {
            let one = format!("{path}/{}", id(is_opened));
            application.delete(&one).await.expect(204);
            application.delete(&one).await.expect(404);
        }
        assert!(!is_active(&application, &session).await);
        assert_eq!(opened(service, &second.string("/url")).await, None);
    });
}

#[test]
fn a_link_for_a_known_person_ends_with_them() {
    run(async |service| {
        let tenant = service.tenant("link-person").await;
        let application = service.application();
        let ada = tenant.idp().user("ada@example.test").await;
        let path = format!("/tenants/{}/portal-links", tenant.id());
        let asked = json!({"role_id": "admin", "email": "Ada@Example.test"});
        let used = application.post(&path, asked.clone()).await.expect(201);
        let unused = application.post(&path, asked.clone()).await.expect(201);
        let session = opened(service, &used.string("/url")).await.unwrap();
        assert!(is_active(&application, &session).await);
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        let user = format!("/Users/{ada}");
        tenant.idp().patch(&user, off).await.expect(200);
        assert!(!is_active(&application, &session).await);
        assert_eq!(opened(service, &unused.string("/url")).await, None);
        application.post(&path, asked).await.expect(403);
    });
}

#[test]
fn a_link_makes_the_first_owner_only() {
    run(async |service| {
        let tenant = service.tenant("first-owner").await;
        let application = service.application();
        let people = [
            tenant.idp().user("ada").await,
            tenant.idp().user("bob").await,
        ];
        let path = format!("/tenants/{}/portal-links", tenant.id());
        let plain = json!({"role_id": "owner"});
        let first = json!({"role_id": "owner", "first_owner": true});
        let give = async |asked: &Value, person: &str, status: u16| {
            let link = application.post(&path, asked.clone()).await.expect(201);
            let session = opened(service, &link.string("/url")).await;
            let session = application.with(session.as_deref());
            let owner = json!({"role_id": "owner"});
            let role = format!("/users/{person}/role");
            session.put(&role, owner).await.expect(status);
            let admin = json!({"role_id": "admin"});
            let other = format!("/users/{}/role", people[1]);
            session.put(&other, admin).await.expect(200);
        };
        give(&plain, &people[0], 403).await;
        give(&first, &people[0], 200).await;
        give(&first, &people[1], 403).await;
        let owner = service.admin(&tenant, Role::Owner).await;
        let listed = owner.get("/users").await.expect(200);
        assert_eq!(listed.strings("/items/*/role"), ["owner", "admin"]);
    });
}

#[test]
fn a_link_that_is_opened_while_it_is_ended_leaves_no_session() {
    run(async |service| {
        let tenant = service.tenant("links-raced").await;
        let application = service.application();
        let role = json!({"role_id": "owner"});
        let support =
            json!({"operator": "sue@vendor.test", "reason": "Case 1", "role_id": "admin"});
        for (kind, asked) in [("portal-links", role), ("support-access", support)] {
            let path = format!("/tenants/{}/{kind}", tenant.id());
            let made = application.post(&path, asked).await.expect(201);
            let listed = application.get(&path).await.expect(200);
            let id = listed.string("/items/0/id");
            let (process, faults) = service.other_process(&tenant);
            // What ends the link has read the list, and waits for a second before it writes.
            let waits = Arc::new(AtomicBool::new(false));
            let seen = waits.clone();
            faults.schedule(move |call| {
                match call.is_write() && !seen.swap(true, Ordering::SeqCst) {
                    true => Fault::Slow,
                    false => Fault::None,
                }
            });
            let ended = tokio::spawn(async move {
                let sign_in = process.sign_in();
                match kind {
                    "support-access" => sign_in.end_support(&id).await,
                    _ => sign_in.end_portal_session(&id).await,
                }
            });
            while !waits.load(Ordering::SeqCst) {
                tokio::task::yield_now().await;
            }
            let session = opened(service, &made.string("/url")).await.expect(kind);
            let holder = application.with(Some(&session));
            ended.await.unwrap().unwrap();
            holder.get("/sessions/current").await.expect(401);
            let listed = application.get(&path).await.expect(200);
            assert_eq!(listed.body["items"], json!([]), "{kind}");
        }
    });
}

#[test]
fn the_id_of_an_opened_link_ends_its_session() {
    run(async |service| {
        let tenant = service.tenant("links-by-id").await;
        let application = service.application();
        let path = format!("/tenants/{}/portal-links", tenant.id());
        let asked = json!({"role_id": "owner"});
        let made = application.post(&path, asked).await.expect(201);
        let listed = application.get(&path).await.expect(200);
        let link = format!("{path}/{}", listed.string("/items/0/id"));
        let session = opened(service, &made.string("/url")).await.unwrap();
        let holder = application.with(Some(&session));
        holder.get("/sessions/current").await.expect(200);
        application.delete(&link).await.expect(204);
        holder.get("/sessions/current").await.expect(401);
        application.delete(&link).await.expect(404);
    });
}
