//! Which crate is which folder of `functions/`: the one thing about the functions that the template cannot say.

use std::sync::Arc;

use journal_relay::Relay;
use mailer::Mailer;
use role_reconciler::Reconciler;
use rollcall_directory::Directory;
use rollcall_edge_http::HttpFunction;
use token_authorizer::Authorizer;

use crate::events::{Events, Followers, QueueHandler, StreamHandler, queue_url};
use crate::gateway::{AuthorizerHandler, Functions, HttpHandler};

/// Whom local mail comes from; `.test` is nobody's (RFC 2606).
const MAIL_SENDER: &str = "Rollcall <no-reply@rollcall.test>";

/// Every function, over one directory.
pub(crate) fn functions(directory: &Directory) -> Functions {
    Functions {
        http: [
            ("users", http(users::router(directory.clone()))),
            ("groups", http(groups::router(directory.clone()))),
            ("discovery", http(discovery::router(directory.clone()))),
            ("sso", http(sso::router(directory.clone()))),
            ("portal", http(portal::router(directory.clone()))),
            ("console", http(console::router(directory.clone()))),
        ]
        .into(),
        authorizers: [(
            "token-authorizer",
            authorizer(token_authorizer::handler(directory.clone())),
        )]
        .into(),
    }
}

/// The functions that follow up events, over one directory.
pub(crate) fn followers(directory: &Directory, events: &Events, app_url: &str) -> Followers {
    let clients = events.clients();
    let bus = journal_relay::Bus::new(clients.eventbridge, "rollcall");
    let own_queue = events.queue_of("role-reconciler").unwrap_or_default();
    let queue = role_reconciler::Queue::new(clients.sqs, queue_url(own_queue));
    let postbox = mailer::Postbox::new(clients.ses, MAIL_SENDER, app_url);
    Followers {
        streams: [(
            "journal-relay",
            relay(journal_relay::handler(directory.clone(), bus)),
        )]
        .into(),
        queues: [
            (
                "role-reconciler",
                reconciler(role_reconciler::handler(directory.clone(), queue)),
            ),
            ("mailer", mail(mailer::handler(directory.clone(), postbox))),
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
