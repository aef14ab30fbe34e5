//! Serves the API of the local run over HTTP: the gateway, and what only the local run answers.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::front_page::{self, FrontPage};
use crate::gateway::Gateway;
use crate::given_secrets::GivenSecrets;
use crate::hosts::{self, Hosts};

/// What answers requests.
#[derive(Clone, Debug)]
struct Front {
    gateway: Arc<Gateway>,
    page: Option<FrontPage>,
    given: GivenSecrets,
}

/// Serves the API until `stop`.
pub(crate) async fn serve_api(
    listener: TcpListener,
    (gateway, hosts, given): (Gateway, Hosts, GivenSecrets),
    page: Option<FrontPage>,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let front = Front {
        gateway: Arc::new(gateway),
        page: page.clone(),
        given,
    };
    let mut api = Router::new().fallback(answer).with_state(front.clone());
    if let Some(page) = page {
        let index = Router::new().route("/", get(front_page::index));
        let console = Router::new().route("/console", get(console));
        api = api.merge(index.with_state(page));
        api = api.merge(console.with_state(front));
    }
    api = api.layer(from_fn_with_state(hosts, hosts::check));
    // Without TCP_NODELAY, small responses on a kept-alive connection would wait for the client's acknowledgements.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    let service = api.into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(listener, service)
        .with_graceful_shutdown(stop)
        .await
    {
        tracing::error!(%error, "the API server failed");
    }
}

async fn answer(
    State(front): State<Front>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
) -> axum::response::Response {
    front.given.replace_in(request.headers_mut());
    front.gateway.handle(request, peer).await
}

/// Opens the console with a new link, unless there is a session.
async fn console(
    State(front): State<Front>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> axum::response::Response {
    if let Some(page) = &front.page {
        let (headers, uri) = (request.headers().clone(), request.uri().clone());
        if let Some(opened) = page.open_console(&headers, &uri).await {
            return opened;
        }
    }
    front.gateway.handle(request, peer).await
}
