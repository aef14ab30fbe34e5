//! A connection to DynamoDB with injected faults at the HTTP layer of the SDK; everything above that layer is real.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use tokio::sync::watch;

/// The fault that one call to DynamoDB gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// No fault.
    None,
    /// DynamoDB refuses the call, because another transaction holds one of the items. Nothing was written.
    Conflict,
    /// DynamoDB refuses the call, because there are too many requests. Nothing was written.
    Throttle,
    /// The server fails before it does anything.
    ServerError,
    /// The connection breaks before the request is sent.
    DroppedBefore,
    /// The connection breaks after the request was processed, so the response is lost.
    DroppedAfter,
    /// The call is delayed, so other calls overtake it.
    Delay,
    /// The call takes a second longer.
    Slow,
    /// The call takes 100 ms longer, as a large transaction does in AWS.
    Distant,
    /// The process is killed before the request is sent: the call never returns.
    KilledBefore,
    /// The process is killed after the request was processed: the call never returns.
    KilledAfter,
}

/// One call, as a schedule sees it.
#[derive(Clone, Debug)]
pub struct Call {
    /// The number of earlier calls.
    pub number: u64,
    /// The operation, such as `TransactWriteItems`.
    pub operation: String,
    /// The request, in DynamoDB's JSON.
    pub body: Value,
}

impl Call {
    /// Returns whether the call changes the table.
    pub fn is_write(&self) -> bool {
        !matches!(
            self.operation.as_str(),
            "GetItem" | "Query" | "Scan" | "BatchGetItem" | "TransactGetItems"
        )
    }
}

type Schedule = dyn Fn(&Call) -> Fault + Send + Sync;

/// A schedule of faults and the counts of the injected ones.
#[derive(Clone)]
pub struct Faults {
    shared: Arc<Shared>,
}

struct Shared {
    schedule: Mutex<Arc<Schedule>>,
    calls: AtomicU64,
    killed: watch::Sender<bool>,
    injected: Mutex<BTreeMap<(String, Fault), u64>>,
    inner: SharedHttpClient,
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Faults")
            .field("calls", &self.calls())
            .finish_non_exhaustive()
    }
}

impl Faults {
    /// Wraps the SDK's HTTP client; without a schedule, no call fails.
    pub fn around(inner: SharedHttpClient) -> Faults {
        let shared = Shared {
            schedule: Mutex::new(Arc::new(|_: &Call| Fault::None)),
            calls: AtomicU64::new(0),
            killed: watch::Sender::new(false),
            injected: Mutex::default(),
            inner,
        };
        Faults {
            shared: Arc::new(shared),
        }
    }

    /// Returns the client to give to the SDK.
    pub fn client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// Replaces the schedule and resets the counts.
    pub fn schedule(&self, schedule: impl Fn(&Call) -> Fault + Send + Sync + 'static) {
        *lock(&self.shared.schedule) = Arc::new(schedule);
        lock(&self.shared.injected).clear();
        self.shared.calls.store(0, Ordering::SeqCst);
        self.shared.killed.send_replace(false);
    }

    /// Removes all faults, so that every call succeeds from now on.
    pub fn clear(&self) {
        self.schedule(|_| Fault::None);
    }

    /// Injects each fault of a mix into its share of 1,000 calls; the same seed gives the same faults.
    pub fn mix(&self, seed: u64, shares: &[(Fault, u32)]) {
        let random = Mutex::new(StdRng::seed_from_u64(seed));
        let shares = shares.to_vec();
        self.schedule(move |call| {
            let mut drawn = lock(&random).random_range(0..1000_u32);
            for (fault, share) in &shares {
                let applies = *fault != Fault::Conflict
                    || call.operation == "TransactWriteItems"
                    || call.is_write();
                if drawn < *share {
                    return if applies { *fault } else { Fault::None };
                }
                drawn -= share;
            }
            Fault::None
        });
    }

    /// Simulates that the process is killed at call `number`: before the call, or after DynamoDB processed it.
    pub fn kill_at_call(&self, number: u64, after: bool) {
        self.schedule(move |call| match call.number {
            earlier if earlier < number => Fault::None,
            this if this == number && after => Fault::KilledAfter,
            _ => Fault::KilledBefore,
        });
    }

    /// Returns the number of calls since the schedule was set.
    pub fn calls(&self) -> u64 {
        self.shared.calls.load(Ordering::SeqCst)
    }

    /// Waits until a call was killed.
    pub async fn wait_for_kill(&self) {
        let mut killed = self.shared.killed.subscribe();
        // This cannot fail: an error means that the sender is gone, but `self` holds it.
        let _ = killed.wait_for(|killed| *killed).await;
    }

    /// Returns how often each operation got each fault since the schedule was set.
    pub fn injected(&self) -> BTreeMap<(String, Fault), u64> {
        lock(&self.shared.injected).clone()
    }

    /// Returns how often a fault was injected, for all operations together.
    pub fn count(&self, fault: Fault) -> u64 {
        self.injected()
            .iter()
            .filter(|((_, injected), _)| *injected == fault)
            .map(|(_, n)| n)
            .sum()
    }

    fn next_fault(&self, request: &HttpRequest) -> (Fault, Call) {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = request
            .body()
            .bytes()
            .and_then(|bytes| serde_json::from_slice(bytes).ok());
        let call = Call {
            number: self.shared.calls.fetch_add(1, Ordering::SeqCst),
            operation: target.rsplit('.').next().unwrap_or_default().to_owned(),
            body: body.unwrap_or(Value::Null),
        };
        let schedule = lock(&self.shared.schedule).clone();
        let fault = schedule(&call);
        *lock(&self.shared.injected)
            .entry((call.operation.clone(), fault))
            .or_default() += 1;
        (fault, call)
    }
}

impl HttpClient for Faults {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.shared.inner.http_connector(settings, components);
        SharedHttpConnector::new(FaultyConnector {
            faults: self.clone(),
            inner,
        })
    }
}

#[derive(Debug)]
struct FaultyConnector {
    faults: Faults,
    inner: SharedHttpConnector,
}

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (fault, call) = self.faults.next_fault(&request);
        let inner = self.inner.clone();
        let killed = self.faults.shared.killed.clone();
        HttpConnectorFuture::new(async move {
            match fault {
                Fault::None => inner.call(request).await,
                Fault::Conflict => Ok(conflict(&call)),
                Fault::Throttle => Ok(refusal(
                    400,
                    "ThrottlingException",
                    json!({"message": "rate exceeded"}),
                )),
                Fault::ServerError => Ok(refusal(
                    500,
                    "InternalServerError",
                    json!({"message": "injected"}),
                )),
                Fault::DroppedBefore => Err(broken()),
                Fault::DroppedAfter => inner.call(request).await.and(Err(broken())),
                Fault::KilledBefore => {
                    killed.send_replace(true);
                    std::future::pending().await
                }
                Fault::KilledAfter => {
                    let _ = inner.call(request).await;
                    killed.send_replace(true);
                    std::future::pending().await
                }
                Fault::Slow => {
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                    inner.call(request).await
                }
                Fault::Distant => {
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    inner.call(request).await
                }
                Fault::Delay => {
                    // Yield a hundred times instead of sleeping, so that other tasks run first.
                    for _ in 0..100 {
                        tokio::task::yield_now().await;
                    }
                    inner.call(request).await
                }
            }
        })
    }
}

fn broken() -> ConnectorError {
    ConnectorError::io("injected: the connection was dropped".into())
}

/// Builds the response to a conflict: a transaction is cancelled because of its first item; a single write just fails.
fn conflict(call: &Call) -> HttpResponse {
    let message = "Transaction is ongoing for the item";
    let Some(items) = call.body["TransactItems"].as_array() else {
        return refusal(
            400,
            "TransactionConflictException",
            json!({"message": message}),
        );
    };
    let mut reasons = vec![json!({"Code": "None"}); items.len()];
    if let Some(first) = reasons.first_mut() {
        *first = json!({"Code": "TransactionConflict", "Message": message});
    }
    let summary = "Transaction cancelled, please refer cancellation reasons for specific reasons";
    refusal(
        400,
        "TransactionCanceledException",
        json!({"Message": summary, "CancellationReasons": reasons}),
    )
}

fn refusal(status: u16, kind: &str, mut body: Value) -> HttpResponse {
    body["__type"] = json!(format!("com.amazonaws.dynamodb.v20120810#{kind}"));
    let status = StatusCode::try_from(status).unwrap_or_else(|error| panic!("{error}"));
    let mut response = HttpResponse::new(status, SdkBody::from(body.to_string()));
    response
        .headers_mut()
        .insert("content-type", "application/x-amz-json-1.0");
    response
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
