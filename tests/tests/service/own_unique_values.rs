//! Values that a declared schema makes unique: one person of a tenant has each, whoever comes at the same time.

use rollcall_directory::Reason;
use rollcall_tests::raw;
use rollcall_tests::service::run;
use serde_json::json;

use crate::own_schemas::{ACME, attributes, declare, person};

#[test]
fn a_unique_value_occurs_once_in_a_tenant() {
    run(async |service| {
        let (tenant, other) = (
            service.tenant("unique").await,
            service.tenant("unique-too").await,
        );
        let idp = tenant.idp();
        idp.post("/Users", person("early", json!({"badge": "same"})))
            .await
            .expect(201);
        let early = idp
            .post("/Users", person("earlier", json!({"badge": "same"})))
            .await
            .expect(201);
        for tenant in [&tenant, &other] {
            declare(service, tenant, attributes()).await.expect(200);
        }
        let badge = |value: &str| json!({"badge": value});
        let ada = idp
            .post("/Users", person("ada", badge("B-1")))
            .await
            .expect(201)
            .id();
        let bob = idp
            .post("/Users", person("bob", badge("B-2")))
            .await
            .expect(201)
            .id();
        other
            .idp()
            .post("/Users", person("ada", badge("B-1")))
            .await
            .expect(201);
        let taken = idp.post("/Users", person("carl", badge("b-1"))).await;
        taken.refused(409, "uniqueness").because(Reason::NotUnique);
        let set = |value: &str| json!([{"op": "replace", "path": format!("{ACME}:badge"), "value": value}]);
        idp.patch(&format!("/Users/{bob}"), set("B-1"))
            .await
            .refused(409, "uniqueness");
        idp.put(&format!("/Users/{bob}"), person("bob", badge("B-1")))
            .await
            .refused(409, "uniqueness");
        // In another spelling, it is still the same person's.
        idp.patch(&format!("/Users/{ada}"), set("b-1"))
            .await
            .expect(200);
        idp.patch(&format!("/Users/{ada}"), set("B-3"))
            .await
            .expect(200);
        idp.patch(&format!("/Users/{bob}"), set("B-1"))
            .await
            .expect(200);
        idp.delete(&format!("/Users/{ada}")).await.expect(204);
        idp.post("/Users", person("carl", badge("B-3")))
            .await
            .expect(201);
        // What was the same before the declaration stands in nobody's way.
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        idp.patch(&format!("/Users/{}", early.id()), off)
            .await
            .expect(200);
        let late = idp
            .post("/Users", person("late", badge("same")))
            .await
            .expect(201)
            .id();
        idp.patch(&format!("/Users/{}", early.id()), set("moved"))
            .await
            .expect(200);
        idp.post("/Users", person("later", badge("same")))
            .await
            .refused(409, "uniqueness");
        idp.delete(&format!("/Users/{late}")).await.expect(204);
        idp.post("/Users", person("later", badge("same")))
            .await
            .expect(201);
    });
}

#[test]
fn of_many_who_claim_a_value_at_once_one_gets_it() {
    run(async |service| {
        let tenant = service.tenant("unique-race").await;
        declare(service, &tenant, attributes()).await.expect(200);
        let idp = tenant.idp();
        let posts = (0..8).map(|n| {
            let body = person(&format!("racer-{n}"), json!({"badge": "gold"}));
            let idp = idp.clone();
            async move { idp.post("/Users", body).await.status }
        });
        let mut statuses = futures::future::join_all(posts).await;
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    });
}

#[test]
fn a_value_that_an_earlier_version_left_behind_is_free() {
    run(async |service| {
        let tenant = service.tenant("unique-left").await;
        let idp = tenant.idp();
        declare(service, &tenant, attributes()).await.expect(200);
        let badge = json!({"badge": "B-1"});
        let gone = idp.post("/Users", person("gone", badge.clone())).await;
        let gone = gone.expect(201).id();
        idp.post("/Users", person("next", badge.clone()))
            .await
            .refused(409, "uniqueness");
        // A version from before the declarations deletes the person alone.
        raw::delete(service, &tenant, "#U", &gone).await;
        let next = idp.post("/Users", person("next", badge.clone())).await;
        next.expect(201);
        idp.post("/Users", person("later", badge))
            .await
            .refused(409, "uniqueness");
    });
}
