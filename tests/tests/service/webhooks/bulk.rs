//! Many events: they arrive in order across time-outs of the sender, and nothing is lost.

use std::time::Duration;

use serde_json::json;

use super::receiver::{Receiver, Reply};
use super::{Scene, after, call};
use rollcall_tests::service::run;
use rollcall_tests::size;

/// Sends events to a slow receiver, with calls of the sender that are cut short.
async fn all_arrive(events: usize, took: Duration, time: Duration) {
    let scene = Scene::create().await;
    let receiver = Receiver::start(Reply::Status(500)).await;
    let (webhook, _) = scene.webhook(&receiver.url(), &[]).await;
    // Each member is an event.
    let people = scene.fixture.idp.user("somebody").await;
    let group = scene.fixture.idp.group("Many", &[]).await;
    for _ in 0..events.div_ceil(2) {
        for op in ["add", "remove"] {
            let change = json!([{"op": op, "path": "members", "value": [{"value": people}]}]);
            let path = format!("/Groups/{group}");
            scene.fixture.idp.patch(&path, change).await;
        }
    }
    scene.fixture.drained().await;
    receiver.reply(Reply::Slow(took));
    let failed = receiver.received().len();
    let head = scene.tenant.journal().last_sequence().await.unwrap();
    let (mut calls, mut at) = (0, scene.read(&webhook).await.retry_at().unwrap());
    while scene.read(&webhook).await.sent_to < head {
        at = after(at, 60);
        let sender = scene.sender().at(at);
        call(&sender, json!({"waiting": {}}), time).await;
        calls += 1;
        assert!(calls < 10_000, "it does not go on");
    }
    let expected: Vec<u64> = (webhook.sent_to + 1..=head).collect();
    assert_eq!(
        receiver.sequences()[failed..],
        expected,
        "each once, in order"
    );
    eprintln!("{} events in {calls} calls of the sender", expected.len());
    assert!(expected.len() >= events && calls > 1);
}

/// With 10,000 events and a receiver that takes 100 ms in `tests/deliveries`.
#[test]
fn many_events_arrive_in_order_across_time_outs() {
    run(async |_| {
        let (events, took, time) = match size::full_size() {
            true => (10_000, 100, 60_000),
            false => (120, 5, 250),
        };
        let [took, time] = [took, time].map(Duration::from_millis);
        all_arrive(events, took, time).await;
    });
}
