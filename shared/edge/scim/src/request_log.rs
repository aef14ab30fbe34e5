//! Writes the request log: the requests of identity providers and the responses, for the tenant's admins.
//!
//! One call writes an entry when the response is built. A failed write never changes the response; it is a line of the log
//! and a metric. The entry of a successful read can be written after the answer, if the function may leave work for then;
//! what failed or changed something is logged before.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::response::Response;
use http::request::Parts;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use rollcall_directory::{
    Caller, Directory, Effects, LoggedRequest, Refusal, SentBody, Verdict, filters_by_secret,
    without_quotes,
};
use rollcall_edge_http::{BASE_PATH, normalise, origin, request_id};
use rollcall_runtime::{Metric, Record, chain};
use rollcall_scim::Readings;
use serde_json::Value;

use crate::answer::Found;
use crate::authorizer_context::AuthorizerContext;
use crate::base_url::{BULK_PATH, MARKER, TOKEN_PATH};
use crate::error::Refused;

/// How long writing a log entry may take. After that, the response is sent without it.
const PATIENCE: Duration = Duration::from_secs(1);

/// The caller, and the reason if the token was refused, with the address that it came from.
#[derive(Clone, Debug)]
struct Known {
    caller: Caller,
    refusal: Option<(Refusal, Option<IpAddr>)>,
}

/// The caller, once known. An event of payload format 2.0 has no verdict, so `caller` fills the slot through
/// [`identify`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot(Arc<OnceLock<Known>>);

impl Slot {
    /// Returns the caller, if known.
    pub(crate) fn caller(&self) -> Option<&Caller> {
        self.0.get().map(|known| &known.caller)
    }
}

/// Records the owner of the request's token.
pub(crate) fn identify(parts: &Parts, verdict: &Verdict) {
    let known = match verdict {
        Verdict::Accepted(caller) | Verdict::Throttled { caller, .. } => Known {
            caller: caller.clone(),
            refusal: None,
        },
        Verdict::Refused {
            refusal,
            caller: Some(caller),
        } => Known {
            caller: caller.clone(),
            refusal: Some((*refusal, origin(parts).ip())),
        },
        Verdict::Refused { caller: None, .. } => return,
    };
    if let Some(Slot(slot)) = parts.extensions.get() {
        _ = slot.set(known);
    }
}

/// Logs a request whose token is known but no longer valid. The authorizer calls this, because such a request reaches
/// no function.
pub async fn log_refused(
    directory: &Directory,
    caller: &Caller,
    (refusal, address): (Refusal, Option<IpAddr>),
    method: &str,
    path: &str,
) {
    let known = Known {
        caller: caller.clone(),
        refusal: Some((refusal, address)),
    };
    let path = normalise(path, MARKER);
    let entry = LoggedRequest::new(method, below_base(&path), 401);
    write(directory, entry, known).await;
}

/// A request that is logged after its response.
#[derive(Debug)]
pub(crate) struct Pending {
    directory: Directory,
    slot: Slot,
    method: String,
    target: String,
    sent: Option<SentBody>,
}

impl Pending {
    /// Records a request whose path is already normalised. `body` is the JSON body, if there is one.
    pub(crate) fn of(directory: &Directory, parts: &mut Parts, body: Option<&Value>) -> Self {
        // An operation of a bulk request has the slot of that request.
        let slot: Slot = parts.extensions.get().cloned().unwrap_or_default();
        if let Some(known) = from_authorizer(parts) {
            _ = slot.0.set(known);
        }
        // Who is not known yet gets the default.
        let known = slot.0.get();
        let values = known.map(|known| known.caller.logged_values);
        let values = values.unwrap_or_default();
        parts.extensions.insert(slot.clone());
        // The operations of a bulk request are logged one by one, each with its body.
        // The body for the token endpoint has a secret.
        let body = body.filter(|_| ![BULK_PATH, TOKEN_PATH].contains(&parts.uri.path()));
        let path = below_base(parts.uri.path());
        let target = match parts.uri.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        Self {
            directory: directory.clone(),
            slot,
            method: parts.method.to_string(),
            target,
            // A body that is not JSON is not kept: it can contain secrets anywhere.
            sent: body.map(|body| SentBody::of(body, values)),
        }
    }

    /// Builds the log entry. It is written only if the caller is known.
    pub(crate) fn answered(
        self,
        response: &Response,
        took: Duration,
        readings: Readings,
    ) -> Answered {
        let status = response.status().as_u16();
        let in_body = self.sent.as_ref().is_some_and(|sent| sent.compares_secret);
        let compares_secret = in_body || filters_by_secret(&self.target);
        let mut entry = LoggedRequest::new(&self.method, &self.target, status).with_body(self.sent);
        if let Some(Refused { error, reason }) = response.extensions().get() {
            entry.scim_type = error.scim_type().map(str::to_owned);
            entry.detail = Some(match compares_secret {
                true => without_quotes(&error.to_string()),
                false => error.to_string(),
            });
            entry.reason = Some(reason.to_string());
        }
        entry.readings = readings.iter().map(|one| one.to_string()).collect();
        let about = readings.about();
        let about = about.map(|(one, attribute)| (one.to_string(), attribute.to_owned()));
        entry.read_attributes = about.collect();
        if let Some(effects) = response.extensions().get::<Effects>() {
            entry.skipped_members = effects.skipped_members.iter().cloned().collect();
            entry.changes = effects.changes.iter().cloned().collect();
        }
        let found = response.extensions().get::<Found>();
        entry.found = found.map(|Found(total)| *total);
        entry.took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Answered {
            directory: self.directory,
            known: self.slot.0.get().cloned(),
            entry: entry.without_secrets(),
        }
    }
}

/// A request with its response.
#[derive(Debug)]
pub(crate) struct Answered {
    directory: Directory,
    known: Option<Known>,
    entry: LoggedRequest,
}

impl Answered {
    /// Returns whether the entry may be written after the answer: that of a successful read.
    pub(crate) fn can_wait(&self) -> bool {
        let is_accepted = |known: &Known| known.refusal.is_none();
        self.known.as_ref().is_some_and(is_accepted) && self.entry.is_successful_read()
    }

    /// Writes the entry; returns it if the caller is not known, because then no log has it.
    pub(crate) async fn write(self) -> Option<LoggedRequest> {
        match self.known {
            Some(known) => {
                write(&self.directory, self.entry, known).await;
                None
            }
            None => Some(self.entry),
        }
    }
}

async fn write(directory: &Directory, mut entry: LoggedRequest, known: Known) {
    let Known { caller, refusal } = known;
    let tenant = directory.tenant(&caller);
    if let Some((refusal, address)) = refusal {
        let is_foreign = refusal == Refusal::ForeignAddress;
        entry.source_address = address.filter(|_| is_foreign).map(|one| one.to_string());
        entry.detail = Some(refusal.to_string());
        entry.reason = Some(refusal.reason().to_string());
    }
    entry.connection_id = caller.connection_id;
    entry.token_id = caller.token_id;
    entry.request_id = caller.request_id;
    let Some(entry) = entry.sampled(caller.read_log_sampling) else {
        return;
    };
    // What is left for after an answer may wait until the function is called again.
    let log = tenant.request_log();
    let logged = log.write_unless_erased(entry, caller.log_days);
    match tokio::time::timeout(PATIENCE, logged).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(error = chain(&error), "the request could not be logged");
            Record::new().value(Metric::Unlogged, 1.0).emit();
        }
        Err(_elapsed) => {
            tracing::warn!("the request could not be logged in time");
            Record::new().value(Metric::Unlogged, 1.0).emit();
        }
    }
}

/// Returns the caller according to the token authorizer.
fn from_authorizer(parts: &Parts) -> Option<Known> {
    match parts.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => {
            let context = AuthorizerContext::from_fields(&context.authorizer.fields)?;
            Some(Known {
                caller: context.caller(&request_id(parts)),
                refusal: None,
            })
        }
        _ => None,
    }
}

fn below_base(path: &str) -> &str {
    path.strip_prefix(BASE_PATH).unwrap_or(path)
}
