//! The rate limit: requests over the limit are refused, and a client can send them again.

use rollcall_directory::{RateLimit, Reason, Settings};
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::json;

#[test]
fn sixty_requests_per_minute_with_a_burst() {
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
            assert!(sent < 1_000, "no request was refused");
        }
        // The refused requests had no effect, and they succeed with another token.
        let other = idp.with_token(Some(&tenant.issue("other", None).await.1));
        for n in refused {
            other.post("/Users", create(n)).await.expect(201);
        }
        // The same token works again after a short time.
        let mut tries = 0;
        while idp.get("/Users?count=0").await.status == 429 {
            tries += 1;
            assert!(tries < 100_000, "the token is still refused");
        }
        let third = idp.with_token(Some(&tenant.issue("third", None).await.1));
        assert_eq!(
            third.get("/Users?count=0").await.expect(200).total(),
            sent as u64
        );
    });
}

#[test]
fn the_default_limit_is_high_enough_for_entra() {
    run(async |service| {
        let idp = service
            .tenant_with("default-rate", Settings::default())
            .await
            .idp();
        // Entra sends 25 requests per second; send the requests of ten seconds at the same time.
        let answers = futures::future::join_all((0..250).map(|_| idp.get("/Users?count=0"))).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
    });
}

#[test]
fn each_token_has_its_own_limit() {
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
        // One request, and one more for the burst.
        idp.get("/Users").await.expect(200);
        idp.get("/Users").await.expect(200);
        let throttled = idp.get("/Users").await.expect(429);
        throttled.because(Reason::RateLimited);
        // Discovery needs no token and does not count.
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
