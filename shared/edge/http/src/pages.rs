//! Pages for browsers: the headers of every page, and errors as pages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::header::{
    CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY,
    WWW_AUTHENTICATE,
};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method};

use rollcall_scim as scim;

use crate::base_url::Root;
use crate::function::{HttpFunction, Next, Received, Surface};
use crate::path::{CONSOLE, Marker};
use crate::problem::{Problem, unknown_method};
use crate::request_id::request_id;

/// The Content Security Policy of every page: content only from this origin, no inline script or style, no frames, and
/// forms only to this origin.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Renders an error as an HTML page or as a part of one.
pub type RefusedPage = fn(&Visit, &Problem) -> Refused;

/// An error as HTML.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The page, or the part of one.
    pub html: String,
    /// The tag of its language (BCP 47).
    pub language: &'static str,
    /// The names of the request's headers that decided the language, for `Vary`.
    pub varies: &'static str,
}

/// What handlers note about a request, for its error page.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Extensions>>);

impl Notes {
    /// Returns the notes of a request.
    pub fn of(parts: &Parts) -> Self {
        parts.extensions.get::<Self>().cloned().unwrap_or_default()
    }

    /// Notes a value. A later value of the same type replaces it.
    pub fn note<T: Clone + Send + Sync + 'static>(&self, value: T) {
        self.lock().insert(value);
    }

    /// Returns the value of a type, if one was noted.
    pub fn get<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.lock().get::<T>().cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Extensions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request for a page, as the error page needs it.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The URL at which the browser reached the stage.
    pub root: Root,
    /// The id of the request in the logs.
    pub request_id: String,
    /// The requested path, from `/console` on.
    pub path: String,
    /// The same path with its query, if it can be asked for again: of a GET.
    pub address: Option<String>,
    /// The request's headers.
    pub headers: HeaderMap,
    /// Whether htmx requests a part of a page (it sends `HX-Request`).
    pub is_part: bool,
    /// What the handler has noted.
    pub notes: Notes,
}

/// Builds a function from a router of pages. `refused` renders the errors.
pub fn finish_pages(router: Router, refused: RefusedPage) -> HttpFunction {
    let router = router
        .fallback(unknown_page)
        .method_not_allowed_fallback(unknown_method);
    HttpFunction::new(router, Pages { refused })
}

/// The surface of pages.
#[derive(Debug)]
struct Pages {
    refused: RefusedPage,
}

impl Surface for Pages {
    fn marker(&self) -> Marker {
        CONSOLE
    }

    fn panicked(&self) -> Response {
        Problem::from(scim::Error::Internal).into_response()
    }

    fn out_of_time(&self) -> Response {
        Problem::from(scim::Error::Unavailable { retry_after: 5 }).into_response()
    }

    fn answer<'a>(&'a self, request: Received, next: Next<'a>) -> BoxFuture<'a, Response> {
        async move {
            let (mut parts, body) = request.into_parts();
            let visit = Visit::of(&parts);
            parts.extensions.insert(visit.notes.clone());
            let response = next.run(Received::from_parts(parts, body)).await;
            finish(response, &visit, self.refused)
        }
        .boxed()
    }
}

impl Visit {
    fn of(parts: &Parts) -> Self {
        Self {
            root: Root::of(parts),
            request_id: request_id(parts),
            path: parts.uri.path().to_owned(),
            address: (parts.method == Method::GET).then(|| match parts.uri.path_and_query() {
                Some(address) => address.as_str().to_owned(),
                None => parts.uri.path().to_owned(),
            }),
            headers: parts.headers.clone(),
            is_part: parts.headers.contains_key("hx-request"),
            notes: Notes::default(),
        }
    }
}

/// Renders an error as a page, and adds the security headers to every response.
fn finish(mut response: Response, visit: &Visit, refused: RefusedPage) -> Response {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let refused = refused(visit, &problem);
        *response.body_mut() = Body::from(refused.html);
        let headers = response.headers_mut();
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(refused.language));
        headers.append(VARY, HeaderValue::from_static(refused.varies));
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        // The length is that of the empty body, and a browser cannot send a bearer token.
        headers.remove(CONTENT_LENGTH);
        headers.remove(WWW_AUTHENTICATE);
    }
    let headers = response.headers_mut();
    let always: [(HeaderName, &'static str); 2] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        // The URL of a portal link contains a secret, which other sites must not see. `no-referrer` would do that too,
        // but browsers would then send forms with `Origin: null` (Fetch §3.2).
        (REFERRER_POLICY, "same-origin"),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Answers requests for unknown paths.
async fn unknown_page() -> Problem {
    Problem::not_found("this page")
}
