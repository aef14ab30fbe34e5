//! The budgets of webhooks: the look for them after an event, and deliveries.

use std::time::Duration;

use jiff::Timestamp;
use rollcall_directory::capacity::{Cost, measure};
use rollcall_directory::{KeyChanger, NewWebhook};
use rollcall_tests::budgets::Budgets;
use rollcall_tests::service::run;
use rollcall_webhook_sender::Sender;
use serde_json::{Value, json};

use super::receiver::{Receiver, Reply};
use super::{Scene, after, call};

async fn cost_of(sender: Sender, message: Value) -> Cost {
    measure(call(&sender, message, Duration::from_secs(60)))
        .await
        .1
}

/// Events that wait for a webhook.
const EVENTS: usize = 20;

#[test]
fn the_sender_keeps_its_budgets() {
    run(async |_| {
        let mut budgets = Budgets::of("Webhooks");
        let scene = Scene::create().await;
        let event = json!({"detail": {"tenant": scene.tenant.id()}});
        let waiting = json!({"waiting": {}});
        let cost = cost_of(scene.sender(), event.clone()).await;
        budgets.record(
            "look for webhooks after an event, where there are none",
            cost,
        );
        let cost = cost_of(scene.sender(), waiting.clone()).await;
        budgets.record("look for webhooks that wait, where none does", cost);

        let receiver = Receiver::start(Reply::Status(500)).await;
        let (webhook, _) = scene.webhook(&receiver.url(), &[]).await;
        scene.push(0..EVENTS - 1).await;
        scene.fixture.drained().await;
        let before = receiver.received().len();
        receiver.reply(Reply::Status(200));
        let at = scene.read(&webhook).await.retry_at().unwrap();
        let cost = cost_of(scene.sender().at(at), waiting.clone()).await;
        assert_eq!(
            receiver.received().len(),
            before + EVENTS,
            "also of its creation"
        );
        budgets.record("send 20 events to a webhook that has waited", cost);
        scene.tenant.webhooks().delete(&webhook.id).await.unwrap();
        scene.fixture.drained().await;

        let of_stack = NewWebhook {
            label: "All".to_owned(),
            target_url: receiver.url(),
            only_types: Vec::new(),
            after: None,
        };
        let directory = scene.fixture.local.directory();
        let webhooks = directory.stack_webhooks();
        let by = KeyChanger::default();
        let made = webhooks.create(&of_stack, &by).await;
        made.unwrap();
        let now = Timestamp::now();
        let cost = cost_of(scene.sender().at(now), waiting.clone()).await;
        budgets.record(
            "look at the only tenants for a new webhook of the stack",
            cost,
        );
        receiver.reply(Reply::Status(500));
        scene.push(EVENTS..2 * EVENTS).await;
        scene.fixture.drained().await;
        let before = receiver.received().len();
        receiver.reply(Reply::Status(200));
        let later = scene.sender().at(after(Timestamp::now(), 60));
        let cost = cost_of(later, waiting).await;
        assert_eq!(receiver.received().len(), before + EVENTS);
        budgets.record(
            "send 20 events of a tenant to a webhook of the stack that has waited",
            cost,
        );
    });
}
