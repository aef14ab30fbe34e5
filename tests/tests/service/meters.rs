//! What holds for all tokens of a tenant at once: their limit, their end, the ceiling, and proof of their origin.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use http::Method;
use rollcall_directory::capacity::measure;
use rollcall_directory::{
    KeyRing, Provider, RateLimit, Reason, Refusal, Role, Settings, SettingsChange, Verdict,
};
use rollcall_tests::faults::{Fault, Faults};
use rollcall_tests::raw;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::visitor::Visitor;
use serde_json::json;

/// More tokens than one transaction could change.
const MANY: usize = 120;

async fn many_tokens(tenant: &Tenant, connection: &str) -> Vec<String> {
    let issue = (0..MANY).map(async |n| {
        let (credentials, label) = (tenant.directory().credentials(), format!("t{n}"));
        let issued = credentials.issue_token(connection, &label, None).await;
        issued.unwrap().secret.expose().to_owned()
    });
    join_all(issue).await
}

async fn verdict(service: &Service, token: &str) -> Verdict {
    service.directory().authenticate(token, "r").await.unwrap()
}

async fn accepted(service: &Service, tokens: &[String]) -> usize {
    let verdicts = join_all(tokens.iter().map(|token| verdict(service, token))).await;
    let accepted = verdicts
        .iter()
        .filter(|it| matches!(it, Verdict::Accepted(_)));
    accepted.count()
}

/// Fails every transaction after the first ones.
fn fail_after_transactions(faults: &Faults, first: u32) {
    let seen = AtomicU32::new(0);
    faults.schedule(move |call| {
        let is_transaction = call.operation == "TransactWriteItems";
        match is_transaction && seen.fetch_add(1, Ordering::Relaxed) >= first {
            true => Fault::ServerError,
            false => Fault::None,
        }
    });
}

fn limit(per_minute: u32, burst: u32) -> RateLimit {
    RateLimit { per_minute, burst }
}

#[test]
fn a_new_limit_holds_for_every_token_from_its_next_request() {
    run(async |service| {
        let tenant = service.tenant("many-limits").await;
        let tokens = many_tokens(&tenant, tenant.connection_id()).await;
        assert_eq!(accepted(service, &tokens).await, MANY);
        let change = SettingsChange {
            rate_limit: Some(Some(limit(1, 1))),
            retention_days: Some(7),
            ..SettingsChange::default()
        };
        // Raced: half of the tokens are in use while the settings change.
        let (changed, _) = futures::join!(
            tenant.directory().settings().change(&change),
            accepted(service, &tokens[..MANY / 2]),
        );
        changed.unwrap();
        for token in &tokens {
            let mut verdicts = Vec::new();
            for _ in 0..3 {
                verdicts.push(verdict(service, token).await);
            }
            // One request, one more for the burst, and no third.
            let Verdict::Throttled { caller, .. } = &verdicts[2] else {
                panic!("{verdicts:?}")
            };
            assert_eq!(caller.log_days, 7);
        }
        let change = SettingsChange {
            rate_limit: Some(None),
            ..SettingsChange::default()
        };
        tenant.directory().settings().change(&change).await.unwrap();
        assert_eq!(accepted(service, &tokens).await, MANY, "still throttled");
    });
}

#[test]
fn every_token_of_a_connection_dies_with_one_write() {
    run(async |service| {
        let tenant = service.tenant("many-tokens").await;
        let credentials = tenant.directory().credentials();
        let doomed = credentials
            .create_connection("doomed", Provider::Okta)
            .await;
        let doomed = doomed.unwrap().id;
        let tokens = many_tokens(&tenant, &doomed).await;
        // The process that deletes the connection dies before it can revoke the tokens one by one.
        let (other, faults) = service.other_process(&tenant);
        fail_after_transactions(&faults, 1);
        other
            .credentials()
            .delete_connection(&doomed)
            .await
            .unwrap_err();
        assert_eq!(accepted(service, &tokens).await, 0);
        let refused = verdict(service, &tokens[0]).await;
        let Verdict::Refused { refusal, caller } = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(refusal, Refusal::Revoked);
        assert_eq!(caller.unwrap().connection_id, doomed);
        assert!(matches!(
            verdict(service, tenant.token()).await,
            Verdict::Accepted(_)
        ));
        // The next attempt completes the deletion.
        credentials.delete_connection(&doomed).await.unwrap();
        assert_eq!(accepted(service, &tokens).await, 0);
        let meter = raw::item(service, &tenant, "#KM", "METER").await;
        assert!(!meter.contains_key("gone_connections"), "{meter:?}");
    });
}

#[test]
fn every_token_of_a_tenant_dies_with_one_write() {
    run(async |service| {
        let tenant = service.tenant("many-doomed").await;
        let tokens = many_tokens(&tenant, tenant.connection_id()).await;
        let (other, faults) = service.other_process(&tenant);
        // The first transaction marks the tenant; the process dies before the second one.
        fail_after_transactions(&faults, 1);
        other.lifecycle().delete().await.unwrap_err();
        assert_eq!(accepted(service, &tokens).await, 0);
        tenant.directory().lifecycle().delete().await.unwrap();
        assert_eq!(accepted(service, &tokens).await, 0);
    });
}

#[test]
fn the_ceiling_bounds_all_tokens_together() {
    run(async |service| {
        let tenant = service.tenant("ceiling").await;
        let path = format!("/tenants/{}", tenant.id());
        let application = service.application();
        let read = application.get(&path).await.expect(200);
        assert_eq!(read.body["request_ceiling"], json!(null));
        let tokens = many_tokens(&tenant, tenant.connection_id()).await;
        let ceiling = json!({"request_ceiling": {"per_minute": 1, "burst": 9}});
        // An admin of the tenant cannot change it.
        let admin = service.admin(&tenant, Role::Owner).await;
        admin.patch("/settings", ceiling.clone()).await.expect(400);
        let changed = application.patch(&path, ceiling.clone()).await.expect(200);
        assert_eq!(changed.body["request_ceiling"], ceiling["request_ceiling"]);
        let admitted = accepted(service, &tokens).await;
        assert_eq!(admitted, 10, "one request, and nine more for the burst");
        // Other settings do not give the tenant a new burst.
        let change = SettingsChange {
            retention_days: Some(9),
            ..SettingsChange::default()
        };
        tenant.directory().settings().change(&change).await.unwrap();
        assert_eq!(accepted(service, &tokens).await, 0);
        let answer = tenant.idp().get("/Users").await.expect(429);
        assert!(answer.header("retry-after").is_some());
        for bad in [
            json!({"per_minute": 0, "burst": 0}),
            json!({"per_minute": 50_001, "burst": 0}),
        ] {
            let body = json!({"request_ceiling": bad});
            application.patch(&path, body).await.expect(400);
        }
        let none = json!({"request_ceiling": null});
        application.patch(&path, none).await.expect(200);
        tenant.idp().get("/Users").await.expect(200);
        // Renaming leaves it alone.
        application.patch(&path, ceiling_of(5)).await.expect(200);
        let renamed = json!({"display_name": "Renamed"});
        let renamed = application.patch(&path, renamed).await.expect(200);
        assert_eq!(
            renamed.body["request_ceiling"],
            ceiling_of(5)["request_ceiling"]
        );
    });
}

#[test]
fn the_ceiling_bounds_sessions_and_bound_keys_as_well() {
    run(async |service| {
        let tenant = service.tenant("ceiling-of-all").await;
        let application = service.application();
        let owner = service.admin(&tenant, Role::Owner).await;
        let page = Visitor::with_session(service, owner.credential()).await;
        let key = json!({"label": "bound", "tenant": tenant.id()});
        let key = application.post("/service-keys", key).await.expect(201);
        let bound = application.with(Some(&key.string("/service_key")));
        let path = format!("/tenants/{}", tenant.id());
        let (people, events) = (format!("{path}/users"), format!("{path}/events"));
        let ceiling = json!({"request_ceiling": {"per_minute": 1, "burst": 5}});
        application.patch(&path, ceiling).await.expect(200);
        // Introspections do not count: they are the application's, and as many as it has visitors.
        for _ in 0..8 {
            bound.introspect("nothing").await;
        }
        owner.get("/settings").await.expect(200);
        // What is refused counts.
        owner.get("/users/nobody").await.expect(404);
        page.get("/console/people").await.expect(200);
        bound.get(&people).await.expect(200);
        bound.get(&events).await.expect(200);
        tenant.idp().get("/Users").await.expect(200);

        let refused = [
            owner.get("/settings").await,
            owner
                .patch("/settings", json!({"retention_days": 80}))
                .await,
            bound.get(&people).await,
            bound.get(&events).await,
        ];
        for answer in refused {
            let answer = answer.because(Reason::RateLimited);
            assert_eq!(answer.status, 429);
            let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&seconds), "{seconds}");
        }
        tenant.idp().get("/Users").await.expect(429);
        let shown = page.get("/console/people").await.expect(429);
        assert!(shown.header("retry-after").parse::<u32>().is_ok());
        assert!(shown.html.contains("oo many requests"), "{}", shown.html);
        bound.introspect("nothing").await;
        // Neither the operator's own key nor another tenant waits, and a session can always be ended.
        application.get(&people).await.expect(200);
        let other = service.tenant("ceiling-of-none").await;
        let session = service.admin(&other, Role::Owner).await;
        session.get("/settings").await.expect(200);
        owner.delete("/sessions/current").await.expect(204);
        let none = json!({"request_ceiling": null});
        application.patch(&path, none).await.expect(200);
        bound.get(&people).await.expect(200);
    });
}

#[test]
fn a_refused_token_does_not_use_up_the_ceiling() {
    run(async |service| {
        let tenant = service.tenant("refused-ceiling").await;
        let (id, revoked) = tenant.issue("revoked", None).await;
        tenant.revoke(&id).await;
        let path = format!("/tenants/{}", tenant.id());
        let ceiling = json!({"request_ceiling": {"per_minute": 1, "burst": 2}});
        service
            .application()
            .patch(&path, ceiling)
            .await
            .expect(200);
        for _ in 0..20 {
            assert!(matches!(
                verdict(service, &revoked).await,
                Verdict::Refused { .. }
            ));
        }
        for _ in 0..3 {
            assert!(matches!(
                verdict(service, tenant.token()).await,
                Verdict::Accepted(_)
            ));
        }
        assert!(matches!(
            verdict(service, tenant.token()).await,
            Verdict::Throttled { .. }
        ));
    });
}

#[test]
fn a_change_that_did_not_reach_the_meter_is_completed() {
    run(async |service| {
        let tenant = service.tenant("interrupted-limit").await;
        let (other, faults) = service.other_process(&tenant);
        // The transaction is committed, and the process dies before it refreshes the meter.
        faults.schedule(|call| match call.operation == "UpdateItem" {
            true => Fault::ServerError,
            false => Fault::None,
        });
        let change = SettingsChange {
            rate_limit: Some(Some(limit(1, 0))),
            ..SettingsChange::default()
        };
        other.settings().change(&change).await.unwrap_err();
        service.follow_up(&tenant).await;
        let idp = tenant.idp();
        idp.get("/Users").await.expect(200);
        idp.get("/Users").await.expect(429);
    });
}

fn ceiling_of(per_minute: u32) -> serde_json::Value {
    json!({"request_ceiling": {"per_minute": per_minute, "burst": 0}})
}

/// Deletes the tenant's meter and what the token's item says of keys, as if an earlier version had written both.
async fn as_an_earlier_version_wrote(service: &Service, tenant: &Tenant) {
    raw::delete(service, tenant, "#KM", "METER").await;
    for mut item in raw::items(service, tenant).await {
        if raw::text(&item, "PK") == format!("T#{}#K", tenant.id()) {
            item.remove("key_id");
            raw::put(service, item).await;
        }
    }
}

#[test]
fn tokens_of_earlier_versions_work() {
    run(async |service| {
        let tenant = service
            .tenant_with("earlier-tokens", Settings::default())
            .await;
        as_an_earlier_version_wrote(service, &tenant).await;
        let idp = tenant.idp();
        idp.get("/Users").await.expect(200);
        let admin = service.admin(&tenant, Role::Admin).await;
        let path = format!("/scim/connections/{}/tokens", tenant.connection_id());
        let listed = admin.get(&path).await.expect(200);
        assert_eq!(listed.body["items"][0]["keyed"], false, "{}", listed.body);
        // While the earlier version runs again, an admin changes the limit there: in the tenant and in its tokens.
        let mut stored = raw::item(service, &tenant, "", "TENANT").await;
        let Some(AttributeValue::M(settings)) = stored.get_mut("settings") else {
            panic!("no settings")
        };
        settings.insert(
            "retention_days".to_owned(),
            AttributeValue::N("9".to_owned()),
        );
        stored.insert("revision".to_owned(), AttributeValue::N("7".to_owned()));
        raw::put(service, stored).await;
        for mut item in raw::items(service, &tenant).await {
            if raw::text(&item, "PK") == format!("T#{}#K", tenant.id()) {
                item.insert("keep_days".to_owned(), AttributeValue::N("9".to_owned()));
                raw::put(service, item).await;
            }
        }
        let Verdict::Accepted(caller) = verdict(service, tenant.token()).await else {
            panic!("refused")
        };
        assert_eq!(caller.log_days, 9);
        let connection = tenant.connection_id();
        tenant
            .directory()
            .credentials()
            .delete_connection(connection)
            .await
            .unwrap();
        idp.get("/Users").await.expect(401);
    });
}

#[test]
fn a_forged_token_touches_nothing() {
    run(async |service| {
        let tenant = service.tenant("forged").await;
        let directory = service.directory();
        let (other_ring, other_table) =
            (KeyRing::fixed(KeyRing::new_secret()), service.directory());
        let other_stack = other_table
            .with_keys(other_ring.clone())
            .system(tenant.directory().id().clone());
        let forged = other_stack
            .credentials()
            .issue_token(tenant.connection_id(), "x", None);
        let forged = forged.await.unwrap().secret.expose().to_owned();
        // This one is in the table, but it was not made with the keys of this stack.
        let strict = |ring: KeyRing| service.directory().with_keys(ring.refusing_unkeyed(true));
        let (verdict, cost) = measure(directory.authenticate(&forged, "r")).await;
        assert!(matches!(verdict, Ok(Verdict::Accepted(_))), "{verdict:?}");
        assert_eq!((cost.calls, cost.write_units), (3, 2.0), "one read more");
        let ours = KeyRing::fixed(KeyRing::new_secret());
        let refuses = strict(ours.clone());
        let (verdict, cost) = measure(refuses.authenticate(&forged, "r")).await;
        let refused = Verdict::Refused {
            refusal: Refusal::Unknown,
            caller: None,
        };
        assert_eq!((verdict.unwrap(), cost.calls), (refused, 0));
        let own = strict(ours).system(tenant.directory().id().clone());
        let own = own
            .credentials()
            .issue_token(tenant.connection_id(), "y", None);
        let own = own.await.unwrap().secret.expose().to_owned();
        let (verdict, cost) = measure(refuses.authenticate(&own, "r")).await;
        assert!(matches!(verdict, Ok(Verdict::Accepted(_))), "{verdict:?}");
        assert_eq!((cost.calls, cost.write_units), (2, 2.0));
        // An invented token of a tenant neither creates its meter nor counts on it.
        let before = raw::item(service, &tenant, "#KM", "METER").await;
        let last = if forged.ends_with('a') { 'b' } else { 'a' };
        let invented = format!("{}{last}", &forged[..forged.len() - 1]);
        assert!(matches!(
            directory.authenticate(&invented, "r").await,
            Ok(Verdict::Refused { .. })
        ));
        assert_eq!(raw::item(service, &tenant, "#KM", "METER").await, before);
    });
}

#[test]
fn unreadable_keys_stop_no_request() {
    run(async |service| {
        let tenant = service.tenant("no-keys").await;
        let broken = KeyRing::fixed("not a secret").refusing_unkeyed(true);
        let directory = service.directory().with_keys(broken);
        let verdict = directory.authenticate(tenant.token(), "r").await;
        assert!(matches!(verdict, Ok(Verdict::Accepted(_))), "{verdict:?}");
        // A token without a proof could not be told from others later, so none is issued.
        let issued = directory.system(tenant.directory().id().clone());
        let issued = issued
            .credentials()
            .issue_token(tenant.connection_id(), "x", None)
            .await;
        assert_eq!(issued.unwrap_err().to_scim().status(), 503);
        tenant
            .idp()
            .request(Method::GET, "/Users")
            .send()
            .await
            .expect(200);
    });
}
