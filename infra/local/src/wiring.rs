//! Maps the folders of `functions/` to their crates, which the template cannot do.

use std::sync::Arc;

use rollcall_directory::Directory;
use rollcall_edge_http::HttpFunction;
use rollcall_journal_relay::Relay;
use rollcall_mailer::Mailer;
use rollcall_role_reconciler::Reconciler;
use rollcall_token_authorizer::Authorizer;
use rollcall_webhook_sender::Sender;

use crate::events::{Events, Followers, QueueHandler, StreamHandler, queue_url};
use crate::gateway::{AuthorizerHandler, Functions, HttpHandler};

/// The sender of local mail. The domain `.test` is reserved (RFC 2606).
const MAIL_SENDER: &str = "Rollcall <no-reply@rollcall.test>";

/// Returns all functions that the gateway calls, on one directory.
pub(crate) fn functions(directory: &Directory) -> Functions {
    Functions {
        http: [
            ("users", http(rollcall_users::router(directory.clone()))),
            ("groups", http(rollcall_groups::router(directory.clone()))),
            ("bulk", http(rollcall_bulk::router(directory.clone()))),
            (
                "discovery",
                http(rollcall_discovery::router(directory.clone())),
            ),
            (
                "scim-fallback",
                http(rollcall_scim_fallback::router(directory.clone())),
            ),
            ("sso", http(rollcall_sso::router(directory.clone()))),
            ("portal", http(rollcall_portal::router(directory.clone()))),
            (
                "api-fallback",
                http(rollcall_api_fallback::router(directory.clone())),
            ),
            ("console", http(rollcall_console::router(directory.clone()))),
        ]
        .into(),
        authorizers: [(
            "token-authorizer",
            authorizer(rollcall_token_authorizer::handler(directory.clone())),
        )]
        .into(),
    }
}

/// Returns all functions that the stream and the queues call, on one directory. The reconciler, the mailer
/// and the sender of webhooks have one with keys.
pub(crate) fn followers(
    (directory, keyed): (&Directory, &Directory),
    events: &Events,
    app_url: &str,
    daily_invitations: Option<u32>,
) -> Followers {
    let clients = events.clients();
    let bus = rollcall_journal_relay::Bus::new(clients.eventbridge, "rollcall");
    let own_queue = events.queue_of("role-reconciler").unwrap_or_default();
    let queue = rollcall_role_reconciler::Queue::new(clients.sqs, queue_url(own_queue));
    let postbox = rollcall_mailer::Postbox::new(clients.ses, MAIL_SENDER, app_url);
    let mailer = rollcall_mailer::handler(keyed.clone(), postbox);
    let mailer = match daily_invitations {
        Some(per_day) => mailer.with_daily_limit(per_day),
        None => mailer,
    };
    Followers {
        streams: [(
            "journal-relay",
            relay(rollcall_journal_relay::handler(directory.clone(), bus)),
        )]
        .into(),
        queues: [
            (
                "role-reconciler",
                reconciler(rollcall_role_reconciler::handler(keyed.clone(), queue)),
            ),
            ("mailer", mail(mailer)),
            (
                "webhook-sender",
                sender(rollcall_webhook_sender::handler(keyed.clone())),
            ),
        ]
        .into(),
    }
}

fn relay(relay: Relay) -> StreamHandler {
    Arc::new(move |event| {
        let relay = relay.clone();
        Box::pin(async move { relay.call(event).await })
    })
}

fn reconciler(reconciler: Reconciler) -> QueueHandler {
    Arc::new(move |event, deadline| {
        let reconciler = reconciler.clone();
        Box::pin(async move { reconciler.call(event, deadline).await })
    })
}

fn mail(mailer: Mailer) -> QueueHandler {
    Arc::new(move |event, _deadline| {
        let mailer = mailer.clone();
        Box::pin(async move { mailer.call(event).await })
    })
}

fn sender(sender: Sender) -> QueueHandler {
    Arc::new(move |event, deadline| {
        let sender = sender.clone();
        Box::pin(async move { sender.call(event, deadline).await })
    })
}

fn http(function: HttpFunction) -> HttpHandler {
    Arc::new(move |request| {
        let function = function.clone();
        Box::pin(async move { function.handle(request).await })
    })
}

fn authorizer(authorizer: Authorizer) -> AuthorizerHandler {
    Arc::new(move |event| {
        let authorizer = authorizer.clone();
        Box::pin(async move {
            authorizer
                .call(event)
                .await
                .map_err(|error| error.to_string())
        })
    })
}
