//! Imports: what the application already has comes in part by part, can be sent again, and is adopted by the first push.

use http::Method;
use rollcall_tests::idp::Answer;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

/// Creates an import of a scene.
pub(crate) async fn begin(scene: &Scene, id: &str, asked: Value) {
    let path = scene.path(&format!("/imports/{id}"));
    scene.application.put(&path, asked).await.expect(201);
}

/// Sends a part as it is.
pub(crate) async fn send(scene: &Scene, id: &str, number: u32, body: &str) -> Answer {
    let path = scene.path(&format!("/imports/{id}/parts/{number}"));
    let body = Some(body.to_owned());
    scene.application.send(Method::PUT, &path, body).await
}

pub(crate) fn lines(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

/// Imports rows as an import of its own. Returns what became of them.
pub(crate) async fn import(scene: &Scene, id: &str, rows: &[Value]) -> Value {
    begin(scene, id, json!({})).await;
    send(scene, id, 1, &lines(rows)).await.expect(200).body
}

/// Returns the outcomes of a part by line.
pub(crate) fn outcomes(part: &Value) -> Vec<(u64, &str)> {
    let items = part["items"].as_array().expect("items").iter();
    let of = |item: &'_ Value| item["line"].as_u64().expect("a line");
    items
        .map(|item| (of(item), item["outcome"].as_str().expect("an outcome")))
        .collect()
}

async fn person(scene: &Scene, user_name: &str) -> Value {
    let filter = format!("userName eq \"{user_name}\"");
    let found = scene.tenant.idp().filter("/Users", &filter).await;
    let id = found.string("/Resources/0/id");
    let path = scene.path(&format!("/users/{id}?include=attributes,groups"));
    scene.application.get(&path).await.expect(200).body
}

fn people() -> Vec<Value> {
    vec![
        json!({"user_name": "ada@x.test", "application_id": "1", "display_name": "Ada", "given_name": "Ada",
               "emails": ["ada@x.test", "a@y.test"], "roles": ["admin"], "groups": ["Engineers", "Everybody"]}),
        json!({"user_name": "bob@x.test", "application_id": 2, "active": false, "groups": ["Everybody"]}),
        json!({"user_name": "eve@x.test", "roles": []}),
    ]
}

#[test]
fn people_groups_and_roles_come_in_and_a_second_time_nothing_changes() {
    run(async |service| {
        let scene = Scene::create(service, "import-twice").await;
        let part = import(&scene, "first", &people()).await;
        assert_eq!(part["counts"]["created"], 3, "{part}");
        let ada = person(&scene, "ada@x.test").await;
        assert_eq!(ada["origin"], "import", "{ada}");
        assert_eq!(ada["application_id"], "1");
        assert_eq!(ada["roles"], json!(["admin"]));
        assert!(ada["owner"].is_null());
        assert_eq!(ada["attributes"]["emails"][0]["primary"], true);
        assert_eq!(ada["groups"].as_array().map(Vec::len), Some(2), "{ada}");
        let bob = person(&scene, "bob@x.test").await;
        assert_eq!(
            (&bob["state"], &bob["application_id"]),
            (&json!("inactive"), &json!("2"))
        );

        // The same part again, and the same rows as another part and as another import.
        let again = send(&scene, "first", 1, &lines(&people())).await;
        assert_eq!(again.expect(200).body["repeated"], true);
        let other = send(&scene, "first", 1, &lines(&people()[..1])).await;
        other.expect(409);
        service.drained().await;
        let events = scene.at_tenant("/events?limit=500").await.expect(200).body;
        let before = events["items"].as_array().map(Vec::len);
        for id in ["second", "third"] {
            let part = import(&scene, id, &people()).await;
            assert_eq!(part["counts"]["unchanged"], 3, "{part}");
            assert_eq!(part["items"], json!([]), "{part}");
        }
        service.drained().await;
        let events = scene.at_tenant("/events?limit=500").await.expect(200).body;
        assert_eq!(events["items"].as_array().map(Vec::len), before);
        let read = scene.at_tenant("/imports/first").await.expect(200).body;
        assert_eq!(
            (&read["parts"], &read["next_part"]),
            (&json!(1), &json!(2)),
            "{read}"
        );
        assert_eq!(
            (&read["counts"]["rows"], &read["counts"]["created"]),
            (&json!(3), &json!(3))
        );
        scene.at_tenant("/imports/first/parts/1").await.expect(200);
        scene.at_tenant("/imports/first/parts/2").await.expect(404);
        scene.at_tenant("/imports/none").await.expect(404);
    });
}

#[test]
fn a_row_changes_what_it_says_and_nothing_else() {
    run(async |service| {
        let scene = Scene::create(service, "import-changes").await;
        import(&scene, "first", &people()).await;
        let changed = [
            json!({"application_id": "1", "user_name": "countess@x.test", "emails": ["c@x.test"], "roles": ["viewer"]}),
            json!({"application_id": "2", "user_name": "bob@x.test", "active": true, "groups": ["Engineers"]}),
            json!({"user_name": "eve@x.test", "application_id": "3"}),
        ];
        let part = import(&scene, "second", &changed).await;
        assert_eq!(part["counts"]["changed"], 3, "{part}");
        let fields = json!(["user_name", "emails", "roles"]);
        assert_eq!(part["items"][0]["fields"], fields, "{part}");
        let ada = person(&scene, "countess@x.test").await;
        assert_eq!(ada["roles"], json!(["viewer"]), "{ada}");
        assert_eq!(ada["display_name"], "Ada");
        assert_eq!(ada["groups"].as_array().map(Vec::len), Some(2), "{ada}");
        let bob = person(&scene, "bob@x.test").await;
        assert_eq!(bob["state"], "invited", "{bob}");
        assert_eq!(bob["groups"].as_array().map(Vec::len), Some(2), "{bob}");
        let part = import(&scene, "third", &changed).await;
        assert_eq!(part["counts"]["unchanged"], 3, "{part}");
    });
}

#[test]
fn a_bad_row_fails_with_its_line_and_the_others_come_in() {
    run(async |service| {
        let scene = Scene::create(service, "import-bad").await;
        let gone = scene.push(json!({"userName": "gone@x.test"})).await;
        scene.tenant.idp().delete(&format!("/Users/{gone}")).await;
        import(&scene, "first", &people()).await;
        let body = [
            "nonsense".to_owned(),
            json!({"user_name": "new@x.test"}).to_string(),
            json!({"user_name": "new2@x.test", "roles": ["emperor"]}).to_string(),
            json!({"user_name": "NEW@x.test"}).to_string(),
            json!({"user_name": "ada@x.test", "application_id": "2"}).to_string(),
            json!({"user_name": "bob@x.test", "application_id": "7"}).to_string(),
            json!({"user_name": "gone@x.test"}).to_string(),
            json!({"user_name": " blank@x.test"}).to_string(),
            json!({"user_name": "new3@x.test", "shoe_size": 44}).to_string(),
            json!({"user_name": "new4@x.test", "groups": ["a\u{7}b"]}).to_string(),
        ];
        begin(&scene, "bad", json!({})).await;
        let part = send(&scene, "bad", 1, &body.join("\n"))
            .await
            .expect(200)
            .body;
        let failed = |line: u64| (line, "failed");
        let expected = [
            failed(1),
            (2, "created"),
            failed(3),
            failed(4),
            failed(5),
            failed(6),
            failed(7),
            failed(8),
            failed(9),
            failed(10),
        ];
        assert_eq!(outcomes(&part), expected, "{part}");
        for item in part["items"].as_array().unwrap() {
            let text = item["detail"].as_str().unwrap_or_default();
            assert!(
                !text.contains("x.test") && !text.contains("expected"),
                "{item}"
            );
            assert!(item["outcome"] == "created" || !text.is_empty(), "{item}");
        }
        assert_eq!(part["items"][6]["reason"], "person_inactive", "{part}");
        // What became of it can be read again.
        let read = scene
            .at_tenant("/imports/bad/parts/1")
            .await
            .expect(200)
            .body;
        assert_eq!(read["counts"], part["counts"]);
        assert_eq!(read["items"].as_array().map(Vec::len), Some(9));
    });
}

#[test]
fn csv_comes_with_quotes_a_byte_order_mark_and_windows_lines() {
    run(async |service| {
        let scene = Scene::create(service, "import-csv").await;
        begin(&scene, "csv", json!({"format": "csv"})).await;
        let body = "\u{feff}user_name,display_name,roles,groups,active\r\n\
                    ada@x.test,\"King, \"\"Ada\"\"\",admin;viewer,\"Sales, EU; Ops\",TRUE\r\n\
                    bob@x.test,,,,\r\n\
                    eve@x.test,Eve\r\n";
        let part = send(&scene, "csv", 1, body).await.expect(200).body;
        assert_eq!(
            outcomes(&part),
            [(2, "created"), (3, "created"), (4, "failed")],
            "{part}"
        );
        let ada = person(&scene, "ada@x.test").await;
        assert_eq!(ada["display_name"], "King, \"Ada\"", "{ada}");
        assert_eq!(ada["roles"], json!(["admin", "viewer"]));
        assert_eq!(ada["groups"].as_array().map(Vec::len), Some(2), "{ada}");
        let refused = send(&scene, "csv", 2, "user_name,shoe_size\nx,44\n").await;
        refused.expect(400);
    });
}

#[test]
fn parts_and_imports_are_bounded() {
    run(async |service| {
        let scene = Scene::create(service, "import-bounds").await;
        begin(&scene, "big", json!({})).await;
        let row = |number: usize| format!("{{\"user_name\": \"u{number}\"}}\n");
        let too_many: String = (0..1_001).map(row).collect();
        let too_large = "x".repeat(1024 * 1024 + 1);
        for (number, body, status) in [
            (1, too_many.as_str(), 400),
            (1, too_large.as_str(), 413),
            (1, "", 400),
            (0, "{\"user_name\": \"u\"}", 400),
            (5_001, "{\"user_name\": \"u\"}", 400),
        ] {
            send(&scene, "big", number, body).await.expect(status);
        }
        let path = scene.path("/imports/big/parts/x");
        let body = Some("{}".to_owned());
        scene
            .application
            .send(Method::PUT, &path, body)
            .await
            .expect(404);
        for (id, asked, status) in [
            ("big", json!({}), 200),
            ("big", json!({"mode": "report"}), 409),
            ("Big", json!({}), 400),
            ("a", json!({"mode": "adoption"}), 400),
            ("a", json!({"connection": "c"}), 400),
            ("a", json!({"mode": "adoption", "connection": "none"}), 404),
            ("a", json!({"mode": "destroy"}), 400),
        ] {
            let path = scene.path(&format!("/imports/{id}"));
            scene.application.put(&path, asked).await.expect(status);
        }
        scene.at_tenant("/imports/big/unmatched").await.expect(400);
        let nowhere = "/tenants/nowhere/imports/a";
        scene.application.put(nowhere, json!({})).await.expect(404);
    });
}

#[test]
fn the_first_push_adopts_people_and_groups_with_what_they_have() {
    run(async |service| {
        let scene = Scene::create(service, "import-adopted").await;
        let part = import(&scene, "first", &people()).await;
        let id = part["items"][0]["user"].as_str().expect("an id").to_owned();
        // Who was imported with a role signs in as always.
        let login = scene
            .log_in(json!({"user_name": "ada@x.test"}))
            .await
            .expect(200);
        assert_eq!(
            (login.string("/user/id"), login.string("/role")),
            (id.clone(), "admin".to_owned())
        );
        let pushed = scene
            .push(json!({"userName": "Ada@x.test", "displayName": "Ada King"}))
            .await;
        assert_eq!(pushed, id);
        let ada = person(&scene, "ada@x.test").await;
        assert_eq!(
            (&ada["origin"], &ada["application_id"]),
            (&json!("pushed"), &json!("1")),
            "{ada}"
        );
        assert_eq!(ada["owner"], json!(scene.tenant.connection_id()));
        assert_eq!(ada["roles"], json!(["admin"]));
        assert_eq!(ada["groups"].as_array().map(Vec::len), Some(2), "{ada}");
        // An identity provider that looks before it writes adopts as well.
        let eve = person(&scene, "eve@x.test").await;
        let eve = eve["id"].as_str().unwrap();
        scene.set(eve, "title", json!("Engineer")).await;
        assert_eq!(person(&scene, "eve@x.test").await["origin"], "pushed");
        let body = json!({"schemas": [urn::GROUP], "displayName": "engineers", "members": [{"value": eve}]});
        let group = scene
            .tenant
            .idp()
            .post("/Groups", body)
            .await
            .expect(201)
            .id();
        let members = scene.tenant.idp().members(&group).await;
        assert_eq!(members, [id, eve.to_owned()].into());

        // From then on, the import leaves them alone.
        let rows = [
            json!({"user_name": "ada@x.test", "application_id": "1", "roles": ["viewer"], "display_name": "X"}),
            json!({"user_name": "bob@x.test", "groups": ["Engineers"]}),
        ];
        let part = import(&scene, "second", &rows).await;
        assert_eq!(outcomes(&part), [(1, "owned"), (2, "unchanged")], "{part}");
        assert_eq!(
            part["items"][0]["fields"],
            json!(["display_name", "roles"]),
            "{part}"
        );
        assert_eq!(part["items"][1]["fields"], json!(["groups"]), "{part}");
        assert_eq!(part["items"][0]["groups_left_out"], Value::Null, "{part}");
        assert_eq!(
            part["items"][1]["groups_left_out"], "owned_by_connection",
            "{part}"
        );
        assert_eq!(
            person(&scene, "ada@x.test").await["display_name"],
            "Ada King"
        );
        // Who was deleted frees the application's id, and is not brought back by it.
        let idp = scene.tenant.idp();
        idp.delete(&format!("/Users/{eve}")).await.expect(204);
        let bob = person(&scene, "bob@x.test").await;
        idp.delete(&format!("/Users/{}", bob["id"].as_str().unwrap()))
            .await
            .expect(204);
        let rows = [
            json!({"user_name": "bob@x.test", "application_id": "2"}),
            json!({"user_name": "bert@x.test", "application_id": "2"}),
        ];
        let part = import(&scene, "third", &rows).await;
        assert_eq!(outcomes(&part), [(1, "failed"), (2, "failed")], "{part}");
        let part = import(&scene, "fourth", &rows[1..]).await;
        assert_eq!(outcomes(&part), [(1, "created")], "{part}");
    });
}

#[test]
fn a_report_tells_the_differences_and_changes_nothing() {
    run(async |service| {
        let scene = Scene::create(service, "import-report").await;
        import(&scene, "first", &people()).await;
        begin(&scene, "report", json!({"mode": "report"})).await;
        let rows = [
            json!({"user_name": "ada@x.test", "roles": ["viewer"], "emails": ["other@x.test"], "active": false}),
            json!({"user_name": "nobody@x.test"}),
            json!({"user_name": "bob@x.test", "active": false}),
        ];
        for repeated in [false, true] {
            let part = send(&scene, "report", 1, &lines(&rows))
                .await
                .expect(200)
                .body;
            assert_eq!(outcomes(&part), [(1, "differs"), (2, "missing")], "{part}");
            assert_eq!(
                part["items"][0]["fields"],
                json!(["emails", "active", "roles"]),
                "{part}"
            );
            assert_eq!(part["repeated"], repeated);
        }
        let left = scene
            .application
            .all(&scene.path("/imports/report/unmatched?limit=1"))
            .await;
        let names: Vec<&Value> = left.iter().map(|one| &one["user_name"]).collect();
        assert_eq!(names, ["eve@x.test"], "{left:?}");
        assert_eq!(
            person(&scene, "ada@x.test").await["roles"],
            json!(["admin"])
        );
        for cursor in ["nonsense", "a.b"] {
            let path = format!("/imports/report/unmatched?after={cursor}");
            scene.at_tenant(&path).await.expect(400);
        }
    });
}

#[test]
fn a_preview_tells_what_the_first_pushes_would_do() {
    run(async |service| {
        let scene = Scene::create(service, "import-preview").await;
        let (other, other_idp) = scene.another("Other").await;
        let body = json!({"schemas": [urn::USER], "userName": "theirs@x.test"});
        other_idp.post("/Users", body).await.expect(201);
        scene.push(json!({"userName": "mine@x.test"})).await;
        let mut rows = people();
        rows[2]["external_id"] = json!("e-1");
        import(&scene, "first", &rows).await;
        let own = scene.tenant.connection_id();
        begin(
            &scene,
            "preview",
            json!({"mode": "adoption", "connection": own}),
        )
        .await;
        let pushes = [
            json!({"user_name": "ada@x.test", "external_id": "a-1"}),
            json!({"user_name": "new@x.test"}),
            json!({"user_name": "mine@x.test"}),
            json!({"user_name": "theirs@x.test"}),
            json!({"user_name": "eve@x.test", "external_id": "e-2"}),
        ];
        let part = send(&scene, "preview", 1, &lines(&pushes))
            .await
            .expect(200)
            .body;
        let expected = [
            (1, "would_adopt"),
            (2, "would_create"),
            (3, "own"),
            (4, "conflict"),
            (5, "conflict"),
        ];
        assert_eq!(outcomes(&part), expected, "{part}");
        assert_eq!(part["items"][3]["reason"], "owned_by_another", "{part}");
        let left = scene
            .application
            .all(&scene.path("/imports/preview/unmatched"))
            .await;
        let names: Vec<&Value> = left.iter().map(|one| &one["user_name"]).collect();
        assert_eq!(names, ["bob@x.test"], "{left:?}");
        // The pushes do what the preview said.
        for (row, status) in [(0, 201), (1, 201), (2, 409), (3, 409), (4, 409)] {
            let push = &pushes[row];
            let body = json!({"schemas": [urn::USER], "userName": push["user_name"], "externalId": push["external_id"]});
            let answer = scene.tenant.idp().post("/Users", body).await;
            assert_eq!(answer.status, status, "{push}: {}", answer.body);
        }
        let path = scene.path(&format!("/connections/{other}"));
        scene.application.delete(&path).await;
        begin(
            &scene,
            "later",
            json!({"mode": "adoption", "connection": own}),
        )
        .await;
        let part = send(&scene, "later", 1, &lines(&pushes[3..4]))
            .await
            .expect(200)
            .body;
        assert_eq!(outcomes(&part), [(1, "would_adopt")], "{part}");
    });
}

#[test]
fn a_key_gives_no_role_above_its_own() {
    run(async |service| {
        let scene = Scene::create(service, "import-rank").await;
        import(
            &scene,
            "first",
            &[json!({"user_name": "boss@x.test", "roles": ["owner"]})],
        )
        .await;
        let new = json!({"label": "importer", "tenant": scene.tenant.id(),
                         "scopes": ["provisioning:create", "directory:read", "sso:configure"]});
        let key = scene
            .application
            .post("/service-keys", new)
            .await
            .expect(201);
        let limited = Scene {
            application: scene.application.with(Some(&key.string("/service_key"))),
            tenant: service.tenant("import-rank-other").await,
        };
        let path = scene.path("/imports/second");
        limited.application.put(&path, json!({})).await.expect(201);
        let rows = [
            json!({"user_name": "new@x.test", "roles": ["owner"]}),
            json!({"user_name": "boss@x.test", "display_name": "Boss"}),
            json!({"user_name": "boss2@x.test", "roles": ["admin"]}),
        ];
        let path = format!("{path}/parts/1");
        let sent = limited
            .application
            .send(Method::PUT, &path, Some(lines(&rows)));
        let part = sent.await.expect(200).body;
        assert_eq!(
            outcomes(&part),
            [(1, "failed"), (2, "failed"), (3, "created")],
            "{part}"
        );
        // It reaches no other tenant.
        let path = limited.path("/imports/second");
        limited.application.put(&path, json!({})).await.expect(403);
        // The last owner is not demoted.
        let rows = [json!({"user_name": "boss@x.test", "roles": []})];
        let part = import(&scene, "third", &rows).await;
        assert_eq!(part["items"][0]["reason"], "last_owner", "{part}");
    });
}
