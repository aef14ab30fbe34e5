//! Turns operations of a bulk request into requests: what all of them have in common with the request that brought them.

use http::header::{CONTENT_LENGTH, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Context, Request, RequestExt};
use rollcall_edge_http::BASE_PATH;
use rollcall_scim::BulkCall;

use crate::caller::Authenticated;
use crate::request_log::Slot;

/// The caller, the headers and the contexts of a bulk request.
pub(super) struct Template {
    caller: Authenticated,
    slot: Option<Slot>,
    headers: HeaderMap,
    request_context: Option<RequestContext>,
    lambda_context: Option<Context>,
    /// The path as it was sent, up to the name of the endpoint.
    base_path: String,
}

impl Template {
    pub(super) fn of(parts: &Parts, caller: Authenticated) -> Self {
        let mut headers = parts.headers.clone();
        for name in [CONTENT_LENGTH, IF_MATCH, IF_NONE_MATCH] {
            headers.remove(name);
        }
        let sent = parts.raw_http_path().trim_end_matches('/');
        let base_path = sent.strip_suffix("/Bulk").unwrap_or(BASE_PATH);
        Self {
            caller,
            slot: parts.extensions.get().cloned(),
            headers,
            request_context: parts.request_context_ref().cloned(),
            lambda_context: parts.lambda_context_ref().cloned(),
            base_path: base_path.to_owned(),
        }
    }

    /// Returns an operation as a request.
    pub(super) fn request(&self, call: &BulkCall) -> Request {
        let method = Method::from_bytes(call.method.as_bytes()).unwrap_or_default();
        let body = call.data.as_ref().map(|data| Body::Text(data.to_string()));
        let mut request = self.blank(method, &call.target(), body.unwrap_or_default());
        if let Some(version) = &call.version {
            // No version has characters that a header cannot have, so such a one matches none.
            let version = HeaderValue::from_str(version);
            let version = version.unwrap_or(HeaderValue::from_static("\"\""));
            request.headers_mut().insert(IF_MATCH, version);
        }
        request
    }

    /// Returns a request without a version.
    pub(super) fn blank(&self, method: Method, target: &str, body: Body) -> Request {
        let path = target.split('?').next().unwrap_or_default();
        let mut request =
            Request::new(body).with_raw_http_path(format!("{}{path}", self.base_path));
        if let Some(context) = &self.request_context {
            request = request.with_request_context(context.clone());
        }
        if let Some(context) = &self.lambda_context {
            request = request.with_lambda_context(context.clone());
        }
        *request.method_mut() = method;
        // A path that cannot be one leads nowhere.
        *request.uri_mut() = format!("{BASE_PATH}{target}").parse().unwrap_or_default();
        *request.headers_mut() = self.headers.clone();
        let extensions = request.extensions_mut();
        extensions.insert(self.caller.clone());
        if let Some(slot) = &self.slot {
            extensions.insert(slot.clone());
        }
        request
    }
}
