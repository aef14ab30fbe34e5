//! Identifies the caller. Handlers of resources need the tenant handle, and only a valid token gives one.

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use rollcall_directory::{Directory, Kind, Tenant};
use rollcall_edge_http::{origin, request_id, sole_bearer};
use rollcall_scim as scim;
use tracing::Span;

use crate::authorizer_context::AuthorizerContext;
use crate::error::Error;
use crate::request_log;

/// The caller's tenant, with the caller as the actor of every change. Only the token selects the tenant, never a
/// header, a path or a body.
#[derive(Clone)]
pub(crate) struct Authenticated(pub(crate) Tenant);

/// The caller's tenant, for extractors that come after [`Authenticated`] and need the types of its resources.
#[derive(Clone)]
pub(crate) struct Types(Tenant);

impl Types {
    /// Returns the type of the resources of a kind, with the extensions that the caller's tenant declares.
    pub(crate) fn of(parts: &Parts, kind: &Kind) -> &'static scim::ResourceType {
        match parts.extensions.get::<Self>() {
            Some(Self(tenant)) => tenant.resource_type(kind),
            None => kind.resource_type,
        }
    }
}

impl<S> FromRequestParts<S> for Authenticated
where
    S: Send + Sync,
    Directory: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        // An operation of a bulk request has the caller of that request, and a request of a rehearsal its throw-away tenant.
        // Only this crate can add this extension.
        if let Some(caller) = parts.extensions.remove::<Self>() {
            parts.extensions.insert(Types(caller.0.clone()));
            return Ok(caller);
        }
        let directory = Directory::from_ref(state);
        let caller = context(parts, &directory)
            .await?
            .into_caller(&request_id(parts))?;
        Span::current().record("tenant", caller.tenant.as_str());
        let tenant = directory.tenant_with_schemas(&caller).await?;
        // What a request names is read by the schemas of its tenant.
        parts.extensions.insert(Types(tenant.clone()));
        Ok(Self(tenant.requested_from(origin(parts))))
    }
}

/// Returns the authorizer context of a request.
///
/// For a REST API event, only the context that the authorizer wrote counts. `cargo lambda watch` sends events of
/// payload format 2.0 and calls no authorizer, so their token is verified here, by the same code.
///
/// # Errors
/// 401 when there is no valid context or token.
async fn context(parts: &Parts, directory: &Directory) -> Result<AuthorizerContext, Error> {
    let context = match parts.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => {
            AuthorizerContext::from_fields(&context.authorizer.fields)
        }
        Some(RequestContext::ApiGatewayV2(_)) => match sole_bearer(parts) {
            Some(token) => {
                let (id, address) = (request_id(parts), origin(parts).ip());
                let verdict = directory.authenticate_from(token, &id, address).await?;
                request_log::identify(parts, &verdict);
                AuthorizerContext::from_verdict(verdict)
            }
            None => None,
        },
        _ => None,
    };
    Ok(context.ok_or(scim::Error::Unauthorized)?)
}

#[cfg(test)]
pub(crate) mod tests {
    use aws_sdk_dynamodb::config::BehaviorVersion;
    use axum::response::IntoResponse;
    use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
    use lambda_http::request::from_str;
    use serde_json::{Value, json};

    use super::*;

    /// Returns a directory without a table. A request that calls the table fails the test with a 500.
    pub(crate) fn directory() -> Directory {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .build();
        Directory::new(aws_sdk_dynamodb::Client::from_conf(config), "unreachable")
    }

    async fn authenticated(event: Value) -> Result<Authenticated, Error> {
        let (mut parts, _) = from_str(&event.to_string()).expect("an event").into_parts();
        Authenticated::from_request_parts(&mut parts, &directory()).await
    }

    /// Returns a REST API event with the authorizer's context, and headers that claim another tenant.
    fn rest(authorizer: Value) -> Value {
        json!({
            "path": "/scim/v2/Users", "httpMethod": "GET",
            "headers": {"X-Tenant-ID": "globex", "tenant": "globex", "Authorization": "Bearer rcs_globex_x"},
            "requestContext": {"requestId": "r-1", "httpMethod": "GET", "identity": {}, "authorizer": authorizer},
        })
    }

    fn payload_v2(headers: Value) -> Value {
        json!({
            "version": "2.0", "rawPath": "/scim/v2/Users", "rawQueryString": "", "headers": headers,
            "isBase64Encoded": false,
            "requestContext": {"requestId": "r-1", "timeEpoch": 0, "http": {"method": "GET", "path": "/scim/v2/Users"}},
        })
    }

    #[tokio::test]
    async fn the_tenant_is_the_authorizers() {
        let context = json!({"tenant": "acme", "token_id": "t", "connection_id": "c", "log_days": "30", "principalId": "t"});
        let Ok(Authenticated(tenant)) = authenticated(rest(context)).await else {
            panic!("not authenticated")
        };
        assert_eq!(tenant.id().as_str(), "acme");
    }

    #[tokio::test]
    async fn nobody_gets_in_without_a_verdict() {
        for event in [
            rest(json!({})),
            rest(json!({"principalId": "t"})),
            rest(json!({"tenant": "acme"})),
            payload_v2(json!({})),
            payload_v2(json!({"authorization": "Basic YTpi"})),
            payload_v2(json!({"authorization": "Bearer"})),
            payload_v2(json!({"authorization": "Bearer not-one-of-ours"})),
            payload_v2(json!({"authorization": "Bearer a,Bearer b"})),
        ] {
            let Err(error) = authenticated(event.clone()).await else {
                panic!("let in: {event}")
            };
            let response = error.into_response();
            assert_eq!(response.status(), 401, "{event}");
            assert_eq!(
                response.headers()[WWW_AUTHENTICATE],
                "Bearer realm=\"scim\""
            );
        }
    }

    #[tokio::test]
    async fn who_used_up_the_rate_is_told_when_to_come_again() {
        let context = json!({"tenant": "acme", "token_id": "t", "connection_id": "c", "log_days": "30", "retry_after": "7"});
        let Err(error) = authenticated(rest(context)).await else {
            panic!("let in")
        };
        let response = error.into_response();
        assert_eq!(
            (
                response.status().as_u16(),
                response.headers()[RETRY_AFTER].to_str().ok()
            ),
            (429, Some("7"))
        );
    }
}
