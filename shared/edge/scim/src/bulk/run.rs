//! Runs the operations of one bulk request, and collects what became of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::body::to_bytes;
use axum::response::Response;
use http::header::{ETAG, LOCATION, RETRY_AFTER};
use http::{HeaderName, Method};
use lambda_http::Body;
use rollcall_edge_http::HttpFunction;
use rollcall_scim::{
    self as scim, BulkCall, BulkOperation, BulkOutcome, BulkRequest, BulkStep, bulk_response,
};
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::base_url::BaseUrl;
use crate::bulk::template::Template;
use crate::error::Refused;
use crate::json_response::json;
use crate::surface::Foregone;

/// How many seconds a client waits before it sends again what there was no time for.
const RETRY_AFTER_SECONDS: u32 = 1;
/// How long creations are still completed when no further operation begins.
const GRACE: Duration = Duration::from_secs(4);

/// A bulk request while it is done.
pub(super) struct Run<'a> {
    single: &'a HttpFunction,
    template: Template,
    base: BaseUrl,
    request: &'a BulkRequest,
    /// The indexes of the creations, by their `bulkId`.
    creations: BTreeMap<&'a str, usize>,
    /// What became of the operations so far.
    done: Vec<Option<Done>>,
    /// What creations left out, to be added when the resources that it refers to exist.
    left_out: BTreeMap<usize, Map<String, Value>>,
    is_late: bool,
    /// When the response must be there.
    ends: Instant,
}

/// What became of an operation.
struct Done {
    outcome: BulkOutcome,
    /// The id of the resource that it created.
    created: Option<String>,
}

impl Done {
    fn failed(error: &scim::Error, location: Option<String>) -> Self {
        Self {
            outcome: BulkOutcome {
                status: error.status(),
                location,
                version: None,
                error: Some(error.to_json()),
            },
            created: None,
        }
    }
}

impl<'a> Run<'a> {
    pub(super) fn new(
        single: &'a HttpFunction,
        template: Template,
        base: BaseUrl,
        request: &'a BulkRequest,
    ) -> Self {
        Self {
            single,
            template,
            base,
            request,
            creations: request.creations(),
            done: request.operations.iter().map(|_| None).collect(),
            left_out: BTreeMap::new(),
            is_late: false,
            ends: Instant::now(),
        }
    }

    /// Runs the operations, those that have begun by `until` or before there were too many errors. Returns the response.
    pub(super) async fn all(mut self, until: Instant) -> Response {
        self.ends = until + GRACE;
        for step in self.request.steps() {
            match step {
                // What was begun is completed, also after too many errors.
                BulkStep::Complete(index) => self.complete(index).await,
                BulkStep::Run(_) if self.has_too_many_errors() => {}
                BulkStep::Run(index) => {
                    let done = match Instant::now() < until {
                        true => self.run(index).await,
                        false => self.out_of_time(index),
                    };
                    self.done[index] = Some(done);
                }
            }
        }
        self.response()
    }

    fn has_too_many_errors(&self) -> bool {
        let Some(limit) = self.request.fail_on_errors else {
            return false;
        };
        let done = self.done.iter().flatten();
        let errors = done.filter(|done| done.outcome.error.is_some()).count();
        u64::try_from(errors).is_ok_and(|errors| errors >= limit)
    }

    async fn run(&mut self, index: usize) -> Done {
        let operation = &self.request.operations[index];
        let call = match &operation.call {
            Ok(call) => call,
            Err(error) => return self.refuse(operation, "/Bulk", error).await,
        };
        let circle = match self.unresolved(call) {
            Ok(circle) => circle,
            Err(error) => return self.refuse(operation, &call.target(), &error).await,
        };
        let mut call = call.resolved(|name| self.created(name));
        let left_out = call.take_referring(&circle);
        let sent = self.send(&call).await;
        let done = sent.unwrap_or_else(|| self.late(None));
        if done.created.is_some() && !left_out.is_empty() {
            self.left_out.insert(index, left_out);
        }
        done
    }

    /// Returns the references of an operation to creations that have not run yet: together they are a circle.
    ///
    /// # Errors
    /// `Unresolved` when a reference has no creation, or one that failed.
    fn unresolved(&self, call: &'a BulkCall) -> Result<BTreeSet<&'a str>, scim::Error> {
        let mut circle = BTreeSet::new();
        for name in call.references() {
            match self.creations.get(name).map(|index| &self.done[*index]) {
                Some(Some(done)) if done.created.is_some() => {}
                Some(Some(_)) => return Err(unresolved(name, "which failed")),
                Some(None) => _ = circle.insert(name),
                None => return Err(unresolved(name, "which this request does not have")),
            }
        }
        Ok(circle)
    }

    /// Returns the id of the resource that the creation with this `bulkId` has created.
    fn created(&self, name: &str) -> Option<&str> {
        let index = self.creations.get(name)?;
        self.done[*index].as_ref()?.created.as_deref()
    }

    /// Adds to a new resource what its creation left out. The creation is done when this is.
    async fn complete(&mut self, index: usize) {
        let (Some(left_out), Ok(call)) = (
            self.left_out.remove(&index),
            &self.request.operations[index].call,
        ) else {
            return;
        };
        let Some(Done { outcome, created }) = self.done[index].take() else {
            return;
        };
        let id = created.as_deref().unwrap_or_default();
        let completion = call.completing(id, left_out);
        let missing = completion.references();
        let missing = missing.iter().find(|name| {
            let is_itself = self.creations.get(*name) == Some(&index);
            !is_itself && self.created(name).is_none()
        });
        let location = outcome.location.clone();
        let mut completed = match missing {
            _ if Instant::now() >= self.ends => self.late(location),
            Some(name) => Done::failed(&unresolved(name, "which failed"), location),
            None => {
                let id_of = |name: &str| match self.creations.get(name) == Some(&index) {
                    true => created.as_deref(),
                    false => self.created(name),
                };
                let completion = completion.resolved(id_of);
                let sent = self.send(&completion).await;
                sent.unwrap_or_else(|| self.late(location))
            }
        };
        if completed.outcome.error.is_none() {
            completed.outcome.status = outcome.status;
        }
        completed.created = created;
        self.done[index] = Some(completed);
    }

    /// Sends an operation as a request of its own. Returns `None` if it was not answered in time: the response of the bulk
    /// request tells what the other operations have done, so it must not wait any longer.
    async fn send(&self, call: &BulkCall) -> Option<Done> {
        let answer = self.single.handle(self.template.request(call));
        let response = tokio::time::timeout_at(self.ends, answer).await.ok()?;
        let known = call.id.as_ref();
        let known = known.map(|id| format!("{}/{}/{id}", self.base, call.endpoint));
        let outcome = outcome(response, known).await;
        let created = match (call.method, &outcome.error) {
            ("POST", None) => outcome.location.as_deref().and_then(last_segment),
            _ => None,
        };
        Some(Done { outcome, created })
    }

    /// Refuses an operation that cannot be sent, and logs it like the others.
    async fn refuse(&self, operation: &BulkOperation, target: &str, error: &scim::Error) -> Done {
        let method = operation.method.as_deref().unwrap_or("POST");
        let method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::POST);
        let mut request = self.template.blank(method, target, Body::Empty);
        request.extensions_mut().insert(Foregone(error.clone()));
        let outcome = outcome(self.single.handle(request).await, None).await;
        Done {
            outcome,
            created: None,
        }
    }

    /// Answers an operation that there was no time to begin.
    fn out_of_time(&mut self, index: usize) -> Done {
        let operation = &self.request.operations[index];
        match &operation.call {
            Ok(_) => self.late(None),
            Err(error) => Done::failed(error, None),
        }
    }

    fn late(&mut self, location: Option<String>) -> Done {
        self.is_late = true;
        Done::failed(&too_late(), location)
    }

    fn response(&self) -> Response {
        let each = self.request.operations.iter().zip(&self.done);
        let each = each.filter_map(|(operation, done)| Some((operation, &done.as_ref()?.outcome)));
        let mut response = json(200, &bulk_response(each));
        if self.is_late {
            let seconds = RETRY_AFTER_SECONDS.into();
            response.headers_mut().insert(RETRY_AFTER, seconds);
            // The log of the whole request says why some of its operations are in no log.
            response.extensions_mut().insert(Refused::from(too_late()));
        }
        response
    }
}

fn too_late() -> scim::Error {
    scim::Error::Unavailable {
        retry_after: RETRY_AFTER_SECONDS,
    }
}

fn unresolved(name: &str, why: &str) -> scim::Error {
    let name: String = name.chars().take(80).collect();
    let detail = format!(
        "`bulkId:{name}` refers to a POST {why}; send this operation again with the id of a resource"
    );
    scim::Error::Unresolved(detail)
}

/// Reads what became of an operation from the response to it.
async fn outcome(response: Response, known: Option<String>) -> BulkOutcome {
    let (parts, body) = response.into_parts();
    let header = |name: HeaderName| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let failed = parts.status.is_client_error() || parts.status.is_server_error();
    let error = match failed {
        // The body is in memory, and a small one.
        true => to_bytes(body, usize::MAX).await.unwrap_or_default(),
        false => Default::default(),
    };
    BulkOutcome {
        status: parts.status.as_u16(),
        location: header(LOCATION).or(known),
        version: header(ETAG),
        error: failed.then(|| serde_json::from_slice::<Value>(&error).unwrap_or_default()),
    }
}

fn last_segment(location: &str) -> Option<String> {
    location.rsplit('/').next().map(str::to_owned)
}
