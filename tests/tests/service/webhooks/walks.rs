//! The walk through the tenants after a webhook of the stack was changed: a tenant that cannot be looked at holds up nobody, and is
//! not forgotten.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::S;
use rollcall_directory::{Directory, KeyChanger, NewWebhook, StackWebhook, Tenant, WebhookTargets};
use rollcall_tests::event_fixture::relayed;
use rollcall_tests::seed::person;
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use serde_json::json;

use super::call;
use super::receiver::{Receiver, Reply};

/// How often a tenant is looked at that fails each time.
const LOOKS: u32 = 10;

/// Two tenants, of which one cannot be read. Nothing happens but what the test does.
struct Scene {
    table: TestTable,
    directory: Directory,
    receiver: Receiver,
    unreadable: Tenant,
    other: Tenant,
}

impl Scene {
    async fn create() -> Scene {
        let table = TestTable::start().await;
        let directory = table.directory();
        Scene {
            directory: directory.with_webhook_targets(WebhookTargets::AlsoLoopback),
            receiver: Receiver::start(Reply::Status(204)).await,
            // It comes first.
            unreadable: table.tenant("a-tenant").await,
            other: table.tenant("b-tenant").await,
            table,
        }
    }

    async fn webhook(&self) -> StackWebhook {
        let new = NewWebhook {
            label: "All".to_owned(),
            target_url: self.receiver.url(),
            only_types: Vec::new(),
            after: None,
        };
        let (webhooks, by) = (self.directory.stack_webhooks(), KeyChanger::default());
        webhooks.create(&new, &by).await.unwrap().0
    }

    /// Makes how far a webhook is in the tenant unreadable.
    async fn damage(&self, webhook: &StackWebhook) {
        let name = |name: &str, value: String| (name.to_owned(), S(value));
        let partition = format!("T#{}#HP", self.unreadable.id());
        let key = [name("PK", partition), name("SK", webhook.id.clone())];
        self.table.put(key.into()).await;
    }

    /// Makes it readable: the place is that of an earlier webhook, so this one begins there.
    async fn mend(&self, webhook: &StackWebhook) {
        let partition = format!("T#{}#HP", self.other.id());
        let items = self.table.items_of(&self.other).await.into_iter();
        let copy = items.filter(|item| item["PK"] == S(partition.clone()));
        let mut copy = copy.filter(|item| item["SK"] == S(webhook.id.clone()));
        let mut copy = copy.next().expect("how far it is in the other tenant");
        let partition = format!("T#{}#HP", self.unreadable.id());
        copy.insert("PK".to_owned(), S(partition));
        copy.insert(
            "created_at".to_owned(),
            S("2020-01-01T00:00:00Z".to_owned()),
        );
        self.table.put(copy).await;
    }

    async fn people(&self, name: &str) {
        for tenant in [&self.unreadable, &self.other] {
            person(tenant, name).await;
            relayed(tenant).await;
        }
    }

    async fn tick(&self) {
        let sender = rollcall_webhook_sender::handler(self.directory.clone());
        call(&sender, json!({"waiting": {}}), Duration::from_secs(60)).await;
    }

    /// Returns how many events of a tenant arrived.
    fn arrived(&self, tenant: &Tenant) -> usize {
        let received = self.receiver.received().into_iter();
        let of_tenant = received.filter(|one| one.event()["tenant"] == tenant.id().as_str());
        of_tenant.count()
    }

    /// Returns up to which tenant all were looked at, and how often it failed for the unreadable one.
    async fn walked(&self, webhook: &StackWebhook) -> (Option<String>, Option<u32>) {
        let read = self.directory.stack_webhooks().read(&webhook.id).await;
        let read = read.unwrap();
        let failed = read.failed_looks().get(self.unreadable.id().as_str());
        (read.walked_to().map(str::to_owned), failed.copied())
    }
}

#[test]
fn a_tenant_that_cannot_be_read_holds_up_nobody_and_is_looked_at_again() {
    run(async |_| {
        let scene = Scene::create().await;
        let (first, second) = (scene.webhook().await, scene.webhook().await);
        scene.damage(&first).await;
        scene.people("ada").await;
        let arrived = || [&scene.unreadable, &scene.other].map(|it| scene.arrived(it));
        scene.tick().await;
        let [of_unreadable, of_other] = arrived();
        assert!(of_unreadable > 0 && of_other == 2 * of_unreadable);
        // Both walks are over. One of them has left out a tenant, which alone is looked at again.
        assert_eq!(scene.walked(&first).await, (None, Some(1)));
        assert_eq!(scene.walked(&second).await, (None, None));
        scene.people("bob").await;
        scene.tick().await;
        assert_eq!(scene.walked(&first).await, (None, Some(2)));
        assert_eq!(arrived(), [of_unreadable, of_other]);

        // Once it can be read again, it gets what it has missed.
        scene.mend(&first).await;
        scene.tick().await;
        assert_eq!(scene.walked(&first).await, (None, None));
        assert!(scene.arrived(&scene.unreadable) > 2 * of_unreadable);
        assert_eq!(scene.arrived(&scene.other), of_other);
    });
}

#[test]
fn a_tenant_that_stays_unreadable_is_left_out_until_the_next_change() {
    run(async |_| {
        let scene = Scene::create().await;
        let webhook = scene.webhook().await;
        scene.damage(&webhook).await;
        scene.people("ada").await;
        let (webhooks, by) = (scene.directory.stack_webhooks(), KeyChanger::default());
        let anew = (Some(String::new()), None);
        for _ in 0..2 {
            webhooks.resume(&webhook.id, &by).await.unwrap();
            assert_eq!(scene.walked(&webhook).await, anew);
            for look in 1..LOOKS {
                scene.tick().await;
                assert_eq!(scene.walked(&webhook).await, (None, Some(look)));
            }
            scene.tick().await;
            assert_eq!(scene.walked(&webhook).await, (None, None));
        }
        // What has failed before a change does not count after it.
        webhooks.resume(&webhook.id, &by).await.unwrap();
        scene.tick().await;
        assert_eq!(scene.walked(&webhook).await, (None, Some(1)));
        webhooks.resume(&webhook.id, &by).await.unwrap();
        assert_eq!(scene.walked(&webhook).await, anew);
    });
}
