//! Plays a conversation and collects what was answered.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::to_bytes;
use axum::response::Response;
use http::header::HOST;
use http::{HeaderName, HeaderValue, Method};
use lambda_http::{Body, Request, RequestExt};
use rollcall_directory::{Directory, GROUPS, LoggedRequest, Tenant, USERS};
use rollcall_edge_http::{BASE_PATH, HttpFunction};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::caller::Authenticated;
use crate::discovery::discovery_router;
use crate::rehearsal::conversation::{Conversation, Step};
use crate::resources::resource_router;
use crate::surface::finish;

/// How long requests may take together. The page that shows them must be answered in time.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes. Those of a rehearsal are far shorter.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// One request of a rehearsal, and what became of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The purpose of the request; empty if it goes without saying.
    pub purpose: String,
    /// The request and its outcome, as the request log would have it.
    pub request: LoggedRequest,
    /// The status that the provider expects.
    pub expected: u16,
    /// What was sent.
    pub sent: Option<Value>,
    /// What was answered.
    pub answered: Option<Value>,
}

impl Exchange {
    /// Returns whether it went as the provider expects.
    pub fn is_as_expected(&self) -> bool {
        self.request.http_status == self.expected
    }
}

/// Plays a conversation in a throw-away tenant, which [`Tenant::rehearsal`] makes. Requests that there is no time for are
/// left out, and so is one that was not answered in time. `host` is the name of the host at which the provider would reach SCIM.
pub async fn rehearse(
    directory: &Directory,
    rehearsal: &Tenant,
    conversation: &Conversation,
    host: &str,
) -> Vec<Exchange> {
    let router = discovery_router(directory.clone())
        .merge(resource_router(directory.clone(), &USERS))
        .merge(resource_router(directory.clone(), &GROUPS));
    let function = finish(router, directory.clone());
    let until = Instant::now() + PATIENCE;
    let mut kept = BTreeMap::new();
    let mut exchanges = Vec::new();
    for step in &conversation.steps {
        let step = step.filled(&kept);
        let request = request(&step, rehearsal, host);
        let answered = exchange(&function, step, request, &mut kept);
        match timeout_at(until, answered).await {
            Ok(exchange) => exchanges.push(exchange),
            Err(_) => break,
        }
    }
    exchanges
}

fn request(step: &Step, rehearsal: &Tenant, host: &str) -> Request {
    let body = step.body.as_ref().map(|body| Body::Text(body.to_string()));
    let path = step.target.split('?').next().unwrap_or_default();
    let mut request =
        Request::new(body.unwrap_or_default()).with_raw_http_path(format!("{BASE_PATH}{path}"));
    *request.method_mut() = Method::from_bytes(step.method.as_bytes()).unwrap_or_default();
    *request.uri_mut() = format!("{BASE_PATH}{}", step.target)
        .parse()
        .unwrap_or_default();
    let host = ("host".to_owned(), host.to_owned());
    for (name, value) in step.headers.iter().chain([&host]) {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap_or(HOST);
        if let Ok(value) = HeaderValue::from_str(value) {
            request.headers_mut().insert(name, value);
        }
    }
    request
        .extensions_mut()
        .insert(Authenticated(rehearsal.clone()));
    request
}

async fn exchange(
    function: &HttpFunction,
    step: Step,
    request: Request,
    kept: &mut BTreeMap<String, String>,
) -> Exchange {
    let response: Response = function.handle(request).await;
    let (parts, body) = response.into_parts();
    let status = parts.status.as_u16();
    let logged = parts.extensions.get::<LoggedRequest>().cloned();
    let body = to_bytes(body, MAX_ANSWER_BYTES).await.unwrap_or_default();
    let answered: Option<Value> = serde_json::from_slice(&body).ok();
    for (name, place) in &step.keep {
        let value = match place.strip_prefix("header:") {
            Some(header) => {
                let header = parts.headers.get(header);
                header.and_then(|value| value.to_str().ok())
            }
            None => {
                let value = answered.as_ref().and_then(|body| body.pointer(place));
                value.and_then(Value::as_str)
            }
        };
        if let Some(value) = value {
            kept.insert(name.clone(), value.to_owned());
        }
    }
    Exchange {
        purpose: step.say,
        request: logged.unwrap_or_else(|| LoggedRequest::new(&step.method, &step.target, status)),
        expected: step.want,
        sent: step.body,
        answered,
    }
}
