//! Webhooks: endpoints to which the tenant's events are sent.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::Timestamp;
use rollcall_directory::{
    self as directory, DeliveryEntry, EventType, NewWebhook as New, WebhookChange as Change,
    WebhookSecret, shown,
};
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Access;
use crate::fields::{Fields, Id, List, Params, created, limit, name, page, with_secret};
use crate::gate::ManageWebhooks;

/// An endpoint to which events are sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Webhook {
    /// Its id.
    id: String,
    /// What the admin calls it.
    #[schema(example = "Security log")]
    name: String,
    /// Where events are sent.
    #[schema(example = "https://siem.example.com/rollcall")]
    url: String,
    /// The types of the events that it gets; empty for all.
    types: Vec<String>,
    /// When it was made.
    created_at: Timestamp,
    /// Whether it sends.
    state: WebhookState,
    /// Since when it is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_at: Option<Timestamp>,
    /// Why it is paused: `by_hand`; `failing`, after three days of failures; `gone`, after a response with status 410;
    /// `events_expired` or `cursor_ahead` if the events that come next are not in the feed. A newer version may have others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pause_reason: Option<String>,
    /// The sequence of the last event that was delivered, or skipped because of its type.
    after: String,
    /// When something was delivered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_at: Option<Timestamp>,
    /// The first of the failures in a row, if the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<Timestamp>,
    /// How many attempts in a row have failed.
    failures: u32,
    /// The kind of the last failure, as in the list of deliveries.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<String>,
    /// The status of the last failure, if there was a response.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_status: Option<u16>,
    /// When the next attempt is made, if it waits for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_at: Option<Timestamp>,
    /// The signing secrets that are in force, the current one first. Deliveries have a signature by each.
    secrets: Vec<SigningSecret>,
}

/// Whether a webhook sends.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum WebhookState {
    /// It sends.
    Active,
    /// It sends nothing until it is resumed. It loses no event that the feed keeps.
    Paused,
}

/// A signing secret that is in force, without the secret itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SigningSecret {
    /// When it was made.
    created_at: Timestamp,
    /// When it ends; absent for the current one.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

impl From<directory::Webhook> for Webhook {
    fn from(webhook: directory::Webhook) -> Self {
        let secrets = webhook.secrets(Timestamp::now()).into_iter();
        let secrets = secrets.map(|(created_at, expires_at)| SigningSecret {
            created_at,
            expires_at,
        });
        Self {
            secrets: secrets.collect(),
            state: match webhook.is_paused() {
                true => WebhookState::Paused,
                false => WebhookState::Active,
            },
            retry_at: webhook.retry_at(),
            id: webhook.id,
            name: webhook.label,
            url: webhook.target_url,
            types: webhook.only_types,
            created_at: webhook.created_at,
            paused_at: webhook.paused_at,
            pause_reason: webhook.pause_reason,
            after: webhook.sent_to.to_string(),
            delivered_at: webhook.delivered_at,
            failing_since: webhook.failing_since,
            failures: webhook.failures,
            last_failure: webhook.last_failure,
            last_status: webhook.last_status,
        }
    }
}

/// A webhook with its new signing secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookWithSecret {
    #[serde(flatten)]
    webhook: Webhook,
    /// The signing secret, which is shown only here. Deliveries are signed as Standard Webhooks says. A repetition of the
    /// request leaves it out.
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", required = false)]
    secret: String,
    /// Whether the answer is one that was sent before, without the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret_omitted: Option<bool>,
}

impl WebhookWithSecret {
    fn of(webhook: directory::Webhook, secret: &WebhookSecret) -> Self {
        Self {
            webhook: webhook.into(),
            secret: secret.expose(),
            secret_omitted: None,
        }
    }
}

/// A webhook that sends again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResumedWebhook {
    #[serde(flatten)]
    webhook: Webhook,
    /// How many events it does not get, because they have expired.
    skipped: u64,
}

/// A webhook to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhook {
    /// What to call it.
    #[schema(example = "Security log")]
    name: String,
    /// Where to send events: an `https` URL of a public host, without user name, password and fragment.
    #[schema(example = "https://siem.example.com/rollcall")]
    url: String,
    /// The types of the events that it gets; all unless given, or if empty.
    #[serde(default)]
    types: Vec<String>,
    /// The sequence of the event after which it begins; the end of the feed unless given, 0 for the oldest event.
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,15}$")]
    after: Option<String>,
}

/// What to change of a webhook; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookChange {
    /// What to call it.
    name: Option<String>,
    /// Where to send events.
    url: Option<String>,
    /// The types of the events that it gets; empty for all.
    types: Option<Vec<String>>,
}

/// From where a webhook sends again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replay {
    /// The sequence of the event after which it goes on; 0 for the oldest event.
    #[schema(pattern = "^[0-9]{1,15}$")]
    after: String,
}

/// What became of one delivery, or of those of a minute that succeeded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Delivery {
    /// When: that of the failure, or the beginning of the minute.
    at: Timestamp,
    /// Whether events were delivered.
    outcome: DeliveryOutcome,
    /// How many events were delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered: Option<u64>,
    /// The sequence of the event that failed, or of the last one that was delivered.
    sequence: u64,
    /// `status`: the status is not between 200 and 299; redirects are not followed. `timeout`: no response within ten
    /// seconds. `connection`: no connection, or TLS failed. `address`: the host has no address, or one that is not public.
    /// `url`: nothing is sent to the URL. `secret`: the signing secret is lost; rotate it. A newer version may have others.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// The status of the response, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The number of the attempt that failed, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    /// How long the attempt that failed took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<u64>,
}

/// Whether events were delivered.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DeliveryOutcome {
    /// They were delivered.
    Delivered,
    /// The attempt failed.
    Failed,
}

impl From<DeliveryEntry> for Delivery {
    fn from(entry: DeliveryEntry) -> Self {
        let failed = entry.failure.is_some();
        Self {
            at: entry.at,
            outcome: match failed {
                true => DeliveryOutcome::Failed,
                false => DeliveryOutcome::Delivered,
            },
            delivered: (!failed).then_some(entry.delivered),
            sequence: entry.sequence,
            failure: entry.failure,
            status: entry.http_status,
            attempt: entry.attempt,
            took_ms: entry.took_ms,
        }
    }
}

/// The query of the list of webhooks, and of their deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WebhooksPage {
    /// `next` of the page before.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// Reads the types of events in a body.
fn types(given: &[String]) -> Result<Vec<EventType>, Problem> {
    let read = |name: &String| {
        let kind = EventType::of(name).filter(|kind| kind.is_event());
        kind.ok_or_else(|| {
            Problem::invalid(format!("`types`: no event has the type `{}`", shown(name)))
        })
    };
    let mut types: Vec<_> = given.iter().map(read).collect::<Result<_, _>>()?;
    types.sort_by_key(|kind| kind.as_str());
    types.dedup();
    Ok(types)
}

/// Reads a place in the feed.
fn place(given: &str) -> Result<u64, Problem> {
    let digits = (1..=15).contains(&given.len()) && given.bytes().all(|b| b.is_ascii_digit());
    let place = given.parse().ok().filter(|_| digits);
    place.ok_or_else(|| Problem::invalid("`after` must be the sequence of an event, as a string"))
}

/// Lists the webhooks, oldest first.
#[utoipa::path(get, path = "/api/v1/webhooks", operation_id = "list_webhooks", tag = "webhooks", params(WebhooksPage),
    responses((status = 200, body = List<Webhook>)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"])))]
pub(crate) async fn list(
    access: Access<ManageWebhooks>,
    Params(asked): Params<WebhooksPage>,
) -> Result<Json<List<Webhook>>, Problem> {
    let limit = limit(asked.limit)?;
    let all = access.tenant.webhooks().list().await?;
    let after = asked.after.as_deref();
    let (webhooks, next) = page(all, |webhook| &webhook.id, after, limit);
    Ok(List::of(webhooks, next))
}

/// Makes a webhook: from now on, each new event is sent to the URL as a POST with its JSON, in order, at least once.
///
/// A delivery has the headers `webhook-id`, `webhook-timestamp` and `webhook-signature` of Standard Webhooks. Any status
/// between 200 and 299 within ten seconds counts as received. Other deliveries are repeated with growing delays; after
/// three days of failures, the webhook is paused.
#[utoipa::path(post, path = "/api/v1/webhooks", operation_id = "create_webhook", tag = "webhooks", request_body = NewWebhook,
    responses((status = 201, body = WebhookWithSecret)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"])))]
pub(crate) async fn create(
    access: Access<ManageWebhooks>,
    Fields(new): Fields<NewWebhook>,
) -> Result<Response, Problem> {
    let new = New {
        label: name("name", &new.name)?,
        target_url: new.url,
        only_types: types(&new.types)?,
        after: new.after.as_deref().map(place).transpose()?,
    };
    let (webhook, secret) = access.tenant.webhooks().create(&new).await?;
    let path = access.path(&format!("/webhooks/{}", webhook.id));
    let response = created(&path, &WebhookWithSecret::of(webhook, &secret));
    Ok(with_secret(response, "secret"))
}

/// Reads a webhook.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}", operation_id = "read_webhook", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 200, body = Webhook)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"])))]
pub(crate) async fn read(
    access: Access<ManageWebhooks>,
    Id(id): Id,
) -> Result<Json<Webhook>, Problem> {
    Ok(Json(access.tenant.webhooks().read(&id).await?.into()))
}

/// Changes a webhook. If it waits for another attempt, that is made at once.
#[utoipa::path(patch, path = "/api/v1/webhooks/{id}", operation_id = "change_webhook", tag = "webhooks",
    request_body = WebhookChange, params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 200, body = Webhook)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"])))]
pub(crate) async fn change(
    access: Access<ManageWebhooks>,
    Id(id): Id,
    Fields(asked): Fields<WebhookChange>,
) -> Result<Json<Webhook>, Problem> {
    let label = asked.name.as_deref().map(|given| name("name", given));
    let change = Change {
        label: label.transpose()?,
        target_url: asked.url,
        only_types: asked.types.as_deref().map(types).transpose()?,
    };
    let changed = access.tenant.webhooks().change(&id, &change).await?;
    Ok(Json(changed.into()))
}

/// Deletes a webhook. Nothing more is sent to it.
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", operation_id = "delete_webhook", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 204)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"])))]
pub(crate) async fn delete(
    access: Access<ManageWebhooks>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    access.tenant.webhooks().delete(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a webhook a new signing secret. For a day, deliveries are signed with the one before, too.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/secret", operation_id = "rotate_webhook_secret", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 200, body = WebhookWithSecret)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"])))]
pub(crate) async fn rotate(
    access: Access<ManageWebhooks>,
    Id(id): Id,
) -> Result<Response, Problem> {
    let (webhook, secret) = access.tenant.webhooks().rotate_secret(&id).await?;
    let response = Json(WebhookWithSecret::of(webhook, &secret)).into_response();
    Ok(with_secret(response, "secret"))
}

/// Sends a test: an event `webhook.tested`, which the webhook gets in its turn, whatever its types are. The list of
/// deliveries says what became of it.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/test", operation_id = "test_webhook", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 202, body = Webhook)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"])))]
pub(crate) async fn test(access: Access<ManageWebhooks>, Id(id): Id) -> Result<Response, Problem> {
    let webhook = Webhook::from(access.tenant.webhooks().test(&id).await?);
    Ok((StatusCode::ACCEPTED, Json(webhook)).into_response())
}

/// Pauses a webhook: nothing is sent until it is resumed.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/pause", operation_id = "pause_webhook", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 200, body = Webhook)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"])))]
pub(crate) async fn pause(
    access: Access<ManageWebhooks>,
    Id(id): Id,
) -> Result<Json<Webhook>, Problem> {
    Ok(Json(access.tenant.webhooks().pause(&id).await?.into()))
}

/// Lets a paused webhook send again, from where it is. If the events that come next have expired, it goes on with the
/// oldest that is kept, and the answer says how many it does not get.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/resume", operation_id = "resume_webhook", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 200, body = ResumedWebhook)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"])))]
pub(crate) async fn resume(
    access: Access<ManageWebhooks>,
    Id(id): Id,
) -> Result<Json<ResumedWebhook>, Problem> {
    let resumed = access.tenant.webhooks().resume(&id).await?;
    Ok(Json(ResumedWebhook {
        webhook: resumed.webhook.into(),
        skipped: resumed.skipped,
    }))
}

/// Lets a webhook send again what follows an event. A place that is not in the feed is refused with 410.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/replay", operation_id = "replay_webhook", tag = "webhooks",
    request_body = Replay, params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 200, body = Webhook)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"])))]
pub(crate) async fn replay(
    access: Access<ManageWebhooks>,
    Id(id): Id,
    Fields(asked): Fields<Replay>,
) -> Result<Json<Webhook>, Problem> {
    let after = place(&asked.after)?;
    Ok(Json(
        access.tenant.webhooks().replay(&id, after).await?.into(),
    ))
}

/// Lists what became of deliveries in the last 30 days, newest first: each failure, and the successes of each minute as one
/// sum.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}/deliveries", operation_id = "list_webhook_deliveries", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id"), WebhooksPage),
    responses((status = 200, body = List<Delivery>)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"])))]
pub(crate) async fn deliveries(
    access: Access<ManageWebhooks>,
    Id(id): Id,
    Params(asked): Params<WebhooksPage>,
) -> Result<Json<List<Delivery>>, Problem> {
    let limit = limit(asked.limit)?;
    let webhooks = access.tenant.webhooks();
    let (entries, next) = webhooks.deliveries(&id, asked.after, limit).await?;
    Ok(List::of(entries, next))
}
