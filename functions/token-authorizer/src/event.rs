//! The events of API Gateway, and what the authorizer needs from them.

use std::net::IpAddr;

use aws_lambda_events::apigw::{
    ApiGatewayCustomAuthorizerRequest, ApiGatewayCustomAuthorizerRequestTypeRequest,
};
use rollcall_edge_http::{bearer, sole_bearer_of};
use rollcall_edge_scim::is_public;
use serde::Deserialize;

/// An event for the authorizer.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type")]
pub enum Event {
    /// Of a TOKEN authorizer, as stacks of earlier versions have: the header `Authorization`, which API Gateway has found in
    /// the request.
    #[serde(rename = "TOKEN")]
    Token(ApiGatewayCustomAuthorizerRequest),
    /// Of a REQUEST authorizer: the whole request without its body.
    #[serde(rename = "REQUEST")]
    Request(Box<ApiGatewayCustomAuthorizerRequestTypeRequest>),
}

impl Event {
    /// Returns the ARN of the requested method, which contains the path: `arn:…:api/stage/GET/scim/v2//Users`.
    pub(crate) fn method_arn(&self) -> &str {
        let arn = match self {
            Self::Token(event) => &event.method_arn,
            Self::Request(event) => &event.method_arn,
        };
        arn.as_deref().unwrap_or_default()
    }

    /// Returns the bearer token, if the request has exactly one.
    pub(crate) fn token(&self) -> Option<&str> {
        match self {
            // API Gateway joins several headers with commas, which no token contains.
            Self::Token(event) => bearer(event.authorization_token.as_deref()?),
            Self::Request(event) => sole_bearer_of(&event.multi_value_headers),
        }
    }

    /// Returns whether the request needs no token.
    pub(crate) fn is_public(&self) -> bool {
        match self {
            Self::Token(_) => false,
            Self::Request(event) => {
                let parameters = event.multi_value_query_string_parameters.iter();
                let parameters = parameters.map(|(name, _)| name);
                event
                    .path
                    .as_deref()
                    .is_some_and(|path| is_public(path, parameters))
            }
        }
    }

    /// Returns the id of the request; empty if the event has none.
    pub fn request_id(&self) -> &str {
        let id = match self {
            Self::Token(_) => None,
            Self::Request(event) => event.request_context.request_id.as_deref(),
        };
        id.unwrap_or_default()
    }

    /// Returns the address that opened the connection to API Gateway. Events of a TOKEN authorizer do not have it.
    pub(crate) fn source_address(&self) -> Option<IpAddr> {
        let identity = match self {
            Self::Token(_) => None,
            Self::Request(event) => event.request_context.identity.as_ref(),
        };
        identity?.source_ip.as_deref()?.parse().ok()
    }
}
