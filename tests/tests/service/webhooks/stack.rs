//! Webhooks of the stack: the events of all tenants, those of each in order.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use rollcall_directory::{KeyChanger, NewWebhook, StackWebhook, Tenant};
use rollcall_tests::api::Api;
use rollcall_tests::event_fixture::EventFixture;
use rollcall_tests::service::run;
use rollcall_webhook_sender::Sender;
use serde_json::json;

use super::receiver::{Receiver, Reply};
use super::{after, call};

/// A service of its own: a webhook of the stack gets the events of all tenants.
struct Stack {
    fixture: EventFixture,
    receiver: Receiver,
    application: Api,
}

impl Stack {
    async fn create(reply: Reply) -> Stack {
        let fixture = EventFixture::start().await;
        fixture.drained().await;
        let local = &fixture.local;
        let application = Api::new(local.api_base_url(), Some(local.service_key().to_owned()));
        Stack {
            application,
            receiver: Receiver::start(reply).await,
            fixture,
        }
    }

    fn sender(&self) -> Sender {
        rollcall_webhook_sender::handler(self.fixture.local.directory())
    }

    async fn webhook(&self) -> (StackWebhook, String) {
        let new = NewWebhook {
            label: "All".to_owned(),
            target_url: self.receiver.url(),
            only_types: Vec::new(),
            after: None,
        };
        let directory = self.fixture.local.directory();
        let by = KeyChanger::default();
        let (webhook, secret) = directory.stack_webhooks().create(&new, &by).await.unwrap();
        (webhook, secret.expose())
    }

    /// Calls the sender as the schedule does.
    async fn tick(&self, at: Timestamp) {
        let message = json!({"waiting": {}});
        call(&self.sender().at(at), message, Duration::from_secs(60)).await;
    }

    /// Returns the sequences that arrived, in order, by tenant.
    fn arrived(&self) -> BTreeMap<String, Vec<u64>> {
        let mut arrived: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for one in self.receiver.received() {
            let tenant = one.event()["tenant"].as_str().unwrap().to_owned();
            arrived.entry(tenant).or_default().push(one.sequence());
        }
        arrived
    }

    fn of(&self, tenant: &Tenant) -> Vec<u64> {
        self.arrived()
            .remove(tenant.id().as_str())
            .unwrap_or_default()
    }
}

async fn head(tenant: &Tenant) -> u64 {
    tenant.journal().last_sequence().await.unwrap()
}

#[test]
fn events_of_all_tenants_arrive_in_order_and_new_tenants_join() {
    run(async |_| {
        let stack = Stack::create(Reply::Status(204)).await;
        let before = head(&stack.fixture.tenant).await;
        let (_, secret) = stack.webhook().await;
        let (other, idp) = stack.fixture.another("joins-later").await;
        for name in 0..10 {
            idp.user(&format!("late-{name}")).await;
            stack.fixture.idp.user(&format!("person-{name}")).await;
        }
        stack.fixture.drained().await;
        let first = &stack.fixture.tenant;
        let expected: Vec<u64> = (before + 1..=head(first).await).collect();
        assert_eq!(
            stack.of(first),
            expected,
            "what happened after the webhook was made"
        );
        let expected: Vec<u64> = (1..=head(&other).await).collect();
        assert_eq!(stack.of(&other), expected, "everything of a new tenant");
        for one in stack.receiver.received() {
            assert_eq!((one.signatures(), one.signatures_by(&secret)), (1, 1));
        }
        assert_eq!(stack.fixture.local.dead_letters(), 0);

        // The last events of a deleted tenant arrive too.
        other.lifecycle().delete().await.unwrap();
        stack.fixture.drained().await;
        let last = stack.receiver.received().pop().unwrap().event();
        assert_eq!(
            (&last["type"], &last["tenant"]),
            (&json!("tenant.deleted"), &json!("joins-later"))
        );
        let expected: Vec<u64> = (1..=head(&other).await).collect();
        assert_eq!(stack.of(&other), expected);
    });
}

#[test]
fn a_tenant_that_fails_holds_up_no_other_and_is_listed_when_it_is_paused() {
    run(async |_| {
        let stack = Stack::create(Reply::Status(204)).await;
        let (webhook, _) = stack.webhook().await;
        let (other, idp) = stack.fixture.another("works").await;
        stack.fixture.drained().await;
        let first = &stack.fixture.tenant;
        stack.receiver.reply(Reply::Status(500));
        stack.fixture.idp.user("ada").await;
        stack.fixture.drained().await;
        stack.receiver.reply(Reply::Status(204));
        idp.user("bob").await;
        stack.fixture.drained().await;
        assert_eq!(
            stack.of(&other),
            (1..=head(&other).await).collect::<Vec<_>>()
        );
        let failed = stack.of(first);
        stack.tick(after(Timestamp::now(), 60)).await;
        assert_eq!(
            stack.of(first)[failed.len()..].first(),
            failed.last(),
            "it is repeated"
        );

        // It ends in a pause for that tenant alone, which its own audit log does not show.
        stack.receiver.reply(Reply::Status(410));
        stack.fixture.idp.user("cy").await;
        stack.fixture.drained().await;
        stack.receiver.reply(Reply::Status(204));
        idp.user("dan").await;
        stack.fixture.idp.user("eve").await;
        stack.fixture.drained().await;
        assert_eq!(
            stack.of(&other),
            (1..=head(&other).await).collect::<Vec<_>>()
        );
        let path = format!("/webhooks/{}", webhook.id);
        let paused = stack
            .application
            .get(&format!("{path}/paused-tenants"))
            .await
            .expect(200);
        assert_eq!(paused.body["items"][0]["tenant"], first.id().as_str());
        assert_eq!(paused.body["items"][0]["pause_reason"], "gone");
        assert!(paused.body["items"][1].is_null());
        let told = stack.fixture.feed().await;
        assert!(told.iter().all(|event| event["type"] != "webhook.paused"));
        let before = stack.of(first).len();
        let resume = format!("{path}/resume?for_tenant={}", first.id());
        stack.application.post(&resume, json!({})).await.expect(200);
        stack.tick(after(Timestamp::now(), 1)).await;
        assert_eq!(*stack.of(first).last().unwrap(), head(first).await);
        assert_eq!(stack.of(first).len(), before + 2, "cy and eve");
        let paused = stack
            .application
            .get(&format!("{path}/paused-tenants"))
            .await
            .expect(200);
        assert!(paused.body["items"][0].is_null());
    });
}

#[test]
fn what_waits_for_a_resumed_webhook_needs_no_other_event() {
    run(async |_| {
        let stack = Stack::create(Reply::Status(204)).await;
        let (webhook, _) = stack.webhook().await;
        let (other, idp) = stack.fixture.another("waits").await;
        stack.fixture.drained().await;
        let path = format!("/webhooks/{}", webhook.id);
        let pause = format!("{path}/pause");
        let paused = stack.application.post(&pause, json!({})).await.expect(200);
        assert_eq!(paused.body["pause_reason"], "by_hand");
        idp.user("ada").await;
        stack.fixture.idp.user("bob").await;
        stack.fixture.drained().await;
        // Nothing is left of a tenant that is deleted meanwhile, except its feed.
        other.lifecycle().delete().await.unwrap();
        stack.fixture.drained().await;
        let before = stack.receiver.received().len();
        stack.tick(Timestamp::now()).await;
        assert_eq!(stack.receiver.received().len(), before);
        let resume = format!("{path}/resume");
        stack.application.post(&resume, json!({})).await.expect(200);
        stack.tick(Timestamp::now()).await;
        for tenant in [&stack.fixture.tenant, &other] {
            let last = stack.of(tenant).last().copied();
            assert_eq!(last, Some(head(tenant).await), "{}", tenant.id());
        }
        // All were looked at, so nobody is any more.
        let directory = stack.fixture.local.directory();
        let read = directory.stack_webhooks().read(&webhook.id).await.unwrap();
        assert_eq!(read.walked_to(), None);
    });
}

#[test]
fn a_restart_and_a_replay_lose_nothing() {
    run(async |_| {
        let mut stack = Stack::create(Reply::Status(204)).await;
        let (webhook, _) = stack.webhook().await;
        stack.fixture.idp.user("ada").await;
        stack.fixture.drained().await;
        stack.receiver = stack.receiver.restart().await;
        stack.receiver.reply(Reply::Hang);
        stack.fixture.idp.user("bob").await;
        let quick = stack.sender().patient_for(Duration::from_millis(300));
        rollcall_tests::event_fixture::relayed(&stack.fixture.tenant).await;
        let event = json!({"detail": {"tenant": stack.fixture.tenant.id()}});
        call(&quick, event, Duration::from_secs(60)).await;
        stack.receiver.reply(Reply::Status(204));
        stack.fixture.drained().await;
        stack.tick(after(Timestamp::now(), 60)).await;
        let tenant = &stack.fixture.tenant;
        let mut arrived = stack.of(tenant);
        arrived.dedup();
        assert_eq!(arrived.last(), Some(&head(tenant).await));
        assert!(
            arrived.windows(2).all(|pair| pair[0] + 1 == pair[1]),
            "{arrived:?}"
        );

        let before = stack.of(tenant).len();
        let path = format!("/webhooks/{}/replay", webhook.id);
        let all = json!({"after": "0"});
        stack.application.post(&path, all.clone()).await.expect(400);
        let path = format!("{path}?for_tenant={}", tenant.id());
        stack.application.post(&path, all).await.expect(200);
        stack.tick(after(Timestamp::now(), 1)).await;
        let again = stack.of(tenant).split_off(before);
        assert_eq!(again, (1..=head(tenant).await).collect::<Vec<_>>());
    });
}

#[test]
fn webhooks_are_put_under_chosen_ids_and_read_back() {
    run(async |_| {
        let stack = Stack::create(Reply::Status(204)).await;
        let application = &stack.application;
        let tenant = stack.fixture.tenant.id().clone();
        let wanted =
            json!({"name": "SIEM", "url": stack.receiver.url(), "types": ["user.created"]});
        // Its place in the feed moves with every event.
        let still = |body: &serde_json::Value| {
            let mut body = body.clone();
            body["after"] = json!(null);
            body
        };
        for root in [
            "/webhooks".to_owned(),
            format!("/tenants/{tenant}/webhooks"),
        ] {
            let path = format!("{root}/siem");
            let made = application.put(&path, wanted.clone()).await.expect(201);
            assert!(made.string("/secret").starts_with("whsec_"));
            assert_eq!(
                made.header("location"),
                Some(format!("/api/v1{path}").as_str())
            );
            let read = application.get(&path).await.expect(200).body;
            for member in ["name", "url", "types"] {
                assert_eq!(read[member], wanted[member]);
            }
            let again = application.put(&path, wanted.clone()).await.expect(200);
            assert_eq!(still(&again.body), still(&read));
            let again = application.put(&path, read.clone()).await.expect(200);
            assert_eq!(still(&again.body), still(&read));
            let all = json!({"name": "SIEM", "url": stack.receiver.url()});
            let changed = application.put(&path, all).await.expect(200);
            assert_eq!(changed.body["types"], json!([]));
            let listed = application.get(&root).await.expect(200);
            assert_eq!(listed.body["items"][0]["id"], "siem");
            for other in ["UPPER", "a.b"] {
                let path = format!("{root}/{other}");
                application.put(&path, wanted.clone()).await.expect(400);
            }
            let unknown = format!("{root}/{}", uuid::Uuid::now_v7());
            application.put(&unknown, wanted.clone()).await.expect(404);
            let mut wrong = wanted.clone();
            wrong["id"] = json!("other");
            application.put(&path, wrong).await.expect(400);
        }
        // A tenant's events reach both, each by its own secret.
        stack.fixture.idp.user("ada").await;
        stack.fixture.drained().await;
        let created = stack.receiver.types().into_iter();
        assert_eq!(created.filter(|kind| kind == "user.created").count(), 2);
        application.delete("/webhooks/siem").await.expect(204);
        application.get("/webhooks/siem").await.expect(404);
        // Its history says with which key.
        let changes = application.get("/webhooks/siem/changes").await.expect(200);
        let changes = changes.body["items"].as_array().unwrap().clone();
        let keys = application.all("/service-keys").await;
        let kinds: Vec<_> = changes
            .iter()
            .map(|one| one["type"].as_str().unwrap())
            .collect();
        assert_eq!(
            kinds,
            [
                "stack_webhook.deleted",
                "stack_webhook.changed",
                "stack_webhook.created"
            ]
        );
        for change in &changes {
            let by = |key: &serde_json::Value| key["id"] == change["by_key"];
            assert!(
                keys.iter().any(by) && change["request_id"].is_string(),
                "{change}"
            );
            assert_eq!(
                change["origin"],
                stack.receiver.url().trim_end_matches("/hook")
            );
        }
        application.get("/webhooks/never/changes").await.expect(404);
        let path = format!("/tenants/{tenant}/webhooks/siem");
        application.get(&path).await.expect(200);
    });
}

#[test]
fn only_a_key_of_the_stack_that_may_read_events_manages_them() {
    run(async |_| {
        let stack = Stack::create(Reply::Status(204)).await;
        let (webhook, _) = stack.webhook().await;
        let application = &stack.application;
        let tenant = stack.fixture.tenant.id();
        for (key, status) in [
            (json!({"scopes": ["webhooks:manage", "events:read"]}), 200),
            (json!({"scopes": ["webhooks:manage"]}), 403),
            (json!({"scopes": ["events:read"]}), 403),
            (
                json!({"scopes": ["webhooks:manage", "events:read"], "tenant": tenant}),
                403,
            ),
        ] {
            let mut key = key;
            key["label"] = json!("hooks");
            let key = application.post("/service-keys", key).await.expect(201);
            let key = application.with(Some(&key.string("/service_key")));
            key.get("/webhooks").await.expect(status);
            key.get(&format!("/webhooks/{}", webhook.id))
                .await
                .expect(status);
        }
        // The tenant's own door does not show them.
        let listed = application
            .get(&format!("/tenants/{tenant}/webhooks"))
            .await
            .expect(200);
        assert_eq!(listed.body["items"], json!([]));
        let path = format!("/tenants/{tenant}/webhooks/{}", webhook.id);
        application.get(&path).await.expect(404);
        // A test is an event of the tenant that is named.
        let path = format!("/webhooks/{}/test", webhook.id);
        application.post(&path, json!({})).await.expect(400);
        application
            .post(&format!("{path}?for_tenant=nobody"), json!({}))
            .await
            .expect(404);
        let path = format!("{path}?for_tenant={tenant}");
        application.post(&path, json!({})).await.expect(202);
        stack.fixture.drained().await;
        assert!(
            stack
                .receiver
                .types()
                .contains(&"webhook.tested".to_owned())
        );
        let path = format!("/webhooks/{}/deliveries?for_tenant={tenant}", webhook.id);
        let sums = application.get(&path).await.expect(200);
        assert_eq!(sums.body["items"][0]["outcome"], "delivered");
    });
}

#[test]
fn a_webhook_of_a_tenant_with_the_same_id_is_another_one() {
    run(async |_| {
        let stack = Stack::create(Reply::Status(204)).await;
        let own = Receiver::start(Reply::Status(204)).await;
        let application = &stack.application;
        let of_stack = "/webhooks/siem".to_owned();
        let of_tenant = format!("/tenants/{}/webhooks/siem", stack.fixture.tenant.id());
        for (path, url) in [(&of_stack, stack.receiver.url()), (&of_tenant, own.url())] {
            let wanted = json!({"name": "SIEM", "url": url});
            application.put(path, wanted).await.expect(201);
        }
        stack.fixture.drained().await;
        let tests = |receiver: &Receiver| {
            let types = receiver.types().into_iter();
            types.filter(|kind| kind == "webhook.tested").count()
        };
        let within = format!("for_tenant={}", stack.fixture.tenant.id());
        let path = format!("{of_stack}/test?{within}");
        application.post(&path, json!({})).await.expect(202);
        stack.fixture.drained().await;
        assert_eq!((tests(&stack.receiver), tests(&own)), (1, 0));
        // The tenant's journal does not have the operator's name for it.
        let feed = stack.fixture.feed().await;
        let tested = feed.iter().find(|event| event["type"] == "webhook.tested");
        let subject = &tested.unwrap()["subject"];
        assert_eq!(subject["type"], "stack_webhook");
        assert_eq!(subject["name"], "");
        let path = format!("{of_tenant}/test");
        application.post(&path, json!({})).await.expect(202);
        stack.fixture.drained().await;
        assert_eq!((tests(&stack.receiver), tests(&own)), (1, 1));

        stack.receiver.reply(Reply::Status(500));
        stack.fixture.idp.user("ada").await;
        stack.fixture.drained().await;
        let failed = async |path: &str| {
            let listed = application.get(path).await.expect(200);
            let outcomes = listed.body["items"].as_array().unwrap().iter();
            outcomes.filter(|one| one["outcome"] == "failed").count()
        };
        assert_eq!(failed(&format!("{of_tenant}/deliveries")).await, 0);
        assert_eq!(failed(&format!("{of_stack}/deliveries?{within}")).await, 1);
    });
}
