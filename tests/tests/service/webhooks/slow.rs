//! A slow receiver: the turn of its webhook is short, so that those behind it in the line are called, and it loses nothing. One
//! call gives it as many turns as it has time for.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use rollcall_directory::{Directory, EventType, NewWebhook, Tenant, WebhookTargets};
use rollcall_tests::event_fixture::{batch, relayed, until};
use rollcall_tests::seed::person;
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use rollcall_webhook_sender::Sender;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::after;
use super::receiver::{Receiver, Reply};

/// The tenants, and the webhooks of each that go to the slow receiver: more than the sender calls at the same time.
const TENANTS: usize = 3;
const SLOW_WEBHOOKS: usize = 7;
/// Longer than a delivery that counts as slow.
const SLOW: Duration = Duration::from_millis(1_100);

/// Tenants whose events nobody sends but the test.
struct Scene {
    _table: TestTable,
    tenants: Vec<Tenant>,
    sender: Sender,
}

impl Scene {
    async fn create() -> Scene {
        let table = TestTable::start().await;
        let directory: Directory = table.directory();
        let directory = directory.with_webhook_targets(WebhookTargets::AlsoLoopback);
        let mut tenants = Vec::new();
        for number in 0..TENANTS {
            let tenant = table.tenant(&format!("slow-{number}")).await;
            tenants.push(directory.system(tenant.id().clone()));
        }
        // A turn with a slow delivery ends with it.
        let sender = rollcall_webhook_sender::handler(directory).with_slow_turns_of(Duration::ZERO);
        Scene {
            _table: table,
            tenants,
            sender,
        }
    }

    async fn call(&self, messages: &[Value]) {
        call(&self.sender, messages).await;
    }

    /// Creates people in each tenant. Returns the sequence numbers of their events, by tenant.
    async fn created(&self, names: &[&str]) -> Vec<Vec<u64>> {
        let mut created = Vec::new();
        for tenant in &self.tenants {
            for name in names {
                person(tenant, name).await;
            }
            let events = relayed(tenant).await.into_iter();
            let people = events.filter(|event| event.kind == "user.created");
            let sequences: Vec<u64> = people.map(|event| event.sequence).collect();
            assert_eq!(sequences.len(), names.len());
            created.push(sequences);
        }
        created
    }

    /// Calls the sender as after an event of each tenant.
    async fn wake(&self) {
        let wake = |tenant: &Tenant| json!({"detail": {"tenant": tenant.id()}});
        let wakes: Vec<Value> = self.tenants.iter().map(wake).collect();
        self.call(&wakes).await;
    }

    /// Returns the places of all webhooks to a receiver, by tenant.
    async fn places(&self, receiver: &Receiver) -> Vec<Vec<u64>> {
        let mut places = Vec::new();
        for tenant in &self.tenants {
            let webhooks = tenant.webhooks().list().await.unwrap().into_iter();
            let to_it = webhooks.filter(|webhook| webhook.target_url == receiver.url());
            places.push(to_it.map(|webhook| webhook.sent_to).collect());
        }
        places
    }
}

async fn call(sender: &Sender, messages: &[Value]) {
    let messages: Vec<String> = messages.iter().map(Value::to_string).collect();
    let deadline = Instant::now() + Duration::from_secs(60);
    let answer = sender.call(batch(&messages), deadline).await;
    assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
}

/// Returns the places of the slow webhooks if each has got the event with this number.
fn places_after(created: &[Vec<u64>], event: usize) -> Vec<Vec<u64>> {
    let places = created
        .iter()
        .map(|sequences| vec![sequences[event]; SLOW_WEBHOOKS]);
    places.collect()
}

/// Returns how often each event arrives at the slow webhooks.
fn each_once(scene: &Scene, created: &[Vec<u64>]) -> BTreeMap<(String, u64), usize> {
    let mut expected = BTreeMap::new();
    for (tenant, sequences) in scene.tenants.iter().zip(created) {
        for sequence in sequences {
            expected.insert((tenant.id().to_string(), *sequence), SLOW_WEBHOOKS);
        }
    }
    expected
}

async fn create(tenant: &Tenant, receiver: &Receiver) {
    let new = NewWebhook {
        label: "SIEM".to_owned(),
        target_url: receiver.url(),
        only_types: vec![EventType::UserCreated],
        after: None,
    };
    tenant.webhooks().create(&new).await.unwrap();
}

/// Counts the deliveries of each event.
fn deliveries(receiver: &Receiver) -> BTreeMap<(String, u64), usize> {
    let mut counts = BTreeMap::new();
    for one in receiver.received() {
        let tenant = one.event()["tenant"].as_str().expect("a tenant").to_owned();
        *counts.entry((tenant, one.sequence())).or_default() += 1;
    }
    counts
}

/// Creates the slow webhooks, and one to `fast` behind them.
async fn lines(scene: &Scene, slow: &Receiver, fast: &Receiver) {
    for tenant in &scene.tenants {
        for _ in 0..SLOW_WEBHOOKS {
            create(tenant, slow).await;
        }
    }
    create(scene.tenants.last().unwrap(), fast).await;
}

#[test]
fn the_turns_of_a_slow_receiver_are_short_and_it_gets_everything() {
    run(async |_| {
        let scene = Scene::create().await;
        let slow = Receiver::start(Reply::Slow(SLOW)).await;
        let fast = Receiver::start(Reply::Status(204)).await;
        lines(&scene, &slow, &fast).await;
        let created = scene.created(&["ada", "bob"]).await;
        scene.wake().await;
        // The webhook behind all the slow ones has everything, and each of these has one event: no turn went on to the next.
        assert_eq!(fast.sequences(), created[TENANTS - 1]);
        assert_eq!(scene.places(&slow).await, places_after(&created, 0));

        scene.call(&[json!({"waiting": {}})]).await;
        assert_eq!(scene.places(&slow).await, places_after(&created, 1));
        assert_eq!(deliveries(&slow), each_once(&scene, &created));
        assert_eq!(fast.received().len(), 2);
    });
}

/// Each turn has one event, so the call needs as many turns as there are events.
#[test]
fn one_call_gives_a_backlog_several_turns_and_others_go_first() {
    run(async |_| {
        let scene = Scene::create().await;
        let slow = Receiver::start(Reply::Slow(SLOW)).await;
        let fast = Receiver::start(Reply::Status(500)).await;
        lines(&scene, &slow, &fast).await;
        let created = scene.created(&["ada", "bob", "cy", "dan"]).await;
        scene.wake().await;
        assert_eq!(scene.places(&slow).await, places_after(&created, 0));
        // The one that failed is due last.
        assert_eq!(fast.received().len(), 1);
        fast.reply(Reply::Status(204));
        let later = scene.sender.clone().at(after(Timestamp::now(), 3_600));
        let message = [json!({"waiting": {}})];
        let sent = call(&later, &message);
        let arrived = async {
            until("an event of the webhook that is due last", || {
                (fast.received().len() > 1).then_some(())
            })
            .await;
            slow.received().len()
        };
        let ((), begun) = futures::future::join(sent, arrived).await;
        assert_eq!(scene.places(&slow).await, places_after(&created, 3));
        assert_eq!(deliveries(&slow), each_once(&scene, &created));
        let all = slow.received().len();
        assert!(begun < all, "the others waited for all {all} deliveries");
    });
}
