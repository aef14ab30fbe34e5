//! A restored table: what was revoked, deleted and erased after the restore point stays so, and sessions have ended, before
//! anybody uses it.

mod archive;

use std::collections::BTreeSet;

use jiff::Timestamp;
use rollcall_directory::{
    Directory, GROUPS, Reapplied, Role, RoleId, Tenant, TenantId, USERS, Verdict, create_table,
};
use rollcall_restore::Request;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, run};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

const RESTORED: &str = "rollcall-restored";

/// Copies the table as a restore would.
async fn restore(service: &Service) {
    let client = service.client();
    create_table::create_table(&client, RESTORED).await.unwrap();
    let scan = client.scan().table_name(service.table()).into_paginator();
    let items = scan.items().send().collect::<Result<Vec<_>, _>>().await;
    for item in items.unwrap() {
        let put = client.put_item().table_name(RESTORED).set_item(Some(item));
        put.send().await.unwrap();
    }
}

async fn accepts(directory: &Directory, token: &str) -> bool {
    let verdict = directory.authenticate(token, "r").await.unwrap();
    matches!(verdict, Verdict::Accepted(_))
}

fn tenant(directory: &Directory, id: &str) -> Tenant {
    let id: TenantId = id.parse().unwrap();
    directory.system(id)
}

#[test]
fn what_has_ended_stays_so() {
    run(async |_| {
        let service = &Service::start().await;
        let scene = Scene::create(service, "restored").await;
        let doomed = Scene::create(service, "restored-doomed").await;
        let push = async |name: &str| scene.push(json!({"userName": name})).await;
        let (stays, left, off) = (push("stays").await, push("left").await, push("off").await);
        let (back, erased) = (push("back").await, push("erased").await);
        let idp = scene.tenant.idp();
        let group = idp.group("Staff", &[&stays, &left]).await;
        let (leaked, leaked_secret) = scene.tenant.issue("leaked", None).await;
        let session = scene.log_in(json!({"user_name": "stays"})).await;
        let session = session.expect(200).string("/session/token");
        let keys = rollcall_issue_service_key::handler(service.directory());
        let keys_of = async |payload| {
            keys.call(serde_json::from_value(payload).unwrap())
                .await
                .unwrap()
        };
        let key = serde_json::to_value(keys_of(json!({"label": "stolen"})).await).unwrap();
        let key = key["service_key"].as_str().unwrap().to_owned();
        service.drained().await;
        let restored_to = Timestamp::now();
        restore(service).await;

        scene.tenant.revoke(&leaked).await;
        idp.delete(&format!("/Users/{left}")).await.expect(204);
        for user in [&off, &back] {
            scene.set(user, "active", json!(false)).await.expect(200);
        }
        scene.set(&back, "active", json!(true)).await.expect(200);
        idp.delete(&format!("/Groups/{group}")).await.expect(204);
        let erasure = format!("/tenants/{}/users/{erased}/erasure", scene.tenant.id());
        scene
            .application
            .post(&erasure, json!({}))
            .await
            .expect(202);
        let path = format!("/tenants/{}", doomed.tenant.id());
        doomed.application.delete(&path).await.expect(204);
        let listed = serde_json::to_value(keys_of(json!({"list": true})).await).unwrap();
        let listed = listed["service_keys"].as_array().unwrap().iter();
        let stolen = listed.clone().find(|key| key["label"] == "stolen").unwrap();
        keys_of(json!({"revoke": stolen["id"]})).await;
        service.drained().await;

        let at = service.directory().at_table(RESTORED);
        assert!(accepts(&at, &leaked_secret).await && accepts(&at, doomed.tenant.token()).await);
        assert!(at.session(&session).await.unwrap().is_some());
        let function = rollcall_restore::handler(service.directory());
        let asked = json!({"table": RESTORED, "restored_to": restored_to});
        let asked: Request = serde_json::from_value(asked).unwrap();
        // Each call has the time for one tenant or one step.
        let mut last = Reapplied::default();
        while !last.done {
            let next = function.call(asked.clone(), Instant::now()).await.unwrap();
            let more = next.reapplied - last.reapplied;
            assert!(
                more <= 1 && next.refused.is_empty(),
                "{next:?} after {last:?}"
            );
            let is_further = next.done || more == 1 || last.reapplied == 0;
            assert!(is_further, "{next:?} after {last:?}");
            last = next;
        }
        // Nobody who signed in since then is signed out by what is done for the events of the meantime.
        let deadline = Instant::now() + Duration::from_secs(60);
        let again = function.call(asked, deadline).await.unwrap();
        let repeated = (again.done, again.reapplied, again.sessions_ended);
        assert_eq!(repeated, (true, last.reapplied, 0), "{again:?}");
        // Another restore begins at the beginning, with a position of this one in the backup.
        let earlier = restored_to - Duration::from_secs(1);
        let other = json!({"table": RESTORED, "restored_to": earlier});
        let other: Request = serde_json::from_value(other).unwrap();
        let other = function.call(other, Instant::now()).await.unwrap();
        assert!(!other.done && other.reapplied == 0, "{other:?}");

        assert!(at.session(&session).await.unwrap().is_none());
        assert!(!accepts(&at, &leaked_secret).await && !accepts(&at, doomed.tenant.token()).await);
        assert!(accepts(&at, scene.tenant.token()).await);
        assert!(at.service_keys().verify(&key).await.unwrap().is_none());
        let acme = tenant(&at, scene.tenant.id());
        let is_out = async |id: &str| {
            acme.resources()
                .record(&USERS, id)
                .await
                .map(|it| it.is_out())
        };
        assert!(!is_out(&stays).await.unwrap() && !is_out(&back).await.unwrap());
        assert!(is_out(&off).await.unwrap());
        assert!(is_out(&left).await.is_err() && is_out(&erased).await.is_err());
        assert!(acme.resources().record(&GROUPS, &group).await.is_err());
        assert!(acme.erasures().read(Some(&erased)).await.unwrap().is_some());
        assert!(
            tenant(&at, doomed.tenant.id())
                .lifecycle()
                .read()
                .await
                .is_err()
        );
    });
}

#[test]
fn what_was_taken_away_stays_so() {
    run(async |_| {
        let service = &Service::start().await;
        let scene = Scene::create(service, "restored-taken").await;
        let push = async |name: &str| scene.push(json!({"userName": name})).await;
        let (ada, bob) = (push("ada").await, push("bob").await);
        let idp = scene.tenant.idp();
        let staff = idp.group("Staff", &[&ada, &bob]).await;
        let other = idp.group("Other", &[&ada, &bob]).await;
        let give = async |user: &str, roles: Value| {
            let path = scene.path(&format!("/users/{user}/role"));
            let given = json!({"role_ids": roles});
            scene.application.put(&path, given).await.expect(200);
        };
        let map = async |group: &str, role: Value| {
            let path = scene.path(&format!("/groups/{group}/role-mapping"));
            let role = json!({"role_id": role});
            scene.application.put(&path, role).await.expect(200);
        };
        let members = async |group: &str, op: &str, user: &str| {
            let ops = json!([{"op": op, "path": "members", "value": [{"value": user}]}]);
            idp.patch(&format!("/Groups/{group}"), ops)
                .await
                .expect(204);
        };
        let (eve, fay) = (push("eve").await, push("fay").await);
        for name in ["eve", "fay"] {
            let login = json!({"user_name": name, "subject": format!("s-{name}")});
            scene.signed_in(login).await;
        }
        for user in [&ada, &bob] {
            give(user, json!(["admin", "viewer"])).await;
        }
        for group in [&staff, &other] {
            map(group, json!("member")).await;
        }
        service.drained().await;
        let restored_to = Timestamp::now();
        restore(service).await;

        give(&ada, json!(["viewer"])).await;
        give(&bob, json!([])).await;
        give(&bob, json!(["admin"])).await;
        map(&staff, Value::Null).await;
        map(&other, Value::Null).await;
        map(&other, json!("member")).await;
        for user in [&ada, &bob] {
            members(&staff, "remove", user).await;
        }
        members(&staff, "add", &bob).await;
        let sign_in = scene.tenant.directory().sign_in();
        sign_in.bind_anew(&eve, Role::Owner).await.unwrap();
        service.drained().await;

        let function = rollcall_restore::handler(service.directory());
        let asked = json!({"table": RESTORED, "restored_to": restored_to});
        let asked: Request = serde_json::from_value(asked).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        for _ in 0..2 {
            let again = function.call(asked.clone(), deadline).await.unwrap();
            assert!(again.done && again.refused.is_empty(), "{again:?}");
        }
        let acme = tenant(&service.directory().at_table(RESTORED), scene.tenant.id());
        for (user, subjects) in [(&eve, 0), (&fay, 1)] {
            let record = acme.resources().record(&USERS, user).await.unwrap();
            assert_eq!(record.identity.bindings.len(), subjects);
        }
        for (user, roles, groups) in [
            (&ada, &["viewer"][..], vec![&other]),
            (&bob, &["admin"], vec![&staff, &other]),
        ] {
            let record = acme.resources().record(&USERS, user).await.unwrap();
            let held = record.account.granted();
            assert_eq!(held.map(RoleId::as_str).collect::<Vec<_>>(), roles);
            let groups: BTreeSet<String> = groups.into_iter().cloned().collect();
            assert_eq!(record.groups, groups);
        }
        let mapped = acme.roles().mappings().await.unwrap();
        let mapped: Vec<&str> = mapped.iter().map(|it| it.group.as_str()).collect();
        assert_eq!(mapped, [&other]);
    });
}

#[test]
fn webhooks_that_were_changed_since_are_paused_and_cleared_names_stay_cleared() {
    run(async |_| {
        let service = &Service::start().await;
        let scene = Scene::create(service, "restored-hooks").await;
        let root = format!("/tenants/{}", scene.tenant.id());
        let application = &scene.application;
        let hook = |name: &str| json!({"name": name, "url": "http://127.0.0.1:9/", "types": ["tenant.renamed"]});
        let hooks = format!("{root}/webhooks");
        for name in ["moved", "rotated", "stopped", "resumed", "same"] {
            let path = format!("{hooks}/{name}");
            application.put(&path, hook(name)).await.expect(201);
        }
        let later = format!("{root}/groups/role-mapping?name=Later");
        let roles = |roles: &[&str]| json!({"role_ids": roles});
        application
            .put(&later, roles(&["viewer", "member"]))
            .await
            .expect(201);
        for name in ["moved", "rotated", "stopped", "resumed", "gone", "same"] {
            let path = format!("/webhooks/{name}");
            application.put(&path, hook(name)).await.expect(201);
        }
        service.drained().await;
        let restored_to = Timestamp::now();
        restore(service).await;

        application.delete("/webhooks/gone").await.expect(204);
        let moved = json!({"url": "http://127.0.0.1:10/"});
        for hooks in [&hooks, "/webhooks"] {
            let path = format!("{hooks}/moved");
            application.patch(&path, moved.clone()).await.expect(200);
        }
        for (name, what) in [
            ("rotated", "secret"),
            ("stopped", "pause"),
            ("resumed", "pause"),
            ("resumed", "resume"),
        ] {
            for hooks in [&hooks, "/webhooks"] {
                let path = format!("{hooks}/{name}/{what}");
                application.post(&path, json!({})).await.expect(200);
            }
        }
        application
            .put(&later, roles(&["viewer"]))
            .await
            .expect(200);
        service.drained().await;

        let function = rollcall_restore::handler(service.directory());
        let asked = json!({"table": RESTORED, "restored_to": restored_to});
        let asked: Request = serde_json::from_value(asked).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        for _ in 0..2 {
            let again = function.call(asked.clone(), deadline).await.unwrap();
            assert!(again.done && again.refused.is_empty(), "{again:?}");
        }
        let at = service.directory().at_table(RESTORED);
        let acme = tenant(&at, scene.tenant.id());
        let mut found = Vec::new();
        for webhook in acme.webhooks().list().await.unwrap() {
            found.push((webhook.id.clone(), webhook.pause_reason));
        }
        let restored = || Some("restored".to_owned());
        let expected = [
            ("moved", restored()),
            ("resumed", None),
            ("rotated", restored()),
            ("same", None),
            ("stopped", restored()),
        ];
        let expected = expected.map(|(name, reason)| (name.to_owned(), reason));
        assert_eq!(found, expected);
        // Those of the stack are treated as those of tenants are.
        let of_stack = at.stack_webhooks().list().await.unwrap();
        let of_stack: Vec<_> = of_stack
            .into_iter()
            .map(|webhook| (webhook.id, webhook.pause_reason))
            .collect();
        assert_eq!(of_stack, expected);
        let awaited = acme.roles().awaited_mappings().await.unwrap();
        let left: Vec<&str> = awaited[0].roles.iter().map(RoleId::as_str).collect();
        assert_eq!(left, ["viewer"]);
    });
}
