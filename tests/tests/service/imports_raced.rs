//! Imports while others change the same people.

use std::sync::atomic::{AtomicBool, Ordering};

use rollcall_directory::{ImportFormat, ImportMode, ImportRow, NewImport, Role};
use rollcall_tests::faults::Fault;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::run;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

const NAME: &str = "gone@x.test";

/// Somebody who is deleted after a row was looked up, and before its person is written, is not created anew.
#[test]
fn a_row_does_not_bring_back_who_is_deleted_meanwhile() {
    run(async |service| {
        for by_external_id in [false, true] {
            let name = format!("import-raced-{by_external_id}");
            let scene = Scene::create(service, &name).await;
            let (other, faults) = service.other_process(&scene.tenant);
            let new = NewImport {
                mode: ImportMode::Import,
                format: ImportFormat::JsonLines,
                connection: None,
            };
            other.imports().put("first", &new).await.unwrap();
            let (idp, was_deleted) = (scene.tenant.idp(), AtomicBool::new(false));
            faults.schedule(move |call| {
                let is_write = call.operation == "TransactWriteItems";
                let is_creation = is_write && call.body.to_string().contains("new@x.test");
                if is_creation && !was_deleted.swap(true, Ordering::SeqCst) {
                    // The write waits until somebody with an identifier of the row was pushed and deleted.
                    let deletion = async {
                        let user_name = if by_external_id { NAME } else { "new@x.test" };
                        let person = json!({"schemas": [rollcall_tests::urn::USER], "userName": user_name, "externalId": "00u-1"});
                        let person = idp.post("/Users", person).await.expect(201).id();
                        idp.delete(&format!("/Users/{person}")).await.expect(204);
                    };
                    block_in_place(|| Handle::current().block_on(deletion));
                }
                Fault::None
            });
            let row = ImportRow {
                line: 1,
                user_name: "new@x.test".to_owned(),
                external_id: Some("00u-1".to_owned()),
                ..ImportRow::default()
            };
            let part = (b"new".as_slice(), vec![Ok(row)]);
            let part = other
                .imports()
                .put_part("first", 1, part, Role::Owner)
                .await;
            let part = part.unwrap();
            assert_eq!(
                (part.counts.created, part.counts.failed),
                (0, 1),
                "{part:?}"
            );
            let failure = part.rows[0].failure.as_ref().expect("a failure");
            assert_eq!(failure.reason, "person_inactive");
        }
    });
}
