//! Requests with unknown ids, paths, methods and queries: the response is the correct SCIM error, never a 500.

use http::Method;
use rollcall_tests::idp::Idp;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};

#[test]
fn unknown_ids() {
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
                    json!({"schemas": [urn::PATCH],
                           "Operations": [{"op": "replace", "path": "active", "value": false}]}),
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
        assert_eq!(idp.census().await, (1, 1));
        idp.get(&format!("/Users/{}", user.to_uppercase()))
            .await
            .refused(404, "");
    });
}

#[test]
fn malformed_queries() {
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
fn unknown_methods_and_paths() {
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
            (Method::GET, "/Bulk", 405),
        ];
        for (method, path, status) in rows {
            let answer = idp.request(method.clone(), path).send().await;
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
            if status == 405 {
                assert!(
                    answer.header("allow").is_some(),
                    "{method} {path}: the response has no Allow header"
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
