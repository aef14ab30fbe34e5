//! Who makes webhooks, and where they may lead.

use rollcall_directory::{EventType, Role, WebhookChange, WebhookTargets};
use rollcall_tests::event_fixture::relayed;
use rollcall_tests::service::run;
use serde_json::json;

use super::Scene;
use super::receiver::{Receiver, Reply};

#[test]
fn only_allowed_targets_are_accepted_and_called() {
    run(async |service| {
        let tenant = service.tenant("hooks-targets").await;
        let admin = service.admin(&tenant, Role::Admin).await;
        let create = async |url: &str| {
            let new = json!({"name": "x", "url": url, "types": ["tenant.renamed"]});
            admin.post("/webhooks", new).await
        };
        for url in [
            "http://10.0.0.1/",
            "http://169.254.169.254/latest/meta-data",
            "http://[::ffff:10.0.0.1]/",
            "http://[64:ff9b::a00:1]/",
            "http://100.64.0.1/",
            "http://user:pass@127.0.0.1/",
            "ftp://127.0.0.1/",
            "nonsense",
        ] {
            let refused = create(url).await.expect(400);
            assert!(refused.string("/detail").starts_with("`url` "), "{url}");
        }
        // A deployed service refuses this machine, and does not call it either.
        let scene = Scene::create().await;
        let receiver = Receiver::start(Reply::Status(200)).await;
        let named = format!("http://localhost:{}/", receiver.port);
        let (webhook, _) = scene.webhook(&named, &[EventType::WebhookTested]).await;
        scene.fixture.drained().await;
        let deployed = scene.fixture.local.directory();
        let deployed = deployed.with_webhook_targets(WebhookTargets::Public);
        let public = deployed.system(scene.tenant.id().clone());
        let change = WebhookChange {
            target_url: Some(named),
            ..WebhookChange::default()
        };
        assert!(
            public
                .webhooks()
                .change(&webhook.id, &change)
                .await
                .is_err()
        );
        public.webhooks().test(&webhook.id).await.unwrap();
        relayed(&scene.tenant).await;
        let before = receiver.received().len();
        let sender = rollcall_webhook_sender::handler(deployed);
        scene.wake(sender).await;
        assert!(receiver.received().len() <= before + 1);
    });
}

#[test]
fn only_who_may_read_the_feed_makes_webhooks() {
    run(async |service| {
        let tenant = service.tenant("hooks-rights").await;
        let other = service.tenant("hooks-other").await;
        let new = json!({"name": "x", "url": "http://127.0.0.1:9/", "types": ["tenant.renamed"]});
        for (role, status) in [
            (Role::Viewer, 403),
            (Role::Member, 403),
            (Role::Admin, 201),
            (Role::Owner, 201),
        ] {
            let caller = service.admin(&tenant, role).await;
            let made = caller.post("/webhooks", new.clone()).await.expect(status);
            if status == 201 {
                assert!(made.string("/secret").starts_with("whsec_"));
                let read = caller
                    .get(&format!("/webhooks/{}", made.id()))
                    .await
                    .expect(200);
                assert!(read.body["secret"].is_null(), "it is shown once");
            }
        }
        let application = service.application();
        let path = format!("/tenants/{}/webhooks", tenant.id());
        let all = ["webhooks:manage", "logs:read", "directory:read"];
        for missing in 0..=all.len() {
            let scopes = all.iter().enumerate().filter(|(at, _)| *at != missing);
            let scopes: Vec<_> = scopes.map(|(_, scope)| *scope).collect();
            let key = json!({"label": "hooks", "scopes": scopes});
            let key = application.post("/service-keys", key).await.expect(201);
            let key = application.with(Some(&key.string("/service_key")));
            let expected = if missing == all.len() { 200 } else { 403 };
            key.get(&path).await.expect(expected);
        }
        let listed = application.get(&path).await.expect(200);
        let webhook = listed.string("/items/0/id");
        let elsewhere = format!("/tenants/{}/webhooks/{webhook}", other.id());
        application.get(&elsewhere).await.expect(404);
        application.delete(&elsewhere).await.expect(404);
        for _ in 0..10 {
            application.post(&path, new.clone()).await;
        }
        let refused = application.post(&path, new).await.expect(403);
        assert_eq!(refused.body["reason"], "ceiling_reached");
    });
}
