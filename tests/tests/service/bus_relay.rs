//! The relay with a bus that refuses some entries: no event is lost, and the final order is correct.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::dynamodb::Event as StreamEvent;
use aws_sdk_dynamodb::types::AttributeValue as SdkValue;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use rollcall_directory::{Provider, REMINDER, Tenant, capacity};
use rollcall_journal_relay::{Bus, Relay};
use rollcall_tests::seed::rename;
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use serde_json::{Value, json};
use tokio::time::Instant;

/// A bus that refuses every n-th entry, and every entry of one tenant: for now, or for what it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct FlakyBus {
    pub(crate) seen: Arc<Mutex<(u64, Vec<Value>)>>,
    pub(crate) refuses_every: u64,
    pub(crate) refuses_tenant: &'static str,
    pub(crate) refuses_finally: bool,
}

impl FlakyBus {
    pub(crate) fn connect(&self) -> Bus {
        let connector = SharedHttpConnector::new(self.clone());
        let config = aws_sdk_eventbridge::Config::builder()
            .behavior_version(aws_sdk_eventbridge::config::BehaviorVersion::latest())
            .region(aws_sdk_eventbridge::config::Region::new("local"))
            .credentials_provider(aws_sdk_eventbridge::config::Credentials::new(
                "local", "local", None, None, "local",
            ))
            .endpoint_url("http://127.0.0.1")
            .http_client(http_client_fn(move |_, _| connector.clone()));
        Bus::new(
            aws_sdk_eventbridge::Client::from_conf(config.build()),
            "bus",
        )
    }

    /// Returns the sequence numbers of a tenant's accepted events, in the order of arrival.
    fn taken(&self, tenant: &Tenant) -> Vec<u64> {
        let seen = self.seen.lock().unwrap();
        let own = seen
            .1
            .iter()
            .filter(|event| event["tenant"] == tenant.id().as_str());
        own.map(|event| event["sequence"].as_u64().unwrap())
            .collect()
    }
}

impl HttpConnector for FlakyBus {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let entries = body["Entries"].as_array().unwrap();
        assert!(
            entries.len() <= 10,
            "EventBridge accepts at most ten entries"
        );
        let mut seen = self.seen.lock().unwrap();
        let mut answer = |entry: &Value| {
            seen.0 += 1;
            let event: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
            assert_eq!(
                (&entry["Source"], &entry["DetailType"]),
                (&json!("rollcall"), &event["type"])
            );
            if seen.0.is_multiple_of(self.refuses_every) || event["tenant"] == self.refuses_tenant {
                let code = match self.refuses_finally {
                    true => "MalformedDetail",
                    false => "ThrottlingException",
                };
                return json!({"ErrorCode": code, "ErrorMessage": "flaky"});
            }
            seen.1.push(event);
            json!({"EventId": seen.0.to_string()})
        };
        let answers: Vec<Value> = entries.iter().map(&mut answer).collect();
        let failed = answers
            .iter()
            .filter(|answer| answer.get("ErrorCode").is_some())
            .count();
        let body = json!({"FailedEntryCount": failed, "Entries": answers}).to_string();
        let ok = 200_u16.try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(ok, SdkBody::from(body))))
    }
}

/// Builds stream records for all entries without a place in the feed, alternating between the tenants.
pub(crate) async fn records(tenants: &[&Tenant]) -> Vec<Value> {
    let mut waiting = Vec::new();
    for tenant in tenants {
        let entries = tenant.journal().unplaced().await.unwrap();
        waiting.extend(
            entries
                .into_iter()
                .enumerate()
                .map(|(n, entry)| (n, *tenant, entry)),
        );
    }
    waiting.sort_by_key(|(n, _, _)| *n);
    let record = |(number, (_, tenant, entry)): (usize, (usize, &Tenant, String))| {
        json!({
            "awsRegion": "local", "eventID": number.to_string(), "eventName": "INSERT",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_795_000_000,
                "Keys": {"PK": {"S": format!("T#{}#J", tenant.id())}, "SK": {"S": entry}},
                "NewImage": {}, "SequenceNumber": format!("{number:05}"), "SizeBytes": 1,
            },
        })
    };
    waiting.into_iter().enumerate().map(record).collect()
}

/// Calls the relay and returns the sequence number from which the stream must continue, if a record failed.
pub(crate) async fn call(relay: &Relay, records: &[Value]) -> Option<String> {
    let event: StreamEvent = serde_json::from_value(json!({"Records": records})).unwrap();
    let failures = relay.call(event).await.batch_item_failures;
    assert!(failures.len() <= 1);
    failures
        .into_iter()
        .next()
        .map(|failure| failure.item_identifier.unwrap())
}

pub(crate) async fn rename_often(tenant: &Tenant, times: usize) {
    for n in 0..times {
        rename(tenant, &format!("name {n}")).await.unwrap();
    }
}

#[test]
fn a_refused_event_and_all_later_ones_are_sent_again() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("a").await;
        rename_often(&tenant, 40).await;
        let bus = FlakyBus {
            refuses_every: 7,
            ..FlakyBus::default()
        };
        let relay = rollcall_journal_relay::handler(table.directory(), bus.connect());
        assert_eq!(call(&relay, &records(&[&tenant]).await).await, None);
        let taken = bus.taken(&tenant);
        assert!(taken.len() > 41, "no event was sent again");
        // The last delivery of each event comes after the last delivery of the previous event.
        let last = |sequence: u64| taken.iter().rposition(|taken| *taken == sequence).unwrap();
        assert!((2..=41).all(|sequence| last(sequence - 1) < last(sequence)));
    });
}

#[test]
fn failing_events_of_one_tenant_do_not_block_other_tenants() {
    run(async |_| {
        let table = TestTable::start().await;
        let (a, b) = (table.tenant("a").await, table.tenant("b").await);
        rename_often(&a, 12).await;
        rename_often(&b, 12).await;
        let batch = records(&[&a, &b]).await;
        let mut bus = FlakyBus {
            refuses_every: u64::MAX,
            refuses_tenant: "b",
            ..FlakyBus::default()
        };
        let relay = rollcall_journal_relay::handler(table.directory(), bus.connect());
        let first_of_b = batch[1]["dynamodb"]["SequenceNumber"].as_str().unwrap();
        assert_eq!(call(&relay, &batch).await.as_deref(), Some(first_of_b));
        assert!(bus.taken(&a).into_iter().eq(1..=13));
        assert!(bus.taken(&b).is_empty());

        bus.refuses_tenant = "";
        let relay = rollcall_journal_relay::handler(table.directory(), bus.connect());
        assert_eq!(call(&relay, &batch[1..]).await, None);
        assert!(
            bus.taken(&b).into_iter().eq(1..=13),
            "the events did not keep their places"
        );
        let others = json!({"awsRegion": "local", "eventID": "x", "eventName": "MODIFY", "dynamodb": {
            "ApproximateCreationDateTime": 1_795_000_000, "Keys": batch[0]["dynamodb"]["Keys"],
            "NewImage": {}, "SequenceNumber": "9", "SizeBytes": 1,
        }});
        assert_eq!(call(&relay, &[others]).await, None);
        assert_eq!(
            bus.taken(&a).len(),
            13 + 12,
            "only the repeated events may arrive"
        );
    });
}

/// Entries that the relay gave up on, or that were restored from a backup, still get their places.
#[test]
fn entries_that_the_stream_does_not_report_are_found_again() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("a").await;
        rename_often(&tenant, 3).await;
        let far = Instant::now() + Duration::from_secs(600);
        let hour = Duration::from_secs(3_600);
        let young = tenant.journal().remind_of_unplaced(hour, far).await;
        assert_eq!(young.unwrap(), 0, "new entries may still be in the stream");
        let late = tenant
            .journal()
            .remind_of_unplaced(Duration::ZERO, Instant::now())
            .await;
        assert_eq!(late.unwrap(), 0, "the deadline has passed");
        let remind = async || {
            tenant
                .journal()
                .remind_of_unplaced(Duration::ZERO, far)
                .await
        };
        assert_eq!(remind().await.unwrap(), 4);
        assert_eq!(remind().await.unwrap(), 0, "more than one reminder per day");

        let reminders = reminders(&records(&[&tenant]).await);
        let bus = FlakyBus {
            refuses_every: u64::MAX,
            ..FlakyBus::default()
        };
        let relay = rollcall_journal_relay::handler(table.directory(), bus.connect());
        assert_eq!(call(&relay, &reminders).await, None);
        assert!(bus.taken(&tenant).into_iter().eq(1..=4));

        assert_eq!(remind().await.unwrap(), 0);
        let known = capacity::measure(remind()).await;
        assert_eq!(known.0.unwrap(), 0);
        // It reads how far the last pass came, and that no entries follow.
        assert_eq!(known.1.read_units, 2.0, "{:?}", known.1);
    });
}

/// The same records as the search for missed entries lets the stream deliver them.
fn reminders(records: &[Value]) -> Vec<Value> {
    let remind = |record: &Value| {
        let mut record = record.clone();
        record["eventName"] = json!("MODIFY");
        record["dynamodb"]["NewImage"] = json!({REMINDER: {"N": "1"}});
        record
    };
    records.iter().map(remind).collect()
}

fn sort_key(record: &Value) -> &str {
    record["dynamodb"]["Keys"]["SK"]["S"].as_str().unwrap()
}

async fn remind(tenant: &Tenant) -> usize {
    let far = Instant::now() + Duration::from_secs(600);
    let journal = tenant.journal();
    journal
        .remind_of_unplaced(Duration::from_secs(3_600), far)
        .await
        .unwrap()
}

#[test]
fn an_entry_that_cannot_be_placed_is_set_aside_and_holds_up_no_other() {
    run(async |_| {
        let table = TestTable::start().await;
        let (a, b) = (table.tenant("a").await, table.tenant("b").await);
        rename_often(&a, 5).await;
        rename_often(&b, 5).await;
        let batch = records(&[&a, &b]).await;
        let of_a: Vec<Value> = batch.iter().step_by(2).cloned().collect();
        // One entry is unreadable, and another one never gets its place.
        let unreadable = ("#J", sort_key(&of_a[2]));
        let refused = ("#J", sort_key(&of_a[3]));
        let at = table
            .damage(&a, unreadable, "at", Some(SdkValue::Bool(true)))
            .await;
        table
            .damage(&a, refused, "placed_at", Some(SdkValue::Null(true)))
            .await;
        let bus = FlakyBus {
            refuses_every: u64::MAX,
            ..FlakyBus::default()
        };
        let relay = rollcall_journal_relay::handler(table.directory(), bus.connect());

        // A young entry that is not placed may still be: the stream waits for it.
        let mut young = of_a[3..4].to_vec();
        let now = jiff::Timestamp::now().as_second();
        young[0]["dynamodb"]["ApproximateCreationDateTime"] = json!(now);
        assert!(call(&relay, &young).await.is_some());
        assert_eq!(remind(&a).await, 0, "nothing is set aside yet");

        assert_eq!(call(&relay, &batch).await, None);
        assert!(bus.taken(&b).into_iter().eq(1..=6));
        assert!(
            bus.taken(&a).into_iter().eq(1..=4),
            "the others keep their order"
        );

        table.damage(&a, unreadable, "at", at).await;
        table.damage(&a, refused, "placed_at", None).await;
        assert_eq!(remind(&a).await, 2);
        assert_eq!(remind(&a).await, 0, "they are in the stream again");
        assert_eq!(call(&relay, &reminders(&of_a[2..4])).await, None);
        assert!(bus.taken(&a).into_iter().eq(1..=6));
    });
}

#[test]
fn an_event_that_the_bus_refuses_for_what_it_is_holds_up_no_other() {
    run(async |_| {
        let table = TestTable::start().await;
        let (a, b) = (table.tenant("a").await, table.tenant("b").await);
        rename_often(&a, 3).await;
        rename_often(&b, 3).await;
        let batch = records(&[&a, &b]).await;
        let mut bus = FlakyBus {
            refuses_every: u64::MAX,
            refuses_tenant: "b",
            refuses_finally: true,
            ..FlakyBus::default()
        };
        let relay = rollcall_journal_relay::handler(table.directory(), bus.connect());
        assert_eq!(call(&relay, &batch).await, None);
        assert!(bus.taken(&a).into_iter().eq(1..=4));
        assert!(bus.taken(&b).is_empty());

        bus.refuses_tenant = "";
        let relay = rollcall_journal_relay::handler(table.directory(), bus.connect());
        assert_eq!(remind(&b).await, 4);
        let of_b: Vec<Value> = batch.into_iter().skip(1).step_by(2).collect();
        assert_eq!(call(&relay, &reminders(&of_b)).await, None);
        assert!(
            bus.taken(&b).into_iter().eq(1..=4),
            "the events keep their places"
        );
    });
}

#[test]
fn what_has_ended_is_archived_although_the_bus_does_not_take_it() {
    run(async |_| {
        let table = TestTable::start().await;
        let archiving = table.archiving().await;
        let a = table.tenant("a").await;
        let credentials = a.credentials();
        let connection = credentials.create_connection("idp", Provider::Other);
        let connection = connection.await.unwrap().id;
        let token = credentials.issue_token(&connection, "leaked", None).await;
        let token = token.unwrap().token.id;
        credentials.revoke_token(&token).await.unwrap();
        let batch = records(&[&a]).await;
        let bus = FlakyBus {
            refuses_every: u64::MAX,
            refuses_tenant: "a",
            refuses_finally: true,
            ..FlakyBus::default()
        };
        let relay = rollcall_journal_relay::handler(archiving, bus.connect());
        assert_eq!(call(&relay, &batch).await, None, "they are set aside");
        assert!(bus.taken(&a).is_empty());
        let archived = table.archived().await;
        assert_eq!(archived, [("token.revoked".to_owned(), token)]);
    });
}

#[test]
fn more_entries_can_be_set_aside_than_one_item_holds() {
    run(async |_| {
        let table = TestTable::start().await;
        let a = table.tenant("a").await;
        rename_often(&a, 5).await;
        let batch = records(&[&a]).await;
        let bus = FlakyBus {
            refuses_every: u64::MAX,
            refuses_tenant: "a",
            refuses_finally: true,
            ..FlakyBus::default()
        };
        let relay = rollcall_journal_relay::handler(table.directory(), bus.connect());
        assert_eq!(call(&relay, &batch[..1]).await, None);
        // Those that an earlier version has set aside; they have expired.
        let mut earlier: Vec<String> = (0..600).map(|n| format!("expired-{n:03}")).collect();
        earlier.push(sort_key(&batch[0]).to_owned());
        let set = SdkValue::Ss(earlier);
        table
            .damage(&a, ("#F", "PLACED"), "set_aside", Some(set))
            .await;

        assert_eq!(call(&relay, &batch[1..]).await, None);
        assert!(bus.taken(&a).is_empty());
        let alone = async || {
            let items = table.items_of(&a).await;
            let keys = items.iter().map(|item| item["SK"].as_s().unwrap());
            keys.filter(|key| key.starts_with("PLACED#")).count()
        };
        let others = batch.len() - 1;
        assert_eq!(alone().await, others, "they have no room in the item");
        let journal = a.journal();
        let hour = Duration::from_secs(3_600);
        let late = journal.remind_of_unplaced(hour, Instant::now()).await;
        assert_eq!(late.unwrap(), 0, "the deadline has passed");
        assert_eq!(alone().await, others);
        assert_eq!(remind(&a).await, 600 + batch.len());
        assert_eq!((alone().await, remind(&a).await), (0, 0));

        let bus = FlakyBus {
            refuses_every: u64::MAX,
            ..FlakyBus::default()
        };
        let relay = rollcall_journal_relay::handler(table.directory(), bus.connect());
        assert_eq!(call(&relay, &reminders(&batch)).await, None);
        assert!(bus.taken(&a).into_iter().eq(1..=batch.len() as u64));
    });
}
