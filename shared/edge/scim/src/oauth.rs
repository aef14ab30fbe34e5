//! The token endpoint (RFC 6749 §3.2): an OAuth client of a connection exchanges its id and its secret for an access token
//! (client credentials, §4.4).
//!
//! Requests and responses are those of OAuth: a form in, plain JSON out, errors of §5.2. Whoever sends a secret that this
//! stack did not make is refused without a call to the table. A request of a known client counts against its rate limit,
//! as any other request of its connection does.

use axum::Router;
use axum::extract::{FromRef, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use rollcall_directory::{Directory, Granted, Verdict};
use rollcall_edge_http::{Fault, origin, request_id};
use rollcall_scim as scim;
use serde_json::json;

use crate::base_url::TOKEN_PATH;
use crate::error::Refused;
use crate::json_body::SentForm;
use crate::json_response::{PlainJson, json};
use crate::query::{QueryPairs, decode};
use crate::request_log;

/// The only scope: what the client's connection may do.
const SCOPE: &str = "scim";
/// The longest form that is read, in bytes. Ids and secrets have a few hundred.
const MAX_FORM_BYTES: usize = 16_384;

/// Returns the route of the token endpoint.
pub fn oauth_router(directory: Directory) -> Router {
    Router::new()
        .route(TOKEN_PATH, post(token))
        .with_state(Oauth { directory })
}

#[derive(Clone)]
struct Oauth {
    directory: Directory,
}

impl FromRef<Oauth> for Directory {
    fn from_ref(oauth: &Oauth) -> Self {
        oauth.directory.clone()
    }
}

/// Handles `POST /oauth/token`.
async fn token(State(directory): State<Directory>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let SentForm(form) = parts.extensions.remove().unwrap_or_default();
    match granted(&directory, &parts, &form).await {
        Ok(granted) => plain(json(
            200,
            &json!({
                "access_token": granted.token.expose(),
                "token_type": "Bearer",
                "expires_in": granted.expires_in,
                "scope": SCOPE,
            }),
        )),
        Err(refusal) => refusal.into_response(),
    }
}

async fn granted(directory: &Directory, parts: &Parts, form: &[u8]) -> Result<Granted, Refusal> {
    let asked = Asked::read(&parts.headers, form)?;
    let (id, secret) = (&asked.client_id, &asked.client_secret);
    let (request, address) = (request_id(parts), origin(parts).ip());
    let granted = directory.grant(id, secret, &request, address).await;
    let (verdict, granted) = granted.map_err(Refusal::Failed)?;
    request_log::identify(parts, &verdict);
    match (verdict, granted) {
        (
            Verdict::Throttled {
                retry_after_seconds,
                ..
            },
            _,
        ) => Err(Refusal::TooMany(retry_after_seconds)),
        (_, Some(granted)) => Ok(granted),
        (_, None) => Err(Refusal::InvalidClient),
    }
}

/// What a request asks for: an access token for this client.
struct Asked {
    client_id: String,
    client_secret: String,
}

impl Asked {
    /// Reads a request.
    ///
    /// # Errors
    /// What RFC 6749 §5.2 names for it.
    fn read(headers: &HeaderMap, form: &[u8]) -> Result<Self, Refusal> {
        let form = Form::read(headers, form)?;
        let basic = basic(headers)?;
        match form.get("grant_type") {
            Some("client_credentials") => {}
            Some(_) => return Err(Refusal::UnsupportedGrantType),
            None => return Err(Refusal::InvalidRequest("`grant_type` is missing")),
        }
        let mut scopes = form.get("scope").unwrap_or_default().split(' ');
        if !scopes.all(|scope| scope.is_empty() || scope == SCOPE) {
            return Err(Refusal::InvalidScope);
        }
        let (id, secret) = (form.get("client_id"), form.get("client_secret"));
        match (basic, id, secret) {
            (Some(_), _, Some(_)) => Err(Refusal::InvalidRequest(
                "send `client_secret` in the header `Authorization` or in the body, not in both",
            )),
            (Some((of_header, _)), Some(id), None) if of_header != id => Err(
                Refusal::InvalidRequest("`client_id` is not the one in the header `Authorization`"),
            ),
            (Some((client_id, client_secret)), _, None) => Ok(Self {
                client_id,
                client_secret,
            }),
            (None, Some(id), Some(secret)) => Ok(Self {
                client_id: id.to_owned(),
                client_secret: secret.to_owned(),
            }),
            (None, _, _) => Err(Refusal::InvalidClient),
        }
    }
}

/// The parameters of a form. None is there twice, and none is empty.
struct Form(Vec<(String, String)>);

impl Form {
    fn read(headers: &HeaderMap, bytes: &[u8]) -> Result<Self, Refusal> {
        let unreadable = Refusal::InvalidRequest(
            "the body must be a form: `application/x-www-form-urlencoded`, each parameter once",
        );
        let content_type = headers.get(CONTENT_TYPE).map(HeaderValue::to_str);
        let media_type = match content_type {
            Some(Ok(text)) => text.split(';').next().unwrap_or_default().trim(),
            _ => return Err(unreadable),
        };
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
            || bytes.len() > MAX_FORM_BYTES
        {
            return Err(unreadable);
        }
        let pairs = std::str::from_utf8(bytes).map(QueryPairs::parse);
        let Ok(Ok(pairs)) = pairs else {
            return Err(unreadable);
        };
        let mut pairs = pairs.into_pairs();
        // A parameter without a value counts as omitted (RFC 6749 §3.2).
        pairs.retain(|(_, value)| !value.is_empty());
        let mut seen = std::collections::BTreeSet::new();
        match pairs.iter().all(|(name, _)| seen.insert(name)) {
            true => Ok(Self(pairs)),
            false => Err(unreadable),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let mut named = self.0.iter().filter(|(key, _)| key == name);
        named.next().map(|(_, value)| value.as_str())
    }
}

/// Returns the id and the secret in the header `Authorization` (`client_secret_basic`, RFC 6749 §2.3.1), if there is one.
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Refusal> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let header = match (sent.next(), sent.next()) {
        (None, _) => return Ok(None),
        (Some(header), None) => header,
        (Some(_), Some(_)) => {
            return Err(Refusal::InvalidRequest(
                "the header `Authorization` is there twice",
            ));
        }
    };
    let read = || {
        let (scheme, encoded) = header.to_str().ok()?.trim().split_once(' ')?;
        let decoded = STANDARD.decode(encoded.trim()).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let (id, secret) = text.split_once(':')?;
        let both = (decode(id).ok()?, decode(secret).ok()?);
        scheme.eq_ignore_ascii_case("Basic").then_some(both)
    };
    read().map(Some).ok_or(Refusal::InvalidClient)
}

/// Why there is no access token.
#[derive(Debug)]
enum Refusal {
    InvalidRequest(&'static str),
    InvalidClient,
    UnsupportedGrantType,
    InvalidScope,
    /// The client is over its rate limit, for this many seconds.
    TooMany(u32),
    /// The service is at fault.
    Failed(rollcall_directory::Error),
}

impl Refusal {
    /// Returns the code of the error, and what to do. The texts have only the characters that RFC 6749 §5.2 allows.
    fn told(&self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidRequest(what) => ("invalid_request", what),
            Self::InvalidClient => (
                "invalid_client",
                "send the client id and the client secret of a connection that is neither deleted nor its client revoked or \
                 expired, in the header `Authorization: Basic` or as `client_id` and `client_secret`",
            ),
            Self::UnsupportedGrantType => (
                "unsupported_grant_type",
                "the only `grant_type` is `client_credentials`",
            ),
            Self::InvalidScope => (
                "invalid_scope",
                "the only scope is `scim`; leave `scope` out",
            ),
            Self::TooMany(_) => (
                "temporarily_unavailable",
                "the client is over its rate limit; wait for as long as `Retry-After` says, and use an access token until \
                 it expires",
            ),
            Self::Failed(error) if error.to_scim().status() == 503 => (
                "temporarily_unavailable",
                "the service is busy; try again after as long as `Retry-After` says",
            ),
            Self::Failed(_) => ("server_error", "the service failed"),
        }
    }

    /// Returns the error for the request log and for the status.
    fn to_scim(&self) -> scim::Error {
        match self {
            Self::InvalidClient => scim::Error::Unauthorized,
            Self::TooMany(retry_after) => scim::Error::TooManyRequests {
                retry_after: *retry_after,
            },
            Self::Failed(error) => error.to_scim(),
            Self::InvalidRequest(_) | Self::UnsupportedGrantType | Self::InvalidScope => {
                scim::Error::InvalidSyntax(self.told().1.to_owned())
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let error = self.to_scim();
        let (code, description) = self.told();
        let body = json!({"error": code, "error_description": description});
        let mut response = plain(json(error.status(), &body));
        let headers = response.headers_mut();
        if error.status() == 401 {
            // A client that used the header must be told the scheme (RFC 6749 §5.2).
            let scheme = HeaderValue::from_static("Basic realm=\"scim\"");
            headers.insert(WWW_AUTHENTICATE, scheme);
        }
        if let Some(seconds) = error.retry_after() {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        let extensions = response.extensions_mut();
        extensions.insert(Refused::from(error));
        if let Self::Failed(error) = self
            && error.is_fault()
        {
            extensions.insert(Fault(std::sync::Arc::new(error)));
        }
        response
    }
}

/// Marks a response as plain JSON that nobody keeps.
fn plain(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response.extensions_mut().insert(PlainJson);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    /// Reads a request, and returns the client with its secret, or the code of the error.
    fn read(headers: &[(http::HeaderName, &str)], form: &str) -> Result<String, &'static str> {
        let headers = headers.iter().map(|(name, value)| {
            let value = HeaderValue::from_str(value).expect("a header");
            (name.clone(), value)
        });
        let mut all = HeaderMap::new();
        headers.for_each(|(name, value)| _ = all.append(name, value));
        match Asked::read(&all, form.as_bytes()) {
            Ok(asked) => Ok(format!("{} {}", asked.client_id, asked.client_secret)),
            Err(refusal) => Err(refusal.told().0),
        }
    }

    fn authorization(id_and_secret: &str) -> String {
        format!("Basic {}", STANDARD.encode(id_and_secret))
    }

    #[test]
    fn a_client_is_named_in_the_header_or_in_the_body() {
        let grant = "grant_type=client_credentials";
        for (header, form, expected) in [
            (None, "&client_id=a&client_secret=b", Ok("a b")),
            (
                None,
                "&client_id=a&client_secret=b&scope=scim&x=1",
                Ok("a b"),
            ),
            (
                None,
                "&client_id=a%2D&client_secret=b+c&scope=",
                Ok("a- b c"),
            ),
            (Some("a:b"), "", Ok("a b")),
            (Some("a%3A:b%3A:c"), "&client_id=a:", Ok("a: b::c")),
            (Some("a:b"), "&client_id=c", Err("invalid_request")),
            (Some("a:b"), "&client_secret=b", Err("invalid_request")),
            (Some("ab"), "", Err("invalid_client")),
            (None, "", Err("invalid_client")),
            (None, "&client_id=a", Err("invalid_client")),
            (None, "&client_secret=b", Err("invalid_client")),
            (
                None,
                "&client_id=a&client_id=a&client_secret=b",
                Err("invalid_request"),
            ),
            (
                None,
                "&client_id=a&client_secret=b&scope=admin",
                Err("invalid_scope"),
            ),
            (
                None,
                "&client_id=%zz&client_secret=b",
                Err("invalid_request"),
            ),
        ] {
            let mut headers = vec![(CONTENT_TYPE, FORM)];
            let basic = header.map(authorization);
            headers.extend(basic.iter().map(|value| (AUTHORIZATION, value.as_str())));
            let got = read(&headers, &format!("{grant}{form}"));
            assert_eq!(got, expected.map(str::to_owned), "{header:?} {form}");
        }
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        let form = "grant_type=client_credentials&client_id=a&client_secret=b";
        for (headers, form, expected) in [
            (vec![], form, "invalid_request"),
            (
                vec![(CONTENT_TYPE, "application/json")],
                "{}",
                "invalid_request",
            ),
            (vec![(CONTENT_TYPE, FORM)], "", "invalid_request"),
            (
                vec![(CONTENT_TYPE, FORM)],
                "grant_type=password&client_id=a",
                "unsupported_grant_type",
            ),
            (vec![(CONTENT_TYPE, FORM)], "grant_type=", "invalid_request"),
            (
                vec![(CONTENT_TYPE, FORM), (AUTHORIZATION, "Bearer x")],
                form,
                "invalid_client",
            ),
            (
                vec![
                    (CONTENT_TYPE, FORM),
                    (AUTHORIZATION, "Basic YTpi"),
                    (AUTHORIZATION, "Basic YTpi"),
                ],
                form,
                "invalid_request",
            ),
        ] {
            assert_eq!(read(&headers, form), Err(expected), "{headers:?} {form}");
        }
        let long = format!("{form}&x={}", "x".repeat(MAX_FORM_BYTES));
        assert_eq!(read(&[(CONTENT_TYPE, FORM)], &long), Err("invalid_request"));
        let charset = [(
            CONTENT_TYPE,
            "Application/X-WWW-Form-Urlencoded; charset=utf-8",
        )];
        assert!(read(&charset, form).is_ok());
    }

    #[test]
    fn descriptions_have_only_the_characters_that_the_standard_allows() {
        for refusal in [
            Refusal::InvalidClient,
            Refusal::UnsupportedGrantType,
            Refusal::InvalidScope,
            Refusal::TooMany(1),
            Refusal::Failed(rollcall_directory::Error::Busy(None)),
        ] {
            let (_, text) = refusal.told();
            let allowed = |byte: u8| matches!(byte, 0x20..=0x7E) && byte != b'"' && byte != b'\\';
            assert!(text.bytes().all(allowed), "{text}");
        }
    }
}
