//! Webhooks: endpoints to which events are sent, those of a tenant or, for a webhook of the stack, those of all tenants.
//!
//! The paths without a tenant have both: a session manages the webhooks of its tenant, and a service key those of the
//! stack.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use rollcall_edge_http::Problem;

use crate::application::Application;
use crate::cursor::Cursors;
use crate::delivery_fields::{DeliveriesPage, Delivery};
use crate::fields::{Fields, Id, List, Params, limit, page, with_secret};
use crate::gate::StackWebhooks;
use crate::webhook_fields::{
    DesiredWebhook, ForTenant, NewWebhook, PausedTenant, Replay, ResumedWebhook,
    StackWebhookChange, Webhook, WebhookChange, WebhookWithSecret, WebhooksPage, place,
};
use crate::webhook_owner::{At, Owner, name_tenant};

fn of_each<T: Into<Webhook>>(all: Vec<T>) -> Vec<Webhook> {
    all.into_iter().map(Into::into).collect()
}

/// Lists the webhooks, oldest first.
#[utoipa::path(get, path = "/api/v1/webhooks", operation_id = "list_webhooks", tag = "webhooks", params(WebhooksPage),
    responses((status = 200, body = List<Webhook>)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"]), ("service_key" = ["webhooks:manage", "events:read"])))]
pub(crate) async fn list(
    owner: Owner,
    Params(asked): Params<WebhooksPage>,
) -> Result<Json<List<Webhook>>, Problem> {
    let limit = limit(asked.limit)?;
    let cursors = owner.cursors();
    let after = cursors.place(asked.after.as_deref())?;
    let all: Vec<Webhook> = match &owner {
        Owner::Tenant(access) => of_each(access.tenant.webhooks().list().await?),
        Owner::Stack(stack) => of_each(stack.directory.stack_webhooks().list().await?),
    };
    let (webhooks, next) = page(all, |webhook| &webhook.id, after.as_deref(), limit);
    Ok(List::of(webhooks, cursors.next(next)))
}

/// Makes a webhook: from now on, each new event is sent to the URL as a POST with its JSON, in order, at least once.
///
/// A delivery has the headers `webhook-id`, `webhook-timestamp` and `webhook-signature` of Standard Webhooks. Any status
/// between 200 and 299 within ten seconds counts as received. Other deliveries are repeated with growing delays; after
/// three days of failures, the webhook is paused.
#[utoipa::path(post, path = "/api/v1/webhooks", operation_id = "create_webhook", tag = "webhooks", request_body = NewWebhook,
    responses((status = 201, body = WebhookWithSecret), (status = 410, description = "`after` is not in the feed")), security(("session" = ["webhooks:manage", "logs:read", "directory:read"]), ("service_key" = ["webhooks:manage", "events:read"])))]
pub(crate) async fn create(
    owner: Owner,
    Fields(new): Fields<NewWebhook>,
) -> Result<Response, Problem> {
    let new = new.wanted()?;
    let made = match &owner {
        Owner::Tenant(access) => {
            let (webhook, secret) = access.tenant.webhooks().create(&new).await?;
            WebhookWithSecret::of(webhook, &secret)
        }
        Owner::Stack(stack) => {
            let webhooks = stack.directory.stack_webhooks();
            let (webhook, secret) = webhooks.create(&new, &stack.changer()).await?;
            WebhookWithSecret::of(webhook, &secret)
        }
    };
    Ok(owner.created(&made))
}

/// Reads a webhook.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}", operation_id = "read_webhook", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 200, body = Webhook)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"]), ("service_key" = ["webhooks:manage", "events:read"])))]
pub(crate) async fn read(owner: Owner, Id(id): Id) -> Result<Json<Webhook>, Problem> {
    Ok(Json(owner.read(&id).await?))
}

/// Creates the webhook, or replaces its name, its URL and its types. The same request again changes nothing. A new id is 1
/// to 64 of `a-z`, `0-9`, `-` and `_`, and no UUID. A new webhook begins with the next event, and its secret is shown once.
#[utoipa::path(put, path = "/api/v1/webhooks/{id}", operation_id = "put_webhook", tag = "webhooks",
    request_body = DesiredWebhook, params(("id" = String, Path, description = "The webhook's id", pattern = "^[a-z0-9][a-z0-9_-]{0,63}$")),
    responses((status = 200, body = Webhook, description = "It is as asked, and was there before"),
        (status = 201, body = WebhookWithSecret, description = "It was created")), security(("session" = ["webhooks:manage", "logs:read", "directory:read"]), ("service_key" = ["webhooks:manage", "events:read"])))]
pub(crate) async fn put(
    owner: Owner,
    Id(id): Id,
    Fields(desired): Fields<DesiredWebhook>,
) -> Result<Response, Problem> {
    if desired.id.as_ref().is_some_and(|given| *given != id) {
        return Err(Problem::invalid("`id` must be the one in the path"));
    }
    if desired.state.is_some() {
        desired.check_state(owner.find(&id).await?.as_ref())?;
    }
    let new = desired.wanted()?;
    let (webhook, secret): (Webhook, _) = match &owner {
        Owner::Tenant(access) => {
            let (webhook, secret) = access.tenant.webhooks().put(&id, &new).await?;
            (webhook.into(), secret)
        }
        Owner::Stack(stack) => {
            let webhooks = stack.directory.stack_webhooks();
            let (webhook, secret) = webhooks.put(&id, &new, &stack.changer()).await?;
            (webhook.into(), secret)
        }
    };
    Ok(match secret {
        Some(secret) => owner.created(&WebhookWithSecret::of(webhook, &secret)),
        None => Json(webhook).into_response(),
    })
}

/// Changes a webhook. If it waits for another attempt, that is made at once.
#[utoipa::path(patch, path = "/api/v1/webhooks/{id}", operation_id = "change_webhook", tag = "webhooks",
    request_body = WebhookChange, params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 200, body = Webhook)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"]), ("service_key" = ["webhooks:manage", "events:read"])))]
pub(crate) async fn change(
    owner: Owner,
    Id(id): Id,
    Fields(asked): Fields<WebhookChange>,
) -> Result<Json<Webhook>, Problem> {
    let change = asked.wanted()?;
    Ok(Json(match owner {
        Owner::Tenant(access) => access.tenant.webhooks().change(&id, &change).await?.into(),
        Owner::Stack(stack) => {
            let webhooks = stack.directory.stack_webhooks();
            webhooks
                .change(&id, &change, &stack.changer())
                .await?
                .into()
        }
    }))
}

/// Deletes a webhook. Nothing more is sent to it.
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", operation_id = "delete_webhook", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 204)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"]), ("service_key" = ["webhooks:manage", "events:read"])))]
pub(crate) async fn delete(owner: Owner, Id(id): Id) -> Result<StatusCode, Problem> {
    match owner {
        Owner::Tenant(access) => access.tenant.webhooks().delete(&id).await?,
        Owner::Stack(stack) => {
            let webhooks = stack.directory.stack_webhooks();
            webhooks.delete(&id, &stack.changer()).await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a webhook a new signing secret. For a day, deliveries are signed with the one before, too.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/secret", operation_id = "rotate_webhook_secret", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 200, body = WebhookWithSecret)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"]), ("service_key" = ["webhooks:manage", "events:read"])))]
pub(crate) async fn rotate(owner: Owner, Id(id): Id) -> Result<Response, Problem> {
    let rotated = match owner {
        Owner::Tenant(access) => {
            let (webhook, secret) = access.tenant.webhooks().rotate_secret(&id).await?;
            WebhookWithSecret::of(webhook, &secret)
        }
        Owner::Stack(stack) => {
            let webhooks = stack.directory.stack_webhooks();
            let (webhook, secret) = webhooks.rotate_secret(&id, &stack.changer()).await?;
            WebhookWithSecret::of(webhook, &secret)
        }
    };
    Ok(with_secret(Json(rotated).into_response(), "secret"))
}

/// Sends a test: an event `webhook.tested`, which the webhook gets in its turn, whatever its types are. The list of
/// deliveries says what became of it. For a webhook of the stack, it is an event of the tenant that `for_tenant` names.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/test", operation_id = "test_webhook", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id"), ForTenant),
    responses((status = 202, body = Webhook)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"]), ("service_key" = ["webhooks:manage", "events:read"])))]
pub(crate) async fn test(
    owner: Owner,
    Id(id): Id,
    Params(asked): Params<ForTenant>,
) -> Result<Response, Problem> {
    let webhook = match owner.at(asked.for_tenant.as_deref()).await? {
        At::Own(tenant) => Webhook::from(tenant.webhooks().test(&id).await?),
        At::Stack(stack, tenant) => {
            let webhook = stack.directory.stack_webhooks().read(&id).await?;
            let tenant = tenant.ok_or_else(name_tenant)?;
            tenant
                .webhooks()
                .of_stack(&webhook)
                .test_in_tenant()
                .await?;
            webhook.into()
        }
    };
    Ok((StatusCode::ACCEPTED, Json(webhook)).into_response())
}

/// Pauses a webhook: nothing is sent until it is resumed.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/pause", operation_id = "pause_webhook", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 200, body = Webhook)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"]), ("service_key" = ["webhooks:manage", "events:read"])))]
pub(crate) async fn pause(owner: Owner, Id(id): Id) -> Result<Json<Webhook>, Problem> {
    Ok(Json(match owner {
        Owner::Tenant(access) => access.tenant.webhooks().pause(&id).await?.into(),
        Owner::Stack(stack) => {
            let webhooks = stack.directory.stack_webhooks();
            webhooks.pause(&id, &stack.changer()).await?.into()
        }
    }))
}

/// Lets a paused webhook send again, from where it is. If the events that come next have expired, it goes on with the
/// oldest that is kept, and the answer says how many it does not get. For a webhook of the stack, `for_tenant` ends its
/// pause in that tenant; without it, its own pause ends, and those in all tenants.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/resume", operation_id = "resume_webhook", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id"), ForTenant),
    responses((status = 200, body = ResumedWebhook)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"]), ("service_key" = ["webhooks:manage", "events:read"])))]
pub(crate) async fn resume(
    owner: Owner,
    Id(id): Id,
    Params(asked): Params<ForTenant>,
) -> Result<Json<ResumedWebhook>, Problem> {
    let (webhook, skipped) = match owner.at(asked.for_tenant.as_deref()).await? {
        At::Own(tenant) => {
            let resumed = tenant.webhooks().resume(&id).await?;
            (resumed.webhook.into(), resumed.skipped)
        }
        At::Stack(stack, None) => {
            let webhooks = stack.directory.stack_webhooks();
            let resumed = webhooks.resume(&id, &stack.changer()).await?;
            (resumed.into(), 0)
        }
        At::Stack(stack, Some(tenant)) => {
            let webhook = stack.directory.stack_webhooks().read(&id).await?;
            let skipped = tenant.webhooks().of_stack(&webhook).go_on(None).await?;
            (webhook.into(), skipped)
        }
    };
    Ok(Json(ResumedWebhook { webhook, skipped }))
}

/// Lets a webhook send again what follows an event. A place that is not in the feed is refused with 410. For a webhook of
/// the stack, it is a place in the feed of the tenant that `for_tenant` names.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/replay", operation_id = "replay_webhook", tag = "webhooks",
    request_body = Replay, params(("id" = String, Path, description = "The webhook's id"), ForTenant),
    responses((status = 200, body = Webhook), (status = 410, description = "`after` is not in the feed")), security(("session" = ["webhooks:manage", "logs:read", "directory:read"]), ("service_key" = ["webhooks:manage", "events:read"])))]
pub(crate) async fn replay(
    owner: Owner,
    Id(id): Id,
    Params(within): Params<ForTenant>,
    Fields(asked): Fields<Replay>,
) -> Result<Json<Webhook>, Problem> {
    let after = place(&asked.after)?;
    Ok(Json(match owner.at(within.for_tenant.as_deref()).await? {
        At::Own(tenant) => tenant.webhooks().replay(&id, after).await?.into(),
        At::Stack(stack, tenant) => {
            let webhook = stack.directory.stack_webhooks().read(&id).await?;
            let tenant = tenant.ok_or_else(name_tenant)?;
            let webhooks = tenant.webhooks().of_stack(&webhook);
            webhooks.go_on(Some(after)).await?;
            webhook.into()
        }
    }))
}

/// Lists what became of deliveries in the last 30 days, newest first: each failure, and the successes of each minute as one
/// sum. For a webhook of the stack, those of the tenant that `for_tenant` names.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}/deliveries", operation_id = "list_webhook_deliveries", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id"), DeliveriesPage),
    responses((status = 200, body = List<Delivery>)), security(("session" = ["webhooks:manage", "logs:read", "directory:read"]), ("service_key" = ["webhooks:manage", "events:read"])))]
pub(crate) async fn deliveries(
    owner: Owner,
    Id(id): Id,
    Params(asked): Params<DeliveriesPage>,
) -> Result<Json<List<Delivery>>, Problem> {
    let limit = limit(asked.limit)?;
    let at = owner.at(asked.for_tenant.as_deref()).await?;
    let cursors = Cursors::of("deliveries", &[at.tenant_id(), &id]);
    let after = cursors.place(asked.after.as_deref())?;
    let (entries, next) = match at {
        At::Own(tenant) => {
            let webhooks = tenant.webhooks();
            webhooks.deliveries(&id, after, limit).await?
        }
        At::Stack(stack, tenant) => {
            let webhook = stack.directory.stack_webhooks().read(&id).await?;
            let tenant = tenant.ok_or_else(name_tenant)?;
            let webhooks = tenant.webhooks().of_stack(&webhook);
            webhooks.deliveries(&id, after, limit).await?
        }
    };
    Ok(List::of(entries, cursors.next(next)))
}

/// Lists the tenants for which a webhook of the stack is paused, by id, while it sends for the others.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}/paused-tenants", operation_id = "list_paused_tenants", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id"), WebhooksPage),
    responses((status = 200, body = List<PausedTenant>)), security(("service_key" = ["webhooks:manage"])))]
pub(crate) async fn paused_tenants(
    stack: Application<StackWebhooks>,
    Id(id): Id,
    Params(asked): Params<WebhooksPage>,
) -> Result<Json<List<PausedTenant>>, Problem> {
    let limit = limit(asked.limit)?;
    let cursors = Cursors::of("paused tenants", &[&id]);
    let after = cursors.place(asked.after.as_deref())?;
    let webhooks = stack.directory.stack_webhooks();
    let (paused, next) = webhooks.paused_for(&id, after, limit).await?;
    Ok(List::of(paused, cursors.next(next)))
}

/// Lists what was done to a webhook of the stack, and by whom, newest first, at most 200 changes. The list stays when the
/// webhook is deleted.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}/changes", operation_id = "list_webhook_changes", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 200, body = List<StackWebhookChange>)), security(("service_key" = ["webhooks:manage"])))]
pub(crate) async fn changes(
    stack: Application<StackWebhooks>,
    Id(id): Id,
) -> Result<Json<List<StackWebhookChange>>, Problem> {
    let changes = stack.directory.stack_webhooks().changes(&id).await?;
    Ok(List::of(changes, None))
}
