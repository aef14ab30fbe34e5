//! The operator's ceilings of a tenant: tokens, people, groups, invitations and the shortest retention.

use http::Method;
use jiff::Timestamp;
use rollcall_directory::{Provider, Reason, Role};
use rollcall_tests::raw;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::urn;
use serde_json::{Value, json};

async fn bound(service: &Service, tenant: &Tenant, ceilings: Value) -> Value {
    let path = format!("/tenants/{}", tenant.id());
    let change = json!({"ceilings": ceilings});
    service
        .application()
        .patch(&path, change)
        .await
        .expect(200)
        .body
}

fn user(name: &str) -> Value {
    json!({"schemas": [urn::USER], "userName": name})
}

fn group(name: &str) -> Value {
    json!({"schemas": [urn::GROUP], "displayName": name})
}

#[test]
fn people_and_groups_are_bounded_by_what_the_pass_has_counted() {
    run(async |service| {
        let tenant = service.tenant("ceilings").await;
        let idp = tenant.idp();
        let ada = idp.user("ada").await;
        let none = bound(service, &tenant, json!({})).await;
        let unlimited = json!({"tokens": null, "people": null, "groups": null,
                               "invitations_per_day": null, "min_retention_days": null,
                               "read_units_per_minute": null});
        assert_eq!(
            (&none["ceilings"], &none["at_ceiling"]),
            (&unlimited, &json!([]))
        );

        let set = bound(service, &tenant, json!({"people": 2, "groups": 1})).await;
        assert_eq!(set["at_ceiling"], json!([]));
        for name in ["bob", "eve"] {
            idp.post("/Users", user(name)).await.expect(201);
        }
        let first = idp.post("/Groups", group("first")).await.expect(201);
        let count = async || tenant.directory().lifecycle().count_for_ceilings().await;
        count().await.unwrap();
        for (path, body) in [("/Users", user("mallory")), ("/Groups", group("second"))] {
            let refused = idp.post(path, body).await.expect(403);
            refused.because(Reason::CeilingReached);
        }
        let refused = service
            .application()
            .log_in(tenant.id(), "newcomer", None)
            .await;
        let refused = refused.expect(403).because(Reason::CeilingReached);
        let of = refused.string("/type");
        assert!(of.ends_with("/api/v1/problems/ceiling-reached"), "{of}");
        let health = service
            .application()
            .get(&format!("/tenants/{}/health", tenant.id()))
            .await
            .expect(200);
        for (kind, count, ceiling) in [("people_ceiling", 3, 2), ("groups_ceiling", 1, 1)] {
            let found = health.body["findings"].as_array().into_iter().flatten();
            let found: Vec<&Value> = found.filter(|one| one["kind"] == kind).collect();
            assert_eq!(found.len(), 1, "{}", health.body);
            assert_eq!(
                (
                    &found[0]["count"],
                    &found[0]["ceiling"],
                    &found[0]["severity"]
                ),
                (&json!(count), &json!(ceiling), &json!("problem"))
            );
        }
        // What exists goes on.
        service
            .application()
            .log_in(tenant.id(), "ada", None)
            .await
            .expect(200);
        let title = json!([{"op": "replace", "path": "title", "value": "Countess"}]);
        idp.patch(&format!("/Users/{ada}"), title).await.expect(200);
        idp.get("/Users").await.expect(200);

        idp.delete(&format!("/Groups/{}", first.string("/id")))
            .await
            .expect(204);
        count().await.unwrap();
        idp.post("/Groups", group("second")).await.expect(201);
        idp.post("/Users", user("mallory")).await.expect(403);
        let lifted = bound(service, &tenant, json!({"people": null})).await;
        assert_eq!(lifted["ceilings"]["groups"], 1);
        assert_eq!(lifted["at_ceiling"], json!(["groups"]));
        idp.post("/Users", user("mallory")).await.expect(201);
    });
}

#[test]
fn tokens_are_bounded() {
    run(async |service| {
        let tenant = service.tenant("ceiling-tokens").await;
        bound(service, &tenant, json!({"tokens": 2})).await;
        let credentials = tenant.directory().credentials();
        let connection = credentials.create_connection("okta", Provider::Okta).await;
        let path = format!(
            "/tenants/{}/connections/{}/tokens",
            tenant.id(),
            connection.unwrap().id
        );
        let new = || json!({"label": "another"});
        let application = service.application();
        // The tenant has one.
        let second = application.post(&path, new()).await.expect(201);
        let refused = application.post(&path, new()).await.expect(403);
        refused.because(Reason::CeilingReached);
        tenant.revoke(&second.string("/id")).await;
        application.post(&path, new()).await.expect(201);
        // What is revoked leaves the table after the retention, so that issuing and revoking in turn fills nothing.
        let items = raw::items(service, &tenant).await.into_iter();
        let tokens =
            items.filter(|item| item.contains_key("connection_id") && item.contains_key("tat"));
        let leave: Vec<_> = tokens
            .filter_map(|item| item.get("expires").cloned())
            .collect();
        let in_a_year = Timestamp::now().as_second() + 365 * 86_400;
        let [leaves] = leave.as_slice() else {
            panic!("{leave:?}");
        };
        let leaves: i64 = leaves.as_n().unwrap().parse().unwrap();
        assert!((in_a_year - 600..=in_a_year).contains(&leaves), "{leaves}");
    });
}

#[test]
fn the_operator_sets_the_shortest_retention_and_only_owners_shorten_it() {
    run(async |service| {
        let tenant = service.tenant("ceiling-retention").await;
        let (admin, owner) = (
            service.admin(&tenant, Role::Admin).await,
            service.admin(&tenant, Role::Owner).await,
        );
        let days = |days: u32| json!({"retention_days": days});
        admin.patch("/settings", days(364)).await.expect(403);
        admin.patch("/settings", days(400)).await.expect(200);
        owner.patch("/settings", days(60)).await.expect(200);
        let bounded = bound(service, &tenant, json!({"min_retention_days": 90})).await;
        assert_eq!(bounded["settings"]["retention_days"], 90);
        let refused = owner.patch("/settings", days(89)).await.expect(400);
        assert!(refused.string("/detail").contains("at least 90"));
        owner.patch("/settings", days(90)).await.expect(200);
        owner.patch("/settings", days(120)).await.expect(200);
        let path = format!("/tenants/{}", tenant.id());
        let shorter = json!({"settings": {"retention_days": 30}});
        service
            .application()
            .patch(&path, shorter)
            .await
            .expect(400);
    });
}

#[test]
fn only_the_application_sets_ceilings() {
    run(async |service| {
        let tenant = service.tenant("ceiling-rights").await;
        let owner = service.admin(&tenant, Role::Owner).await;
        owner
            .patch("/settings", json!({"ceilings": {"people": null}}))
            .await
            .expect(400);
        let path = format!("/tenants/{}", tenant.id());
        let change = json!({"ceilings": {"people": null}});
        owner
            .send(Method::PATCH, &path, Some(change.to_string()))
            .await
            .expect(403);
        let application = service.application();
        for bad in [
            json!({"min_retention_days": 0}),
            json!({"min_retention_days": 4_000}),
            json!({"people": -1}),
            json!({"read_units_per_minute": 0}),
            json!({"read_units_per_minute": 4_294_967_295_u32}),
            json!({"people": "many"}),
            json!({"persons": 1}),
        ] {
            let body = json!({"ceilings": bad});
            application.patch(&path, body).await.expect(400);
        }
        bound(service, &tenant, json!({"people": 5})).await;
        let told = application
            .all(&format!("/tenants/{}/audit", tenant.id()))
            .await;
        let told = told
            .iter()
            .find(|entry| entry["type"] == "tenant.ceiling_changed");
        let told = told.expect("an entry");
        assert_eq!(told["after"]["ceilings"], json!({"people": 5}));
        assert_eq!(told["actor"]["type"], "application");
    });
}
