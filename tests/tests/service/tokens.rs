//! Bearer tokens: invalid, revoked and expired ones are refused, and no plaintext token is stored.

use http::Method;
use jiff::{Timestamp, ToSpan};
use rollcall_tests::service::{Service, run};
use serde_json::json;

#[test]
fn invalid_tokens_are_refused() {
    run(async |service| {
        let tenant = service.tenant("no-tokens").await;
        let idp = tenant.idp();
        let valid = tenant.token().to_owned();
        let last = if valid.ends_with('0') { "1" } else { "0" };
        let middle = valid.len() - 12;
        let swapped = if &valid[middle..=middle] == "a" {
            "b"
        } else {
            "a"
        };
        let headers = [
            String::new(),
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            valid.clone(),
            format!("Basic {valid}"),
            format!("Token {valid}"),
            format!("Bearer {}", valid.to_uppercase()),
            format!("Bearer {}{last}", &valid[..valid.len() - 1]),
            format!(
                "Bearer {}{swapped}{}",
                &valid[..middle],
                &valid[middle + 1..]
            ),
            format!("Bearer {}", &valid[..valid.len() - 1]),
            format!("Bearer {valid}x"),
            format!("Bearer {valid} {valid}"),
            format!("Bearer {valid},"),
            "Bearer rcs_acme_x".to_owned(),
            "Bearer rcs__".to_owned(),
            format!("Bearer {}", "x".repeat(7_000)),
            "Bearer eyJhbGciOiJub25lIn0.eyJhdWQiOiI4YWRmOGU2ZSJ9.".to_owned(),
        ];
        for header in headers {
            let answer = idp
                .request(Method::GET, "/Users")
                .header("authorization", &header)
                .send()
                .await;
            assert_eq!(answer.status, 401, "{header}: {}", answer.body);
            let answer = idp
                .request(Method::DELETE, "/Users/x")
                .header("authorization", &header)
                .send()
                .await;
            assert_eq!(answer.status, 401, "{header}: {}", answer.body);
        }
        for path in ["/Users", "/Me", "/Nothing"] {
            idp.with_token(None).get(path).await.expect(401);
        }
        idp.with_token(None)
            .get(&format!("/Users?access_token={valid}"))
            .await
            .expect(401);
        for scheme in ["Bearer", "bearer", "BEARER"] {
            idp.request(Method::GET, "/Users")
                .header("authorization", &format!("{scheme} {valid}"))
                .send()
                .await
                .expect(200);
        }
    });
}

#[test]
fn two_headers_are_refused() {
    run(async |service| {
        let tenant = service.tenant("two-headers").await;
        let twice = format!("Bearer {}", tenant.token());
        tenant
            .idp()
            .request(Method::GET, "/Users")
            .another_header("authorization", &twice)
            .send()
            .await
            .expect(401);
    });
}

#[test]
fn a_revoked_token_is_refused_from_the_next_request() {
    run(async |service| {
        let tenant = service.tenant("revoked").await;
        let (old, new) = (
            tenant.issue("old", None).await,
            tenant.issue("new", None).await,
        );
        let (with_old, with_new) = (
            tenant.idp().with_token(Some(&old.1)),
            tenant.idp().with_token(Some(&new.1)),
        );
        with_old.get("/Users").await.expect(200);
        with_new.get("/Users").await.expect(200);
        tenant.revoke(&old.0).await;
        with_old.get("/Users").await.expect(401);
        with_old
            .post(
                "/Users",
                json!({"schemas": [rollcall_tests::urn::USER], "userName": "x"}),
            )
            .await
            .expect(401);
        with_new
            .get("/Users")
            .await
            .expect(200)
            .is(json!({"totalResults": 0}));
        tenant.revoke(&old.0).await;
        with_old.get("/Users").await.expect(401);
    });
}

#[test]
fn an_expired_token_is_refused() {
    run(async |service| {
        let tenant = service.tenant("expired").await;
        let now = Timestamp::now();
        let past = tenant.issue("past", Some(now - 1.second())).await;
        let future = tenant.issue("future", Some(now + 1.hour())).await;
        tenant
            .idp()
            .with_token(Some(&past.1))
            .get("/Users")
            .await
            .expect(401);
        tenant
            .idp()
            .with_token(Some(&future.1))
            .get("/Users")
            .await
            .expect(200);
    });
}

#[test]
fn refusals_do_not_reveal_the_reason() {
    run(async |service| {
        let tenant = service.tenant("same-words").await;
        let past = tenant
            .issue("past", Some(Timestamp::now() - 1.second()))
            .await;
        let gone = tenant.issue("gone", None).await;
        tenant.revoke(&gone.0).await;
        let idp = tenant.idp();
        let malformed = idp
            .with_token(Some("nonsense"))
            .get("/Users")
            .await
            .expect(401)
            .body;
        for token in [&past.1, &gone.1] {
            assert_eq!(
                idp.with_token(Some(token))
                    .get("/Users")
                    .await
                    .expect(401)
                    .body,
                malformed
            );
        }
        assert_eq!(
            idp.with_token(None).get("/Users").await.expect(401).body,
            malformed
        );
    });
}

#[test]
fn the_last_use_is_recorded() {
    run(async |service| {
        let tenant = service.tenant("last-used").await;
        let issued = tenant.issue("new", None).await;
        assert_eq!(tenant.last_used(&issued.0).await, None);
        let before = Timestamp::now();
        tenant
            .idp()
            .with_token(Some(&issued.1))
            .get("/Users?count=0")
            .await
            .expect(200);
        let used = tenant.last_used(&issued.0).await;
        assert!(used.is_some_and(|at| at >= before - 1.second()), "{used:?}");
    });
}

#[test]
fn no_plaintext_secret_is_in_the_table() {
    run(async |_| {
        let own = Service::start().await;
        let tenant = own.tenant("secrets").await;
        let issued = tenant.issue("label", None).await;
        let user = json!({"schemas": [rollcall_tests::urn::USER], "userName": "u", "password": "S3cret-pa55word"});
        let id = tenant.idp().post("/Users", user).await.expect(201).id();
        let change = json!([{"op": "replace", "path": "password", "value": "An0ther-pa55word"},
                            {"op": "add", "path": "title", "value": "t"}]);
        tenant
            .idp()
            .patch(&format!("/Users/{id}"), change)
            .await
            .expect(200);
        let table = own.dump().await;
        assert!(
            table.contains("label"),
            "the dump does not contain the label"
        );
        for secret in [&issued.1, tenant.token(), "pa55word"] {
            let random = secret.rsplit('_').next().unwrap_or(secret);
            assert!(!table.contains(random), "{random} is in the table");
        }
    });
}
