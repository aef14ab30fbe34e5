//! A service for a single test, which observes the effects of a change: the feed, the bus, roles and mail.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use rollcall_directory::{Ceilings, Event, NewTenant, Provider, Settings, Tenant, TenantId};
use rollcall_local::{Local, Options};
use serde_json::{Value, json};

use crate::event_schemas::check_event;
use crate::idp::Idp;

/// How long a test waits for a condition.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A running service with one tenant.
#[derive(Debug)]
pub struct EventFixture {
    /// The service.
    pub local: Local,
    /// The tenant, with Rollcall itself as the actor.
    pub tenant: Tenant,
    /// Its identity provider.
    pub idp: Idp,
}

impl EventFixture {
    /// Starts a service in memory, with a tenant that has no rate limit.
    pub async fn start() -> EventFixture {
        EventFixture::with(Options::default(), Settings::default()).await
    }

    /// Starts a service with these options, and a tenant with these settings except the rate limit.
    ///
    /// # Panics
    /// Panics when the service or the tenant cannot be set up.
    pub async fn with(options: Options, settings: Settings) -> EventFixture {
        let local = Local::start(options)
            .await
            .unwrap_or_else(|error| panic!("the service did not start: {error}"));
        let (tenant, idp) = add_tenant(&local, "event-fixture", settings).await;
        EventFixture { local, tenant, idp }
    }

    /// Creates another tenant without a rate limit, and returns it with its identity provider.
    pub async fn another(&self, id: &str) -> (Tenant, Idp) {
        add_tenant(&self.local, id, Settings::default()).await
    }

    /// Waits until the service has processed every pending change.
    pub async fn drained(&self) {
        drained(&self.local).await;
    }

    /// Returns the whole feed of the tenant. Every event matches its schema.
    pub async fn feed(&self) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let page = expect_ok(self.tenant.journal().events(all.len() as u64, 500).await);
            if page.is_empty() {
                return all;
            }
            all.extend(page.iter().map(|event| json!(event)).inspect(check_event));
        }
    }

    /// Returns the tenant's events that the bus delivered, in order. Each matches its schema.
    pub fn delivered(&self) -> Vec<Value> {
        let deliveries = self.local.deliveries().into_iter();
        deliveries
            .map(|mut delivery| delivery["detail"].take())
            .filter(|event| event["tenant"] == self.tenant.id().as_str())
            .inspect(check_event)
            .collect()
    }
}

/// Creates a tenant with a connection and a token.
async fn add_tenant(local: &Local, id: &str, settings: Settings) -> (Tenant, Idp) {
    let new = NewTenant {
        id: expect_ok(id.parse::<TenantId>()),
        name: "Stage & Sons".to_owned(),
        settings: Settings {
            rate_limit: None,
            ..settings
        },
        ceilings: Ceilings::default(),
    };
    let tenant = expect_ok(local.directory().create_tenant(new).await);
    let credentials = tenant.credentials();
    let connection = credentials.create_connection("idp", Provider::Other);
    let connection = expect_ok(connection.await);
    let token = credentials.issue_token(&connection.id, "first", None);
    let secret = expect_ok(token.await).secret.expose().to_owned();
    let idp = Idp::new(local.scim_base_url(), Some(secret));
    (tenant, idp)
}

/// Waits until the service has processed every pending change.
///
/// # Panics
/// Panics when that takes too long.
pub(crate) async fn drained(local: &Local) {
    until("every change is processed", || {
        (local.pending() == 0).then_some(())
    })
    .await;
}

/// Polls until there is a value.
///
/// # Panics
/// Panics when the timeout expires.
pub async fn until<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(value) = poll() {
            return value;
        }
        assert!(
            started.elapsed() < TIMEOUT,
            "timed out waiting until {what}"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Relays, without a bus, every journal entry that has no place in the tenant's feed yet.
pub async fn relayed(tenant: &Tenant) -> Vec<Event> {
    let mut events = Vec::new();
    for entries in expect_ok(tenant.journal().unplaced().await).chunks(100) {
        let placed = expect_ok(tenant.journal().relay(entries).await);
        placed.iter().for_each(|event| check_event(&json!(event)));
        events.extend(placed);
    }
    events
}

/// A queue that the SDK can send to and a test can inspect.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    inner: Arc<Mutex<Sent>>,
}

#[derive(Debug, Default)]
struct Sent {
    bodies: Vec<String>,
    calls: usize,
    /// How many messages of the next calls with several are refused.
    refusals: usize,
}

impl Outbox {
    /// Returns an SQS client that sends to this queue.
    pub fn client(&self) -> aws_sdk_sqs::Client {
        let connector = SharedHttpConnector::new(self.clone());
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
            .region(aws_sdk_sqs::config::Region::new("local"))
            .credentials_provider(aws_sdk_sqs::config::Credentials::new(
                "local", "local", None, None, "local",
            ))
            .endpoint_url("http://127.0.0.1")
            .http_client(http_client_fn(move |_, _| connector.clone()));
        aws_sdk_sqs::Client::from_conf(config.build())
    }

    /// Takes the messages that were sent.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.sent().bodies)
    }

    /// Returns how many calls were made.
    pub fn calls(&self) -> usize {
        self.sent().calls
    }

    /// Refuses so many of the messages that come next in calls with several. The others of these calls are taken.
    pub fn refuse(&self, messages: usize) {
        self.sent().refusals = messages;
    }

    fn sent(&self) -> MutexGuard<'_, Sent> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sent {
    /// Takes the message of a call.
    fn take_one(&mut self, message: &Value) {
        let text = message["MessageBody"].as_str().unwrap_or_default();
        self.bodies.push(text.to_owned());
    }

    /// Takes the messages of a call with several. The last ones are those that are refused.
    fn take_several(&mut self, messages: &[Value]) -> Value {
        let refused = self.refusals.min(messages.len());
        self.refusals -= refused;
        let (taken, refused) = messages.split_at(messages.len() - refused);
        taken.iter().for_each(|message| self.take_one(message));
        let taken = taken
            .iter()
            .map(|one| json!({"Id": one["Id"], "MessageId": "1", "MD5OfMessageBody": ""}));
        let refused = refused
            .iter()
            .map(|one| json!({"Id": one["Id"], "SenderFault": false, "Code": "InternalError"}));
        json!({"Successful": taken.collect::<Vec<_>>(), "Failed": refused.collect::<Vec<_>>()})
    }
}

impl HttpConnector for Outbox {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let mut sent = self.sent();
        sent.calls += 1;
        let answer = match body["Entries"].as_array() {
            Some(messages) => sent.take_several(messages),
            None => {
                sent.take_one(&body);
                json!({"MessageId": "1"})
            }
        };
        let ok = StatusCode::try_from(200_u16).unwrap_or_else(|error| panic!("{error}"));
        HttpConnectorFuture::ready(Ok(HttpResponse::new(ok, SdkBody::from(answer.to_string()))))
    }
}

/// Builds a batch as SQS delivers it to a function.
pub fn batch(bodies: &[String]) -> aws_lambda_events::sqs::SqsEvent {
    let record = |(n, body): (usize, &String)| json!({"messageId": n.to_string(), "body": body});
    let records: Vec<Value> = bodies.iter().enumerate().map(record).collect();
    expect_ok(serde_json::from_value(json!({"Records": records})))
}

/// Builds the message that EventBridge puts into a queue for an event.
pub fn envelope(event: &Event) -> String {
    json!({"version": "0", "source": "rollcall", "detail-type": event.kind, "detail": event})
        .to_string()
}

#[track_caller]
fn expect_ok<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error:?}"))
}
