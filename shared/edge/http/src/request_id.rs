//! The id of a request, as it appears in every log.

use http::request::Parts;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;

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
