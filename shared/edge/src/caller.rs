//! Who is calling: the tenant handle that every handler of resources asks for, and nobody gets without a good token.

use axum::extract::{FromRef, FromRequestParts};
use http::header::AUTHORIZATION;
use http::request::Parts;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use rollcall_directory::{Directory, Tenant};
use rollcall_scim as scim;
use tracing::Span;

use crate::authorizer::AuthorizerContext;
use crate::bearer::bearer;
use crate::error::Error;

/// The caller's tenant, acting for the caller. It comes from the token and from nothing else: no header, path or body
/// is looked at.
pub(crate) struct Authenticated(pub(crate) Tenant);

impl<S> FromRequestParts<S> for Authenticated
where
    S: Send + Sync,
    Directory: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let directory = Directory::from_ref(state);
        let caller = context(parts, &directory)
            .await?
            .into_caller(&request_id(parts))?;
        Span::current().record("tenant", caller.tenant.as_str());
        Ok(Self(directory.tenant(&caller)))
    }
}

/// The id under which API Gateway knows the request.
pub(crate) fn request_id(parts: &Parts) -> String {
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

/// What is known of the caller.
///
/// REST API events went through the authorizer, and what it wrote is all that counts. Payload 2.0 events come from
/// `cargo lambda watch`, which calls no authorizer: there the token is verified here, by the same code.
async fn context(parts: &Parts, directory: &Directory) -> Result<AuthorizerContext, Error> {
    let context = match parts.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => {
            AuthorizerContext::from_fields(&context.authorizer.fields)
        }
        Some(RequestContext::ApiGatewayV2(_)) => match sole_bearer(parts) {
            Some(token) => AuthorizerContext::from_verdict(
                directory.authenticate(token, &request_id(parts)).await?,
            ),
            None => None,
        },
        _ => None,
    };
    Ok(context.ok_or(scim::Error::Unauthorized)?)
}

/// The bearer token, if the request has exactly one `Authorization` header.
fn sole_bearer(parts: &Parts) -> Option<&str> {
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    match (headers.next(), headers.next()) {
        (Some(header), None) => bearer(header.to_str().ok()?),
        _ => None,
    }
}
