//! Imports that refuse rows or parts, whom such rows have met, and ids of imports that were used before.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_directory::{ImportFormat, ImportMode, ImportRow, NewImport, Role, RoleId};
use rollcall_tests::faults::Fault;
use rollcall_tests::raw;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, Tenant, run};
use serde_json::{Value, json};

use crate::imports::{begin, import, lines, outcomes, send};

#[test]
fn every_row_with_an_identifier_of_somebody_deleted_fails() {
    run(async |service| {
        let scene = Scene::create(service, "import-deleted").await;
        let gone = json!({"userName": "gone@x.test", "externalId": "00u-gone"});
        let gone = scene.push(gone).await;
        let idp = scene.tenant.idp();
        idp.delete(&format!("/Users/{gone}")).await.expect(204);
        let rows = [
            json!({"user_name": "one@x.test", "external_id": "00u-gone"}),
            json!({"user_name": "two@x.test", "external_id": "00u-gone"}),
            json!({"user_name": "gone@x.test", "external_id": "00u-gone"}),
            json!({"user_name": "new@x.test", "external_id": "00u-new"}),
        ];
        let part = import(&scene, "first", &rows).await;
        let expected = [(1, "failed"), (2, "failed"), (3, "failed"), (4, "created")];
        assert_eq!(outcomes(&part), expected, "{part}");
        for row in 0..3 {
            assert_eq!(part["items"][row]["reason"], "person_inactive", "{part}");
        }
    });
}

/// Returns the user names of whom no row of an import has met.
async fn left(scene: &Scene, import: &str) -> Vec<String> {
    let path = scene.path(&format!("/imports/{import}/unmatched"));
    let left = scene.application.all(&path).await;
    let names = left.iter().filter_map(|one| one["user_name"].as_str());
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    names.into_iter().collect()
}

#[test]
fn whom_a_failed_row_names_is_not_left_over() {
    run(async |service| {
        let scene = Scene::create(service, "import-failed-met").await;
        let names = ["a", "b", "c", "d", "e", "f", "g", "left"];
        let rows = names.iter().enumerate().map(|(number, name)| {
            json!({"user_name": format!("{name}@x.test"), "application_id": number + 1})
        });
        import(&scene, "first", &rows.collect::<Vec<_>>()).await;
        let rows = [
            json!({"user_name": "a@x.test", "display_name": ""}).to_string(),
            json!({"user_name": "b@x.test", "shoe": 1}).to_string(),
            // The user name and the application's id are those of different people.
            json!({"user_name": "c@x.test", "application_id": "4"}).to_string(),
            // The id is that of an earlier line.
            json!({"user_name": "E@x.test", "application_id": "4"}).to_string(),
            json!({"user_name": 1.5, "application_id": 6}).to_string(),
            json!({"user_name": "g@x.test", "display_name": "a\u{0}b"}).to_string(),
            json!({"display_name": "Somebody"}).to_string(),
            "{\"user_name\": \"left@x.test\"".to_owned(),
        ];
        let rows = rows.join("\n");
        let connection = scene.tenant.connection_id();
        for (id, asked, expected, unidentified) in [
            ("report", json!({"mode": "report"}), &["left@x.test"][..], 2),
            // A push finds nobody by the application's id.
            (
                "adoption",
                json!({"mode": "adoption", "connection": connection}),
                &["d@x.test", "f@x.test", "left@x.test"],
                3,
            ),
        ] {
            begin(&scene, id, asked).await;
            let part = send(&scene, id, 1, &rows).await.expect(200).body;
            assert_eq!(part["counts"]["rows"], 8, "{part}");
            assert_eq!(part["counts"]["unidentified"], unidentified, "{part}");
            assert_eq!(left(&scene, id).await, expected, "{part}");
            let read = scene.at_tenant(&format!("/imports/{id}")).await.expect(200);
            let counts = &read.body["counts"];
            assert_eq!(
                (&counts["rows"], &counts["unidentified"]),
                (&json!(8), &json!(unidentified))
            );
        }
    });
}

#[test]
fn a_stray_quote_refuses_the_part_and_loses_nobody() {
    run(async |service| {
        let scene = Scene::create(service, "import-stray-quote").await;
        begin(&scene, "csv", json!({"format": "csv"})).await;
        let body = "user_name,display_name\ne1@x.test,\"Broken\nf1@x.test,F\ng1@x.test,\"G\n";
        let refused = send(&scene, "csv", 1, body).await.expect(400);
        let detail = refused.string("/detail");
        assert!(
            detail.contains("line 4") && detail.contains("line 2"),
            "{detail}"
        );
        assert!(!detail.contains("Broken"), "{detail}");
        // The corrected part has the same number, and lines of its own.
        let body = body.replace('"', "").replace('\n', "\r");
        let part = send(&scene, "csv", 1, &body).await.expect(200).body;
        let expected = [(2, "created"), (3, "created"), (4, "created")];
        assert_eq!(outcomes(&part), expected, "{part}");
    });
}

#[test]
fn two_rows_of_a_part_do_not_change_one_person() {
    run(async |service| {
        let scene = Scene::create(service, "import-meant-twice").await;
        let known = json!({"user_name": "p1@x.test", "application_id": "77"});
        import(&scene, "known", &[known]).await;
        let rows = [
            json!({"user_name": "p1@x.test", "display_name": "A"}),
            json!({"user_name": "p1-new@x.test", "application_id": "77", "display_name": "B"}),
        ];
        for (id, first) in [("first", "changed"), ("second", "unchanged")] {
            let part = import(&scene, id, &rows).await;
            assert_eq!(
                (&part["counts"][first], &part["counts"]["failed"]),
                (&json!(1), &json!(1)),
                "{part}"
            );
            let items = part["items"].as_array().cloned().unwrap_or_default();
            let last = items.last().expect("the row that failed");
            assert_eq!(
                (&last["line"], &last["reason"]),
                (&json!(2), &json!("not_unique"))
            );
        }
        begin(&scene, "report", json!({"mode": "report"})).await;
        let part = send(&scene, "report", 1, &lines(&rows))
            .await
            .expect(200)
            .body;
        assert_eq!(outcomes(&part), [(2, "failed")], "{part}");
        assert_eq!(scene.tenant.idp().census().await.0, 1);
        // Also if the earlier row renames them, and when both are imported again.
        let renamed = [rows[1].clone(), rows[0].clone()];
        for id in ["renamed", "renamed-again"] {
            let part = import(&scene, id, &renamed).await;
            let counts = &part["counts"];
            assert_eq!(
                (&counts["created"], &counts["failed"]),
                (&json!(0), &json!(1)),
                "{part}"
            );
        }
        // Another id says that the name is somebody else's now.
        let other = json!({"user_name": "p1@x.test", "application_id": "78"});
        let part = import(&scene, "other", &[rows[1].clone(), other]).await;
        assert_eq!(part["counts"]["created"], 1, "{part}");
    });
}

#[test]
fn a_part_names_a_bounded_number_of_groups() {
    run(async |service| {
        let scene = Scene::create(service, "import-many-groups").await;
        begin(&scene, "big", json!({})).await;
        let groups: Vec<String> = (0..1_001).map(|number| format!("g{number}")).collect();
        let rows: Vec<Value> = groups
            .chunks(100)
            .map(|groups| json!({"user_name": groups[0], "groups": groups}))
            .collect();
        let refused = send(&scene, "big", 1, &lines(&rows)).await.expect(400);
        assert!(refused.string("/detail").contains("1000 groups"));
    });
}

#[test]
fn a_part_of_a_forgotten_import_with_the_same_id_does_not_count() {
    run(async |service| {
        let scene = Scene::create(service, "import-forgotten").await;
        let rows = [json!({"user_name": "ada@x.test"})];
        import(&scene, "first", &rows).await;
        // The table forgets the import, and its part a little later.
        for mut item in raw::items(service, &scene.tenant).await {
            if item.contains_key("hash") && item.contains_key("counts") {
                let earlier = AttributeValue::N("2000000000".to_owned());
                item.insert("expires".to_owned(), earlier);
                raw::put(service, item).await;
            }
        }
        let others = [json!({"user_name": "bob@x.test"})];
        scene.at_tenant("/imports/first/parts/1").await.expect(404);
        for repeated in [false, true] {
            let part = send(&scene, "first", 1, &lines(&others)).await;
            let part = part.expect(200).body;
            assert_eq!(part["repeated"], repeated, "{part}");
        }
    });
}

/// Returns how many grants were counted.
async fn grants(service: &Service, tenant: &Tenant) -> u64 {
    let items = raw::items(service, tenant).await;
    let counted = items.iter().filter_map(|item| item.get("grants"));
    let counted = counted.filter_map(|value| value.as_n().ok());
    counted.map(|number| number.parse::<u64>().unwrap()).sum()
}

#[test]
fn a_part_that_ends_early_counts_what_it_granted() {
    run(async |service| {
        let tenant = service.tenant("import-ends-early").await;
        let new = NewImport {
            mode: ImportMode::Import,
            format: ImportFormat::JsonLines,
            connection: None,
        };
        let (other, faults) = service.other_process(&tenant);
        other.imports().put("first", &new).await.unwrap();
        let row = |(line, name): (u32, &str)| ImportRow {
            line,
            user_name: format!("{name}@x.test"),
            roles: Some(vec![RoleId::named("member")]),
            ..ImportRow::default()
        };
        let rows = [(1, "ada"), (2, "broken"), (3, "eve")].map(row);
        let send = || {
            let rows = rows.iter().cloned().map(Ok).collect();
            let imports = other.imports();
            imports.put_part("first", 1, (b"rows".as_slice(), rows), Role::Owner)
        };
        let before = grants(service, &tenant).await;
        faults.schedule(|call| match call.operation.as_str() {
            "TransactWriteItems" if call.body.to_string().contains("broken@x.test") => {
                Fault::ServerError
            }
            _ => Fault::None,
        });
        assert!(send().await.is_err());
        assert_eq!(grants(service, &tenant).await, before + 1);
        // The rest of the part counts when it is sent again.
        faults.clear();
        let done = send().await.unwrap();
        assert_eq!((done.counts.created, done.counts.unchanged), (1, 2));
        assert_eq!(grants(service, &tenant).await, before + 2);
    });
}
