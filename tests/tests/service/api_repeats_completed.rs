//! `Idempotency-Key` of a change that takes several transactions: the same request again does the rest, and answers.

use std::sync::atomic::{AtomicBool, Ordering};

use http::Method;
use rollcall_directory::Role;
use rollcall_tests::faults::Fault;
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, run};
use serde_json::json;

#[test]
fn a_restoration_that_was_cut_off_is_completed_under_its_key() {
    run(async |_| {
        let (service, faults) = Service::with_faults().await;
        let scene = Scene::create(&service, "repeat-cut-off").await;
        let idp = scene.tenant.idp();
        let ada = scene.push(json!({"userName": "ada"})).await;
        scene.give(&ada, Role::Admin).await;
        for n in 0..45 {
            idp.group(&format!("g{n}"), &[&ada]).await;
        }
        idp.delete(&format!("/Users/{ada}")).await.expect(204);

        // The transaction with the mark is the first, and what follows it fails.
        let is_begun = AtomicBool::new(false);
        faults.schedule(move |call| {
            if call.operation != "TransactWriteItems" {
                return Fault::None;
            }
            let is_marked = call.body.to_string().contains("#XA");
            match is_begun.fetch_or(is_marked, Ordering::SeqCst) {
                true => Fault::ServerError,
                false => Fault::None,
            }
        });
        let path = scene.path(&format!("/users/{ada}/restore"));
        let key = uuid::Uuid::now_v7().to_string();
        let api = scene.application.clone();
        let api = api.and_header("idempotency-key", &key);
        api.send(Method::POST, &path, None).await.expect(503);
        faults.clear();
        let groups = async || {
            let read = idp.get(&format!("/Users/{ada}")).await.expect(200);
            read.body["groups"].as_array().map_or(0, Vec::len)
        };
        assert!(groups().await < 45);

        let again = api.send(Method::POST, &path, None).await.expect(200);
        assert_eq!(again.header("idempotency-replayed"), None);
        assert_eq!(groups().await, 45);
        // The role was given by hand: to restore the person once more would give it back, a repetition does not.
        assert_ne!(again.body["role"], "admin");
        let replayed = api.send(Method::POST, &path, None).await.expect(200);
        assert_eq!(replayed.header("idempotency-replayed"), Some("true"));
        assert_eq!(replayed.body, again.body);
        let anew = scene.application.send(Method::POST, &path, None).await;
        anew.expect(200).is(json!({"role": "admin"}));
    });
}
