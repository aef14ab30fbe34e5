//! The URL at which the client reached the service. Links and locations begin with it.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::header::HOST;
use http::request::Parts;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;

use crate::path::{CONSOLE, Marker, mount};

/// The URL at which a browser reached the stage, without a trailing slash: `https://host/stage`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root(String);

impl Root {
    /// Returns the root of a request for a page.
    pub fn of(parts: &Parts) -> Self {
        Self(root(parts, CONSOLE))
    }

    /// Returns the URL as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether the browser uses HTTPS.
    pub fn is_secure(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Returns the origin as browsers write it: scheme, host and optional port.
    pub fn origin(&self) -> &str {
        &self.0[..self.0.len() - self.mount().len()]
    }

    /// Returns the path of the root: empty, or for example `/prod`.
    pub fn mount(&self) -> &str {
        let host = self.0.find("://").map_or(0, |at| at + 3);
        self.0[host..]
            .find('/')
            .map_or("", |slash| &self.0[host + slash..])
    }
}

impl<S: Sync> FromRequestParts<S> for Root {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

/// Returns the URL at which the client reached the stage. Every path of every function follows it.
///
/// An invalid host, which only a hostile client sends, is not repeated: API Gateway's own hostname takes its place. If
/// that is unknown too, the URL is only a path, relative to the server.
pub fn root(parts: &Parts, marker: Marker) -> String {
    let path = requested_path(parts);
    let mount = Some(mount(&path, marker))
        .filter(|mount| is_plain(mount))
        .unwrap_or_default();
    match host(parts) {
        Some(host) => format!("{}://{host}{mount}", scheme(parts)),
        None => mount.to_owned(),
    }
}

/// Returns the path as the client sent it. It begins with the stage behind API Gateway's own hostname.
fn requested_path(parts: &Parts) -> String {
    let with_stage = match parts.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => context.path.as_deref(),
        Some(RequestContext::ApiGatewayV2(context)) => context.http.path.as_deref(),
        _ => None,
    };
    with_stage.unwrap_or_else(|| parts.uri.path()).to_owned()
}

/// Returns the `Host` header if it is valid, or else API Gateway's own hostname.
fn host(parts: &Parts) -> Option<&str> {
    let asked = parts
        .headers
        .get(HOST)
        .and_then(|value| value.to_str().ok());
    let own = match parts.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => context.domain_name.as_deref(),
        Some(RequestContext::ApiGatewayV2(context)) => context.domain_name.as_deref(),
        _ => None,
    };
    [asked, own]
        .into_iter()
        .flatten()
        .find(|host| is_authority(host))
}

/// Returns the scheme that API Gateway forwards, `https` by default. `cargo lambda watch` serves plain HTTP: its events
/// have payload format 2.0 and no `X-Forwarded-Proto` header.
fn scheme(parts: &Parts) -> &'static str {
    let forwarded = parts
        .headers
        .get("x-forwarded-proto")
        .and_then(|value| value.to_str().ok());
    let first = forwarded
        .and_then(|schemes| schemes.split(',').next())
        .map(str::trim);
    match (first, parts.request_context_ref()) {
        (Some(scheme), _) if scheme.eq_ignore_ascii_case("http") => "http",
        (None, Some(RequestContext::ApiGatewayV2(_))) => "http",
        _ => "https",
    }
}

/// Returns whether a text is a host with an optional port, and contains no other character that is special in a URL, a
/// header or JSON.
fn is_authority(host: &str) -> bool {
    (1..=255).contains(&host.len())
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte))
        && host.parse::<http::uri::Authority>().is_ok()
}

/// Returns whether a mount consists of characters that stage names and base path mappings can contain.
fn is_plain(mount: &str) -> bool {
    mount
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~$+!*'()".contains(&byte))
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Request};
    use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyRequestContext;

    use super::*;

    const MARKER: Marker = Marker::new("/scim/v2");

    /// Returns the base URL for a host, a forwarded scheme, and the path in the request context.
    fn base_url(host: &[u8], scheme: Option<&str>, path: Option<&str>) -> String {
        let mut context = ApiGatewayProxyRequestContext::default();
        context.path = path.map(str::to_owned);
        context.domain_name = Some("api.example.test".to_owned());
        let mut request = Request::builder()
            .uri("/scim/v2/Users")
            .header("host", HeaderValue::from_bytes(host).unwrap());
        if let Some(scheme) = scheme {
            request = request.header("x-forwarded-proto", scheme);
        }
        let request = request
            .body(())
            .unwrap()
            .with_request_context(RequestContext::ApiGatewayV1(context));
        format!("{}/scim/v2", root(&request.into_parts().0, MARKER))
    }

    #[test]
    fn is_what_the_client_has_configured() {
        let execute_api = "abc123.execute-api.eu-central-1.amazonaws.com";
        for (host, scheme, path, expected) in [
            (
                "scim.example.test",
                None,
                None,
                "https://scim.example.test/scim/v2",
            ),
            (
                "scim.example.test",
                Some("https"),
                Some("/scim/v2/Users"),
                "https://scim.example.test/scim/v2",
            ),
            (
                "127.0.0.1:8080",
                Some("http"),
                Some("/scim/v2/Users"),
                "http://127.0.0.1:8080/scim/v2",
            ),
            (
                "[::1]:8080",
                Some("HTTP"),
                None,
                "http://[::1]:8080/scim/v2",
            ),
            (
                execute_api,
                Some("https"),
                Some("/prod/scim/v2//Users/"),
                "https://abc123.execute-api.eu-central-1.amazonaws.com/prod/scim/v2",
            ),
            (
                "x.test",
                Some("https, http"),
                Some("/base/scim/v2/Users"),
                "https://x.test/base/scim/v2",
            ),
            ("x.test", Some("javascript"), None, "https://x.test/scim/v2"),
            (
                "x.test",
                None,
                Some("/\"><é/scim/v2"),
                "https://x.test/scim/v2",
            ),
        ] {
            assert_eq!(
                base_url(host.as_bytes(), scheme, path),
                expected,
                "{host} {scheme:?} {path:?}"
            );
        }
    }

    #[test]
    fn a_root_comes_apart() {
        for (root, origin, mount) in [
            ("https://x.test/prod", "https://x.test", "/prod"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", ""),
            ("/prod", "", "/prod"),
            ("", "", ""),
        ] {
            let root = Root(root.to_owned());
            assert_eq!((root.origin(), root.mount()), (origin, mount));
        }
    }

    #[test]
    fn a_hostile_host_is_not_repeated() {
        let long = "a".repeat(300);
        for host in [
            "",
            "a b",
            "a/b",
            "user@host",
            "a\"b",
            "a?b",
            "a#b",
            "a\\b",
            "<x>",
            "é",
            "a:b:c",
            &long,
        ] {
            assert_eq!(
                base_url(host.as_bytes(), None, None),
                "https://api.example.test/scim/v2",
                "{host}"
            );
        }
    }

    #[test]
    fn without_any_host_urls_are_relative() {
        let request = Request::builder().uri("/scim/v2/Users").body(()).unwrap();
        assert_eq!(root(&request.into_parts().0, MARKER), "");
    }
}
