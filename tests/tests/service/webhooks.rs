//! Webhooks: a real receiver that fails, hangs, redirects, floods and restarts gets every event of its tenant, in order,
//! signed, at least once.

mod budgets;
mod bulk;
mod health;
mod lines;
mod places;
mod races;
mod receiver;
mod rights;
mod slow;
mod stack;
mod successors;
mod walks;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{DeliveryEntry, EventType, NewWebhook, PauseReason, Tenant, Webhook};
use rollcall_tests::event_fixture::{EventFixture, batch};
use rollcall_tests::service::run;
use rollcall_webhook_sender::Sender;
use serde_json::{Value, json};
use tokio::time::Instant;

use receiver::{Receiver, Reply};

/// A tenant whose changes nothing follows by itself, so that a test decides when something is sent.
struct Scene {
    fixture: EventFixture,
    tenant: Tenant,
}

impl Scene {
    async fn create() -> Scene {
        let fixture = EventFixture::start().await;
        let tenant = fixture.tenant.clone();
        fixture.drained().await;
        Scene { fixture, tenant }
    }

    fn sender(&self) -> Sender {
        rollcall_webhook_sender::handler(self.fixture.local.directory())
    }

    async fn webhook(&self, url: &str, types: &[EventType]) -> (Webhook, String) {
        let new = NewWebhook {
            label: "SIEM".to_owned(),
            target_url: url.to_owned(),
            only_types: types.to_vec(),
            after: None,
        };
        let (webhook, secret) = self.tenant.webhooks().create(&new).await.unwrap();
        (webhook, secret.expose())
    }

    async fn read(&self, webhook: &Webhook) -> Webhook {
        self.tenant.webhooks().read(&webhook.id).await.unwrap()
    }

    async fn push(&self, names: std::ops::Range<usize>) {
        for name in names {
            self.fixture.idp.user(&format!("person-{name}")).await;
        }
    }

    async fn log(&self, webhook: &Webhook) -> Vec<DeliveryEntry> {
        let log = self.tenant.webhooks().deliveries(&webhook.id, None, 100);
        log.await.unwrap().0
    }

    /// Calls the sender as the schedule does.
    async fn tick(&self, sender: Sender) {
        call(&sender, json!({"waiting": {}}), Duration::from_secs(60)).await;
    }

    /// Calls the sender as after an event of the tenant.
    async fn wake(&self, sender: Sender) {
        let event = json!({"detail": {"tenant": self.tenant.id()}});
        call(&sender, event, Duration::from_secs(60)).await;
    }
}

async fn call(sender: &Sender, message: Value, time: Duration) {
    let event = batch(&[message.to_string()]);
    let answer = sender.call(event, Instant::now() + time).await;
    assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
}

fn after(time: Timestamp, seconds: i64) -> Timestamp {
    time + SignedDuration::from_secs(seconds)
}

#[test]
fn events_arrive_in_order_and_signed() {
    run(async |_| {
        let scene = Scene::create().await;
        let receiver = Receiver::start(Reply::Status(204)).await;
        let (webhook, secret) = scene.webhook(&receiver.url(), &[]).await;
        scene.push(0..30).await;
        scene.fixture.drained().await;
        let head = scene.fixture.feed().await.len() as u64;
        let expected: Vec<u64> = (webhook.sent_to + 1..=head).collect();
        assert_eq!(receiver.sequences(), expected);
        let feed = scene.fixture.feed().await;
        for one in receiver.received() {
            let event = one.event();
            assert_eq!(event, feed[one.sequence() as usize - 1]);
            assert_eq!((one.signatures(), one.signatures_by(&secret)), (1, 1));
            let age = Timestamp::now().as_second()
                - one.header("webhook-timestamp").parse::<i64>().unwrap();
            assert!((0..120).contains(&age), "{age}");
            assert!(!one.header("webhook-id").contains('.'));
            assert_eq!(one.header("content-type"), "application/json");
        }
        let stored = scene.read(&webhook).await;
        assert_eq!((stored.sent_to, stored.failures), (head, 0));
        let log = scene.log(&webhook).await;
        let delivered: u64 = log.iter().map(|entry| entry.delivered).sum();
        assert_eq!(delivered, expected.len() as u64);
        assert!(log.len() <= 2, "successes are summed: {log:?}");
        assert_eq!(scene.fixture.local.dead_letters(), 0);
    });
}

#[test]
fn two_secrets_are_live_for_a_day() {
    run(async |_| {
        let scene = Scene::create().await;
        let receiver = Receiver::start(Reply::Status(200)).await;
        let (webhook, first) = scene.webhook(&receiver.url(), &[]).await;
        let rotated = scene.tenant.webhooks().rotate_secret(&webhook.id).await;
        let second = rotated.unwrap().1.expose();
        scene.fixture.drained().await;
        let last = receiver.received().pop().unwrap();
        assert_eq!(last.event()["type"], "webhook.secret_rotated");
        assert_eq!(
            (last.signatures_by(&second), last.signatures_by(&first)),
            (1, 1)
        );
        assert_eq!(last.signatures(), 2);

        // A day later, only the new one.
        let tomorrow = scene.sender().at(after(Timestamp::now(), 86_401));
        receiver.reply(Reply::Status(500));
        scene.push(0..1).await;
        scene.fixture.drained().await;
        receiver.reply(Reply::Status(200));
        scene.tick(tomorrow).await;
        let last = receiver.received().pop().unwrap();
        assert_eq!((last.signatures_by(&second), last.signatures()), (1, 1));
    });
}

#[test]
fn failures_are_retried_with_growing_delays_and_end_in_a_pause() {
    run(async |_| {
        let scene = Scene::create().await;
        let receiver = Receiver::start(Reply::Status(500)).await;
        let (webhook, _) = scene.webhook(&receiver.url(), &[]).await;
        scene.fixture.drained().await;
        let (mut attempts, mut delays) = (1, Vec::new());
        let first = scene.read(&webhook).await.failing_since.unwrap();
        let mut at = first;
        loop {
            let stored = scene.read(&webhook).await;
            assert_eq!(receiver.received().len(), attempts);
            assert_eq!(stored.failures as usize, attempts);
            assert_eq!(stored.last_status, Some(500));
            let Some(retry_at) = stored.retry_at() else {
                break;
            };
            delays.push((retry_at.as_millisecond() - at.as_millisecond()) / 1_000);
            // Neither the schedule nor an event calls it before.
            let early = scene.sender().at(retry_at - SignedDuration::from_millis(1));
            scene.tick(early.clone()).await;
            scene.wake(early).await;
            assert_eq!(receiver.received().len(), attempts);
            scene.tick(scene.sender().at(retry_at)).await;
            (attempts, at) = (attempts + 1, retry_at);
        }
        assert_eq!(delays[..8], [10, 30, 90, 270, 810, 2_430, 7_290, 21_600]);
        let hours = at.duration_since(first).as_hours();
        assert!((72..79).contains(&hours), "{hours}");
        let paused = scene.read(&webhook).await;
        assert_eq!(
            paused.pause_reason.as_deref(),
            Some(PauseReason::Failing.as_str())
        );
        assert_eq!(
            scene.log(&webhook).await.len(),
            attempts,
            "each failure by itself"
        );
        let ids: Vec<_> = receiver
            .received()
            .iter()
            .map(|one| one.header("webhook-id").to_owned())
            .collect();
        assert!(
            ids.iter().all(|id| *id == ids[0]),
            "the same message each time"
        );

        // Nothing is sent while it is paused, and nothing is lost.
        receiver.reply(Reply::Status(200));
        scene.push(0..3).await;
        scene.fixture.drained().await;
        assert_eq!(receiver.received().len(), attempts);
        let feed = scene.fixture.feed().await;
        let told = feed
            .iter()
            .find(|event| event["type"] == "webhook.paused")
            .unwrap();
        assert_eq!(told["after"]["reason"], "failing");
        let resumed = scene.tenant.webhooks().resume(&webhook.id).await.unwrap();
        assert_eq!(resumed.skipped, 0);
        scene.fixture.drained().await;
        let head = scene.fixture.feed().await.len() as u64;
        let expected: Vec<u64> = (webhook.sent_to + 1..=head).collect();
        assert_eq!(receiver.sequences()[attempts..], expected);
    });
}

#[test]
fn whatever_a_receiver_does_is_bounded() {
    run(async |_| {
        let scene = Scene::create().await;
        let receiver = Receiver::start(Reply::Hang).await;
        for (reply, kind, status) in [
            (Reply::Hang, "timeout", None),
            (Reply::Redirect, "status", Some(302)),
            (Reply::Status(404), "status", Some(404)),
        ] {
            receiver.reply(Reply::Status(503));
            let (webhook, _) = scene.webhook(&receiver.url(), &[]).await;
            scene.fixture.drained().await;
            let before = receiver.received().len();
            receiver.reply(reply);
            let at = scene.read(&webhook).await.retry_at().unwrap();
            let sender = match reply {
                Reply::Hang => scene.sender().patient_for(Duration::from_millis(300)),
                _ => scene.sender(),
            };
            scene.tick(sender.at(at)).await;
            assert_eq!(
                receiver.received().len(),
                before + 1,
                "no redirect is followed"
            );
            let log = scene.log(&webhook).await;
            let last = log.first().unwrap();
            assert_eq!(
                (last.failure.as_deref(), last.http_status),
                (Some(kind), status)
            );
            scene.tenant.webhooks().delete(&webhook.id).await.unwrap();
        }
        receiver.reply(Reply::Flood);
        let (webhook, _) = scene.webhook(&receiver.url(), &[]).await;
        scene.fixture.drained().await;
        assert_eq!(
            scene.read(&webhook).await.failures,
            0,
            "the body does not count"
        );
        let gone = Receiver::start(Reply::Status(410)).await;
        let (webhook, _) = scene.webhook(&gone.url(), &[]).await;
        scene.fixture.drained().await;
        let paused = scene.read(&webhook).await;
        assert_eq!(paused.pause_reason.as_deref(), Some("gone"));
    });
}

#[test]
fn a_receiver_that_restarts_misses_nothing() {
    run(async |_| {
        let scene = Scene::create().await;
        let receiver = Receiver::start(Reply::Status(200)).await;
        let (webhook, _) = scene.webhook(&receiver.url(), &[]).await;
        scene.push(0..5).await;
        scene.fixture.drained().await;
        let receiver = receiver.restart().await;
        receiver.reply(Reply::Status(500));
        scene.push(5..10).await;
        scene.fixture.drained().await;
        let receiver = receiver.restart().await;
        receiver.reply(Reply::Status(200));
        let at = scene.read(&webhook).await.retry_at().unwrap();
        scene.tick(scene.sender().at(at)).await;
        let head = scene.fixture.feed().await.len() as u64;
        let mut sequences = receiver.sequences();
        // What failed is repeated. It did not arrive if the connection was that of before the restart.
        let arrived = sequences.len();
        sequences.dedup();
        assert!(arrived - sequences.len() <= 1, "{arrived} {sequences:?}");
        assert_eq!(sequences, (webhook.sent_to + 1..=head).collect::<Vec<_>>());
    });
}

#[test]
fn one_turn_at_a_time_and_none_is_lost() {
    run(async |_| {
        let scene = Scene::create().await;
        let receiver = Receiver::start(Reply::Slow(Duration::from_millis(2))).await;
        let (webhook, _) = scene.webhook(&receiver.url(), &[]).await;
        let pushing = scene.push(0..40);
        let sending = async {
            for _ in 0..20 {
                let senders = [scene.sender(), scene.sender(), scene.sender()];
                futures::future::join_all(senders.map(|sender| scene.wake(sender))).await;
            }
        };
        futures::future::join(pushing, sending).await;
        scene.fixture.drained().await;
        let head = scene.fixture.feed().await.len() as u64;
        let expected: Vec<u64> = (webhook.sent_to + 1..=head).collect();
        assert_eq!(receiver.sequences(), expected);
    });
}

#[test]
fn whoever_dies_is_followed_when_the_turn_ends() {
    run(async |_| {
        let scene = Scene::create().await;
        let receiver = Receiver::start(Reply::Status(200)).await;
        let (webhook, _) = scene.webhook(&receiver.url(), &[]).await;
        scene.fixture.drained().await;
        let (now, before) = (Timestamp::now(), receiver.received().len());
        let turn = scene
            .tenant
            .webhooks()
            .begin(&webhook.id, now, after(now, 100));
        assert!(turn.await.unwrap().is_some());
        scene.push(0..2).await;
        scene.fixture.drained().await;
        assert_eq!(
            receiver.received().len(),
            before,
            "the turn is somebody else's"
        );
        scene.wake(scene.sender().at(after(now, 101))).await;
        assert_eq!(receiver.received().len(), before + 2);
    });
}

#[test]
fn what_does_not_fit_in_one_call_goes_on_in_the_next() {
    run(async |_| {
        let scene = Scene::create().await;
        let receiver = Receiver::start(Reply::Status(500)).await;
        let (webhook, _) = scene.webhook(&receiver.url(), &[]).await;
        scene.push(0..60).await;
        scene.fixture.drained().await;
        receiver.reply(Reply::Slow(Duration::from_millis(20)));
        let failed = receiver.received().len();
        let head = scene.fixture.feed().await.len() as u64;
        let (mut calls, mut at) = (0, scene.read(&webhook).await.retry_at().unwrap());
        while scene.read(&webhook).await.sent_to < head {
            at = after(at, 60);
            let sender = scene.sender().at(at);
            call(&sender, json!({"waiting": {}}), Duration::from_millis(400)).await;
            calls += 1;
            assert!(calls < 100, "it does not go on");
        }
        assert!(calls > 1, "it took one call");
        let expected: Vec<u64> = (webhook.sent_to + 1..=head).collect();
        assert_eq!(receiver.sequences()[failed..], expected, "each once");
    });
}

#[test]
fn types_select_and_a_test_always_comes() {
    run(async |_| {
        let scene = Scene::create().await;
        let receiver = Receiver::start(Reply::Status(200)).await;
        let other = Receiver::start(Reply::Status(200)).await;
        let (webhook, _) = scene
            .webhook(&receiver.url(), &[EventType::UserDeactivated])
            .await;
        scene.webhook(&other.url(), &[EventType::UserCreated]).await;
        scene.push(0..3).await;
        scene.tenant.webhooks().test(&webhook.id).await.unwrap();
        scene.fixture.drained().await;
        assert_eq!(receiver.types(), ["webhook.tested"]);
        assert_eq!(other.types(), ["user.created"; 3]);
        let stored = scene.read(&webhook).await;
        assert_eq!(stored.sent_to, scene.fixture.feed().await.len() as u64);
    });
}

#[test]
fn a_deleted_webhook_or_tenant_gets_nothing_more() {
    run(async |_| {
        let scene = Scene::create().await;
        let receiver = Receiver::start(Reply::Slow(Duration::from_millis(50))).await;
        let (webhook, _) = scene.webhook(&receiver.url(), &[]).await;
        scene.push(0..20).await;
        while receiver.received().is_empty() {
            tokio::task::yield_now().await;
        }
        scene.tenant.webhooks().delete(&webhook.id).await.unwrap();
        let at_deletion = receiver.received().len();
        scene.fixture.drained().await;
        assert!(
            receiver.received().len() <= at_deletion + 1,
            "one was under way"
        );

        let failing = Receiver::start(Reply::Status(500)).await;
        scene.webhook(&failing.url(), &[]).await;
        scene.fixture.drained().await;
        scene.tenant.lifecycle().delete().await.unwrap();
        let before = failing.received().len();
        scene.fixture.drained().await;
        scene
            .tick(scene.sender().at(after(Timestamp::now(), 86_400)))
            .await;
        assert_eq!(failing.received().len(), before);
    });
}
