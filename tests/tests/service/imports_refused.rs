//! Imports that refuse rows or parts, and ids of imports that were used before.

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
