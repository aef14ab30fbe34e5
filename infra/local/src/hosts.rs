//! Under which names the local service answers. Links and locations begin with the `Host` that the client sends, and a
//! page of another site could reach the service under a name of its own (DNS rebinding).

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::{Host, Url};

/// The names of the service beside those of the loopback interface.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    public: Option<String>,
}

impl Hosts {
    /// Returns the names of a service that is also reached under `public`, for example through a tunnel.
    pub(crate) fn new(public: Option<&str>) -> Self {
        Self {
            public: public.map(str::to_ascii_lowercase),
        }
    }

    /// Returns whether a `Host` header names this service.
    fn knows(&self, header: &str) -> bool {
        let url = Url::parse(&format!("http://{header}/"));
        match url.as_ref().ok().and_then(Url::host) {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost" || Some(name) == self.public.as_deref(),
            None => false,
        }
    }
}

/// Answers a request for another host with 421.
pub(crate) async fn check(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let header = request.headers().get(HOST);
    match header.and_then(|header| header.to_str().ok()) {
        // The gateway refuses a request without a host.
        None => next.run(request).await,
        Some(header) if hosts.knows(header) => next.run(request).await,
        Some(_) => {
            let why = "this service answers on the loopback interface only; --public-host names another host\n";
            (StatusCode::MISDIRECTED_REQUEST, why).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_service_are_answered() {
        let hosts = Hosts::new(Some("Rollcall.example.test"));
        for (header, known) in [
            ("localhost", true),
            ("LOCALHOST:8080", true),
            ("127.0.0.1:8080", true),
            ("127.9.9.9", true),
            ("[::1]:8080", true),
            ("rollcall.example.test", true),
            ("rollcall.example.test:443", true),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("10.0.0.1", false),
            ("0.0.0.0", false),
            ("user@evil.example", false),
            ("", false),
        ] {
            assert_eq!(hosts.knows(header), known, "{header}");
        }
        assert!(!Hosts::default().knows("rollcall.example.test"));
    }
}
