//! A tenant whose changes no function has followed yet, and the functions that follow them.

use aws_sdk_sesv2 as ses;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use axum::Router;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{
    Caller, DEFAULT_READ_UNITS_PER_MINUTE, Directory, Event, GROUPS, NewWebhook, Provider, Role,
    SettingsChange, Tenant, USERS, WebhookTargets,
};
use rollcall_journal_relay::Bus;
use rollcall_mailer::Postbox;
use rollcall_role_reconciler::Queue;
use rollcall_tests::event_fixture::{Outbox, batch, envelope, relayed};
use rollcall_tests::faults::Fault;
use rollcall_tests::seed::{create, group, patch};
use rollcall_tests::table::TestTable;
use rollcall_tests::urn;
use serde_json::{Value, json};
use tokio::time::Instant;

/// More members than one transaction has room for.
const MANY: usize = 60;

/// What a function that follows events does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Work {
    /// The relay gives entries their places, and sends their events.
    Relay,
    /// The reconciler follows up events.
    Roles,
    /// The reconciler does the hourly pass.
    Pass,
    /// The mailer invites somebody.
    Mail,
    /// The sender calls a webhook.
    Webhook,
}

impl Work {
    pub(crate) const ALL: [Self; 5] = [
        Self::Relay,
        Self::Roles,
        Self::Pass,
        Self::Mail,
        Self::Webhook,
    ];
}

/// A service of AWS, or a receiver of webhooks, that takes everything.
#[derive(Clone, Debug, Default)]
struct Sink {
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl Sink {
    fn take(&self, body: &[u8]) -> Value {
        let body: Value = serde_json::from_slice(body).expect("JSON");
        self.bodies.lock().expect("a lock").push(body.clone());
        body
    }

    fn taken(&self) -> Vec<Value> {
        self.bodies.lock().expect("a lock").clone()
    }
}

impl HttpConnector for Sink {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = self.take(request.body().bytes().expect("a body"));
        let entries = body["Entries"].as_array().map_or(0, Vec::len);
        let entries = vec![json!({"EventId": "1"}); entries];
        let answer = json!({"FailedEntryCount": 0, "Entries": entries, "MessageId": "1"});
        let ok = 200_u16.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(ok, SdkBody::from(answer.to_string()))))
    }
}

/// Returns the client of a service of AWS.
macro_rules! client {
    ($service:ident, $sink:expr) => {{
        let connector = SharedHttpConnector::new($sink.clone());
        let config = $service::Config::builder()
            .behavior_version($service::config::BehaviorVersion::latest())
            .region($service::config::Region::new("local"))
            .credentials_provider($service::config::Credentials::new(
                "local", "local", None, None, "local",
            ))
            .endpoint_url("http://127.0.0.1")
            .http_client(http_client_fn(move |_, _| connector.clone()));
        $service::Client::from_conf(config.build())
    }};
}

/// A table with one tenant, and what the functions send.
pub(crate) struct Stage {
    pub(crate) table: TestTable,
    tenant: Tenant,
    large: String,
    bus: Sink,
    mail: Sink,
    hook: Sink,
    outbox: Outbox,
    /// The messages, or the entries of the stream, that are still to be handled.
    pending: Vec<String>,
    /// When the functions run.
    now: Timestamp,
}

impl Stage {
    /// Prepares a tenant for a function.
    pub(crate) async fn create(work: Work) -> Self {
        let table = TestTable::start().await;
        let tenant = table.tenant("background").await;
        let (tenant, large) = populate(&table, &tenant, work).await;
        let mut stage = Self {
            table,
            tenant,
            large,
            bus: Sink::default(),
            mail: Sink::default(),
            hook: Sink::default(),
            outbox: Outbox::default(),
            pending: Vec::new(),
            now: Timestamp::now(),
        };
        stage.pending = stage.messages(work).await;
        stage
    }

    async fn messages(&self, work: Work) -> Vec<String> {
        let waiting = self.tenant.journal().unplaced().await.unwrap();
        if work == Work::Relay {
            return waiting;
        }
        let events = relayed(&self.tenant).await;
        let is_new = |event: &&Event| event.kind == "user.created";
        match work {
            Work::Relay => waiting,
            Work::Roles => events.iter().map(envelope).collect(),
            Work::Pass => vec![json!({"full_pass": {}}).to_string()],
            Work::Mail => events.iter().filter(is_new).map(envelope).collect(),
            Work::Webhook => {
                let url = serve(self.hook.clone()).await;
                let new = NewWebhook {
                    label: "hook".to_owned(),
                    target_url: url,
                    only_types: Vec::new(),
                    after: Some(0),
                };
                let directory = self.table.directory();
                let directory = directory.with_webhook_targets(WebhookTargets::AlsoLoopback);
                let tenant = directory.system(self.tenant.id().clone());
                tenant.webhooks().create(&new).await.unwrap();
                relayed(&self.tenant).await;
                vec![json!({"detail": {"tenant": self.tenant.id()}}).to_string()]
            }
        }
    }

    /// Lets the function handle what is pending. What fails stays pending.
    pub(crate) async fn run(&mut self, work: Work, directory: Directory) {
        let deadline = Instant::now() + Duration::from_secs(30);
        let pending = std::mem::take(&mut self.pending);
        let failed: Vec<usize> = match work {
            Work::Relay => {
                let bus = Bus::new(client!(aws_sdk_eventbridge, self.bus), "bus");
                let relay = rollcall_journal_relay::handler(directory, bus);
                let records: Vec<Value> = (0..)
                    .zip(&pending)
                    .map(|(n, id)| self.record(n, id))
                    .collect();
                let event = serde_json::from_value(json!({"Records": records})).unwrap();
                let failed = relay.call(event).await.batch_item_failures;
                let first = failed.first().and_then(|it| it.item_identifier.as_ref());
                // Everything from the failed record on comes again.
                first.map_or(Vec::new(), |first| {
                    (first.parse().unwrap()..pending.len()).collect()
                })
            }
            Work::Roles | Work::Pass => {
                let queue = Queue::new(self.outbox.client(), "http://127.0.0.1/queues/roles");
                let reconciler = rollcall_role_reconciler::handler(directory, queue);
                failures(reconciler.call(batch(&pending), deadline).await)
            }
            Work::Mail => {
                let client = client!(ses, self.mail);
                let postbox = Postbox::new(client, "sender@example.test", "https://app.test");
                let mailer = rollcall_mailer::handler(directory, postbox);
                failures(mailer.call(batch(&pending)).await)
            }
            Work::Webhook => {
                let directory = directory.with_webhook_targets(WebhookTargets::AlsoLoopback);
                let sender = rollcall_webhook_sender::handler(directory).at(self.now);
                failures(sender.call(batch(&pending), deadline).await)
            }
        };
        self.pending = failed.into_iter().map(|n| pending[n].clone()).collect();
        self.pending.extend(self.outbox.take());
    }

    fn record(&self, number: usize, entry: &str) -> Value {
        json!({
            "awsRegion": "local", "eventID": number.to_string(), "eventName": "INSERT",
            "dynamodb": {
                "ApproximateCreationDateTime": Timestamp::now().as_second(),
                "Keys": {"PK": {"S": format!("T#{}#J", self.tenant.id())}, "SK": {"S": entry}},
                "NewImage": {}, "SequenceNumber": number.to_string(), "SizeBytes": 1,
            },
        })
    }

    /// Lets the function go on without faults, as the next deliveries and schedules do, until nothing is pending.
    pub(crate) async fn converge(&mut self, work: Work) {
        // By then, whoever died has no lease any more.
        self.now += SignedDuration::from_secs(3_600);
        self.table.end_leases(&self.tenant).await;
        match work {
            Work::Pass => self.pending.push(json!({"full_pass": {}}).to_string()),
            Work::Webhook => self.pending.push(json!({"waiting": {}}).to_string()),
            Work::Relay | Work::Roles | Work::Mail => {}
        }
        for _ in 0..10 {
            if self.pending.is_empty() {
                break;
            }
            self.run(work, self.table.directory()).await;
        }
        assert_eq!(self.pending, Vec::<String>::new(), "{work:?} does not end");
        if work == Work::Relay {
            let far = Instant::now() + Duration::from_secs(60);
            self.tenant.indexes().complete(far).await.unwrap();
        }
    }

    /// Returns what the function has to have done, without ids and times.
    pub(crate) async fn state(&self, work: Work) -> Vec<String> {
        match work {
            Work::Relay => {
                let unplaced = self.tenant.journal().unplaced().await.unwrap();
                let indexed = self.table.index_keys(&self.tenant).await.len();
                let sent = self.bus.taken().into_iter();
                let sent = sent.flat_map(|body| body["Entries"].as_array().cloned().unwrap());
                let sent = sent.map(|entry| {
                    let detail = entry["Detail"].as_str().unwrap();
                    serde_json::from_str::<Value>(detail).unwrap()
                });
                let mut state = self.feed().await;
                state.push(format!("{} without a place", unplaced.len()));
                state.push(format!("{indexed} index items"));
                state.push(format!("sent {:?}", last_of_each(sent)));
                state
            }
            Work::Roles | Work::Pass => {
                relayed(&self.tenant).await;
                let mut state = self.roles().await;
                for partition in ["#I", &format!("#M#{}", self.large)] {
                    let count = self.table.count(&self.tenant, partition).await;
                    let name = partition.get(..2).unwrap_or_default();
                    state.push(format!("{count} items in {name}"));
                }
                state
            }
            Work::Mail => {
                let sent = self.mail.taken();
                let to = sent.iter().map(|mail| mail["Destination"].to_string());
                let mut to: Vec<String> = to.collect();
                // A mail that was sent when the process died comes twice.
                assert!(to.len() <= 2, "{to:?}");
                to.dedup();
                to
            }
            Work::Webhook => {
                let sent = self.hook.taken();
                vec![format!("sent {:?}", last_of_each(sent.into_iter()))]
            }
        }
    }

    async fn events(&self) -> Vec<Event> {
        self.tenant.journal().events(0, 500).await.unwrap()
    }

    async fn feed(&self) -> Vec<String> {
        let events = self.events().await.into_iter();
        let line = |event: Event| format!("{} {}", event.sequence, event.kind);
        events.map(line).collect()
    }

    /// Returns the roles that the last event of each person told.
    async fn roles(&self) -> Vec<String> {
        let mut told = std::collections::BTreeMap::new();
        for event in self.events().await {
            if event.kind == "user.role_changed" {
                let event = json!(event);
                let name = event["subject"]["name"].to_string();
                told.insert(name, event["after"]["role"].to_string());
            }
        }
        told.into_iter()
            .map(|(name, role)| format!("{name} is {role}"))
            .collect()
    }
}

/// Returns the sequence numbers in the order of their last deliveries.
fn last_of_each(events: impl Iterator<Item = Value>) -> Vec<u64> {
    let mut order: Vec<u64> = Vec::new();
    for event in events {
        let sequence = event["sequence"].as_u64().expect("a sequence");
        order.retain(|earlier| *earlier != sequence);
        order.push(sequence);
    }
    order
}

fn failures(response: aws_lambda_events::sqs::SqsBatchResponse) -> Vec<usize> {
    let failed = response.batch_item_failures.into_iter();
    failed
        .map(|failure| failure.item_identifier.parse().unwrap())
        .collect()
}

/// Serves a receiver of webhooks. Returns its URL.
async fn serve(sink: Sink) -> String {
    async fn take(State(sink): State<Sink>, body: axum::body::Bytes) {
        sink.take(&body);
    }
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0));
    let listener = listener.await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let router = Router::new().fallback(take).with_state(sink);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://127.0.0.1:{port}/hook")
}

/// Pushes people and groups, as an identity provider does. Returns the tenant, with Rollcall itself as the actor, and a
/// large group.
async fn populate(table: &TestTable, tenant: &Tenant, work: Work) -> (Tenant, String) {
    let change = SettingsChange {
        invitations: Some(true),
        ..SettingsChange::default()
    };
    tenant.settings().change(&change).await.unwrap();
    let credentials = tenant.credentials();
    let connection = credentials.create_connection("idp", Provider::Okta).await;
    let caller = Caller {
        tenant: tenant.id().clone(),
        token_id: "token".to_owned(),
        connection_id: connection.unwrap().id,
        request_id: "request".to_owned(),
        log_days: 30,
        deleted_people: Default::default(),
        logged_values: Default::default(),
        read_log_sampling: 1,
        at_ceiling: Default::default(),
        observing: false,
        schemas: 0,
        read_budget: DEFAULT_READ_UNITS_PER_MINUTE,
        ends_us: None,
    };
    let idp = table.directory().tenant(&caller);
    let mut people = Vec::new();
    for name in ["ann", "bob"] {
        let body = json!({"schemas": [urn::USER], "userName": name, "active": true,
                          "emails": [{"value": format!("{name}@example.test"), "primary": true}]});
        // One of them is invited, so that what the mailer does has one order.
        let body = match name {
            "bob" => json!({"schemas": [urn::USER], "userName": name, "active": true}),
            _ => body,
        };
        people.push(create(&idp, &USERS, body).await);
    }
    let team = group(&idp, "Team", &people[..1]).await;
    let mapped = tenant.roles().map_group(&team, Some(Role::Admin));
    mapped.await.unwrap();
    let join = json!({"op": "add", "path": "members", "value": [{"value": people[1]}]});
    patch(&idp, &GROUPS, &team, join).await;
    let mut large = String::new();
    if work == Work::Pass {
        let many = table.seed_users(tenant, MANY).await;
        large = group(tenant, "Large", &[]).await;
        leave_half_done(table, tenant, &large, &many).await;
    }
    (tenant.clone(), large)
}

/// Kills a process in the middle of a change of members.
async fn leave_half_done(table: &TestTable, tenant: &Tenant, large: &str, many: &[String]) {
    let (directory, faults) = table.other_process();
    let dying = directory.system(tenant.id().clone());
    let seen = AtomicU32::new(0);
    faults.schedule(move |call| {
        let is_write = call.operation == "TransactWriteItems";
        match is_write && seen.fetch_add(1, Ordering::SeqCst) >= 1 {
            true => Fault::KilledBefore,
            false => Fault::None,
        }
    });
    let members: Vec<Value> = many.iter().map(|id| json!({"value": id})).collect();
    let join = json!({"op": "add", "path": "members", "value": members});
    tokio::select! {
        () = patch(&dying, &GROUPS, large, join) => panic!("nobody was killed"),
        () = faults.wait_for_kill() => {}
    }
    assert!(table.count(tenant, "#I").await > 0, "no open intent");
}
