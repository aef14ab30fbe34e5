//! Calls endpoints: one POST each, without redirects, bounded in time and size.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rollcall_directory::{
    Event, Failure, FailureKind, WebhookSecret, WebhookTargets, check_target,
};
use tokio::time::{Instant, timeout};

use crate::resolver::{Checked, NotPublic};
use crate::signature::{message_id, signatures};

/// The time for one delivery, from the look-up of the host to the status.
pub const DELIVERY_TIME: Duration = Duration::from_secs(10);
/// How long the body of a response is read.
const DRAIN_TIME: Duration = Duration::from_secs(1);
/// The largest head of a response, in bytes.
const MAX_HEAD: usize = 32 * 1024;
/// How much of a response is read, in bytes, so that the connection can be used again. What it says does not count.
const MAX_BODY: usize = 16 * 1024;
/// How long a connection is kept for the next delivery.
const IDLE: Duration = Duration::from_secs(20);

/// The client for endpoints.
#[derive(Clone, Debug)]
pub(crate) struct Outbound {
    /// `None` if there are no root certificates, without which nobody can be called.
    client: Option<Client<HttpsConnector<HttpConnector<Checked>>, Full<Bytes>>>,
    targets: WebhookTargets,
    time: Duration,
}

impl Outbound {
    pub(crate) fn new(targets: WebhookTargets) -> Self {
        Self {
            client: client(targets),
            targets,
            time: DELIVERY_TIME,
        }
    }

    pub(crate) fn within(self, time: Duration) -> Self {
        Self { time, ..self }
    }

    /// Delivers an event. `timestamp` is in seconds since 1970.
    ///
    /// # Errors
    /// Why it was not delivered.
    pub(crate) async fn deliver(
        &self,
        url: &str,
        event: &Event,
        secrets: &[WebhookSecret],
        timestamp: i64,
    ) -> Result<(), Failure> {
        let begun = Instant::now();
        let failed = |kind, status| Failure {
            kind,
            status,
            took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        if secrets.is_empty() {
            return Err(failed(FailureKind::Secret, None));
        }
        let request = self.request(url, event, secrets, timestamp);
        let request = request.ok_or_else(|| failed(FailureKind::Url, None))?;
        let Some(client) = &self.client else {
            return Err(failed(FailureKind::Connection, None));
        };
        let response = match timeout(self.time, client.request(request)).await {
            Ok(response) => response.map_err(|error| failed(kind_of(&error), None))?,
            Err(_) => return Err(failed(FailureKind::Timeout, None)),
        };
        let status = response.status();
        // The status counts, however long the body takes. Read to its end, it leaves the connection for the next event.
        _ = timeout(DRAIN_TIME, drain(response)).await;
        match status.is_success() {
            true => Ok(()),
            false => Err(failed(FailureKind::Status, Some(status.as_u16()))),
        }
    }

    /// Builds the request; `None` for a URL to which nothing is sent. The connector does not look up hosts that are
    /// addresses, so the URL is checked each time.
    fn request(
        &self,
        url: &str,
        event: &Event,
        secrets: &[WebhookSecret],
        timestamp: i64,
    ) -> Option<Request<Full<Bytes>>> {
        let url = check_target(url, self.targets).ok()?;
        let body = serde_json::to_vec(event).ok()?;
        let id = message_id(&event.id);
        let signatures = signatures(secrets, &id, timestamp, &body);
        Request::post(url.as_str())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, HeaderValue::from_static("Rollcall"))
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures)
            .body(Full::new(Bytes::from(body)))
            .ok()
    }
}

fn client(
    targets: WebhookTargets,
) -> Option<Client<HttpsConnector<HttpConnector<Checked>>, Full<Bytes>>> {
    let mut http = HttpConnector::new_with_resolver(Checked(targets));
    http.enforce_http(false);
    http.set_connect_timeout(Some(DELIVERY_TIME));
    // The provider is passed, because a feature of `hyper-rustls` for it would be that of this function alone.
    let provider = rustls::crypto::ring::default_provider();
    let roots = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider);
    let roots = roots.inspect_err(|error| {
        tracing::error!(%error, "there are no root certificates, so no webhook can be called");
    });
    let https = roots.ok()?;
    let https = match targets {
        WebhookTargets::Public => https.https_only(),
        WebhookTargets::AlsoLoopback => https.https_or_http(),
    };
    let connector = https.enable_http1().wrap_connector(http);
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .http1_max_buf_size(MAX_HEAD)
        .build(connector);
    Some(client)
}

/// Reads a bounded part of a response.
async fn drain<B>(response: Response<B>)
where
    B: http_body_util::BodyExt<Data = Bytes> + Unpin,
{
    let (mut body, mut left) = (response.into_body(), MAX_BODY);
    while let Some(Ok(frame)) = body.frame().await {
        let read = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(read) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

fn kind_of(error: &hyper_util::client::legacy::Error) -> FailureKind {
    let first: &(dyn Error + 'static) = error;
    let mut causes = std::iter::successors(Some(first), |&cause| cause.source());
    let is_address = |cause: &(dyn Error + 'static)| {
        let within = cause.downcast_ref::<std::io::Error>();
        let within = within.and_then(std::io::Error::get_ref);
        cause.is::<NotPublic>() || within.is_some_and(|inner| inner.is::<NotPublic>())
    };
    match causes.any(is_address) {
        true => FailureKind::Address,
        false => FailureKind::Connection,
    }
}
