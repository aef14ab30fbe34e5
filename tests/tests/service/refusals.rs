//! PATCH requests that are refused: they change nothing.

use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

#[test]
fn a_refused_patch_changes_nothing() {
    run(async |service| {
        let idp = service.tenant("refused-patches").await.idp();
        let before = json!({"schemas": [urn::USER], "userName": "p", "title": "t",
                            "emails": [{"type": "work", "value": "w"}]});
        let id = idp.post("/Users", before).await.expect(201).id();
        let path = format!("/Users/{id}");
        let unchanged = idp.get(&path).await.expect(200).body;
        let rows = [
            (json!({"op": "remove"}), "noTarget"),
            (
                json!({"op": "replace", "path": "id", "value": "x"}),
                "mutability",
            ),
            (
                json!({"op": "replace", "path": "meta.created", "value": "x"}),
                "mutability",
            ),
            (
                json!({"op": "add", "path": "groups", "value": [{"value": "x"}]}),
                "mutability",
            ),
            (json!({"op": "remove", "path": "userName"}), "mutability"),
            (
                json!({"op": "add", "path": "emails[", "value": "x"}),
                "invalidPath",
            ),
            (
                json!({"op": "add", "path": "emails[type eq \"work\"", "value": "x"}),
                "invalidPath",
            ),
            (
                json!({"op": "add", "path": "name..givenName", "value": "x"}),
                "invalidPath",
            ),
            (
                json!({"op": "add", "path": "a b", "value": "x"}),
                "invalidPath",
            ),
            (
                json!({"op": "move", "path": "title", "value": "x"}),
                "invalidSyntax",
            ),
            (json!({"path": "title", "value": "x"}), "invalidSyntax"),
            (
                json!({"op": "add", "path": "active", "value": "maybe"}),
                "invalidValue",
            ),
            (
                json!({"op": "add", "path": "active", "value": 1}),
                "invalidValue",
            ),
            (
                json!({"op": "add", "path": "title", "value": 7}),
                "invalidValue",
            ),
            (
                json!({"op": "add", "path": "title", "value": ["a", "b"]}),
                "invalidValue",
            ),
            (
                json!({"op": "add", "path": "emails[type eq \"work\"].value", "value": {"a": 1}}),
                "invalidValue",
            ),
            (json!({"op": "add", "value": "x"}), "invalidValue"),
            (
                json!({"op": "replace", "path": "emails[value sw \"nobody\"].type", "value": "x"}),
                "noTarget",
            ),
            (
                json!({"op": "replace", "path": "emails[type eq \"x\" or type eq \"y\"].value", "value": "z"}),
                "noTarget",
            ),
        ];
        for (operation, scim_type) in rows {
            let valid = json!({"op": "replace", "path": "title", "value": "half"});
            let refused = idp.patch(&path, json!([valid, operation])).await;
            assert_eq!(
                (refused.status, refused.body["scimType"].as_str()),
                (400, Some(scim_type)),
                "{operation}: {}",
                refused.body
            );
            assert_eq!(
                idp.get(&path).await.body,
                unchanged,
                "{operation} changed the user"
            );
        }
        // Invalid requests around the operations.
        let envelopes = [
            json!({"schemas": [urn::PATCH], "Operations": []}),
            json!({"schemas": [urn::PATCH]}),
            json!({"schemas": [urn::PATCH], "Operations": {}}),
            json!({"schemas": [urn::PATCH], "Operations": "x"}),
            json!({"schemas": [urn::PATCH], "Operations": ["x"]}),
            json!({"schemas": [urn::USER], "Operations": [{"op": "add", "path": "title", "value": "x"}]}),
            json!({"Operations": [{"op": "add", "path": "title", "value": "x"}]}),
            json!([]),
            json!("x"),
        ];
        for body in envelopes {
            let refused = idp
                .request(http::Method::PATCH, &path)
                .body(&body)
                .send()
                .await
                .expect(400);
            assert!(
                ["invalidSyntax", "invalidValue"]
                    .iter()
                    .any(|t| refused.body["scimType"] == *t),
                "{body}: {}",
                refused.body
            );
            assert_eq!(
                idp.get(&path).await.body,
                unchanged,
                "{body} changed the user"
            );
        }
        // A user name that is already taken.
        idp.user("taken").await;
        idp.patch(
            &path,
            json!([{"op": "replace", "path": "userName", "value": "TAKEN"}]),
        )
        .await
        .refused(409, "uniqueness");
        assert_eq!(idp.get(&path).await.body, unchanged);
    });
}

#[test]
fn a_patch_has_at_most_one_thousand_operations() {
    run(async |service| {
        let idp = service.tenant("many-operations").await.idp();
        let id = idp.user("p").await;
        let path = format!("/Users/{id}");
        let operations = |n: usize| {
            let one = |i: usize| json!({"op": "add", "path": "title", "value": format!("t{i}")});
            Value::Array((0..n).map(one).collect())
        };
        idp.patch(&path, operations(1000))
            .await
            .expect(200)
            .is(json!({"title": "t999"}));
        let refused = idp.patch(&path, operations(1001)).await;
        assert!([400, 413].contains(&refused.status), "{}", refused.body);
        idp.get(&path).await.is(json!({"title": "t999"}));
    });
}
