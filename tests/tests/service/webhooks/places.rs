//! Places in the feed: one that is lost, and one that an admin chooses.

use rollcall_directory::{EventType, WebhookChange};
use rollcall_tests::api::Api;
use rollcall_tests::event_fixture::relayed;
use rollcall_tests::service::run;
use serde_json::json;

use super::Scene;
use super::receiver::{Receiver, Reply};

#[test]
fn a_place_that_is_lost_pauses_and_resuming_says_what_is_skipped() {
    run(async |_| {
        let scene = Scene::create().await;
        let receiver = Receiver::start(Reply::Status(500)).await;
        let (webhook, _) = scene.webhook(&receiver.url(), &[]).await;
        scene.push(0..5).await;
        scene.fixture.drained().await;
        // The events expire, and their relay is long ago.
        let (client, table) = (scene.fixture.local.dynamodb_client(), "rollcall");
        let head = scene.fixture.feed().await.len() as u64;
        let key = |sort: String| {
            use aws_sdk_dynamodb::types::AttributeValue::S;
            let partition = format!("T#{}#F", scene.tenant.id());
            std::collections::HashMap::from([
                ("PK".to_owned(), S(partition)),
                ("SK".to_owned(), S(sort)),
            ])
        };
        for sequence in 1..=head {
            let delete = client.delete_item().table_name(table);
            let delete = delete.set_key(Some(key(format!("{sequence:016}"))));
            delete.send().await.unwrap();
        }
        let update = client
            .update_item()
            .table_name(table)
            .set_key(Some(key("HEAD".to_owned())));
        update
            .update_expression("REMOVE moved_at")
            .send()
            .await
            .unwrap();
        let at = scene.read(&webhook).await.retry_at().unwrap();
        scene.tick(scene.sender().at(at)).await;
        let paused = scene.read(&webhook).await;
        assert_eq!(paused.pause_reason.as_deref(), Some("events_expired"));
        receiver.reply(Reply::Status(200));
        let before = receiver.received().len();
        let resumed = scene.tenant.webhooks().resume(&webhook.id).await.unwrap();
        assert_eq!(resumed.skipped, head - webhook.sent_to);
        relayed(&scene.tenant).await;
        scene.fixture.drained().await;
        scene.wake(scene.sender()).await;
        let types = receiver.types().split_off(before);
        assert!(types.contains(&"webhook.resumed".to_owned()), "{types:?}");
    });
}

#[test]
fn a_replay_begins_where_it_is_told() {
    run(async |_| {
        let scene = Scene::create().await;
        let receiver = Receiver::start(Reply::Status(200)).await;
        let (webhook, _) = scene.webhook(&receiver.url(), &[]).await;
        scene.push(0..5).await;
        scene.fixture.drained().await;
        let before = receiver.received().len();
        scene
            .tenant
            .webhooks()
            .replay(&webhook.id, 0)
            .await
            .unwrap();
        scene.fixture.drained().await;
        let head = scene.fixture.feed().await.len() as u64;
        assert_eq!(
            receiver.sequences()[before..],
            (1..=head).collect::<Vec<_>>()
        );
        let change = WebhookChange {
            only_types: Some(vec![EventType::TenantRenamed]),
            ..WebhookChange::default()
        };
        scene
            .tenant
            .webhooks()
            .change(&webhook.id, &change)
            .await
            .unwrap();
        let ahead = scene
            .tenant
            .webhooks()
            .replay(&webhook.id, head + 1_000)
            .await;
        assert_eq!(ahead.unwrap_err().reason().as_str(), "cursor_ahead");
    });
}

#[test]
fn a_place_that_is_not_in_the_feed_is_gone() {
    run(async |_| {
        let scene = Scene::create().await;
        let (local, tenant) = (&scene.fixture.local, scene.tenant.id());
        let application = Api::new(local.api_base_url(), Some(local.service_key().to_owned()));
        let url = "http://127.0.0.1:9/";
        let of_tenant = format!("/tenants/{tenant}/webhooks");
        let create = async |path: &str| {
            let made = application.post(path, json!({"name": "SIEM", "url": url}));
            made.await.expect(201).string("/id")
        };
        let replay = format!("{of_tenant}/{}/replay", create(&of_tenant).await);
        let of_stack = create("/webhooks").await;
        let of_stack = format!("/webhooks/{of_stack}/replay?for_tenant={tenant}");
        let ahead = json!({"after": "999999"});
        for (path, body) in [
            (
                of_tenant,
                json!({"name": "SIEM", "url": url, "after": "999999"}),
            ),
            (replay, ahead.clone()),
            (of_stack, ahead),
        ] {
            let refused = application.post(&path, body).await.expect(410);
            assert_eq!(refused.string("/reason"), "cursor_ahead");
            let end = application.get(&format!("/tenants/{tenant}/events")).await;
            assert_eq!(refused.body["next"], end.body["next"]);
        }
    });
}
