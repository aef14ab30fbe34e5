//! The event feed, as the application polls it.

use axum::Json;
use rollcall_directory::Event;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::Application;
use super::fields::{Id, Params, limit};
use super::problem::Problem;

/// Where to read on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsPage {
    /// The sequence of the last event that was read, or `next` of the last page; 0 or nothing for all there are.
    after: Option<u64>,
    /// Items of the page: 100 unless given, at most 500.
    limit: Option<u32>,
}

/// Events in order, without gaps.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Events {
    items: Vec<Event>,
    /// What to give as `after` next time. It is always there: where there is nothing new, it is what was given.
    next: String,
}

/// Reads events behind a cursor: every reader sees every event exactly once, in one order, the same for all.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/events", operation_id = "list_events", tag = "events",
    params(("tenant" = String, Path, description = "The tenant's id"), EventsPage),
    responses((status = 200, body = Events)), security(("service_key" = [])))]
pub(super) async fn list(
    application: Application,
    Id(tenant): Id,
    Params(page): Params<EventsPage>,
) -> Result<Json<Events>, Problem> {
    let tenant = application.tenant(&tenant)?;
    let after = page.after.unwrap_or_default();
    let items = tenant.events(after, limit(page.limit)?).await?;
    if items.is_empty() {
        // What a deleted tenant left can be read to its end; what never was is told.
        tenant.known().await?;
    }
    let next = items.last().map_or(after, |event| event.sequence);
    Ok(Json(Events {
        items,
        next: next.to_string(),
    }))
}
