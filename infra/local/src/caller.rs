//! Calls the gateway in this process, as an application or an identity provider would do over HTTP.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::body::Body;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;

use crate::gateway::Gateway;

/// Calls the gateway.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller<'a> {
    pub(crate) gateway: &'a Gateway,
    /// Where the service will be reached.
    pub(crate) address: SocketAddr,
    /// Where requests come from.
    pub(crate) peer: IpAddr,
    /// What the client calls itself.
    pub(crate) agent: &'a str,
}

/// A response that is not the expected one: what the API says.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) String);

impl<'a> Caller<'a> {
    /// Returns a caller on this machine.
    pub(crate) fn local(gateway: &'a Gateway, address: SocketAddr) -> Self {
        Self {
            gateway,
            address,
            peer: Ipv4Addr::LOCALHOST.into(),
            agent: "rollcall-seed",
        }
    }

    /// Sends a request, as often as the gateway asks for patience. Returns the status and the body of the response.
    ///
    /// # Errors
    /// When the request cannot be built or the response cannot be read.
    pub(crate) async fn answer(
        &self,
        method: Method,
        url: &str,
        credential: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Value), Refused> {
        let failed = |error: &dyn std::fmt::Display| Refused(error.to_string());
        loop {
            let request = Request::builder()
                .method(method.clone())
                .uri(url)
                .header(HOST, self.address.to_string())
                .header(AUTHORIZATION, format!("Bearer {credential}"))
                .header(CONTENT_TYPE, "application/json")
                .header(USER_AGENT, self.agent)
                .body(Body::from(body.map(Value::to_string).unwrap_or_default()))
                .map_err(|error| failed(&error))?;
            let peer = SocketAddr::new(self.peer, 0);
            let response = self.gateway.handle(request, peer).await;
            let status = response.status();
            if status == StatusCode::TOO_MANY_REQUESTS {
                let after = response.headers().get(RETRY_AFTER);
                let after = after.and_then(|after| after.to_str().ok()?.parse().ok());
                tokio::time::sleep(Duration::from_secs(after.unwrap_or(1))).await;
                continue;
            }
            let read = response.into_body().collect().await;
            let read = read.map_err(|error| failed(&error))?.to_bytes();
            return Ok((status, serde_json::from_slice(&read).unwrap_or_default()));
        }
    }

    /// Sends a request as [`Self::answer`] does, and expects success.
    ///
    /// # Errors
    /// What the API says if it refuses the request.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &str,
        credential: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Value), Refused> {
        let (status, read) = self.answer(method, url, credential, body).await?;
        if status.is_success() {
            return Ok((status, read));
        }
        let detail = read.get("detail").and_then(Value::as_str);
        let detail = detail.unwrap_or("the request was refused");
        Err(Refused(format!("{detail} (status {})", status.as_u16())))
    }
}
