//! A slow receiver: the turn of its webhook is short, so that those behind it in the line are called, and it loses nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_directory::{Directory, EventType, NewWebhook, Tenant, WebhookTargets};
use rollcall_tests::event_fixture::{batch, relayed};
use rollcall_tests::seed::person;
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use rollcall_webhook_sender::Sender;
use serde_json::{Value, json};
use tokio::time::Instant;

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
        let messages: Vec<String> = messages.iter().map(Value::to_string).collect();
        let deadline = Instant::now() + Duration::from_secs(60);
        let answer = self.sender.call(batch(&messages), deadline).await;
        assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
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

#[test]
fn the_turns_of_a_slow_receiver_are_short_and_it_gets_everything() {
    run(async |_| {
        let scene = Scene::create().await;
        let slow = Receiver::start(Reply::Slow(SLOW)).await;
        let fast = Receiver::start(Reply::Status(204)).await;
        for tenant in &scene.tenants {
            for _ in 0..SLOW_WEBHOOKS {
                create(tenant, &slow).await;
            }
        }
        let last = scene.tenants.last().unwrap();
        create(last, &fast).await;
        let mut created = Vec::new();
        for tenant in &scene.tenants {
            for name in ["ada", "bob"] {
                person(tenant, name).await;
            }
            let events = relayed(tenant).await.into_iter();
            let people = events.filter(|event| event.kind == "user.created");
            let sequences: Vec<u64> = people.map(|event| event.sequence).collect();
            assert_eq!(sequences.len(), 2);
            created.push(sequences);
        }

        let wake = |tenant: &Tenant| json!({"detail": {"tenant": tenant.id()}});
        let wakes: Vec<Value> = scene.tenants.iter().map(wake).collect();
        scene.call(&wakes).await;
        // The webhook behind all the slow ones has everything, and each of these has one event: no turn went on to the next.
        assert_eq!(fast.sequences(), created[TENANTS - 1]);
        let first = created
            .iter()
            .map(|sequences| [sequences[0]; SLOW_WEBHOOKS]);
        assert_eq!(scene.places(&slow).await, first.collect::<Vec<_>>());

        for _ in 0..2 {
            scene.call(&[json!({"waiting": {}})]).await;
        }
        let second = created
            .iter()
            .map(|sequences| [sequences[1]; SLOW_WEBHOOKS]);
        assert_eq!(scene.places(&slow).await, second.collect::<Vec<_>>());
        let mut expected = BTreeMap::new();
        for (tenant, sequences) in scene.tenants.iter().zip(&created) {
            for sequence in sequences {
                expected.insert((tenant.id().to_string(), *sequence), SLOW_WEBHOOKS);
            }
        }
        assert_eq!(deliveries(&slow), expected, "each once");
        assert_eq!(fast.received().len(), 2);
    });
}
