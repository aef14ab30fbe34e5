//! Bad input of every kind: the right SCIM error, never a 500, never a partial write.

use http::Method;
use rollcall_tests::idp::Idp;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

/// How many users and groups there are.
async fn census(idp: &Idp) -> (u64, u64) {
    let count = async |endpoint: &str| {
        idp.get(&format!("{endpoint}?count=0"))
            .await
            .expect(200)
            .total()
    };
    (count("/Users").await, count("/Groups").await)
}

#[test]
fn bodies_that_are_no_json() {
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
        let before = census(&idp).await;
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
        assert_eq!(census(&idp).await, before);
    });
}

#[test]
fn bodies_that_are_too_large() {
    run(async |service| {
        let idp = service.tenant("too-large").await.idp();
        let user = idp.user("u").await;
        let before = census(&idp).await;
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
        assert_eq!(census(&idp).await, before);
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
        assert_eq!(census(&idp).await, (0, 0));
    });
}

#[test]
fn schemas_that_are_not_the_type_s() {
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
        idp.post("/Users", json!({"userName": "x"}))
            .await
            .expect(400);
        assert_eq!(census(&idp).await, (0, 0));
        let known = json!({"schemas": ["urn:nobody:knows", urn::USER, urn::USER.to_uppercase()], "userName": "x"});
        idp.post("/Users", known)
            .await
            .expect(201)
            .is(json!({"schemas": [urn::USER]}));
    });
}

#[test]
fn ids_that_nobody_has() {
    run(async |service| {
        let idp = service.tenant("unknown-ids").await.idp();
        let user = idp.user("u").await;
        let group = idp.group("g", &[&user]).await;
        let long = "x".repeat(3_000);
        let ids = [
            "0",
            "none",
            "01890a5d-ac96-774b-bcce-b302099a8057",
            "%00",
            "..%2fGroups",
            "%ff%fe",
            "a%20b",
            "*",
            "%23",
            "T%23acme",
            "'%20or%201=1",
            "%25",
            &long,
            &group,
        ];
        for id in ids {
            for (method, body) in [
                (Method::GET, Value::Null),
                (
                    Method::PUT,
                    json!({"schemas": [urn::USER], "userName": "new"}),
                ),
                (
                    Method::PATCH,
                    json!({"schemas": [urn::PATCH], "Operations": [{"op": "replace", "path": "active", "value": false}]}),
                ),
                (Method::DELETE, Value::Null),
            ] {
                let request = idp.request(method.clone(), &format!("/Users/{id}"));
                let request = if body.is_null() {
                    request
                } else {
                    request.body(&body)
                };
                let answer = request.send().await;
                assert!(
                    [400, 404].contains(&answer.status),
                    "{method} {id}: {} {}",
                    answer.status,
                    answer.body
                );
            }
        }
        idp.get(&format!("/Groups/{user}")).await.refused(404, "");
        assert_eq!(census(&idp).await, (1, 1));
        idp.get(&format!("/Users/{}", user.to_uppercase()))
            .await
            .refused(404, "");
    });
}

#[test]
fn queries_that_make_no_sense() {
    run(async |service| {
        let idp = service.tenant("odd-queries").await.idp();
        idp.user("u").await;
        for query in [
            "?filter=%zz",
            "?filter=%ff%fe",
            "?filter=userName%20eq%20%22%ff%22",
            "?%zz=1",
        ] {
            let answer = idp.get(&format!("/Users{query}")).await;
            assert_eq!(answer.status, 400, "{query}: {}", answer.body);
        }
        for query in [
            "?",
            "?&&&",
            "?=x",
            "?cursor",
            "?x=%20",
            "?attributes&excludedAttributes",
            "?sortBy=",
        ] {
            let answer = idp.get(&format!("/Users{query}")).await;
            assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        }
        let many = format!("/Users?{}", "a=b&".repeat(2_000));
        let answer = idp.get(&many).await;
        assert!(
            [200, 400, 414, 431].contains(&answer.status),
            "{}",
            answer.status
        );
    });
}

#[test]
fn methods_and_paths_that_are_not_there() {
    run(async |service| {
        let idp = service.tenant("no-routes").await.idp();
        let rows = [
            (Method::DELETE, "/Users", 405),
            (Method::PUT, "/Users", 405),
            (Method::PATCH, "/Groups", 405),
            (Method::POST, "/ServiceProviderConfig", 405),
            (Method::DELETE, "/Schemas", 405),
            (Method::PUT, "/ResourceTypes/User", 405),
            (Method::GET, "/Users/.search", 405),
            (Method::GET, "/users", 404),
            (Method::GET, "/Devices", 404),
            (Method::GET, "/Schemas/urn:nobody:knows", 404),
            (Method::GET, "/Users/a/b/c", 404),
            (Method::GET, "/Me", 501),
            (Method::POST, "/Bulk", 501),
        ];
        for (method, path, status) in rows {
            let answer = idp.request(method.clone(), path).send().await;
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
            if status == 405 {
                assert!(
                    answer.header("allow").is_some(),
                    "{method} {path} does not say what is allowed"
                );
            }
        }
        let root = Idp::new(idp.base().trim_end_matches("/scim/v2"), None);
        for path in [
            "/",
            "/scim",
            "/scim/v1/Users",
            "/v2/Users",
            "/Users",
            "/favicon.ico",
        ] {
            let answer = root.get(path).await;
            assert!(
                [404, 401, 403].contains(&answer.status),
                "{path}: {}",
                answer.status
            );
        }
        let base = idp.get("").await;
        assert!([200, 404].contains(&base.status), "{}", base.body);
    });
}

#[test]
fn discovery_cannot_be_filtered() {
    run(async |service| {
        let idp = service.tenant("discovery-filters").await.idp();
        for path in ["/Schemas", "/ResourceTypes"] {
            idp.get(&format!("{path}?filter=id%20eq%20%22x%22"))
                .await
                .expect(403);
            idp.get(&format!("{path}?startIndex=2&count=1&sortBy=id"))
                .await
                .expect(200);
        }
    });
}

#[test]
fn content_types_that_clients_send() {
    run(async |service| {
        let idp = service.tenant("content-types").await.idp();
        let types = [
            "application/scim+json",
            "application/json",
            "application/scim+json; charset=utf-8",
            "APPLICATION/JSON;charset=UTF-8",
            "text/json",
        ];
        for (n, content_type) in types.iter().enumerate() {
            let body = json!({"schemas": [urn::USER], "userName": format!("u{n}")});
            idp.request(Method::POST, "/Users")
                .header("content-type", content_type)
                .body(&body)
                .send()
                .await
                .expect(201);
        }
        let accepts = [
            "application/scim+json",
            "application/json",
            "*/*",
            "application/scim+json, application/json;q=0.9",
            "application/json, application/scim+json",
            "text/html, */*;q=0.1",
        ];
        for accept in accepts {
            idp.request(Method::GET, "/Users")
                .header("accept", accept)
                .send()
                .await
                .expect(200);
            idp.request(Method::GET, "/Users/none")
                .header("accept", accept)
                .send()
                .await
                .expect(404);
        }
        idp.request(Method::GET, "/Users")
            .without("accept")
            .send()
            .await
            .expect(200);
    });
}
