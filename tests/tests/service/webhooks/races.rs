//! Changes of a webhook that come between what another change reads and what it writes.

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use rollcall_directory::{Delivered, EventType, KeyChanger, NewWebhook, PauseReason, Tenant};
use rollcall_tests::event_fixture::relayed;
use rollcall_tests::faults::{Fault, Faults};
use rollcall_tests::seed::person;
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::after;

/// Lets something happen before the first write of the other process.
fn before_the_write(faults: &Faults, other: impl AsyncFn() + Send + Sync + 'static) {
    let is_done = AtomicBool::new(false);
    faults.schedule(move |call| {
        if call.operation == "TransactWriteItems" && !is_done.swap(true, Ordering::SeqCst) {
            block_in_place(|| Handle::current().block_on(other()));
        }
        Fault::None
    });
}

fn new_webhook(after: Option<u64>) -> NewWebhook {
    NewWebhook {
        label: "SIEM".to_owned(),
        target_url: "https://siem.example.com/".to_owned(),
        only_types: vec![EventType::UserCreated],
        after,
    }
}

async fn with_events(table: &TestTable) -> Tenant {
    let tenant = table.tenant("raced").await;
    for name in ["ada", "bob", "cy", "dan"] {
        person(&tenant, name).await;
    }
    relayed(&tenant).await;
    tenant
}

#[test]
fn a_replay_during_a_resumption_counts() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = with_events(&table).await;
        let webhooks = tenant.webhooks();
        let (webhook, _) = webhooks.create(&new_webhook(Some(0))).await.unwrap();
        // The events up to the third have expired.
        let now = Timestamp::now();
        let turn = webhooks.begin(&webhook.id, now, after(now, 100)).await;
        let lost = (PauseReason::EventsExpired, 3);
        let is_lost = webhooks.lose(&turn.unwrap().unwrap(), lost, now).await;
        assert!(is_lost.unwrap());

        let (other, faults) = table.other_process();
        let other = other.system(tenant.id().clone());
        let (first, id) = (tenant.clone(), webhook.id.clone());
        before_the_write(&faults, async move || {
            let webhooks = first.webhooks();
            assert_eq!(webhooks.resume(&id).await.unwrap().skipped, 3);
            webhooks.pause(&id).await.unwrap();
            webhooks.replay(&id, 1).await.unwrap();
        });
        let resumed = other.webhooks().resume(&webhook.id).await.unwrap();
        assert_eq!((resumed.webhook.sent_to, resumed.skipped), (1, 0));
        let stored = webhooks.read(&webhook.id).await.unwrap();
        assert_eq!((stored.sent_to, stored.is_paused()), (1, false));
        let told = relayed(&tenant).await.into_iter();
        let told = told.filter(|event| event.kind == EventType::WebhookResumed.as_str());
        let told: Vec<_> = told.map(|event| event.after.unwrap()).collect();
        assert_eq!(told.len(), 2);
        assert_eq!(
            (&told[0]["after"], &told[0]["skipped"]),
            (&3.into(), &3.into())
        );
        assert_eq!(
            (&told[1]["after"], &told[1]["skipped"]),
            (&1.into(), &0.into())
        );

        // One that is not paused skips nothing.
        let again = webhooks.resume(&webhook.id).await.unwrap();
        assert_eq!((again.webhook.sent_to, again.skipped), (1, 0));
    });
}

#[test]
fn a_webhook_of_the_stack_is_resumed_where_it_is() {
    run(async |_| {
        let table = TestTable::start().await;
        let (directory, by) = (table.directory(), KeyChanger::default());
        let stack = directory.stack_webhooks();
        let (stack, _) = stack.create(&new_webhook(None), &by).await.unwrap();
        let tenant = with_events(&table).await;
        let webhooks = tenant.webhooks().of_stack(&stack);
        assert!(webhooks.ready().await.unwrap());
        let now = Timestamp::now();
        let turn = webhooks.begin(&stack.id, now, after(now, 100)).await;
        let turn = turn.unwrap().unwrap();
        assert!(turn.webhook.sent_to < 2);

        // A turn delivers while it is resumed; and somebody replays while it is resumed.
        let (other, faults) = table.other_process();
        let other = other.system(tenant.id().clone());
        let (sender, of_stack) = (tenant.clone(), stack.clone());
        before_the_write(&faults, async move || {
            let webhooks = sender.webhooks().of_stack(&of_stack);
            let delivered = Delivered { count: 1, last: 2 };
            let advanced = webhooks.advance(&mut turn.clone(), 2, delivered, now).await;
            assert!(advanced.unwrap());
        });
        let of_other = other.webhooks().of_stack(&stack);
        of_other.go_on(None).await.unwrap();
        assert_eq!(webhooks.read(&stack.id).await.unwrap().sent_to, 2);
        let (admin, of_stack) = (tenant.clone(), stack.clone());
        before_the_write(&faults, async move || {
            let webhooks = admin.webhooks().of_stack(&of_stack);
            webhooks.go_on(Some(1)).await.unwrap();
        });
        of_other.go_on(None).await.unwrap();
        assert_eq!(webhooks.read(&stack.id).await.unwrap().sent_to, 1);
    });
}
