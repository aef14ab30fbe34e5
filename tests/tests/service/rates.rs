//! The rate limit: what is over it is told so, and nothing is lost.

use rollcall_directory::{RateLimit, Settings};
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::json;

#[test]
fn sixty_a_minute_with_a_burst() {
    run(async |service| {
        let limit = RateLimit {
            per_minute: 60,
            burst: 5,
        };
        let tenant = service
            .tenant_with(
                "sixty",
                Settings {
                    rate_limit: Some(limit),
                    ..Settings::default()
                },
            )
            .await;
        let idp = tenant.idp();
        let create = |n: usize| json!({"schemas": [urn::USER], "userName": format!("r{n}")});
        let (mut sent, mut refused) = (0, Vec::new());
        while refused.len() < 5 {
            let answer = idp.post("/Users", create(sent)).await;
            if answer.status == 429 {
                let wait = answer
                    .header("retry-after")
                    .and_then(|value| value.parse::<u32>().ok());
                assert!(
                    wait.is_some_and(|seconds| (1..=2).contains(&seconds)),
                    "{wait:?}"
                );
                refused.push(sent);
            } else {
                answer.expect(201);
            }
            sent += 1;
            assert!(sent < 1_000, "never refused");
        }
        // what was refused was not done, and passes with another token
        let other = idp.with_token(Some(&tenant.issue("other", None).await.1));
        for n in refused {
            other.post("/Users", create(n)).await.expect(201);
        }
        // and with the same one, a little later
        let mut tries = 0;
        while idp.get("/Users?count=0").await.status == 429 {
            tries += 1;
            assert!(tries < 100_000, "refused for ever");
        }
        let third = idp.with_token(Some(&tenant.issue("third", None).await.1));
        assert_eq!(
            third.get("/Users?count=0").await.expect(200).total(),
            sent as u64
        );
    });
}

#[test]
fn the_default_admits_entra() {
    run(async |service| {
        let idp = service
            .tenant_with("default-rate", Settings::default())
            .await
            .idp();
        // ten seconds' worth of Entra's 25 a second, all at once
        let answers = futures::future::join_all((0..250).map(|_| idp.get("/Users?count=0"))).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
    });
}

#[test]
fn one_token_does_not_pay_for_another() {
    run(async |service| {
        let limit = RateLimit {
            per_minute: 1,
            burst: 1,
        };
        let tenant = service
            .tenant_with(
                "separate",
                Settings {
                    rate_limit: Some(limit),
                    ..Settings::default()
                },
            )
            .await;
        let idp = tenant.idp();
        // one, and one on top
        idp.get("/Users").await.expect(200);
        idp.get("/Users").await.expect(200);
        idp.get("/Users").await.expect(429);
        // discovery asks for no token and spends none
        service
            .idp_without_token()
            .get("/ServiceProviderConfig")
            .await
            .expect(200);
        let other = idp.with_token(Some(&tenant.issue("other", None).await.1));
        other.get("/Users").await.expect(200);
        other.get("/Users").await.expect(200);
        other.get("/Users").await.expect(429);
        let bad = idp.with_token(Some("nonsense"));
        bad.get("/Users").await.expect(401);
    });
}
