//! The Lambda authorizer of the REST API: a bearer token in, a verdict out, one call to the table.

use aws_lambda_events::apigw::{
    ApiGatewayCustomAuthorizerPolicy, ApiGatewayCustomAuthorizerRequest,
    ApiGatewayCustomAuthorizerResponse,
};
use aws_lambda_events::iam::{IamPolicyEffect, IamPolicyStatement};
use rollcall_directory::{Directory, Verdict, capacity};
use rollcall_edge_http::bearer;
use rollcall_edge_scim::{AuthorizerContext, log_refused};
use rollcall_runtime::chain;
use serde_json::Value;

/// Why there is no verdict to hand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No good token. API Gateway answers 401 for an authorizer that fails with exactly this text, and for no other.
    #[error("Unauthorized")]
    Unauthorized,
    /// The verdict could not be found; API Gateway answers 500. What happened is in the log.
    #[error("the authorizer failed")]
    Failed,
}

/// The authorizer over one directory.
pub fn handler(directory: Directory) -> Authorizer {
    Authorizer { directory }
}

/// What the Lambda runtime and the local gateway call for each request.
#[derive(Clone, Debug)]
pub struct Authorizer {
    directory: Directory,
}

impl Authorizer {
    /// Says who a request comes from.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn call(
        &self,
        request: ApiGatewayCustomAuthorizerRequest,
    ) -> Result<ApiGatewayCustomAuthorizerResponse, Error> {
        let header = request.authorization_token.unwrap_or_default();
        let token = bearer(&header).ok_or(Error::Unauthorized)?;
        let method_arn = request.method_arn.unwrap_or_default();
        let resources = every_method(&method_arn).ok_or_else(|| {
            tracing::error!("the event names no method of an API");
            Error::Failed
        })?;
        // A TOKEN event carries no id of the request; the function takes its own event's.
        let (verdict, cost) = capacity::measure(self.directory.authenticate(token, "")).await;
        let verdict = verdict.map_err(|error| {
            tracing::error!(error = chain(&error), "the token could not be looked up");
            Error::Failed
        })?;
        tracing::info!(
            ?verdict,
            dynamodb_calls = cost.calls,
            write_units = cost.write_units,
            "authenticated"
        );
        // Boxed, because the runtime nests futures as deeply as the compiler bears already.
        Box::pin(self.tell_tenant(&verdict, &method_arn)).await;
        let context = AuthorizerContext::from_verdict(verdict).ok_or(Error::Unauthorized)?;
        Ok(allow(resources, &context))
    }

    /// Writes a refused request to the request log of the tenant whose token it was, because nobody else will see it.
    async fn tell_tenant(&self, verdict: &Verdict, method_arn: &str) {
        if let Verdict::Refused {
            refusal,
            caller: Some(caller),
        } = verdict
        {
            let (method, path) = method_and_path(method_arn);
            log_refused(&self.directory, caller, *refusal, method, path).await;
        }
    }
}

/// What a method ARN says of the request: `arn:…:api/stage/GET/scim/v2/Users`.
fn method_and_path(method_arn: &str) -> (&str, &str) {
    let request = method_arn.splitn(3, '/').nth(2).unwrap_or_default();
    request.split_once('/').unwrap_or((request, ""))
}

/// The ARN pattern of every method of the API stage that a method ARN belongs to.
///
/// A policy may be cached under the token, and one that named a single method would then refuse the next.
fn every_method(method_arn: &str) -> Option<String> {
    let mut parts = method_arn.splitn(3, '/');
    let (api, stage) = (parts.next()?, parts.next()?);
    let is_arn = api.starts_with("arn:") && !stage.is_empty();
    is_arn.then(|| format!("{api}/{stage}/*/*"))
}

fn allow(resources: String, context: &AuthorizerContext) -> ApiGatewayCustomAuthorizerResponse {
    let mut statement = IamPolicyStatement::default();
    statement.action = vec!["execute-api:Invoke".to_owned()];
    statement.effect = IamPolicyEffect::Allow;
    statement.resource = vec![resources];
    let mut policy = ApiGatewayCustomAuthorizerPolicy::default();
    policy.version = Some("2012-10-17".to_owned());
    policy.statement = vec![statement];
    let mut response = ApiGatewayCustomAuthorizerResponse::default();
    response.principal_id = Some(context.token_id.clone());
    response.policy_document = policy;
    response.context = context
        .to_strings()
        .into_iter()
        .map(|(name, text)| (name, Value::String(text)))
        .collect();
    response
}
