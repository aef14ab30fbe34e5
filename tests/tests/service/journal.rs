//! The journal: each change has exactly one entry, and requests without changes have none.

use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::json;

#[test]
fn each_change_has_one_entry_and_other_requests_have_none() {
    run(async |service| {
        let tenant = service.tenant("journal").await;
        let idp = tenant.idp();
        let start = service.journal(&tenant).await.len();
        let mut expected: Vec<&str> = Vec::new();
        let user = idp.user("u").await;
        let other = idp.user("o").await;
        expected.extend(["user.created", "user.created"]);
        let path = format!("/Users/{user}");
        let patch = async |path: &str, operation| idp.patch(path, json!([operation])).await;
        patch(
            &path,
            json!({"op": "replace", "path": "title", "value": "t"}),
        )
        .await
        .expect(200);
        expected.push("user.updated");
        patch(
            &path,
            json!({"op": "replace", "path": "title", "value": "t"}),
        )
        .await
        .expect(200);
        patch(
            &path,
            json!({"op": "replace", "path": "userName", "value": "O"}),
        )
        .await
        .expect(409);
        patch(
            &path,
            json!({"op": "replace", "path": "password", "value": "secret-word"}),
        )
        .await
        .expect(200);
        patch(
            &path,
            json!({"op": "replace", "path": "active", "value": "False"}),
        )
        .await
        .expect(200);
        expected.push("user.deactivated");
        patch(
            &path,
            json!({"op": "replace", "path": "active", "value": "true"}),
        )
        .await
        .expect(200);
        expected.push("user.reactivated");
        idp.post("/Users", json!({"schemas": [urn::USER], "userName": "U"}))
            .await
            .expect(409);
        let group = idp.group("g", &[]).await;
        expected.push("group.created");
        let group_path = format!("/Groups/{group}");
        let add =
            json!({"op": "add", "path": "members", "value": [{"value": user}, {"value": other}]});
        patch(&group_path, add.clone()).await.expect(204);
        expected.push("group.members_changed");
        patch(&group_path, add).await.expect(204);
        idp.delete(&group_path).await.expect(204);
        expected.extend(["group.deleted", "group.members_changed"]);
        idp.delete(&path).await.expect(204);
        expected.push("user.deleted");
        idp.delete(&path).await.expect(404);
        let entries = service.journal(&tenant).await;
        let mut types: Vec<&str> = entries[start..]
            .iter()
            .filter_map(|entry| entry["type"].as_str())
            .collect();
        types.sort_unstable();
        expected.sort_unstable();
        assert_eq!(types, expected, "{entries:#?}");
        for entry in &entries[start..] {
            assert_eq!(entry["actor"]["type"], "token", "{entry}");
            assert!(
                entry["request_id"]
                    .as_str()
                    .is_some_and(|id| !id.is_empty()),
                "{entry}"
            );
            assert!(!entry.to_string().contains("secret-word"), "{entry}");
        }
    });
}

#[test]
fn member_changes_are_found_by_complete_ids_only() {
    run(async |service| {
        let tenant = service.tenant("journal-members").await;
        let idp = tenant.idp();
        let ann = idp.user("ann").await;
        idp.group("g", &[&ann]).await;
        let found = async |subject: &str| {
            let query = rollcall_directory::AuditQuery {
                subject: Some(subject.to_owned()),
                limit: 10,
                ..rollcall_directory::AuditQuery::default()
            };
            let entries = tenant.directory().journal().audit(&query).await.unwrap().0;
            let actions = entries.into_iter().map(|entry| entry.action);
            actions.collect::<Vec<_>>()
        };
        assert_eq!(found(&ann).await, ["group.members_changed", "user.created"]);
        for part in ["ed", "added", &ann[..8]] {
            assert_eq!(found(part).await, [""; 0], "{part}");
        }
    });
}
