//! Pages for browsers: what every answer of theirs carries, and how a refusal becomes one.

use axum::body::Body;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::api::problem::Problem;
use crate::base_url::Root;

/// Nothing but what this origin serves; no inline script or style, no frames, forms to nowhere else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Words a refusal as an HTML page, or as a part of one.
pub type RefusedPage = fn(&Visit, &Problem) -> String;

/// What is known of a request for a page whatever becomes of it.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Where the browser reached the stage.
    pub root: Root,
    /// The request's id, as the logs have it.
    pub request_id: String,
    /// What was asked for, from `/console` on.
    pub path: String,
    /// The headers that it came with.
    pub headers: HeaderMap,
    /// Whether a script of the page asked for a part of it (htmx sends `HX-Request`).
    pub is_part: bool,
}

impl Visit {
    pub(crate) fn of(parts: &Parts, request_id: &str) -> Self {
        Self {
            root: Root::of(parts),
            request_id: request_id.to_owned(),
            path: parts.uri.path().to_owned(),
            headers: parts.headers.clone(),
            is_part: parts.headers.contains_key("hx-request"),
        }
    }
}

/// The last touch on every answer: the body of a refusal, and the headers that keep a page to itself.
pub(crate) fn finish(mut response: Response, visit: &Visit, refused: RefusedPage) -> Response {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        *response.body_mut() = Body::from(refused(visit, &problem));
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        // What axum says of the empty body is no longer true, and a browser has no bearer to show.
        headers.remove(CONTENT_LENGTH);
        headers.remove(WWW_AUTHENTICATE);
    }
    let headers = response.headers_mut();
    let always: [(HeaderName, &'static str); 3] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // A link's secret is in the address that opens it; `no-referrer` would make forms come from nowhere (Fetch §3.2).
        (REFERRER_POLICY, "same-origin"),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let kept = headers.entry(CACHE_CONTROL);
    kept.or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Answers for paths that lead nowhere.
pub(crate) async fn unknown_page() -> Problem {
    Problem::not_found("this page")
}
