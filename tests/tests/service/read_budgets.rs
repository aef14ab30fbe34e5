//! What the requests of one token, and those of one session, may read per minute.

use futures::future::join_all;
use jiff::Timestamp;
use rollcall_directory::capacity::measure;
use rollcall_directory::{LoggedRequest, Reason, Role, Verdict};
use rollcall_tests::raw;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::{Value, json};

use crate::digest::log;
use crate::oauth::Client;

/// Reads each person for the order of names: about as many read units as people.
const COSTLY: &str = "/Users?sortBy=userName";
/// How many there are.
const PEOPLE: usize = 60;

async fn tenant_with_people(service: &Service, name: &str) -> Tenant {
    let tenant = service.tenant(name).await;
    let idp = tenant.idp();
    join_all((0..PEOPLE).map(|n| {
        let idp = &idp;
        async move { idp.user(&format!("person-{n}")).await }
    }))
    .await;
    tenant
}

async fn allow(service: &Service, tenant: &Tenant, read_units_per_minute: Value) {
    let change = json!({"ceilings": {"read_units_per_minute": read_units_per_minute}});
    let path = format!("/tenants/{}", tenant.id());
    service.application().patch(&path, change).await.expect(200);
}

/// Returns what the tokens of the tenant still pay for: one entry for each token that has read much.
async fn charged(service: &Service, tenant: &Tenant) -> usize {
    let tokens = raw::items(service, tenant).await;
    let tokens = tokens.iter().filter(|item| {
        raw::text(item, "PK") == format!("T#{}#K", tenant.id())
            && item.contains_key("reads_allow_at")
    });
    tokens.count()
}

#[test]
fn a_token_that_reads_much_waits_and_no_other_does() {
    run(async |service| {
        let tenant = tenant_with_people(service, "reads-much").await;
        let (idp, other) = (tenant.idp(), tenant.issue("other", None).await.1);
        let other = idp.with_token(Some(&other));
        let ada = idp.user("ada").await;
        // More than one costly request in a minute, and less than two.
        allow(service, &tenant, json!(100)).await;
        idp.get(COSTLY).await.expect(200);
        // What is read beyond the budget is paid for afterwards.
        idp.get(COSTLY).await.expect(200);
        let refused = idp.get(&format!("/Users/{ada}")).await.expect(429);
        let refused = refused.because(Reason::ReadBudgetSpent);
        let seconds: u32 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
        for named in ["`userName`", "`externalId`", "`sortBy`", "`id`"] {
            assert!(refused.string("/detail").contains(named), "{named}");
        }
        idp.post("/Users", json!({"schemas": [urn::USER], "userName": "eve"}))
            .await
            .expect(429);
        // Neither another token nor the application waits.
        other.get(COSTLY).await.expect(200);
        let people = format!("/tenants/{}/users", tenant.id());
        service.application().get(&people).await.expect(200);
        // An admin of the tenant cannot change it, also not by another limit of requests, or by removing that.
        let owner = service
            .admin(&tenant, rollcall_directory::Role::Owner)
            .await;
        let limit = json!({"per_minute": 6_000, "burst": 6_000});
        let change = json!({"rate_limit": limit, "retention_days": 80});
        owner.patch("/settings", change).await.expect(200);
        let removed = json!({"rate_limit": null});
        owner.patch("/settings", removed).await.expect(403);
        idp.get("/Users?count=0").await.expect(429);
        // A new ceiling begins anew.
        allow(service, &tenant, json!(10_000)).await;
        idp.get(COSTLY).await.expect(200);
        allow(service, &tenant, json!(1)).await;
        idp.get(&format!("/Users/{ada}")).await.expect(200);
        idp.get(COSTLY).await.expect(200);
        let refused = idp.get("/Users?count=0").await.expect(429);
        let seconds: u32 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!(seconds > 3_000, "{seconds}");
        allow(service, &tenant, json!(null)).await;
        idp.get("/Users?count=0").await.expect(200);
        // The tenant's log says why it waited.
        let log = format!("/tenants/{}/requests?failed=true", tenant.id());
        let log = service.application().get(&log).await.expect(200);
        assert_eq!(
            log.string("/items/0/reason"),
            Reason::ReadBudgetSpent.as_str()
        );
    });
}

#[test]
fn an_oauth_client_that_reads_much_waits_with_all_its_access_tokens() {
    run(async |service| {
        let tenant = tenant_with_people(service, "reads-by-oauth").await;
        let (client, other) = (
            Client::of(&tenant, None).await,
            Client::of(&tenant, None).await,
        );
        let token = client.token(&tenant).await;
        let (idp, other) = (
            tenant.idp().with_token(Some(&token)),
            tenant.idp().with_token(Some(&other.token(&tenant).await)),
        );
        let next = tenant.idp().with_token(Some(&client.token(&tenant).await));
        allow(service, &tenant, json!(100)).await;
        idp.get(COSTLY).await.expect(200);
        idp.get(COSTLY).await.expect(200);
        assert_eq!(charged(service, &tenant).await, 1);
        for idp in [&idp, &next] {
            let refused = idp.get("/Users?count=0").await.expect(429);
            refused.because(Reason::ReadBudgetSpent);
        }
        // Neither another client nor a token waits.
        other.get(COSTLY).await.expect(200);
        tenant.idp().get(COSTLY).await.expect(200);
    });
}

#[test]
fn requests_that_read_little_are_charged_nothing() {
    run(async |service| {
        let tenant = service.tenant("reads-little").await;
        let idp = tenant.idp();
        allow(service, &tenant, json!(1)).await;
        let ada = idp.user("ada").await;
        let group = idp.group("Everybody", &[&ada]).await;
        for path in ["/Users", "/Groups", &format!("/Groups/{group}"), COSTLY] {
            idp.get(path).await.expect(200);
        }
        idp.filter("/Users", "title eq \"nobody\"")
            .await
            .expect(200);
        assert_eq!(charged(service, &tenant).await, 0);
        idp.delete(&format!("/Users/{ada}")).await.expect(204);
    });
}

#[test]
fn a_bulk_request_is_charged_once_for_all_its_operations() {
    run(async |service| {
        let tenant = tenant_with_people(service, "reads-in-bulk").await;
        let idp = tenant.idp();
        let listed = idp.get("/Users?count=100").await.expect(200);
        let ids = listed.body["Resources"].as_array().into_iter().flatten();
        let ids: Vec<_> = ids.map(|user| user["id"].as_str().unwrap()).collect();
        assert_eq!(charged(service, &tenant).await, 0);
        allow(service, &tenant, json!(1_000)).await;
        // No operation alone reads much.
        let operations = ids.iter().map(|id| {
            let patch = json!([{"op": "replace", "path": "title", "value": "Engineer"}]);
            json!({"method": "PATCH", "path": format!("/Users/{id}"),
                   "data": {"schemas": [urn::PATCH], "Operations": patch}})
        });
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
                          "Operations": operations.collect::<Vec<_>>()});
        idp.post("/Bulk", body).await.expect(200);
        assert_eq!(charged(service, &tenant).await, 1);
        idp.get("/Users?count=0").await.expect(200);
    });
}

#[test]
fn a_token_in_debt_costs_no_call_more() {
    run(async |service| {
        let tenant = service.tenant("reads-flat").await;
        let directory = service.directory();
        let credentials = tenant.directory().credentials();
        let book = || directory.authenticate(tenant.token(), "r");
        let (first, flat) = measure(book()).await;
        assert!(matches!(first, Ok(Verdict::Accepted(_))), "{first:?}");
        for (units, calls) in [(50.0, 0), (51.0, 1), (51.0, 1)] {
            let charge = credentials.charge_reads(tenant.token(), 120_000, units);
            let (charged, cost) = measure(charge).await;
            charged.unwrap();
            assert_eq!(
                (cost.calls, cost.write_units),
                (calls, f64::from(calls)),
                "{units}"
            );
            let (verdict, cost) = measure(book()).await;
            assert!(matches!(verdict, Ok(Verdict::Accepted(_))), "{verdict:?}");
            assert_eq!(cost, flat);
        }
        // Of another tenant, nothing is charged.
        let other = service.tenant("reads-elsewhere").await;
        let charge = credentials.charge_reads(other.token(), 1, 1_000.0);
        let (charged, cost) = measure(charge).await;
        charged.unwrap();
        assert_eq!(cost.calls, 0);
    });
}

#[test]
fn concurrent_requests_are_all_charged() {
    run(async |service| {
        let tenant = service.tenant("reads-at-once").await;
        let credentials = tenant.directory().credentials();
        let before = Timestamp::now().as_microsecond();
        let charges = (0..6).map(|_| credentials.charge_reads(tenant.token(), 600, 100.0));
        for charged in join_all(charges).await {
            charged.unwrap();
        }
        let after = Timestamp::now().as_microsecond();
        let items = raw::items(service, &tenant).await;
        let allow_at = items.iter().find_map(|item| item.get("reads_allow_at"));
        let allow_at: i64 = allow_at.unwrap().as_n().unwrap().parse().unwrap();
        // Six times ten seconds: just what a minute allows.
        assert!((before..=after).contains(&allow_at), "{allow_at}");
    });
}

/// Searches the whole log of requests.
const SEARCH: &str = "/requests?text=zzz";

#[test]
fn a_session_that_reads_much_waits_and_nobody_else_does() {
    run(async |service| {
        let tenant = service.tenant("session-reads-much").await;
        let now = Timestamp::now();
        let requests = (0..1_500).map(|n| {
            let target = format!("/Users?filter=userName+eq+%22person-{n}%22&attributes=id");
            (now, LoggedRequest::new("GET", &target, 200))
        });
        log(tenant.directory(), requests).await;
        allow(service, &tenant, json!(60)).await;
        let (owner, other) = (
            service.admin(&tenant, Role::Owner).await,
            service.admin(&tenant, Role::Owner).await,
        );
        let page = Visitor::with_session(service, owner.credential()).await;
        let mut answered = 0;
        let refused = loop {
            let answer = owner.get(SEARCH).await;
            if answer.status == 429 {
                break answer;
            }
            answer.expect(200);
            answered += 1;
            assert!(answered < 5, "a session reads without end");
        };
        assert!(answered >= 1, "a session may read");
        let refused = refused.because(Reason::ReadBudgetSpent);
        let seconds: u32 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=600).contains(&seconds), "{seconds}");
        // It is the same session on the console's pages.
        let shown = page.get("/console/people").await.expect(429);
        assert!(shown.header("retry-after").parse::<u32>().is_ok());
        assert!(shown.html.contains("has read more than"), "{}", shown.html);
        // Neither another session, nor the identity provider, nor the application waits.
        other.get("/settings").await.expect(200);
        tenant.idp().get("/Users?count=0").await.expect(200);
        let people = format!("/tenants/{}/users", tenant.id());
        service.application().get(&people).await.expect(200);
        // What repairs goes on.
        owner
            .patch("/settings", json!({"retention_days": 80}))
            .await
            .expect(200);
        // A new ceiling begins anew.
        allow(service, &tenant, json!(10_000)).await;
        owner.get(SEARCH).await.expect(200);
        allow(service, &tenant, json!(60)).await;
        owner.get(SEARCH).await.expect(200);
        owner.delete("/sessions/current").await.expect(204);
    });
}
