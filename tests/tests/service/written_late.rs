//! What is written behind an erasure brings nothing back: what the relay adds to the indexes and notes about the places of
//! entries, the sums of deliveries, and late entries of the request log.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::clock::PastClock;
use rollcall_directory::{Delivered, LoggedRequest, NewWebhook, Role, USERS};
use rollcall_tests::event_fixture::relayed;
use rollcall_tests::raw;
use rollcall_tests::seed::{patch, person};
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::table::TestTable;
use serde_json::json;
use tokio::time::{Duration, Instant};

/// The partitions and sort keys of all items of the tenant.
async fn left(service: &Service, tenant: &Tenant) -> Vec<String> {
    keys_of(&raw::items(service, tenant).await)
}

fn keys_of(items: &[raw::Item]) -> Vec<String> {
    let keys = items
        .iter()
        .map(|item| format!("{} {}", raw::text(item, "PK"), raw::text(item, "SK")));
    let mut keys: Vec<String> = keys.collect();
    keys.sort();
    keys
}

/// A request about somebody that was answered this long ago.
fn request(id: &str, seconds: i64) -> LoggedRequest {
    let at = Timestamp::now() - SignedDuration::from_secs(seconds);
    let mut request = LoggedRequest::new("GET", &format!("/Users/{id}"), 200);
    let millis = at.as_millisecond().cast_unsigned();
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &[7; 10]);
    request.id = id.into_uuid().to_string();
    request.at = at;
    request
}

#[test]
fn nothing_behind_the_erasure_of_a_tenant_stays() {
    run(async |service| {
        let tenant = service.tenant("written-late").await;
        let directory = tenant.directory();
        let webhook = NewWebhook {
            label: "SIEM".to_owned(),
            target_url: "https://siem.example.com/".to_owned(),
            only_types: Vec::new(),
            after: None,
        };
        let webhooks = directory.webhooks();
        let (webhook, _) = webhooks.create(&webhook).await.unwrap();
        let now = Timestamp::now();
        let turn = webhooks.begin(&webhook.id, now, now + SignedDuration::from_hours(1));
        let mut turn = turn.await.unwrap().unwrap();
        let ada = person(directory, "ada").await;
        // The service may have relayed some of them before.
        relayed(directory).await;
        let events = directory.journal().events(0, 500).await.unwrap();
        assert!(events.iter().any(|event| event.kind == "user.created"));

        directory.lifecycle().delete().await.unwrap();
        directory.erasures().order().await.unwrap();
        let late = Instant::now() + Duration::from_secs(20);
        while directory.erasures().go_on(None, late).await.unwrap() {}
        let before = left(service, &tenant).await;
        assert_eq!(before.len(), 1, "{before:#?}");

        directory.indexes().follow(&events).await.unwrap();
        let journal = directory.journal();
        journal.set_aside(&events[0].id).await.unwrap();
        let delivered = Delivered { count: 1, last: 1 };
        let to = webhook.sent_to + 1;
        let advanced = webhooks.advance(&mut turn, to, delivered, now).await;
        assert!(!advanced.unwrap(), "the turn holds");
        let log = directory.request_log();
        log.write_unless_erased(request(&ada, 90), 30)
            .await
            .unwrap();
        assert_eq!(left(service, &tenant).await, before);
    });
}

#[test]
fn nothing_behind_the_erasure_of_a_person_stays() {
    run(async |_| {
        // Nobody goes on with the erasure but the test.
        let table = TestTable::start().await;
        let directory = &table.tenant("written-late-about").await;
        let ada = person(directory, "ada").await;
        relayed(directory).await;
        let log = directory.request_log();
        log.write(request(&ada, 600), 30).await.unwrap();
        let erasures = directory.erasures();
        erasures.order_of_person(&ada, Role::Owner).await.unwrap();
        relayed(directory).await;
        // A part is a step, or a page of one. The requests of before are gone, and others follow.
        let gone = async || {
            let keys = keys_of(&table.items_of(directory).await);
            !keys
                .iter()
                .any(|key| key.starts_with(&format!("T#{}#Q ", directory.id())))
        };
        while !gone().await {
            assert!(erasures.go_on(Some(&ada), Instant::now()).await.unwrap());
        }
        // Meanwhile, a request is logged that was answered just before the order, and the relay goes on.
        let entry = request(&ada, 5);
        let late = (entry.id.clone(), entry.at);
        log.write(entry, 30).await.unwrap();
        let about = format!("T#{}#JS#{ada}", directory.id());
        let text = AttributeValue::S;
        let indexed = [("PK", text(about.clone())), ("SK", text(late.0.clone()))];
        let indexed = indexed.map(|(name, value)| (name.to_owned(), value));
        table.put(indexed.into()).await;
        for _ in 0..60 {
            let is_left = erasures.go_on(Some(&ada), Instant::now()).await.unwrap();
            relayed(directory).await;
            let erasure = erasures.read(Some(&ada)).await.unwrap().unwrap();
            if erasure.finished_at.is_some() {
                assert!(!is_left);
                break;
            }
        }
        assert!(gone().await, "the request of {} is logged", late.1);
        let keys = keys_of(&table.items_of(directory).await);
        let stays = format!("{about} {}", late.0);
        assert!(!keys.contains(&stays), "{keys:#?}");
        // What is written much later is not written.
        let mut later = request(&ada, 90);
        log.write_unless_erased(later.clone(), 30).await.unwrap();
        assert!(gone().await);
        // Of somebody else's time, it is.
        later.at = Timestamp::now();
        log.write_unless_erased(later, 30).await.unwrap();
        assert!(!gone().await);
    });
}

#[test]
fn what_only_a_waiting_entry_calls_a_person_is_searched_for_too() {
    run(async |_| {
        let table = TestTable::start().await;
        let hours_ago = |hours| Timestamp::now() - SignedDuration::from_hours(hours);
        let clock = PastClock::begin(hours_ago(3));
        let directory = &table.tenant("called-late").await;
        let ada = person(directory, "ada").await;
        let index = async |entries: &[String]| {
            let events = directory.journal().relay(entries).await.unwrap();
            directory.indexes().follow(&events).await.unwrap();
        };
        index(&directory.journal().unplaced().await.unwrap()).await;
        clock.set(hours_ago(2));
        for name in ["former-name", "ada"] {
            let rename = json!({"op": "replace", "path": "userName", "value": name});
            patch(directory, &USERS, &ada, rename).await;
        }
        let waiting = directory.journal().unplaced().await.unwrap();
        clock.set(hours_ago(1));
        person(directory, "bob").await;
        let mut others = directory.journal().unplaced().await.unwrap();
        others.retain(|entry| !waiting.contains(entry));
        index(&others).await;
        drop(clock);
        let mut logged = request("nobody", 600);
        logged.names = vec!["former-name".to_owned()];
        directory.request_log().write(logged, 30).await.unwrap();

        let erasures = directory.erasures();
        erasures.order_of_person(&ada, Role::Owner).await.unwrap();
        let far = || Instant::now() + Duration::from_secs(60);
        erasures.go_on(Some(&ada), far()).await.unwrap();
        index(&directory.journal().unplaced().await.unwrap()).await;
        for _ in 0..20 {
            erasures.go_on(Some(&ada), far()).await.unwrap();
            index(&directory.journal().unplaced().await.unwrap()).await;
        }
        let erasure = erasures.read(Some(&ada)).await.unwrap().unwrap();
        assert!(erasure.finished_at.is_some());
        for item in table.items_of(directory).await {
            assert!(!format!("{item:?}").contains("former-name"), "{item:?}");
        }
    });
}
