//! The request log: every SCIM request of a tenant, its result, and a diagnosis of each failure.

use http::Method;
use jiff::{Timestamp, ToSpan};
use rollcall_directory::{Diagnosis, Reason, Role};
use rollcall_insight::Insight;
use rollcall_scim::Reading;
use rollcall_tests::faults::Fault;
use rollcall_tests::service::{Service, run};
use rollcall_tests::urn;
use serde_json::{Value, json};

#[test]
fn requests_and_responses_are_logged_without_secrets() {
    run(async |service| {
        let tenant = service.tenant("log").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let user = json!({"schemas": [urn::USER], "userName": "ada", "password": "S3cret-word"});
        let made = idp.post("/Users", user.clone()).await.expect(201);
        idp.post("/Users", user).await.refused(409, "uniqueness");
        let path = format!("/Users/{}", made.id());
        let change = json!([{"op": "replace", "path": "password", "value": "An0ther-word"}]);
        idp.patch(&path, change).await.expect(200);
        idp.get("/Users?filter=userName+eq+%22ada%22&access_token=T0ken-word")
            .await
            .expect(200);
        idp.get("/Nothing").await.expect(404);
        idp.request(Method::POST, "/Users")
            .raw("{\"password\": \"Br0ken-word")
            .send()
            .await
            .expect(400);
        let log = admin.get("/requests").await.expect(200);
        log.clone().is(json!({"items": [
            {"method": "POST", "target": "/Users", "status": 400, "scim_type": "invalidSyntax"},
            {"method": "GET", "target": "/Nothing", "status": 404},
            {"method": "GET", "status": 200},
            {"method": "PATCH", "target": path, "status": 200},
            {"method": "POST", "target": "/Users", "status": 409, "scim_type": "uniqueness"},
            {"method": "POST", "target": "/Users", "status": 201, "body": {"userName": "ada"}},
        ]}));
        assert!(!log.body.to_string().contains("-word"), "{}", log.body);
        for item in log.select("/items/*") {
            let failed = item["status"].as_u64() >= Some(400);
            assert_eq!(item["diagnosis"].is_string(), failed, "{item}");
            assert_eq!(item["connection_id"], tenant.connection_id());
        }
    });
}

#[test]
fn the_log_is_searched_by_person_text_failure_and_connection() {
    run(async |service| {
        let tenant = service.tenant("log-search").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let (ada, bob) = (idp.user("ada").await, idp.user("bob").await);
        idp.group("g", &[&ada]).await;
        idp.filter("/Users", "userName eq \"ADA\"")
            .await
            .expect(200);
        idp.get(&format!("/Users/{bob}")).await.expect(200);
        idp.get("/Users/none").await.expect(404);
        for (query, expected) in [
            (String::new(), 6),
            (format!("?person={ada}"), 3),
            (format!("?person={bob}"), 2),
            ("?text=displayname".to_owned(), 1),
            ("?failed=true".to_owned(), 1),
            (format!("?connection_id={}", tenant.connection_id()), 6),
            ("?connection_id=none".to_owned(), 0),
            ("?limit=1".to_owned(), 6),
        ] {
            let found = admin.all(&format!("/requests{query}")).await;
            assert_eq!(found.len(), expected, "{query}: {found:#?}");
        }
    });
}

#[test]
fn a_search_for_a_person_finds_only_requests_about_that_person() {
    run(async |service| {
        let tenant = service.tenant("log-names").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let ann = idp.user("ann").await;
        let ada = idp.user("ada@example.test").await;
        idp.user("joanna@example.test").await;
        for name in ["ann", "ADA@example.test", "joanna@example.test"] {
            idp.filter("/Users", &format!("userName eq \"{name}\""))
                .await
                .expect(200);
        }
        for (query, expected) in [
            (format!("person={ann}"), 2),
            (format!("person={ada}"), 2),
            ("text=ada@example.test".to_owned(), 2),
            ("text=ada%2540example.test".to_owned(), 1),
            ("text=ann".to_owned(), 4),
        ] {
            let found = admin.all(&format!("/requests?{query}")).await;
            assert_eq!(found.len(), expected, "{query}: {found:#?}");
        }
    });
}

#[test]
fn a_request_is_found_by_the_values_that_a_page_shows() {
    run(async |service| {
        let tenant = service.tenant("log-answers").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let ada = idp.user("ada").await;
        idp.filter("/Users", "nonsense").await.expect(400);
        let group = idp.group("g", &[&ada, "stale"]).await;
        idp.delete(&format!("/Groups/{group}")).await.expect(204);
        let all = admin.all("/requests").await;
        let text = |n: usize, field: &str| all[n][field].as_str().unwrap_or_default().to_owned();
        let (now, past) = (text(0, "occurred_at"), text(3, "occurred_at"));
        for (query, expected) in [
            (format!("text={}", text(1, "request_id")), &all[1..2]),
            (format!("text={}", text(2, "id")), &all[2..3]),
            ("text=invalidfilter".to_owned(), &all[2..3]),
            ("failed=true".to_owned(), &all[1..3]),
            (format!("from={now}"), &all[..1]),
            (format!("to={past}"), &all[3..]),
            (format!("from={past}&to={now}"), &all[..]),
        ] {
            let found = admin.all(&format!("/requests?{query}")).await;
            assert_eq!(found, expected, "{query}");
        }
        // Ids can contain the same digits by chance.
        let found = admin.all("/requests?text=400").await;
        assert!(found.contains(&all[2]), "{found:?}");
    });
}

#[test]
fn requests_with_revoked_or_expired_tokens_are_logged() {
    run(async |service| {
        let tenant = service.tenant("log-tokens").await;
        let admin = service.admin(&tenant, Role::Admin).await;
        let (revoked, secret) = tenant.issue("revoked", None).await;
        tenant.revoke(&revoked).await;
        let past = Timestamp::now() - 1.second();
        let (expired, old) = tenant.issue("expired", Some(past)).await;
        for token in [&secret, &old] {
            let idp = tenant.idp().with_token(Some(token));
            idp.delete("/Users/some-id").await.expect(401);
        }
        tenant
            .idp()
            .with_token(Some("nonsense"))
            .get("/Users")
            .await
            .expect(401);
        let log = admin.get("/requests").await.expect(200);
        let pair = |token: &str, reason: Reason| {
            json!({"method": "DELETE", "target": "/Users/some-id", "status": 401,
                   "token_id": token, "reason": reason.as_str()})
        };
        log.clone().is(json!({"items": [
            pair(&expired, Reason::TokenExpired),
            pair(&revoked, Reason::TokenRevoked),
        ]}));
        let diagnoses = log.strings("/items/*/diagnosis");
        assert_eq!(
            diagnoses,
            [Diagnosis::Expired.text(), Diagnosis::Revoked.text()]
        );
    });
}

#[test]
fn a_tenant_can_log_only_some_of_its_successful_reads() {
    run(async |service| {
        let tenant = service.tenant("log-sampled").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let sampled = json!({"read_log_sampling": 20});
        admin.patch("/settings", sampled).await.expect(200);
        let refused = json!({"read_log_sampling": 101});
        admin.patch("/settings", refused).await.expect(400);
        for n in 0..10 {
            idp.user(&format!("person-{n}")).await;
            idp.get(&format!("/Users/nobody-{n}")).await.expect(404);
        }
        for _ in 0..200 {
            idp.get("/Users?count=1").await.expect(200);
        }
        let log = admin.all("/requests").await;
        let of = |method: &str, status: u16| {
            let found = log.iter();
            let found = found.filter(|one| one["method"] == method && one["status"] == status);
            found.collect::<Vec<_>>()
        };
        // What failed and what changed something is all there.
        assert_eq!((of("POST", 201).len(), of("GET", 404).len()), (10, 10));
        let reads = of("GET", 200);
        assert!((1..60).contains(&reads.len()), "{}", reads.len());
        for read in &reads {
            assert_eq!(read["stands_for"], 20, "{read}");
        }
        // The traffic counts each entry as often as what it stands for.
        let digest = Insight::of(tenant.directory()).digest().await.unwrap();
        let hours = digest.hours;
        let succeeded: u64 = hours.iter().map(|hour| hour.succeeded).sum();
        assert_eq!(succeeded, 10 + 20 * reads.len() as u64);
    });
}

#[test]
fn skipped_members_are_named() {
    run(async |service| {
        let tenant = service.tenant("log-skipped").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let ada = idp.user("ada").await;
        idp.group("g", &[&ada, "stale-1", "stale-2"]).await;
        let log = admin.get("/requests?text=stale-1").await.expect(200);
        log.clone().is(
            json!({"items": [{"status": 201, "skipped_members": ["stale-1", "stale-2"],
                                  "readings": [Reading::MemberSkipped.as_str()]}]}),
        );
        assert_eq!(log.string("/items/0/diagnosis"), Diagnosis::Skipped.text());
    });
}

#[test]
fn no_tenant_sees_the_requests_of_another() {
    run(async |service| {
        let (ours, theirs) = (
            service.tenant("log-ours").await,
            service.tenant("log-theirs").await,
        );
        let ada = theirs.idp().user("ada").await;
        let admin = service.admin(&ours, Role::Owner).await;
        for query in ["", "?text=ada", &format!("?person={ada}")] {
            let found: Vec<Value> = admin.all(&format!("/requests{query}")).await;
            assert!(found.is_empty(), "{query}");
        }
    });
}

#[test]
fn a_failed_log_write_does_not_change_the_response() {
    run(async |_| {
        let (service, faults) = Service::with_faults().await;
        let tenant = service.tenant("log-broken").await;
        let admin = service.admin(&tenant, Role::Admin).await;
        // First the write is refused, then it never returns.
        for fault in [Fault::ServerError, Fault::KilledBefore] {
            faults.schedule(move |call| {
                let partition = call.body["Item"]["PK"]["S"].as_str();
                match partition.is_some_and(|partition| partition.ends_with("#Q")) {
                    true => fault,
                    false => Fault::None,
                }
            });
            tenant.idp().get("/Users").await.expect(200);
            assert_eq!(faults.count(fault).min(1), 1, "{fault:?} was not injected");
        }
        faults.clear();
        tenant.idp().get("/Groups").await.expect(200);
        let log = admin.get("/requests").await.expect(200);
        assert_eq!(log.strings("/items/*/target"), ["/Groups"]);
    });
}
