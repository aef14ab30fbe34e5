//! Invalid request bodies: the response is the correct SCIM error, never a 500, and nothing is written.

use http::Method;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::json;

#[test]
fn bodies_that_are_not_json() {
    run(async |service| {
        let idp = service.tenant("no-json").await.idp();
        let user = idp.user("u").await;
        let group = idp.group("g", &[]).await;
        let bodies: Vec<Vec<u8>> = vec![
            b"".to_vec(),
            b"{".to_vec(),
            b"{]".to_vec(),
            b"null".to_vec(),
            b"[]".to_vec(),
            b"17".to_vec(),
            b"\"text\"".to_vec(),
            b"userName=ada".to_vec(),
            b"<User/>".to_vec(),
            b"{\"schemas\": [\"urn:ietf:params:scim:schemas:core:2.0:User\"], \"userName\": \"\xff\xfe\"}".to_vec(),
            b"\xef\xbb\xbf{".to_vec(),
            b"{\"a\":1}{\"b\":2}".to_vec(),
            b"{\"userName\": \"\\ud800\"}".to_vec(),
            "[".repeat(100_000).into_bytes(),
            format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000)).into_bytes(),
            format!("{{\"a\":{}1{}}}", "{\"a\":".repeat(1_000), "}".repeat(1_000)).into_bytes(),
        ];
        let before = idp.census().await;
        let places = [
            (Method::POST, "/Users".to_owned()),
            (Method::PUT, format!("/Users/{user}")),
            (Method::PATCH, format!("/Users/{user}")),
            (Method::POST, "/Groups".to_owned()),
            (Method::PUT, format!("/Groups/{group}")),
            (Method::PATCH, format!("/Groups/{group}")),
            (Method::POST, "/Users/.search".to_owned()),
        ];
        for (method, path) in &places {
            for body in &bodies {
                let start = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
                let answer = idp
                    .request(method.clone(), path)
                    .raw(body.clone())
                    .send()
                    .await;
                let said = answer.body["scimType"].as_str().unwrap_or_default();
                assert_eq!(
                    (answer.status, said),
                    (400, "invalidSyntax"),
                    "{method} {path} {start}: {}",
                    answer.body
                );
            }
        }
        assert_eq!(idp.census().await, before);
    });
}

#[test]
fn bodies_that_are_too_large() {
    run(async |service| {
        let idp = service.tenant("too-large").await.idp();
        let user = idp.user("u").await;
        let before = idp.census().await;
        for (method, path) in [
            (Method::POST, "/Users".to_owned()),
            (Method::PUT, format!("/Users/{user}")),
            (Method::POST, "/Users/.search".to_owned()),
        ] {
            for size in [1024 * 1024 + 1, 3 * 1024 * 1024] {
                let body =
                    json!({"schemas": [urn::USER], "userName": "big", "title": "x".repeat(size)});
                idp.request(method.clone(), &path)
                    .body(&body)
                    .send()
                    .await
                    .refused(413, "");
            }
        }
        let large =
            json!({"schemas": [urn::USER], "userName": "big", "title": "x".repeat(900 * 1024)});
        idp.post("/Users", large).await.refused(400, "invalidValue");
        assert_eq!(idp.census().await, before);
        let fits =
            json!({"schemas": [urn::USER], "userName": "fits", "title": "x".repeat(100 * 1024)});
        let id = idp.post("/Users", fits.clone()).await.expect(201).id();
        idp.get(&format!("/Users/{id}"))
            .await
            .expect(200)
            .is(json!({"title": fits["title"]}));
    });
}

#[test]
fn values_of_the_wrong_type() {
    run(async |service| {
        let idp = service.tenant("wrong-types").await.idp();
        let rows = [
            json!({"userName": 7}),
            json!({"userName": ["a", "b"]}),
            json!({"userName": {"a": 1}}),
            json!({"userName": true}),
            json!({"userName": ""}),
            json!({"userName": null}),
            json!({}),
            json!({"userName": "x", "active": "maybe"}),
            json!({"userName": "x", "active": 1}),
            json!({"userName": "x", "active": [true, false]}),
            json!({"userName": "x", "name": "Ada"}),
            json!({"userName": "x", "name": {"givenName": 7}}),
            json!({"userName": "x", "emails": 7}),
            json!({"userName": "x", "emails": [7]}),
            json!({"userName": "x", "emails": [{"value": 7}]}),
            json!({"userName": "x", "emails": [{"value": "a", "primary": "perhaps"}]}),
            json!({"userName": "x", "emails": [[{"value": "a"}]]}),
            json!({"userName": "x", "title": {"en": "t"}}),
            json!({"userName": "x", "x509Certificates": [{"value": "not base64 !"}]}),
            json!({"userName": "x", urn::ENTERPRISE: "x"}),
            json!({"userName": "x", urn::ENTERPRISE: {"department": 7}}),
            json!({"userName": "x", urn::ENTERPRISE: {"manager": {"value": 7}}}),
        ];
        for mut body in rows {
            body["schemas"] = json!([urn::USER]);
            let answer = idp.post("/Users", body.clone()).await;
            let said = answer.body["scimType"].as_str().unwrap_or_default();
            assert_eq!(
                (answer.status, said),
                (400, "invalidValue"),
                "{body}: {}",
                answer.body
            );
        }
        let groups = [
            json!({}),
            json!({"displayName": 7}),
            json!({"displayName": ""}),
            json!({"displayName": "g", "members": 7}),
            json!({"displayName": "g", "members": [{"value": 7}]}),
            json!({"displayName": "g", "members": [{"display": "x"}]}),
        ];
        for mut body in groups {
            body["schemas"] = json!([urn::GROUP]);
            let answer = idp.post("/Groups", body.clone()).await;
            let said = answer.body["scimType"].as_str().unwrap_or_default();
            assert_eq!(
                (answer.status, said),
                (400, "invalidValue"),
                "{body}: {}",
                answer.body
            );
        }
        assert_eq!(idp.census().await, (0, 0));
    });
}

#[test]
fn schemas_that_do_not_fit_the_resource_type() {
    run(async |service| {
        let idp = service.tenant("wrong-schemas").await.idp();
        let rows = [
            json!(null),
            json!([]),
            json!("x"),
            json!({}),
            json!([7]),
            json!([urn::GROUP]),
            json!([urn::ENTERPRISE]),
            json!(["urn:nobody:knows"]),
            json!(["urn:ietf:params:scim:schemas:core:1.0:User"]),
        ];
        for schemas in rows {
            let answer = idp
                .post("/Users", json!({"schemas": schemas, "userName": "x"}))
                .await;
            let said = answer.body["scimType"].as_str().unwrap_or_default();
            assert!(
                answer.status == 400 && ["invalidSyntax", "invalidValue"].contains(&said),
                "{schemas}: {}",
                answer.body
            );
        }
        assert_eq!(idp.census().await, (0, 0));
        let bare = idp.post("/Users", json!({"userName": "bare"})).await;
        bare.expect(201).is(json!({"schemas": [urn::USER]}));
        let known = json!({"schemas": ["urn:nobody:knows", urn::USER, urn::USER.to_uppercase()], "userName": "x"});
        idp.post("/Users", known)
            .await
            .expect(201)
            .is(json!({"schemas": [urn::USER]}));
    });
}
