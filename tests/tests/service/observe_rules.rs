//! Which connections can be observed, how many, and who decides it.

use rollcall_directory::{ConnectionRules, Provider, Role};
use rollcall_tests::idp::Answer;
use rollcall_tests::observed::{Observed, fast, scene};
use rollcall_tests::raw;
use rollcall_tests::service::run;
use rollcall_tests::visitor::Visitor;
use serde_json::json;

#[test]
fn an_observed_connection_is_the_only_one() {
    run(async |service| {
        let it = Observed::create(service, "observe-alone", fast()).await;
        let scene = &it.scene;
        let alone = "make it real or delete it first";
        let path = scene.path("/connections");
        let new = json!({"name": "Other", "provider": "okta"});
        let refused = async |answer: Answer, why: &str| {
            let detail = answer.expect(409).string("/detail");
            assert!(detail.contains(why), "{detail}");
        };
        refused(scene.application.post(&path, new.clone()).await, alone).await;
        let chosen = scene.path("/connections/other");
        refused(scene.application.put(&chosen, new.clone()).await, alone).await;
        let replaces = it.set(json!({"replaces": ["other"]})).await;
        refused(replaces, "replaces no other").await;
        it.make_real().await;
        scene
            .application
            .put(&chosen, new.clone())
            .await
            .expect(201);
        // Neither of two can be observed, whichever way.
        let observed = scene
            .application
            .patch(&chosen, json!({"observing": true}))
            .await;
        refused(observed, "only one").await;
        let mut third = new;
        third["observing"] = json!(true);
        let third_path = scene.path("/connections/third");
        refused(scene.application.put(&third_path, third).await, "only one").await;
        scene.application.get(&third_path).await.expect(404);
        let owner = Visitor::with_link(service, &scene.tenant, Role::Owner).await;
        let shown = owner
            .get("/console/connections/other/observed")
            .await
            .expect(200);
        assert!(
            !shown.html.contains("value=\"observe\"") && shown.html.contains("the only one"),
            "{}",
            shown.html
        );
    });
}

#[test]
fn only_a_connection_that_has_sent_nothing_is_observed_and_only_owners_decide() {
    run(async |service| {
        let scene = scene(service, "observe-rules", fast()).await;
        let used = scene.tenant.connection_id().to_owned();
        scene.push(json!({"userName": "ada"})).await;
        let path = scene.path(&format!("/connections/{used}"));
        let late = scene
            .application
            .patch(&path, json!({"observing": true}))
            .await;
        assert!(
            late.expect(409)
                .string("/detail")
                .contains("create another connection")
        );
        let it = Observed::replacing(scene).await;
        let scene = &it.scene;
        let admin = service.admin(&scene.tenant, Role::Admin).await;
        let own = format!("/scim/connections/{}", it.connection);
        admin
            .patch(&own, json!({"observing": false}))
            .await
            .expect(403);
        admin.get(&format!("{own}/observed")).await.expect(200);
        // What is left out stays as it is.
        let whole = json!({"name": "Observed", "provider": "okta"});
        let put = scene
            .application
            .put(&it.path(), whole.clone())
            .await
            .expect(200);
        assert_eq!(put.body["observing"], true);
        // It is deleted as it is: nothing of it takes effect.
        let new = it.push("new").await.expect(201).id();
        let path = format!("{}?people=deactivate", it.path());
        let refused = scene.application.delete(&path).await.expect(409);
        assert!(refused.string("/detail").contains("make it real"));
        scene.application.delete(&it.path()).await.expect(204);
        service.drained().await;
        scene.at_tenant(&format!("/users/{new}")).await.expect(404);
        // The next one is observed from the start.
        let fresh = scene.path("/connections/fresh");
        let mut observed = whole;
        observed["observing"] = json!(true);
        let put = scene
            .application
            .put(&fresh, observed.clone())
            .await
            .expect(201);
        assert_eq!(put.body["observing"], true);
        scene.application.put(&fresh, observed).await.expect(200);
    });
}

/// A tenant notes the connections that were observed and deleted, for nothing that they said may take effect. That is bounded,
/// and ends once nothing of it is left over.
#[test]
fn a_tenant_observes_twenty_connections_in_a_row_and_more_once_they_are_forgotten() {
    run(async |service| {
        let scene = scene(service, "observe-cap", fast()).await;
        let tenant = &scene.tenant;
        let credentials = tenant.directory().credentials();
        let first = tenant.connection_id();
        credentials.delete_connection(first).await.unwrap();
        let observe = async |name: &str| {
            let made = credentials.create_connection(name, Provider::Okta).await;
            let id = made.unwrap().id;
            let rules = ConnectionRules::observing(true);
            (id.clone(), credentials.change_rules(&id, &rules).await)
        };
        let mut gone = Vec::new();
        for number in 0..20 {
            let (id, observed) = observe(&format!("number {number}")).await;
            assert!(observed.unwrap().observing);
            credentials.delete_connection(&id).await.unwrap();
            gone.push(id);
        }
        let (last, refused) = observe("one too many").await;
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("observed too many connections"), "{said}");
        // The form refuses it before there is a connection.
        credentials.delete_connection(&last).await.unwrap();
        let path = scene.path("/connections/chosen");
        let chosen = json!({"name": "Chosen", "provider": "okta", "observing": true});
        scene
            .application
            .put(&path, chosen.clone())
            .await
            .expect(409);
        scene.application.get(&path).await.expect(404);

        // A request of a connection that was just deleted may still be under way, so it is not forgotten yet.
        service.drained().await;
        for id in &gone {
            let began = Some(jiff::Timestamp::now());
            credentials.forget_observed(id, began).await.unwrap();
            assert!(credentials.was_observed(id).await.unwrap());
        }
        scene
            .application
            .put(&path, chosen.clone())
            .await
            .expect(409);
        // An hour later, and of one that an earlier version deleted, it is.
        let long_ago = "2026-01-01T00:00:00Z".to_owned();
        let mut deleted = raw::item(service, tenant, "#CD", &gone[0]).await;
        let at = aws_sdk_dynamodb::types::AttributeValue::S(long_ago);
        assert!(deleted.insert("deleted_at".to_owned(), at).is_some());
        raw::put(service, deleted).await;
        let mut deleted = raw::item(service, tenant, "#CD", &gone[1]).await;
        deleted.remove("deleted_at");
        raw::put(service, deleted).await;
        for id in &gone[..2] {
            for _ in 0..2 {
                let began = Some(jiff::Timestamp::now());
                credentials.forget_observed(id, began).await.unwrap();
            }
            assert!(!credentials.was_observed(id).await.unwrap());
        }
        assert!(credentials.was_observed(&gone[2]).await.unwrap());
        let put = scene.application.put(&path, chosen).await.expect(201);
        assert_eq!(put.body["observing"], true);
    });
}
