//! The id of a request, as it appears in every log, and that of its trace.

use http::request::Parts;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use rollcall_runtime::{TRACE_HEADER, trace_id};

/// Returns the id that API Gateway gave the request, or else the id of the Lambda invocation, or else `-`.
pub fn request_id(parts: &Parts) -> String {
    let id = match parts.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => context.request_id.as_deref(),
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.as_deref(),
        _ => None,
    };
    id.or_else(|| {
        parts
            .lambda_context_ref()
            .map(|context| context.request_id.as_str())
    })
    .unwrap_or("-")
    .to_owned()
}

/// Returns the id of the trace of a request: that of the Lambda invocation, or else the one that API Gateway sent.
pub(crate) fn trace_of(parts: &Parts) -> Option<&str> {
    let context = parts.lambda_context_ref();
    let header = parts.headers.get(TRACE_HEADER);
    context
        .and_then(|context| context.xray_trace_id.as_deref())
        .or_else(|| header?.to_str().ok())
        .and_then(trace_id)
}
