//! Reads gateway responses, the responses of API Gateway itself.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;

use super::error::TemplateError;

/// The type of a gateway response, as API Gateway names it. The types for features of AWS only (throttling, quotas,
/// firewall, API keys, signatures) are not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseType {
    /// The token is missing, or the authorizer refuses it.
    Unauthorized,
    /// The authorizer's policy does not allow the call.
    AccessDenied,
    /// No resource has this path, or the resource does not have this method.
    MissingAuthenticationToken,
    /// The path, the query string, the `Host` header or the body cannot be read.
    BadRequestParameters,
    /// The body is larger than API Gateway accepts.
    RequestTooLarge,
    /// The authorizer failed.
    AuthorizerFailure,
    /// The authorizer's response is invalid.
    AuthorizerConfigurationError,
    /// The function exceeded the integration timeout.
    IntegrationTimeout,
    /// Any other failure, such as a crash of the function.
    Default5xx,
}

impl ResponseType {
    /// Every type that the local gateway uses.
    pub const ALL: [Self; 9] = [
        Self::Unauthorized,
        Self::AccessDenied,
        Self::MissingAuthenticationToken,
        Self::BadRequestParameters,
        Self::RequestTooLarge,
        Self::AuthorizerFailure,
        Self::AuthorizerConfigurationError,
        Self::IntegrationTimeout,
        Self::Default5xx,
    ];

    /// Returns the name in API Gateway.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unauthorized => "UNAUTHORIZED",
            Self::AccessDenied => "ACCESS_DENIED",
            Self::MissingAuthenticationToken => "MISSING_AUTHENTICATION_TOKEN",
            Self::BadRequestParameters => "BAD_REQUEST_PARAMETERS",
            Self::RequestTooLarge => "REQUEST_TOO_LARGE",
            Self::AuthorizerFailure => "AUTHORIZER_FAILURE",
            Self::AuthorizerConfigurationError => "AUTHORIZER_CONFIGURATION_ERROR",
            Self::IntegrationTimeout => "INTEGRATION_TIMEOUT",
            Self::Default5xx => "DEFAULT_5XX",
        }
    }

    /// Returns the name of the response that applies if the template has none of this type.
    pub(super) fn fallback(self) -> &'static str {
        match self {
            Self::Unauthorized
            | Self::AccessDenied
            | Self::MissingAuthenticationToken
            | Self::BadRequestParameters
            | Self::RequestTooLarge => "DEFAULT_4XX",
            Self::AuthorizerFailure
            | Self::AuthorizerConfigurationError
            | Self::IntegrationTimeout
            | Self::Default5xx => "DEFAULT_5XX",
        }
    }
}

/// The values of the `$context` variables that a body can contain.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The value of `$context.requestId`.
    pub request_id: &'a str,
    /// The value of `$context.error.responseType`.
    pub response_type: &'a str,
}

/// A gateway response.
#[derive(Clone, Debug)]
pub struct GatewayResponse {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variable {
    RequestId,
    ResponseType,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(Variable),
}

impl GatewayResponse {
    /// Returns the body with the values of its variables.
    pub fn body(&self, context: Context<'_>) -> String {
        let fill = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Variable(Variable::RequestId) => context.request_id.to_owned(),
            Part::Variable(Variable::ResponseType) => context.response_type.to_owned(),
        };
        self.body.iter().map(fill).collect()
    }
}

/// A gateway response as the template declares it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Declared {
    status_code: String,
    #[serde(default)]
    response_parameters: Parameters,
    response_templates: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameters {
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

impl Declared {
    pub(super) fn read(&self, name: &str) -> Result<GatewayResponse, TemplateError> {
        let wrong =
            |problem: String| TemplateError::new(format!("gateway response `{name}`"), problem);
        let status = self
            .status_code
            .parse()
            .map_err(|_| wrong(format!("`{}` is no status", self.status_code)))?;
        let headers = self
            .response_parameters
            .headers
            .iter()
            .map(|(name, value)| header(name, value));
        let body = self.response_templates.get("application/json");
        let body =
            body.ok_or_else(|| wrong("there is no `application/json` template".to_owned()))?;
        Ok(GatewayResponse {
            status,
            headers: headers.collect::<Result<_, _>>().map_err(wrong)?,
            body: parts(body).map_err(wrong)?,
        })
    }
}

/// Parses a header with a static value. API Gateway requires single quotes around it.
fn header(name: &str, quoted: &str) -> Result<(HeaderName, HeaderValue), String> {
    let value = quoted
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''));
    let value = value.ok_or_else(|| format!("the value of `{name}` is not in single quotes"))?;
    let name: HeaderName = name
        .parse()
        .map_err(|_| format!("`{name}` is no header name"))?;
    let value = value
        .parse()
        .map_err(|_| format!("`{value}` is no header value"))?;
    Ok((name, value))
}

/// Splits a body at its variables. A variable that the local gateway does not support is an error.
fn parts(template: &str) -> Result<Vec<Part>, String> {
    let mut pieces = template.split("$context.");
    let mut parts = vec![Part::Text(pieces.next().unwrap_or_default().to_owned())];
    for piece in pieces {
        let end = piece
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '.')
            .unwrap_or(piece.len());
        let (name, text) = piece.split_at(end);
        parts.push(Part::Variable(match name {
            "requestId" => Variable::RequestId,
            "error.responseType" => Variable::ResponseType,
            other => return Err(format!("`$context.{other}` is unknown")),
        }));
        parts.push(Part::Text(text.to_owned()));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn declared(headers: serde_json::Value, body: &str) -> Declared {
        serde_json::from_value(json!({
            "StatusCode": "401",
            "ResponseParameters": {"Headers": headers},
            "ResponseTemplates": {"application/json": body},
        }))
        .unwrap()
    }

    #[test]
    fn variables_are_filled_in() {
        let context = Context {
            request_id: "r-1",
            response_type: "UNAUTHORIZED",
        };
        for (template, expected) in [
            ("{}", "{}"),
            ("", ""),
            ("id $context.requestId, please", "id r-1, please"),
            (
                "$context.requestId$context.error.responseType",
                "r-1UNAUTHORIZED",
            ),
            ("costs $5", "costs $5"),
        ] {
            let response = declared(json!({}), template).read("X").unwrap();
            assert_eq!(response.body(context), expected, "{template}");
        }
    }

    #[test]
    fn headers_are_static() {
        let response = declared(json!({"WWW-Authenticate": "'Bearer realm=\"scim\"'"}), "")
            .read("X")
            .unwrap();
        assert_eq!(response.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            response.headers,
            [(
                http::header::WWW_AUTHENTICATE,
                "Bearer realm=\"scim\"".parse().unwrap()
            )]
        );
    }

    #[test]
    fn what_the_local_gateway_cannot_do_is_an_error() {
        for (headers, body, problem) in [
            (json!({"A": "bare"}), "", "single quotes"),
            (json!({"A": "method.request.header.a"}), "", "single quotes"),
            (json!({"A B": "'x'"}), "", "no header name"),
            (json!({}), "$context.identity.sourceIp", "unknown"),
        ] {
            let error = declared(headers, body)
                .read("X")
                .expect_err(problem)
                .to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
