//! The event feed, which the application polls.

use axum::Json;
use jiff::Timestamp;
use rollcall_directory as directory;
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::audit::{Actor, Subject};
use crate::caller::Application;
use crate::fields::{Id, Params, limit};

/// The query of the event feed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsPage {
    /// `next` of the page before, or the sequence of the last event that was read. Without it, or with 0, the oldest
    /// events are returned.
    after: Option<u64>,
    /// Items of the page: 100 unless given, at most 500.
    limit: Option<u32>,
}

/// Events in order, without gaps.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Events {
    items: Vec<Event>,
    /// The value of `after` for the next request. Always present: without new events, it is the `after` of this
    /// request.
    next: String,
}

/// One event: what the application polls and the bus carries.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Event {
    /// The same however often the event is delivered.
    id: String,
    /// Its place among the tenant's events, from 1, without gaps.
    sequence: u64,
    /// `user.created`, `group.member_added`, …
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
            subject: event.subject.into(),
            before: event.before,
            after: event.after,
            request_id: event.request_id,
        }
    }
}

/// Lists the events after a cursor. Every reader gets every event exactly once, and all readers in the same order.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/events", operation_id = "list_events", tag = "events",
    params(("tenant" = String, Path, description = "The tenant's id"), EventsPage),
    responses((status = 200, body = Events)), security(("service_key" = [])))]
pub(crate) async fn list(
    application: Application,
    Id(tenant): Id,
    Params(page): Params<EventsPage>,
) -> Result<Json<Events>, Problem> {
    let tenant = application.tenant(&tenant)?;
    let after = page.after.unwrap_or_default();
    let items = tenant.journal().events(after, limit(page.limit)?).await?;
    if items.is_empty() {
        // The feed of a deleted tenant can still be read to its end. A tenant that never existed is a 404.
        tenant.lifecycle().known().await?;
    }
    let next = items.last().map_or(after, |event| event.sequence);
    Ok(Json(Events {
        items: items.into_iter().map(Event::from).collect(),
        next: next.to_string(),
    }))
}
