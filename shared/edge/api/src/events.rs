//! The event feed, which the application polls.

use axum::Json;
use jiff::Timestamp;
use rollcall_directory::{
    self as directory, EventType, FeedPage, FeedQuery, FeedRead, Reason, shown,
};
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::application::ApplicationAt;
use crate::audit::{Actor, Origin, Subject};
use crate::fields::{Params, limit};
use crate::gate;

/// The query of the event feed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsPage {
    /// `next` of the page before, or the sequence of the last event that was read. Without it, or with 0, the oldest
    /// events are returned.
    #[param(value_type = Option<String>, pattern = "^[0-9]{1,15}$")]
    after: Option<u64>,
    /// The types of the events to return, separated by commas; all unless given.
    #[param(style = Form, explode = false, example = json!(["user.deactivated"]))]
    types: Option<Vec<String>>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// The query of the verification.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VerificationPage {
    /// `next` of the page before. Without it, or with 0, the oldest events are verified.
    #[param(value_type = Option<String>, pattern = "^[0-9]{1,15}$")]
    after: Option<u64>,
    /// Events to verify: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// Events in order, without gaps.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Events {
    items: Vec<FeedEvent>,
    /// The value of `after` for the next request. Always present: without new events, it is the `after` of this
    /// request. With `types`, a page can be empty although others follow: read on while `next` is less than `head`.
    next: String,
    /// The sequence of the last event of the feed; 0 before the first. A reader that has `next` equal to it has read
    /// everything.
    head: u64,
    /// The sequence of the oldest event that is kept; one more than `head` if none is. The feed can be read from `after`
    /// = `oldest` - 1.
    oldest: u64,
}

/// The hashes of an event, from which a reader verifies that the feed was not changed later.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Integrity {
    /// SHA-256 over the hash of the event before, the sequence, the type, `occurred_at` and `content`, joined by line
    /// feeds; hexadecimal.
    hash: String,
    /// The salted SHA-256 of the whole event; hexadecimal. The salt is not published.
    content: String,
    /// Present and true where the chain begins: the hash of the event before then counts as empty.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    begins: bool,
}

/// An event of the feed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedEvent {
    #[serde(flatten)]
    event: Event,
    /// The hashes of the event. Absent for events that an earlier version gave their place, and on the bus.
    #[serde(skip_serializing_if = "Option::is_none")]
    integrity: Option<Integrity>,
}

impl From<FeedPage> for Events {
    fn from(page: FeedPage) -> Self {
        Self {
            items: page.items.into_iter().map(FeedEvent::from).collect(),
            next: page.next.to_string(),
            head: page.head,
            oldest: page.oldest,
        }
    }
}

impl From<directory::FeedEvent> for FeedEvent {
    fn from(event: directory::FeedEvent) -> Self {
        let integrity = event.integrity.map(|integrity| Integrity {
            hash: integrity.hash,
            content: integrity.content,
            begins: integrity.begins,
        });
        Self {
            event: event.event.into(),
            integrity,
        }
    }
}

/// The result of verifying a part of the feed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verification {
    /// How many events were verified.
    verified: usize,
    /// The events that do not match their hashes. Empty if the feed is as it was written.
    faults: Vec<EventFault>,
    /// The sequences with which a chain begins.
    begins: Vec<u64>,
    /// The sequences of events whose content was erased.
    erased: Vec<u64>,
    /// The sequences of events without hashes, which an earlier version gave their places.
    without_hash: Vec<u64>,
    /// The events directly after the cursor that have expired, so that the verification went on behind them. In the middle of
    /// a feed, some can expire before earlier ones only after `retention_days` was lowered.
    #[serde(skip_serializing_if = "Option::is_none")]
    expired: Option<ExpiredEvents>,
    /// The hash of the last event.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_hash: Option<String>,
    /// The value of `after` for the next request. Without new events, it is the `after` of this request.
    next: String,
}

/// Events that have expired.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExpiredEvents {
    /// The sequence of the first one.
    first: u64,
    /// The sequence of the last one.
    last: u64,
}

/// An event that does not match its hashes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventFault {
    /// Its sequence.
    sequence: u64,
    /// What is wrong.
    fault: Fault,
}

/// What is wrong with an event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fault {
    /// Its content was changed.
    Content,
    /// It does not follow the event before it, or events before it are missing that have not expired.
    Order,
    /// It has no hash although the chain goes on after it: somebody added it, or removed its hash. Events that an earlier
    /// version gave their places, also after a roll-back, are none: the chain begins anew after them.
    Unlinked,
}

impl From<directory::Fault> for Fault {
    fn from(fault: directory::Fault) -> Self {
        match fault {
            directory::Fault::Content => Self::Content,
            directory::Fault::Order => Self::Order,
            directory::Fault::Unlinked => Self::Unlinked,
        }
    }
}

/// One event: what the application polls and the bus carries. `KnownEvent` says for each type what `before` and `after`
/// hold. An event whose content was erased has neither.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Event {
    /// The same however often the event is delivered.
    id: String,
    /// Its place among the tenant's events, from 1, without gaps.
    sequence: u64,
    /// What happened. A newer version may send types that are not described here.
    #[schema(example = "user.created")]
    r#type: String,
    /// The version of this shape.
    version: u32,
    /// The tenant.
    tenant: String,
    /// When the change was made.
    occurred_at: Timestamp,
    /// Who made it.
    #[schema(value_type = Actor)]
    actor: Value,
    /// Where the request came from. Absent for what Rollcall does by itself, and in events of earlier versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    /// What was changed.
    subject: Subject,
    /// The values before the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    /// The values after the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
    /// The request that made the change.
    request_id: String,
    /// Present and true if the event was too large for the bus, which has it without `before` and `after`. The feed has
    /// all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    abridged: Option<bool>,
}

impl From<directory::Event> for Event {
    fn from(event: directory::Event) -> Self {
        Self {
            id: event.id,
            sequence: event.sequence,
            r#type: event.kind,
            version: event.version,
            tenant: event.tenant.to_string(),
            occurred_at: event.occurred_at,
            actor: json!(event.actor),
            origin: Origin::of(event.origin),
            subject: event.subject.into(),
            before: event.before,
            after: event.after,
            request_id: event.request_id,
            abridged: None,
        }
    }
}

/// Lists the events after a cursor. Every reader gets every event exactly once, and all readers in the same order.
///
/// A cursor that the feed has not reached, or after which events have expired, is refused with 410. Its `next` is the cursor
/// with which to go on, after the reader has read the directory anew.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/events", operation_id = "list_events", tag = "events",
    params(("tenant" = String, Path, description = "The tenant's id"), EventsPage),
    responses((status = 200, body = Events)), security(("service_key" = ["events:read"])))]
pub(crate) async fn list(
    ApplicationAt { tenant, .. }: ApplicationAt<gate::Events>,
    Params(asked): Params<EventsPage>,
) -> Result<Json<Events>, Problem> {
    let types = types(asked.types.unwrap_or_default())?;
    let query = FeedQuery {
        after: asked.after.unwrap_or_default(),
        limit: limit(asked.limit)?,
        types: &types,
    };
    let read = tenant.journal().feed(&query).await?;
    let is_empty = |page: &FeedPage| page.items.is_empty();
    if !matches!(&read, FeedRead::Page(page) if !is_empty(page)) {
        // The feed of a deleted tenant can still be read to its end. A tenant that never existed is a 404.
        tenant.lifecycle().known().await?;
    }
    match read {
        FeedRead::Page(page) => Ok(Json(page.into())),
        FeedRead::Ahead { head } => Err(ahead(head)),
        FeedRead::Expired { after } => Err(Problem::gone(
            Reason::EventsExpired,
            format!(
                "events after this cursor have expired. Read the directory anew, and go on with `after` = {after}"
            ),
            after.to_string(),
        )),
    }
}

/// Returns the refusal of a cursor that the feed has not reached.
fn ahead(head: u64) -> Problem {
    Problem::gone(
        Reason::CursorAhead,
        format!(
            "the feed of this tenant ends with event {head}, which is before this cursor. If the table was restored to an \
             earlier time, read the directory anew, and go on with `after` = {head}"
        ),
        head.to_string(),
    )
}

/// Reads the types of a query.
fn types(named: Vec<String>) -> Result<Vec<EventType>, Problem> {
    let read = |name: String| {
        let kind = EventType::of(&name).filter(|kind| kind.is_event());
        kind.ok_or_else(|| {
            Problem::invalid(format!("`types`: no event has the type `{}`", shown(&name)))
        })
    };
    named.into_iter().map(read).collect()
}

/// Verifies the events after a cursor against their hashes. Repeat with `next` until nothing is verified. Events that have
/// expired are not a fault. A cursor that the feed has not reached is refused with 410.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/events/verification", operation_id = "verify_events", tag = "events",
    params(("tenant" = String, Path, description = "The tenant's id"), VerificationPage),
    responses((status = 200, body = Verification)), security(("service_key" = ["events:read"])))]
pub(crate) async fn verify(
    ApplicationAt { tenant, .. }: ApplicationAt<gate::Events>,
    Params(page): Params<VerificationPage>,
) -> Result<Json<Verification>, Problem> {
    tenant.lifecycle().known().await?;
    let after = page.after.unwrap_or_default();
    let found = tenant.journal().verify(after, limit(page.limit)?).await?;
    if let Some(head) = found.head.filter(|head| *head < after) {
        return Err(ahead(head));
    }
    let fault = |(sequence, fault): (u64, directory::Fault)| EventFault {
        sequence,
        fault: fault.into(),
    };
    let next = found.last.as_ref().map_or(after, |(sequence, _)| *sequence);
    Ok(Json(Verification {
        verified: found.verified,
        faults: found.faults.into_iter().map(fault).collect(),
        begins: found.begins,
        erased: found.erased,
        without_hash: found.without_hash,
        expired: found
            .expired
            .map(|(first, last)| ExpiredEvents { first, last }),
        last_hash: found.last.and_then(|(_, hash)| hash),
        next: next.to_string(),
    }))
}
