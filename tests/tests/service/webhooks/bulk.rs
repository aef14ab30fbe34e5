//! Many events: they arrive in order across turns and time-outs of the sender, and nothing is lost.

use std::time::Duration;

use rollcall_directory::{NewWebhook, WebhookTargets};
use rollcall_tests::event_fixture::relayed;
use rollcall_tests::seed::person;
use rollcall_tests::service::run;
use rollcall_tests::size;
use rollcall_tests::table::TestTable;
use serde_json::json;

use super::call;
use super::receiver::{Receiver, Reply};

/// A backlog, and the times in which it is sent.
struct Backlog {
    events: usize,
    /// How long the receiver takes for each event.
    took: Duration,
    /// How long a turn of the webhook lasts; `None` for as long as in a deployed sender.
    turn: Option<Duration>,
    /// How long a call of the sender lasts at most.
    call: Duration,
}

/// Sends a backlog: first as after an event, and then with as many calls of the schedule as are needed. Returns how many these
/// are.
async fn all_arrive(backlog: Backlog) -> usize {
    let table = TestTable::start().await;
    let directory = table.directory();
    let directory = directory.with_webhook_targets(WebhookTargets::AlsoLoopback);
    let tenant = directory.system(table.tenant("bulk").await.id().clone());
    let receiver = Receiver::start(Reply::Slow(backlog.took)).await;
    let new = NewWebhook {
        label: "SIEM".to_owned(),
        target_url: receiver.url(),
        only_types: Vec::new(),
        after: None,
    };
    let (webhook, _) = tenant.webhooks().create(&new).await.unwrap();
    for number in 0..backlog.events {
        person(&tenant, &format!("person-{number}")).await;
        if number % 100 == 0 {
            relayed(&tenant).await;
        }
    }
    relayed(&tenant).await;
    let head = tenant.journal().last_sequence().await.unwrap();
    let place = async || {
        let read = tenant.webhooks().read(&webhook.id).await;
        read.unwrap().sent_to
    };
    let mut sender = rollcall_webhook_sender::handler(directory);
    if let Some(turn) = backlog.turn {
        sender = sender.with_turns_of(turn);
    }
    let event = json!({"detail": {"tenant": tenant.id()}});
    call(&sender, event, backlog.call).await;
    let after_event = place().await;
    assert!(after_event < head, "an event is a reason for one turn");
    let mut calls = 0;
    while place().await < head {
        call(&sender, json!({"waiting": {}}), backlog.call).await;
        calls += 1;
        assert!(calls < 10_000, "it does not go on");
    }
    let expected: Vec<u64> = (webhook.sent_to + 1..=head).collect();
    assert_eq!(receiver.sequences(), expected, "each once, in order");
    assert!(expected.len() >= backlog.events);
    // The schedule calls every minute. While a call sends, the next ones find nothing to do.
    let (sent, minutes) = (expected.len(), 3 * calls);
    eprintln!("{sent} events in {calls} calls, of a deployed sender in {minutes} minutes");
    calls
}

/// With 10,000 events, a receiver that takes 100 ms, and the times of a deployed sender in `tests/deliveries`.
#[test]
fn many_events_arrive_in_order_across_time_outs() {
    run(async |_| {
        let is_full = size::full_size();
        let backlog = match is_full {
            true => Backlog {
                events: 10_000,
                took: Duration::from_millis(100),
                turn: None,
                call: Duration::from_secs(165),
            },
            false => Backlog {
                events: 200,
                took: Duration::from_millis(5),
                turn: Some(Duration::from_millis(150)),
                call: Duration::from_millis(300),
            },
        };
        let calls = all_arrive(backlog).await;
        assert!(calls > 1, "no call was cut short");
        if is_full {
            assert!(calls <= 10, "{calls} calls do not use their time");
        }
    });
}

/// The receiver takes longer for all events than three turns last, so the one call has two or more.
#[test]
fn a_call_that_has_time_gives_a_backlog_more_than_one_turn() {
    run(async |_| {
        let backlog = Backlog {
            events: 120,
            took: Duration::from_millis(5),
            turn: Some(Duration::from_millis(190)),
            call: Duration::from_secs(165),
        };
        assert_eq!(all_arrive(backlog).await, 1);
    });
}
