//! Imports that refuse rows or parts, and ids of imports that were used before.

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_tests::raw;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
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
            .chunks(501)
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
