//! The metrics that the functions write as lines of their logs, and the ids that each line of a request has.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rollcall_directory::{Provider, Role};
use rollcall_mailer::Postbox;
use rollcall_role_reconciler::{Queue, Reconciler};
use rollcall_runtime::{Measured, Metric, measuring};
use rollcall_tests::event_fixture::{EventFixture, Outbox, batch, envelope, relayed};
use rollcall_tests::faults::Fault;
use rollcall_tests::seed::{group, person};
use rollcall_tests::table::TestTable;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::after_answers::{People, is_of_log};
use crate::bus_relay::{FlakyBus, call, records, rename_often};

const TEMPLATE: &str = include_str!("../../../infra/template.yaml");
const NAMESPACE: &str = "rollcall-test";
const TRACE: &str = "1-67891233-abcdef012345678912345678";

/// What the functions write to their logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the lines of the log that are written while something is done. All of it is done on one thread.
pub(crate) fn logged(doing: impl Future<Output = ()>) -> Vec<Value> {
    let measured = Measured {
        namespace: Some(NAMESPACE.to_owned()),
        requests: true,
    };
    let log = Log::default();
    let writer = log.clone();
    let logging = tracing::Dispatch::new(measuring(move || writer.clone(), measured.clone()));
    // If there were only one, an event that a thread of another test meets first would be switched off for all threads.
    let _another = tracing::Dispatch::new(measuring(io::sink, measured));
    let _logging = tracing::dispatcher::set_default(&logging);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(doing);
    let bytes = log.0.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Returns the values of a metric as CloudWatch would read them from the lines, each with the value of its dimension.
pub(crate) fn values(lines: &[Value], metric: Metric) -> Vec<(Option<String>, f64)> {
    let mut found = Vec::new();
    for line in lines {
        let directives = line["_aws"]["CloudWatchMetrics"].as_array();
        for directive in directives.into_iter().flatten() {
            assert_eq!(directive["Namespace"], NAMESPACE, "{line}");
            let [named] = &directive["Metrics"].as_array().unwrap()[..] else {
                panic!("{line}")
            };
            if named["Name"] != metric.name() {
                continue;
            }
            assert_eq!(named["Unit"], metric.unit(), "{line}");
            let dimension: Vec<&str> = metric.dimension().into_iter().collect();
            assert_eq!(directive["Dimensions"], json!([dimension]), "{line}");
            let of = metric
                .dimension()
                .map(|name| line[name].as_str().unwrap().to_owned());
            let value = &line[metric.name()];
            let value = value.as_array().map_or(vec![value.clone()], Clone::clone);
            found.extend(value.iter().map(|one| (of.clone(), one.as_f64().unwrap())));
        }
    }
    found
}

/// Sends some requests to a whole service.
async fn requests() {
    let fixture = EventFixture::start().await;
    let ada = fixture.idp.user("ada").await;
    fixture.idp.get(&format!("/Users/{ada}")).await.expect(200);
    fixture.idp.get("/Users/nobody").await.expect(404);
    let forged = fixture.idp.with_token(Some("nonsense"));
    forged.get("/Users").await.expect(401);
    fixture.drained().await;
}

fn reconciler(table: &TestTable) -> Reconciler {
    let queue = Queue::new(Outbox::default().client(), "http://127.0.0.1/queues/roles");
    rollcall_role_reconciler::handler(table.directory(), queue)
}

async fn pass(reconciler: &Reconciler, seconds: u64) {
    let message = batch(&[json!({"full_pass": {}}).to_string()]);
    let deadline = Instant::now() + Duration::from_secs(seconds);
    reconciler.call(message, deadline).await;
}

/// Relays the changes of two tenants, with a bus that refuses those of one for what they are.
async fn relayed_events() {
    let table = TestTable::start().await;
    let (a, b) = (table.tenant("a").await, table.tenant("b").await);
    rename_often(&a, 2).await;
    rename_often(&b, 1).await;
    let bus = FlakyBus {
        refuses_tenant: "b",
        refuses_finally: true,
        ..FlakyBus::default()
    };
    let relay = rollcall_journal_relay::handler(table.directory(), bus.connect());
    assert_eq!(call(&relay, &records(&[&a, &b]).await).await, None);
}

/// Follows up a change of a group.
async fn followed_events() {
    let table = TestTable::start().await;
    let tenant = table.tenant("roles").await;
    let ada = person(&tenant, "ada").await;
    let team = group(&tenant, "team", &[ada]).await;
    let mapped = tenant.roles().map_group(&team, Some(Role::Admin));
    mapped.await.unwrap();
    let events = relayed(&tenant).await;
    let messages: Vec<String> = events.iter().map(envelope).collect();
    let deadline = Instant::now() + Duration::from_secs(600);
    let answer = reconciler(&table).call(batch(&messages), deadline).await;
    assert!(answer.batch_item_failures.is_empty());
}

/// Does the hourly pass for a tenant with one connection that was heard, and one that was not.
async fn hourly_pass() {
    let table = TestTable::start().await;
    let tenant = table.tenant("passed").await;
    for name in ["heard", "silent"] {
        let credentials = tenant.credentials();
        let connection = credentials.create_connection(name, Provider::Okta).await;
        let issued = credentials
            .issue_token(&connection.unwrap().id, name, None)
            .await;
        if name == "heard" {
            let token = issued.unwrap().secret.expose().to_owned();
            table.directory().authenticate(&token, "r").await.unwrap();
        }
    }
    pass(&reconciler(&table), 600).await;
}

/// Begins the hourly pass while the table answers nothing.
async fn failed_pass() {
    let table = TestTable::start().await;
    let (directory, faults) = table.other_process();
    faults.schedule(|_| Fault::ServerError);
    let queue = Queue::new(Outbox::default().client(), "http://127.0.0.1/queues/roles");
    pass(&rollcall_role_reconciler::handler(directory, queue), 600).await;
}

/// Begins the hourly pass when there is no time left.
async fn late_pass() {
    let table = TestTable::start().await;
    pass(&reconciler(&table), 0).await;
}

/// Reads somebody while the request log cannot be written.
async fn unlogged_request() {
    let people = People::start(None).await;
    people.faults.schedule(|call| match is_of_log(call) {
        true => Fault::ServerError,
        false => Fault::None,
    });
    assert_eq!(people.send("GET", "/Users", &Value::Null).await, 200);
}

/// Hears of a mail that bounced, which no tenant has sent.
async fn unknown_mail() {
    let table = TestTable::start().await;
    let client = crate::redelivered::mail_client(&Outbox::default());
    let postbox = Postbox::new(client, "a@example.test", "https://app.test");
    let mailer = rollcall_mailer::handler(table.directory().clone(), postbox);
    let bounce = json!({
        "source": "aws.ses", "detail-type": "Email Bounced",
        "detail": {"eventType": "Bounce", "mail": {"destination": ["a@example.test"]}, "bounce": {"bounceType": "Permanent"}},
    });
    mailer.call(batch(&[bounce.to_string()])).await;
}

/// Returns the lines of what makes the functions write a metric. The compiler asks for an entry for each metric.
fn lines_with(metric: Metric) -> Vec<Value> {
    match metric {
        Metric::Latency | Metric::Refusals | Metric::ReadUnits | Metric::WriteUnits => {
            logged(requests())
        }
        Metric::Unlogged => logged(unlogged_request()),
        Metric::EventLag | Metric::EntriesSetAside => logged(relayed_events()),
        Metric::RoleLag => logged(followed_events()),
        Metric::RoleBacklog => logged(late_pass()),
        Metric::SyncLag | Metric::CompletePasses => logged(hourly_pass()),
        Metric::FailedParts => logged(failed_pass()),
        Metric::UnknownMail => logged(unknown_mail()),
    }
}

/// Returns the names of the metrics of the stack's own namespace on which alarms of the template are.
fn watched() -> Vec<&'static str> {
    let blocks = TEMPLATE.split("\n\n");
    let alarms = blocks.filter(|block| block.contains("Type: AWS::CloudWatch::Alarm"));
    let own = alarms.filter(|block| block.contains("Namespace: !Ref AWS::StackName"));
    own.map(|block| {
        let (_, name) = block.split_once("MetricName: ").expect(block);
        name.lines().next().unwrap()
    })
    .collect()
}

#[test]
fn every_metric_is_written_and_so_every_alarm_hears_of_something() {
    for metric in Metric::ALL {
        let found = values(&lines_with(*metric), *metric);
        assert!(!found.is_empty(), "nothing writes {metric:?}");
        assert!(found.iter().all(|(_, value)| *value >= 0.0), "{found:?}");
    }
    let watched = watched();
    assert!(watched.len() >= 6, "{watched:?}");
    for name in watched {
        let is_written = Metric::ALL.iter().any(|metric| metric.name() == name);
        assert!(
            is_written,
            "an alarm waits for {name}, which nothing writes"
        );
    }
}

#[test]
fn requests_are_measured_by_operation_and_refusals_by_reason() {
    let lines = logged(requests());
    let has = |metric: Metric, of: &str| {
        let found = values(&lines, metric);
        let found = found
            .iter()
            .any(|(dimension, _)| dimension.as_deref() == Some(of));
        assert!(found, "{metric:?} lacks {of}");
    };
    has(Metric::Latency, "POST /scim/v2/Users");
    has(Metric::Latency, "GET /scim/v2/Users/{id}");
    has(Metric::Refusals, "not_found");
    has(Metric::Refusals, "token_malformed");
    // The tenant is a field of the line and no dimension.
    let created = lines
        .iter()
        .find(|line| line["Operation"] == "POST /scim/v2/Users");
    let created = created.unwrap();
    assert_eq!(created["span"]["tenant"], "event-fixture");
    assert!(created["span"]["request_id"].as_str().unwrap().len() > 10);
    assert!(created["WriteUnits"].as_f64().unwrap() >= 4.0, "{created}");
    assert_eq!(created["status"], 201);
}

#[test]
fn silence_is_measured_for_each_connection_that_was_heard() {
    let lines = logged(hourly_pass());
    let silences = values(&lines, Metric::SyncLag);
    assert_eq!(silences.len(), 1, "{silences:?}");
    let line = lines
        .iter()
        .find(|line| !line["SyncLag"].is_null())
        .unwrap();
    assert_eq!(line["tenant"], "passed");
    assert_eq!(values(&lines, Metric::CompletePasses), [(None, 12.0)]);
    assert!(values(&lines, Metric::FailedParts).is_empty());
}

#[test]
fn each_line_of_a_request_has_its_trace_and_no_other_text() {
    let lines = logged(async {
        let fixture = EventFixture::start().await;
        for (header, id) in [
            (
                format!("Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1"),
                "one",
            ),
            ("Root=1-6789-injected".to_owned(), "two"),
        ] {
            let path = format!("/Users/{id}");
            let request = fixture.idp.request(http::Method::GET, &path);
            let request = request.header("x-amzn-trace-id", &header);
            request.send().await.expect(404);
        }
    });
    let of_requests = lines
        .iter()
        .filter(|line| line["span"]["route"] == "/scim/v2/Users/{id}");
    let traces: Vec<&Value> = of_requests.map(|line| &line["span"]["trace_id"]).collect();
    // Of each request, the line of the log and the one of the metrics.
    let (known, unknown) = (json!(TRACE), Value::Null);
    assert_eq!(traces, [&known, &known, &unknown, &unknown]);
}
