//! Connects the SDK to the local EventBridge, SQS and SES without a socket. Supports the calls that the functions make.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::services::Services;

/// The endpoint in the SDK's configuration. No request reaches it.
const ENDPOINT: &str = "http://127.0.0.1";

/// The SDK clients for the functions.
pub(crate) struct Clients {
    pub(crate) eventbridge: aws_sdk_eventbridge::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) ses: aws_sdk_sesv2::Client,
}

impl Clients {
    pub(crate) fn of(services: &Arc<Services>) -> Self {
        let http = http_client(Arc::clone(services));
        let credentials = Credentials::new("local", "local", None, None, "rollcall-local");
        macro_rules! client {
            ($sdk:ident) => {
                $sdk::Client::from_conf(
                    $sdk::Config::builder()
                        .behavior_version(BehaviorVersion::latest())
                        .region(Region::new("local"))
                        .credentials_provider(credentials.clone())
                        .endpoint_url(ENDPOINT)
                        .http_client(http.clone())
                        .build(),
                )
            };
        }
        Self {
            eventbridge: client!(aws_sdk_eventbridge),
            sqs: client!(aws_sdk_sqs),
            ses: client!(aws_sdk_sesv2),
        }
    }
}

/// Returns the URL of a queue.
pub(crate) fn queue_url(queue: &str) -> String {
    format!("{ENDPOINT}/queues/{queue}")
}

fn http_client(services: Arc<Services>) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Endpoint { services });
    http_client_fn(move |_settings, _components| connector.clone())
}

struct Endpoint {
    services: Arc<Services>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endpoint")
    }
}

impl HttpConnector for Endpoint {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let services = Arc::clone(&self.services);
        // An async block does its work only when it is polled: a request that is dropped before that does nothing.
        HttpConnectorFuture::new(async move { answer(&services, &request) })
    }
}

fn answer(services: &Services, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let body = request.body().bytes().unwrap_or_default();
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let path = request.uri().trim_start_matches(ENDPOINT);
    let answered = match (target, path) {
        ("AWSEvents.PutEvents", _) => put_events(services, &body),
        ("AmazonSQS.SendMessage", _) => send_message(services, &body),
        ("AmazonSQS.SendMessageBatch", _) => Ok(send_messages(services, &body)),
        (_, "/v2/email/outbound-emails") => services.mail.take(&body),
        (target, path) => Err(io::Error::other(format!("`{target}{path}` is not served"))),
    };
    let (status, body) = match answered {
        Ok(body) => (200, body),
        Err(error) => (
            500,
            json!({"__type": "InternalFailure", "message": error.to_string()}),
        ),
    };
    let status = status
        .try_into()
        .map_err(|error| ConnectorError::other(Box::new(error), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body.to_string()));
    response
        .headers_mut()
        .insert("content-type", "application/x-amz-json-1.1");
    Ok(response)
}

fn put_events(services: &Services, body: &Value) -> io::Result<Value> {
    let entries = body["Entries"].as_array().into_iter().flatten();
    let put = |entry: &Value| match services.bus.put(entry, &services.queues) {
        Ok(id) => json!({"EventId": id}),
        Err(error) => {
            json!({"ErrorCode": "InternalFailure", "ErrorMessage": error.to_string()})
        }
    };
    let answers: Vec<Value> = entries.map(put).collect();
    let failed = answers
        .iter()
        .filter(|answer| answer.get("ErrorCode").is_some());
    Ok(json!({"FailedEntryCount": failed.count(), "Entries": answers}))
}

fn send_message(services: &Services, body: &Value) -> io::Result<Value> {
    let id = queued(services, queue_of(body), body)?;
    Ok(json!({"MessageId": id}))
}

fn send_messages(services: &Services, body: &Value) -> Value {
    let (mut sent, mut failed) = (Vec::new(), Vec::new());
    for entry in body["Entries"].as_array().into_iter().flatten() {
        match queued(services, queue_of(body), entry) {
            // No function looks at the digest.
            Ok(id) => sent.push(json!({"Id": entry["Id"], "MessageId": id, "MD5OfMessageBody": ""})),
            Err(error) => failed.push(json!({
                "Id": entry["Id"], "SenderFault": false, "Code": "InternalError", "Message": error.to_string(),
            })),
        }
    }
    json!({"Successful": sent, "Failed": failed})
}

fn queue_of(body: &Value) -> &str {
    let url = body["QueueUrl"].as_str().unwrap_or_default();
    url.rsplit('/').next().unwrap_or_default()
}

/// Puts a message into a queue, and returns its id.
fn queued(services: &Services, queue: &str, message: &Value) -> io::Result<String> {
    let delay = Duration::from_secs(message["DelaySeconds"].as_u64().unwrap_or_default());
    let text = message["MessageBody"].as_str().unwrap_or_default();
    services.queues.send_later(queue, text, delay)
}
