//! A receiver of the stack that hangs for many tenants holds up no webhook of a tenant.

use std::time::Duration;

use jiff::Timestamp;
use rollcall_directory::{EventType, KeyChanger, NewWebhook};
use rollcall_tests::event_fixture::{EventFixture, until};
use rollcall_tests::service::run;
use serde_json::json;

use super::receiver::{Receiver, Reply};
use super::{after, call};

/// The deliveries to one webhook of the stack that the sender makes at the same time.
const AT_ONCE: usize = 20;

fn webhook(receiver: &Receiver, types: &[EventType]) -> NewWebhook {
    NewWebhook {
        label: "SIEM".to_owned(),
        target_url: receiver.url(),
        only_types: types.to_vec(),
        after: None,
    }
}

#[test]
fn a_hanging_receiver_of_the_stack_holds_up_no_webhook_of_a_tenant() {
    run(async |_| {
        // If the tenant had waited, all deliveries of the stack would have begun, each time. On a busy machine, the local run
        // begins some of them, too.
        let mut hanging = usize::MAX;
        for _ in 0..4 {
            hanging = hanging.min(hanging_before_the_tenant().await);
            if hanging <= AT_ONCE + 2 {
                return;
            }
        }
        panic!("the tenant waited until {hanging} deliveries of the stack had begun");
    });
}

/// Returns how many deliveries of the stack hang when the tenant's arrives.
async fn hanging_before_the_tenant() -> usize {
    let fixture = EventFixture::start().await;
    let of_stack = Receiver::start(Reply::Status(500)).await;
    let of_tenant = Receiver::start(Reply::Status(500)).await;
    let directory = fixture.local.directory();
    let new = webhook(&of_stack, &[]);
    let made = directory.stack_webhooks();
    made.create(&new, &KeyChanger::default()).await.unwrap();
    // More tenants wait for the webhook of the stack than it is called for at the same time.
    for number in 0..AT_ONCE + 5 {
        fixture.another(&format!("waits-{number}")).await;
    }
    fixture.drained().await;
    // The webhook of a tenant is due after all of them.
    let (tenant, idp) = fixture.another("last").await;
    let new = webhook(&of_tenant, &[EventType::UserCreated]);
    tenant.webhooks().create(&new).await.unwrap();
    idp.user("ada").await;
    fixture.drained().await;
    let tried = of_tenant.received().len();

    of_stack.reply(Reply::Hang);
    of_tenant.reply(Reply::Status(204));
    let before = of_stack.received().len();
    let sender = rollcall_webhook_sender::handler(directory);
    let sender = sender.at(after(Timestamp::now(), 3_600));
    let sent = call(&sender, json!({"waiting": {}}), Duration::from_secs(60));
    let arrived = until("the event of the tenant", || {
        (of_tenant.received().len() > tried).then_some(())
    });
    tokio::select! {
        () = sent => panic!("nothing hangs"),
        () = arrived => {}
    }
    of_stack.received().len() - before
}
