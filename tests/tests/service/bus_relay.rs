//! The relay and a bus that does not take everything: nothing is lost, no event overtakes another for good.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::dynamodb::Event as StreamEvent;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use rollcall_directory::{REMINDER, Tenant, capacity};
use rollcall_journal_relay::{Bus, Relay};
use rollcall_tests::seed::rename;
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use serde_json::{Value, json};
use tokio::time::Instant;

/// A bus that refuses every so-many-th entry it is shown, and those of one tenant for ever.
#[derive(Clone, Debug, Default)]
struct Moody {
    seen: Arc<Mutex<(u64, Vec<Value>)>>,
    refuses_every: u64,
    refuses_tenant: &'static str,
}

impl Moody {
    fn bus(&self) -> Bus {
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

    /// What was taken of a tenant: sequences in the order they came.
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

impl HttpConnector for Moody {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let entries = body["Entries"].as_array().unwrap();
        assert!(entries.len() <= 10, "EventBridge takes ten");
        let mut seen = self.seen.lock().unwrap();
        let mut answer = |entry: &Value| {
            seen.0 += 1;
            let event: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
            assert_eq!(
                (&entry["Source"], &entry["DetailType"]),
                (&json!("rollcall"), &event["type"])
            );
            if seen.0.is_multiple_of(self.refuses_every) || event["tenant"] == self.refuses_tenant {
                return json!({"ErrorCode": "ThrottlingException", "ErrorMessage": "moody"});
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

/// The records of all entries that wait for their place, tenants in turns.
async fn records(tenants: &[&Tenant]) -> Vec<Value> {
    let mut waiting = Vec::new();
    for tenant in tenants {
        let entries = tenant.journal().unplaced(None).await.unwrap();
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

/// One call; the sequence number at which the stream has to go on.
async fn call(relay: &Relay, records: &[Value]) -> Option<String> {
    let event: StreamEvent = serde_json::from_value(json!({"Records": records})).unwrap();
    let failures = relay.call(event).await.batch_item_failures;
    assert!(failures.len() <= 1);
    failures
        .into_iter()
        .next()
        .map(|failure| failure.item_identifier.unwrap())
}

async fn rename_often(tenant: &Tenant, times: usize) {
    for n in 0..times {
        rename(tenant, &format!("name {n}")).await.unwrap();
    }
}

#[test]
fn what_the_bus_refuses_is_sent_again_with_all_that_follows_it() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("a").await;
        rename_often(&tenant, 40).await;
        let moody = Moody {
            refuses_every: 7,
            ..Moody::default()
        };
        let relay = rollcall_journal_relay::handler(table.directory(), moody.bus());
        assert_eq!(call(&relay, &records(&[&tenant]).await).await, None);
        let taken = moody.taken(&tenant);
        assert!(taken.len() > 41, "something came twice");
        // the last time that each event came is behind the last time of the one ahead of it
        let last = |sequence: u64| taken.iter().rposition(|taken| *taken == sequence).unwrap();
        assert!((2..=41).all(|sequence| last(sequence - 1) < last(sequence)));
    });
}

#[test]
fn a_tenant_whose_events_fail_is_reported_and_holds_up_nobody() {
    run(async |_| {
        let table = TestTable::start().await;
        let (a, b) = (table.tenant("a").await, table.tenant("b").await);
        rename_often(&a, 12).await;
        rename_often(&b, 12).await;
        let batch = records(&[&a, &b]).await;
        let mut moody = Moody {
            refuses_every: u64::MAX,
            refuses_tenant: "b",
            ..Moody::default()
        };
        let relay = rollcall_journal_relay::handler(table.directory(), moody.bus());
        let first_of_b = batch[1]["dynamodb"]["SequenceNumber"].as_str().unwrap();
        assert_eq!(call(&relay, &batch).await.as_deref(), Some(first_of_b));
        assert!(moody.taken(&a).into_iter().eq(1..=13));
        assert!(moody.taken(&b).is_empty());

        moody.refuses_tenant = "";
        let relay = rollcall_journal_relay::handler(table.directory(), moody.bus());
        assert_eq!(call(&relay, &batch[1..]).await, None);
        assert!(
            moody.taken(&b).into_iter().eq(1..=13),
            "the places they were given"
        );
        let others = json!({"awsRegion": "local", "eventID": "x", "eventName": "MODIFY", "dynamodb": {
            "ApproximateCreationDateTime": 1_795_000_000, "Keys": batch[0]["dynamodb"]["Keys"],
            "NewImage": {}, "SequenceNumber": "9", "SizeBytes": 1,
        }});
        assert_eq!(call(&relay, &[others]).await, None);
        assert_eq!(
            moody.taken(&a).len(),
            13 + 12,
            "nothing but what came again"
        );
    });
}

/// Entries that the relay gave up on, or that came out of a backup, get their places all the same.
#[test]
fn entries_that_the_stream_does_not_tell_of_are_brought_up_again() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("a").await;
        rename_often(&tenant, 3).await;
        let far = Instant::now() + Duration::from_secs(600);
        let hour = Duration::from_secs(3_600);
        let young = tenant.journal().remind_of_unplaced(hour, far).await;
        assert_eq!(young.unwrap(), 0, "they may be on their way");
        let late = tenant
            .journal()
            .remind_of_unplaced(Duration::ZERO, Instant::now())
            .await;
        assert_eq!(late.unwrap(), 0, "there is no time");
        let remind = async || {
            tenant
                .journal()
                .remind_of_unplaced(Duration::ZERO, far)
                .await
        };
        assert_eq!(remind().await.unwrap(), 4);
        assert_eq!(remind().await.unwrap(), 0, "once a day");

        let mut reminders = records(&[&tenant]).await;
        for record in &mut reminders {
            record["eventName"] = json!("MODIFY");
            record["dynamodb"]["NewImage"] = json!({REMINDER: {"N": "1"}});
        }
        let moody = Moody {
            refuses_every: u64::MAX,
            ..Moody::default()
        };
        let relay = rollcall_journal_relay::handler(table.directory(), moody.bus());
        assert_eq!(call(&relay, &reminders).await, None);
        assert!(moody.taken(&tenant).into_iter().eq(1..=4));

        assert_eq!(remind().await.unwrap(), 0);
        let known = capacity::measure(remind()).await;
        assert_eq!(known.0.unwrap(), 0);
        // how far it came, and that there is nothing behind it
        assert_eq!(known.1.read_units, 2.0, "{:?}", known.1);
    });
}
