//! Where a request came from.

use http::request::Parts;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use rollcall_directory::Origin;

/// Returns the address of the client and its user agent, as API Gateway saw them, and when it received the request.
///
/// The address is the one that opened the connection. A header such as `X-Forwarded-For` is never read, because a client
/// can send any.
pub fn origin(parts: &Parts) -> Origin {
    match parts.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => {
            let identity = &context.identity;
            Origin::new(
                identity.source_ip.as_deref(),
                identity.user_agent.as_deref(),
            )
            .received(context.request_time_epoch)
        }
        Some(RequestContext::ApiGatewayV2(context)) => {
            let http = &context.http;
            Origin::new(http.source_ip.as_deref(), http.user_agent.as_deref())
                .received(context.time_epoch)
        }
        _ => Origin::default(),
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::request::from_str;
    use serde_json::{Value, json};

    use super::*;

    fn seen(event: Value) -> Origin {
        let (parts, _) = from_str(&event.to_string()).expect("an event").into_parts();
        origin(&parts)
    }

    /// The headers of the events claim another origin than the context of the request.
    #[test]
    fn the_origin_comes_from_the_context_of_the_request() {
        let forged = json!({"X-Forwarded-For": "10.6.6.6", "Forwarded": "for=10.6.6.6", "User-Agent": "forged"});
        let rest = json!({
            "path": "/scim/v2/Users", "httpMethod": "GET", "headers": forged,
            "requestContext": {
                "requestId": "r-1", "httpMethod": "GET", "authorizer": {},
                "identity": {"sourceIp": "203.0.113.7", "userAgent": "okta/1.0"},
            },
        });
        let payload_v2 = json!({
            "version": "2.0", "rawPath": "/scim/v2/Users", "rawQueryString": "", "headers": forged,
            "isBase64Encoded": false,
            "requestContext": {"requestId": "r-1", "timeEpoch": 0, "http": {
                "method": "GET", "path": "/scim/v2/Users", "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7", "userAgent": "okta/1.0",
            }},
        });
        for event in [rest, payload_v2] {
            assert_eq!(
                seen(event),
                Origin::new(Some("203.0.113.7"), Some("okta/1.0"))
            );
        }
    }
}
