//! Reports, previews and second imports: what differs, what a push would do, and whom an import has met.

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use rollcall_tests::raw;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use serde_json::{Value, json};

use crate::imports::{begin, import, lines, outcomes, send};

#[test]
fn whom_a_forgotten_import_with_the_same_id_has_met_does_not_count() {
    run(async |service| {
        let scene = Scene::create(service, "import-met-before").await;
        let rows = [json!({"user_name": "ada@x.test"})];
        import(&scene, "first", &rows).await;
        begin(&scene, "report", json!({"mode": "report"})).await;
        send(&scene, "report", 1, &lines(&rows)).await.expect(200);
        let unmatched = scene.path("/imports/report/unmatched");
        assert_eq!(scene.application.all(&unmatched).await.len(), 0);
        // The table forgets the import, and whom it has met a little later.
        let mut noted = 0;
        for mut item in raw::items(service, &scene.tenant).await {
            if raw::text(&item, "PK").ends_with("#IM#report#M") {
                let earlier = AttributeValue::N("2000000000".to_owned());
                item.insert("expires".to_owned(), earlier);
                raw::put(service, item).await;
                noted += 1;
            }
        }
        assert_eq!(noted, 1);
        assert_eq!(scene.application.all(&unmatched).await.len(), 1);
    });
}

#[test]
fn an_import_that_has_expired_is_forgotten_before_the_table_removes_it() {
    run(async |service| {
        let scene = Scene::create(service, "import-expired").await;
        let rows = [json!({"user_name": "ada@x.test"})];
        import(&scene, "first", &rows).await;
        for mut item in raw::items(service, &scene.tenant).await {
            if item.contains_key("n_done") || item.contains_key("counts") {
                let past = AttributeValue::N("1000000000".to_owned());
                item.insert("expires".to_owned(), past);
                raw::put(service, item).await;
            }
        }
        scene.at_tenant("/imports/first").await.expect(404);
        let path = scene.path("/imports/first/parts/1");
        let sent = scene
            .application
            .send(Method::PUT, &path, Some(lines(&rows)));
        sent.await.expect(404);
        let part = import(&scene, "first", &rows).await;
        assert_eq!(
            (&part["repeated"], &part["counts"]["unchanged"]),
            (&json!(false), &json!(1))
        );
        let read = scene.at_tenant("/imports/first").await.expect(200).body;
        assert_eq!(
            (&read["parts"], &read["counts"]["rows"]),
            (&json!(1), &json!(1)),
            "{read}"
        );
    });
}

#[test]
fn a_name_with_white_space_fails_and_still_says_whom_it_means() {
    run(async |service| {
        let scene = Scene::create(service, "import-padded").await;
        let names = ["ada@x.test", "bob@x.test", "eve@x.test"];
        import(
            &scene,
            "first",
            &names.map(|name| json!({"user_name": name})),
        )
        .await;
        let rows = [
            json!({"user_name": " ada@x.test"}),
            json!({"user_name": "bob@x.test ", "shoe": 1}),
            json!({"user_name": "nobody@x.test"}),
        ];
        begin(&scene, "report", json!({"mode": "report"})).await;
        let part = send(&scene, "report", 1, &lines(&rows)).await;
        let part = part.expect(200).body;
        let expected = [(1, "failed"), (2, "failed"), (3, "missing")];
        assert_eq!(outcomes(&part), expected, "{part}");
        let path = scene.path("/imports/report/unmatched");
        let left = scene.application.all(&path).await;
        let left: Vec<&Value> = left.iter().map(|one| &one["user_name"]).collect();
        assert_eq!(left, ["eve@x.test"]);
    });
}

#[test]
fn a_preview_refuses_what_the_push_would_not_store() {
    run(async |service| {
        let scene = Scene::create(service, "import-preview-refused").await;
        let settings = json!({"deleted_people": "restore"});
        let path = scene.path("/settings");
        scene.application.patch(&path, settings).await.expect(200);
        let gone = scene.push(json!({"userName": "gone@x.test"})).await;
        let idp = scene.tenant.idp();
        idp.delete(&format!("/Users/{gone}")).await.expect(204);
        let known = json!({"user_name": "ada@x.test", "application_id": "7"});
        import(&scene, "first", &[known]).await;
        let ceilings = json!({"ceilings": {"people": 1}});
        let path = format!("/tenants/{}", scene.tenant.id());
        scene.application.patch(&path, ceilings).await.expect(200);
        let lifecycle = scene.tenant.directory().lifecycle();
        lifecycle.count_for_ceilings().await.unwrap();
        let asked = json!({"mode": "adoption", "connection": scene.tenant.connection_id()});
        begin(&scene, "preview", asked).await;
        let pushes = [
            json!({"user_name": " blank@x.test"}),
            json!({"user_name": "new@x.test"}),
            // A push knows nothing of the application's id.
            json!({"user_name": "gone@x.test", "application_id": "7"}),
            json!({"user_name": "ada@x.test", "application_id": "8"}),
        ];
        let part = send(&scene, "preview", 1, &lines(&pushes)).await;
        let part = part.expect(200).body;
        let expected = [
            (1, "failed"),
            (2, "conflict"),
            (3, "would_restore"),
            (4, "would_adopt"),
        ];
        assert_eq!(outcomes(&part), expected, "{part}");
        assert_eq!(part["items"][1]["reason"], "ceiling_reached", "{part}");
        // The pushes do what the preview said.
        for (push, status) in pushes.iter().zip([400, 403, 201, 201]) {
            let body =
                json!({"schemas": [rollcall_tests::urn::USER], "userName": push["user_name"]});
            let answer = idp.post("/Users", body).await;
            assert_eq!(answer.status, status, "{push}: {}", answer.body);
        }
    });
}

#[test]
fn who_is_blocked_is_not_active_in_a_report() {
    run(async |service| {
        let scene = Scene::create(service, "import-report-blocked").await;
        let names = ["a@x.test", "b@x.test"];
        let part = import(
            &scene,
            "first",
            &names.map(|name| json!({"user_name": name})),
        )
        .await;
        for item in part["items"].as_array().unwrap() {
            let path = scene.path(&format!("/users/{}/block", item["user"].as_str().unwrap()));
            scene.application.post(&path, json!({})).await.expect(200);
        }
        begin(&scene, "report", json!({"mode": "report"})).await;
        let rows = [
            json!({"user_name": names[0], "active": false}),
            json!({"user_name": names[1], "active": true}),
        ];
        let part = send(&scene, "report", 1, &lines(&rows)).await;
        let part = part.expect(200).body;
        assert_eq!(outcomes(&part), [(2, "differs")], "{part}");
        assert_eq!(part["items"][0]["fields"], json!(["active"]), "{part}");
    });
}

#[test]
fn another_primary_address_comes_in_and_a_second_time_nothing_changes() {
    run(async |service| {
        let scene = Scene::create(service, "import-primary").await;
        let row = |emails: Value| json!({"user_name": "ada@x.test", "emails": emails});
        let first = row(json!(["ada@x.test", "a@y.test"]));
        let other = row(json!(["a@y.test", "ada@x.test"]));
        let part = import(&scene, "first", std::slice::from_ref(&first)).await;
        let user = part["items"][0]["user"].as_str().unwrap().to_owned();
        for (id, row, outcome) in [
            ("second", &first, "unchanged"),
            ("third", &other, "changed"),
            ("fourth", &other, "unchanged"),
        ] {
            let part = import(&scene, id, std::slice::from_ref(row)).await;
            assert_eq!(part["counts"][outcome], 1, "{id}: {part}");
        }
        let path = scene.path(&format!("/users/{user}?include=attributes"));
        let ada = scene.application.get(&path).await.expect(200).body;
        let emails = ada["attributes"]["emails"].as_array().unwrap().iter();
        let primary: Vec<&Value> = emails.filter(|email| email["primary"] == true).collect();
        assert_eq!(primary.len(), 1, "{ada}");
        assert_eq!(primary[0]["value"], "a@y.test", "{ada}");
    });
}

/// An earlier version deleted people and left the application's id with them.
#[test]
fn a_row_gives_somebody_the_id_of_who_is_gone() {
    run(async |service| {
        let scene = Scene::create(service, "import-gone-id").await;
        let rows = [
            json!({"user_name": "gone@x.test", "application_id": "5"}),
            json!({"user_name": "ada@x.test"}),
        ];
        let part = import(&scene, "first", &rows).await;
        let held = raw::items(service, &scene.tenant).await;
        let held = held
            .into_iter()
            .find(|item| raw::text(item, "PK").ends_with("#UA"));
        let gone = part["items"][0]["user"].as_str().unwrap();
        let idp = scene.tenant.idp();
        idp.delete(&format!("/Users/{gone}")).await.expect(204);
        raw::put(service, held.expect("the item of the id")).await;
        let row = json!({"user_name": "ada@x.test", "application_id": "5"});
        for (id, outcome) in [("second", "changed"), ("third", "unchanged")] {
            let part = import(&scene, id, std::slice::from_ref(&row)).await;
            assert_eq!(part["counts"][outcome], 1, "{id}: {part}");
        }
    });
}
