//! A paused webhook is a finding of the tenant's health, until it is resumed.

use rollcall_directory::EventType;
use rollcall_tests::api::Api;
use rollcall_tests::service::run;
use serde_json::{Value, json};

use super::Scene;
use super::receiver::{Receiver, Reply};

#[test]
fn a_paused_webhook_is_a_finding_until_it_is_resumed() {
    run(async |_| {
        let scene = Scene::create().await;
        let local = &scene.fixture.local;
        let application = Api::new(local.api_base_url(), Some(local.service_key().to_owned()));
        let root = format!("/tenants/{}", scene.tenant.id());
        let found = async || {
            let health = application.get(&format!("{root}/health")).await.expect(200);
            let findings = health.body["findings"].as_array().unwrap().iter();
            let of_webhooks = findings.filter(|one| one["subject"]["type"] == "webhook");
            of_webhooks.cloned().collect::<Vec<Value>>()
        };
        let receiver = Receiver::start(Reply::Status(200)).await;
        let (webhook, _) = scene
            .webhook(&receiver.url(), &[EventType::UserCreated])
            .await;
        assert!(found().await.is_empty());
        let path = format!("{root}/webhooks/{}", webhook.id);
        let post = async |what: &str| {
            let path = format!("{path}/{what}");
            application.post(&path, json!({})).await.expect(200);
        };
        post("pause").await;
        let by_hand = found().await;
        assert_eq!(by_hand[0]["kind"], "webhook_paused_by_hand");
        assert_eq!(by_hand[0]["severity"], "notice");
        post("resume").await;
        assert!(found().await.is_empty());

        receiver.reply(Reply::Status(410));
        scene.push(0..1).await;
        scene.fixture.drained().await;
        let gone = found().await;
        assert_eq!(gone.len(), 1);
        assert_eq!(gone[0]["kind"], "webhook_paused");
        assert_eq!(gone[0]["severity"], "problem");
        assert_eq!(gone[0]["subject"]["id"], webhook.id.as_str());
        assert!(gone[0]["detail"].as_str().unwrap().starts_with("gone"));
        receiver.reply(Reply::Status(200));
        post("resume").await;
        scene.fixture.drained().await;
        assert!(found().await.is_empty());
    });
}

#[test]
fn a_webhook_has_no_deliveries_of_another_one_that_had_its_id() {
    run(async |_| {
        let scene = Scene::create().await;
        let local = &scene.fixture.local;
        let application = Api::new(local.api_base_url(), Some(local.service_key().to_owned()));
        let path = format!("/tenants/{}/webhooks/siem", scene.tenant.id());
        let receiver = Receiver::start(Reply::Status(410)).await;
        let desired = json!({"name": "SIEM", "url": receiver.url(), "types": ["user.created"]});
        let listed = async || {
            let listed = application.get(&format!("{path}/deliveries")).await;
            listed.expect(200).body["items"].as_array().cloned()
        };
        application.put(&path, desired.clone()).await.expect(201);
        scene.push(0..1).await;
        scene.fixture.drained().await;
        let webhook = application.get(&path).await.expect(200).body;
        assert_ne!(listed().await, Some(Vec::new()), "{webhook}");
        application.delete(&path).await.expect(204);
        application.put(&path, desired).await.expect(201);
        assert_eq!(listed().await, Some(Vec::new()));
    });
}
