//! A service of a test's own, to be watched for what follows a change: the feed, the bus, roles and mail.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use rollcall_directory::{Event, NewTenant, Provider, Settings, Tenant, TenantId};
use rollcall_local::{Local, Options};
use serde_json::{Value, json};

use crate::idp::Idp;

/// How long anything may take to come true.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running service with one tenant.
#[derive(Debug)]
pub struct Stage {
    /// The service.
    pub local: Local,
    /// The tenant, acted upon by Rollcall itself.
    pub tenant: Tenant,
    /// Its identity provider.
    pub idp: Idp,
}

impl Stage {
    /// Starts a service in memory, with an unmetered tenant.
    pub async fn start() -> Stage {
        Stage::with(Options::default(), Settings::default()).await
    }

    /// Starts one with these options, and a tenant with these settings but for the rate limit.
    ///
    /// # Panics
    /// When that fails.
    pub async fn with(options: Options, settings: Settings) -> Stage {
        let local = Local::start(options)
            .await
            .unwrap_or_else(|error| panic!("the service does not start: {error}"));
        let id: TenantId = "stage"
            .parse()
            .unwrap_or_else(|error| panic!("no tenant id: {error}"));
        let new = NewTenant {
            id,
            name: "Stage & Sons".to_owned(),
            settings: Settings {
                rate_limit: None,
                ..settings
            },
        };
        let tenant = good(local.directory().create_tenant(new).await);
        let connection = good(
            tenant
                .credentials()
                .create_connection("idp", Provider::Other)
                .await,
        );
        let token = good(
            tenant
                .credentials()
                .issue_token(&connection.id, "first", None)
                .await,
        );
        let secret = token.secret.expose().to_owned();
        let idp = Idp::new(local.scim_base_url(), Some(secret));
        Stage { local, tenant, idp }
    }

    /// Waits until nothing is left to be followed up.
    pub async fn drained(&self) {
        drained(&self.local).await;
    }

    /// Returns the whole feed of the tenant.
    pub async fn feed(&self) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let page = good(self.tenant.journal().events(all.len() as u64, 500).await);
            if page.is_empty() {
                return all;
            }
            all.extend(page.iter().map(|event| json!(event)));
        }
    }

    /// Returns what the bus delivered of the tenant's events, in order.
    pub fn delivered(&self) -> Vec<Value> {
        let deliveries = self.local.deliveries().into_iter();
        deliveries
            .map(|mut delivery| delivery["detail"].take())
            .filter(|event| event["tenant"] == self.tenant.id().as_str())
            .collect()
    }
}

/// Waits until nothing is left to be followed up.
///
/// # Panics
/// When that takes too long.
pub(crate) async fn drained(local: &Local) {
    until("everything is followed up", || {
        (local.pending() == 0).then_some(())
    })
    .await;
}

/// Asks again and again until there is an answer.
///
/// # Panics
/// When there is none for too long.
pub async fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let asked = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(
            asked.elapsed() < PATIENCE,
            "it never came about that {what}"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Everything that has no place in the tenant's feed yet, relayed without a bus.
pub async fn relayed(tenant: &Tenant) -> Vec<Event> {
    let mut events = Vec::new();
    for entries in good(tenant.journal().unplaced(None).await).chunks(100) {
        events.extend(good(tenant.journal().relay(entries).await));
    }
    events
}

/// A queue that the SDK can send to and a test can look into.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Outbox {
    /// Returns a client of SQS that sends to it.
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

    /// Takes what was sent.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.bodies.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl HttpConnector for Outbox {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = body["MessageBody"].as_str().unwrap_or_default().to_owned();
        self.bodies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(text);
        let ok = StatusCode::try_from(200_u16).unwrap_or_else(|error| panic!("{error}"));
        let answer = json!({"MessageId": "1"}).to_string();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(ok, SdkBody::from(answer))))
    }
}

/// A batch as SQS delivers it to a function.
pub fn batch(bodies: &[String]) -> aws_lambda_events::sqs::SqsEvent {
    let record = |(n, body): (usize, &String)| json!({"messageId": n.to_string(), "body": body});
    let records: Vec<Value> = bodies.iter().enumerate().map(record).collect();
    good(serde_json::from_value(json!({"Records": records})))
}

/// An event as EventBridge puts it into a queue.
pub fn envelope(event: &Event) -> String {
    json!({"version": "0", "source": "rollcall", "detail-type": event.kind, "detail": event})
        .to_string()
}

#[track_caller]
fn good<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error:?}"))
}
