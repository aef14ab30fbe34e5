//! A queue delivers at least once, and days later: what arrives again after somebody, or their tenant, was erased brings
//! nothing of them back.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sesv2::config::{BehaviorVersion, Config, Credentials, Region};
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use rollcall_directory::{Role, Settings, TenantId};
use rollcall_local::Options;
use rollcall_mailer::Postbox;
use rollcall_role_reconciler::Queue;
use rollcall_tests::api::Api;
use rollcall_tests::event_fixture::{EventFixture, Outbox, batch};
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::{Value, json};
use tokio::time::Instant;

const CANARY: &str = "zzcanary";

/// Returns every item of the table, as text with its partition key.
pub(crate) async fn items(fixture: &EventFixture) -> Vec<(String, String)> {
    let scan = fixture.local.dynamodb_client().scan();
    let scan = scan.table_name(fixture.local.dynamodb().table());
    let items = scan.into_paginator().items().send();
    let items = items.collect::<Result<Vec<_>, _>>().await.unwrap();
    let text = |item: HashMap<String, AttributeValue>| {
        let item: BTreeMap<_, _> = item.into_iter().collect();
        let partition = item["PK"].as_s().unwrap().clone();
        (partition, format!("{item:?}"))
    };
    items.into_iter().map(text).collect()
}

/// Everything that the bus has delivered, as it was, and as if a queue had kept it for an hour and nobody had begun with it.
fn messages(fixture: &EventFixture) -> Vec<String> {
    let delivered = fixture.local.deliveries();
    let late = delivered.iter().cloned().map(|mut one| {
        one["detail"]["id"] = json!(uuid::Uuid::now_v7().to_string());
        let hour_ago = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1);
        one["detail"]["occurred_at"] = json!(hour_ago);
        one
    });
    let all = delivered.iter().cloned().chain(late);
    all.map(|one| one.to_string()).collect()
}

/// Returns an SES client whose mails end in an outbox.
pub(crate) fn mail_client(outbox: &Outbox) -> aws_sdk_sesv2::Client {
    let connector = SharedHttpConnector::new(outbox.clone());
    let credentials = Credentials::new("local", "local", None, None, "local");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .credentials_provider(credentials)
        .endpoint_url("http://127.0.0.1")
        .http_client(http_client_fn(move |_, _| connector.clone()));
    aws_sdk_sesv2::Client::from_conf(config.build())
}

/// Delivers messages to every function that reads a queue.
async fn deliver(fixture: &EventFixture, messages: &[String]) {
    let directory = fixture.local.directory();
    let deadline = Instant::now() + Duration::from_secs(300);
    let outbox = Outbox::default();
    let queue = Queue::new(outbox.client(), "http://127.0.0.1/queues/roles");
    let reconciler = rollcall_role_reconciler::handler(directory.clone(), queue);
    let postbox = Postbox::new(mail_client(&outbox), "a@example.test", "https://app.test");
    let mailer = rollcall_mailer::handler(directory.clone(), postbox);
    let sender = rollcall_webhook_sender::handler(directory);
    let failed = [
        reconciler.call(batch(messages), deadline).await,
        mailer.call(batch(messages)).await,
        sender.call(batch(messages), deadline).await,
    ];
    for response in failed {
        assert!(response.batch_item_failures.is_empty(), "{response:?}");
    }
    fixture.drained().await;
}

pub(crate) async fn erased(fixture: &EventFixture, api: &Api, path: &str) {
    api.post(path, json!({})).await.expect(202);
    let late = std::time::Instant::now() + Duration::from_secs(60);
    while api.get(path).await.expect(200).body["state"] != "finished" {
        assert!(std::time::Instant::now() < late);
        fixture.drained().await;
    }
    fixture.drained().await;
}

/// Leaves a message of each kind: a person who is invited, a mapped group, other settings, and a link that is mailed.
async fn leave_messages(fixture: &EventFixture, api: &Api, root: &str) -> String {
    let email = format!("{CANARY}@example.test");
    let ada = json!({
        "schemas": [urn::USER], "userName": email, "active": true, "displayName": format!("Ada {CANARY}"),
        "emails": [{"value": email, "primary": true}],
    });
    let ada = fixture.idp.post("/Users", ada).await.expect(201).id();
    let group = fixture.idp.group("Staff", &[&ada]).await;
    let roles = fixture.tenant.roles();
    roles.map_group(&group, Some(Role::Admin)).await.unwrap();
    let changed = json!({"sso_default_role": "viewer"});
    let settings = format!("{root}/settings");
    api.patch(&settings, changed).await.expect(200);
    let link = json!({"role_id": "admin", "email": email, "mail": true});
    let links = format!("{root}/portal-links");
    api.post(&links, link).await.expect(201);
    fixture.drained().await;
    ada
}

#[test]
fn nothing_that_arrives_again_brings_back_what_was_erased() {
    run(async |_| {
        let settings = Settings {
            invitations: true,
            contacts: vec!["it@example.test".to_owned()],
            ..Settings::default()
        };
        let fixture = &EventFixture::with(Options::default(), settings).await;
        let key = fixture.local.service_key().to_owned();
        let api = Api::new(fixture.local.api_base_url(), Some(key));
        let root = format!("/tenants/{}", fixture.tenant.id());
        let ada = leave_messages(fixture, &api, &root).await;
        let first = messages(fixture);
        let types: Vec<Value> = first
            .iter()
            .map(|text| serde_json::from_str::<Value>(text).unwrap()["detail"]["type"].clone())
            .collect();
        for kind in [
            "user.created",
            "portal_link.created",
            "group.mapping_changed",
            "tenant.settings_changed",
        ] {
            assert!(types.contains(&json!(kind)), "{kind}");
        }
        let is_told = |items: &[(String, String)]| {
            let named = items.iter().filter(|(_, text)| text.contains(CANARY));
            named.map(|(_, text)| text.clone()).collect::<Vec<_>>()
        };
        assert!(!is_told(&items(fixture).await).is_empty());

        erased(fixture, &api, &format!("{root}/users/{ada}/erasure")).await;
        deliver(fixture, &first).await;
        assert_eq!(is_told(&items(fixture).await), Vec::<String>::new());
        let feed = fixture.feed().await;
        let unmailed = feed
            .iter()
            .find(|event| event["type"] == "portal_link.not_mailed")
            .expect("an event");
        assert_eq!(unmailed["after"]["reason"], "link_ended");
        assert!(unmailed["after"]["id"].is_string() && unmailed["after"]["email"].is_null());

        api.delete(&root).await.expect(204);
        fixture.drained().await;
        erased(fixture, &api, &format!("{root}/erasure")).await;
        let tenant: &TenantId = fixture.tenant.id();
        let left = async || {
            let all = items(fixture).await.into_iter();
            let own = all.filter(|(partition, text)| {
                partition.starts_with(&format!("T#{tenant}"))
                    || partition != "S#ERASURES" && text.contains(&format!("\"{tenant}\""))
            });
            own.map(|(_, text)| text).collect::<Vec<_>>()
        };
        let before = left().await;
        assert_eq!(before.len(), 1, "{before:#?}");
        for _ in 0..2 {
            deliver(fixture, &messages(fixture)).await;
            assert_eq!(left().await, before);
        }
        assert_eq!(fixture.local.dead_letters(), 0);
    });
}
