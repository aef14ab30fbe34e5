//! Imports by sessions: they give, prove and join no more than the session could by hand.

use http::Method;
use rollcall_directory::Role;
use rollcall_tests::api::Api;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, run};
use serde_json::{Value, json};

use crate::imports::{import, lines, outcomes};
use crate::session_lists::opened;

/// Imports rows by a session, as an import of its own. Returns what became of them.
async fn by_session(session: &Api, id: &str, rows: &[Value]) -> Value {
    let path = format!("/imports/{id}");
    session.put(&path, json!({})).await.expect(201);
    let path = format!("{path}/parts/1");
    let part = session.send(Method::PUT, &path, Some(lines(rows)));
    part.await.expect(200).body
}

/// Opens a portal link for owners that is not for the first owner.
async fn plain_link(service: &Service, scene: &Scene) -> Api {
    let asked = json!({"role_id": "owner"});
    let path = scene.path("/portal-links");
    let link = scene.application.post(&path, asked);
    let url = link.await.expect(201).string("/url");
    scene
        .application
        .with(opened(service, &url).await.as_deref())
}

#[test]
fn a_link_makes_no_owner() {
    run(async |service| {
        for has_owner in [false, true] {
            let scene = Scene::create(service, &format!("import-owner-{has_owner}")).await;
            let known = json!({"user_name": "known@x.test"});
            let founder = json!({"user_name": "founder@x.test", "roles": ["owner"]});
            import(&scene, "known", std::slice::from_ref(&known)).await;
            if has_owner {
                import(&scene, "founder", &[founder]).await;
            }
            let link = plain_link(service, &scene).await;
            let rows = [
                json!({"user_name": "new@x.test", "roles": ["owner"]}),
                json!({"user_name": "known@x.test", "roles": ["owner"]}),
                json!({"user_name": "admin@x.test", "roles": ["admin"]}),
            ];
            let part = by_session(&link, "by-link", &rows).await;
            let expected = [(1, "failed"), (2, "failed"), (3, "created")];
            assert_eq!(outcomes(&part), expected, "{part}");
            let people = scene.at_tenant("/users").await.expect(200);
            let people = people.body["items"].as_array().cloned().unwrap_or_default();
            let owners = people.iter().filter(|person| person["role"] == "owner");
            let owners: Vec<_> = owners.map(|person| &person["user_name"]).collect();
            let expected: &[&str] = if has_owner { &["founder@x.test"] } else { &[] };
            assert_eq!(owners, expected);
        }
    });
}

#[test]
fn a_new_name_of_somebody_with_a_role_proves_nothing_unless_the_application_says_it() {
    run(async |service| {
        let scene = Scene::create(service, "import-renames").await;
        let row = |name: &str| json!({"user_name": name, "application_id": "1"});
        let mut first = row("ada@x.test");
        first["roles"] = json!(["admin"]);
        import(&scene, "first", &[first]).await;
        let name = |name: &str| json!({"user_name": name});
        let ada = scene.signed_in(name("ada@x.test")).await;

        let admin = service.admin(&scene.tenant, Role::Admin).await;
        let link = plain_link(service, &scene).await;
        for (id, session, new) in [
            ("admin", &admin, "eve@x.test"),
            ("link", &link, "eva@x.test"),
        ] {
            let part = by_session(session, id, &[row(new)]).await;
            assert_eq!(outcomes(&part), [(1, "changed")], "{part}");
            scene.log_in(name(new)).await.expect(409);
        }
        // The application confirms a name by importing it.
        import(&scene, "back", &[row("ada.l@x.test")]).await;
        assert_eq!(scene.signed_in(name("ada.l@x.test")).await, ada);
    });
}

#[test]
fn nobody_joins_a_group_above_the_caller() {
    run(async |service| {
        let scene = Scene::create(service, "import-groups-above").await;
        let importer = json!({"id": "importer", "name": "Importer", "rank": 50, "by_hand": true, "by_mapping": true,
            "permissions": ["provisioning:create", "directory:read", "sso:configure"]});
        let chief = json!({"id": "chief", "name": "Chief", "rank": 60, "by_hand": true, "by_mapping": true,
            "permissions": ["directory:read"]});
        let settings = json!({"sso_default_role": null});
        let path = scene.path("/settings");
        scene.application.patch(&path, settings).await.expect(200);
        let roles = json!({"items": [importer, chief]});
        scene
            .application
            .put(&scene.path("/roles"), roles)
            .await
            .expect(200);
        let row = |name: &str, group: &str| json!({"user_name": name, "groups": [group]});
        import(
            &scene,
            "first",
            &[row("old@x.test", "There"), row("other@x.test", "Open")],
        )
        .await;
        for group in ["There", "Awaited"] {
            let path = scene.path(&format!("/groups/role-mapping?name={group}"));
            let mapping = json!({"role_ids": ["chief"]});
            scene.application.put(&path, mapping).await.expect(201);
        }
        let user = json!({"user_name": "imp@x.test", "roles": ["importer"]});
        import(&scene, "importer", &[user]).await;
        let session = scene.session(json!({"user_name": "imp@x.test"})).await;
        let rows = [
            row("one@x.test", "There"),
            row("two@x.test", "Awaited"),
            row("three@x.test", "Open"),
            row("four@x.test", "New"),
        ];
        let part = by_session(&session, "by-session", &rows).await;
        let expected = [(1, "failed"), (2, "failed"), (3, "created"), (4, "created")];
        assert_eq!(outcomes(&part), expected, "{part}");
        assert_eq!(part["items"][0]["reason"], "role_above_giver", "{part}");
    });
}
