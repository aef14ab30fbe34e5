//! The Lambda authorizer of the REST API. It verifies a bearer token, usually with two calls to DynamoDB at the same time.

mod event;

use std::net::IpAddr;
use std::time::Duration;

use aws_lambda_events::apigw::{
    ApiGatewayCustomAuthorizerPolicy, ApiGatewayCustomAuthorizerResponse,
};
use aws_lambda_events::iam::{IamPolicyEffect, IamPolicyStatement};
use rollcall_directory::capacity::{self, Cost};
use rollcall_directory::{Directory, Reason, UsedUp, Verdict};
use rollcall_edge_scim::{AuthorizerContext, log_refused};
use rollcall_runtime::{Metric, Record, chain};
use serde_json::Value;
use tokio::time::timeout;

pub use event::Event;

/// How long a token is looked up. The function ends after 10 seconds.
const PATIENCE: Duration = Duration::from_secs(8);
/// The principal of requests that need no token.
const PUBLIC: &str = "public";

/// The reason why the authorizer returns no policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The token is missing or invalid. API Gateway answers 401 only if the authorizer fails with exactly this text.
    #[error("Unauthorized")]
    Unauthorized,
    /// The token could not be verified. API Gateway answers 503. The log has the cause.
    #[error("the authorizer failed")]
    Failed,
}

/// Returns the authorizer for a directory.
pub fn handler(directory: Directory) -> Authorizer {
    Authorizer { directory }
}

/// The authorizer. The Lambda runtime and the local gateway call it for each request.
#[derive(Clone, Debug)]
pub struct Authorizer {
    directory: Directory,
}

impl Authorizer {
    /// Verifies the token of a request, and returns the policy and the context of its caller.
    ///
    /// A request to a public endpoint needs no token and gets no context, whatever token it has. The context of a
    /// throttled request says how long to wait, because an authorizer cannot answer 429.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn call(&self, event: Event) -> Result<ApiGatewayCustomAuthorizerResponse, Error> {
        if event.is_public() {
            return Ok(allow(every_method(event.method_arn())?, PUBLIC));
        }
        let token = event.token().ok_or(Error::Unauthorized)?;
        let resources = every_method(event.method_arn())?;
        // Without a request id, the function that answers uses the one in its own event.
        let (request_id, address) = (event.request_id(), event.source_address());
        let verdict = self.directory.authenticate_from(token, request_id, address);
        let (verdict, cost) = capacity::measure(timeout(PATIENCE, verdict)).await;
        let verdict = verdict.map_err(|_elapsed| {
            tracing::error!("looking up the token took too long");
            Error::Failed
        })?;
        let verdict = verdict.map_err(|error| {
            tracing::error!(error = chain(&error), "the token could not be looked up");
            Error::Failed
        })?;
        tracing::info!(
            ?verdict,
            reason = reason_of(&verdict),
            dynamodb_calls = cost.calls,
            write_units = cost.write_units,
            "authenticated"
        );
        measure(&verdict, cost);
        // Boxed: the runtime already nests futures almost as deeply as the compiler supports.
        Box::pin(self.tell_tenant(&verdict, address, event.method_arn())).await;
        let context = AuthorizerContext::from_verdict(verdict).ok_or(Error::Unauthorized)?;
        let mut response = allow(resources, &context.token_id);
        response.context = context
            .to_strings()
            .into_iter()
            .map(|(name, text)| (name, Value::String(text)))
            .collect();
        Ok(response)
    }

    /// Writes a refused request to the request log of the token's tenant. No other function sees the request.
    async fn tell_tenant(&self, verdict: &Verdict, address: Option<IpAddr>, method_arn: &str) {
        if let Verdict::Refused {
            refusal,
            caller: Some(caller),
        } = verdict
        {
            let (method, path) = method_and_path(method_arn);
            log_refused(&self.directory, caller, (*refusal, address), method, path).await;
        }
    }
}

/// Counts what the request consumed, and the refusal that no function sees. A throttled request is let through, and the
/// function that answers counts it.
fn measure(verdict: &Verdict, cost: Cost) {
    if let Some(tenant) = tenant_of(verdict) {
        tracing::Span::current().record("tenant", tenant);
    }
    let mut record = Record::new();
    if let Verdict::Refused { refusal, .. } = verdict {
        record = record.value_of(Metric::Refusals, refusal.reason().as_str(), 1.0);
    }
    for (metric, units) in [
        (Metric::ReadUnits, cost.read_units),
        (Metric::WriteUnits, cost.write_units),
    ] {
        if units > 0.0 {
            record = record.value(metric, units);
        }
    }
    record.emit();
}

/// Returns the tenant of a token; nothing for a token that nobody issued.
fn tenant_of(verdict: &Verdict) -> Option<&str> {
    let caller = match verdict {
        Verdict::Accepted(caller) | Verdict::Throttled { caller, .. } => caller,
        Verdict::Refused { caller, .. } => caller.as_ref()?,
    };
    Some(caller.tenant.as_str())
}

/// Returns the reason code of a request that is not let through.
fn reason_of(verdict: &Verdict) -> Option<&'static str> {
    let reason = match verdict {
        Verdict::Accepted(_) => return None,
        Verdict::Throttled { used_up, .. } => match used_up {
            UsedUp::Requests => Reason::RateLimited,
            UsedUp::ReadUnits => Reason::ReadBudgetSpent,
        },
        Verdict::Refused { refusal, .. } => refusal.reason(),
    };
    Some(reason.as_str())
}

/// Returns the method and the path in a method ARN, such as `arn:…:api/stage/GET/scim/v2/Users`.
fn method_and_path(method_arn: &str) -> (&str, &str) {
    let request = method_arn.splitn(3, '/').nth(2).unwrap_or_default();
    request.split_once('/').unwrap_or((request, ""))
}

/// Returns an ARN pattern for every method of the API stage in a method ARN.
///
/// API Gateway can cache the policy under the token. A cached policy for a single method would refuse the next method.
fn every_method(method_arn: &str) -> Result<String, Error> {
    let mut parts = method_arn.splitn(3, '/');
    match (parts.next(), parts.next()) {
        (Some(api), Some(stage)) if api.starts_with("arn:") && !stage.is_empty() => {
            Ok(format!("{api}/{stage}/*/*"))
        }
        _ => {
            tracing::error!("the event names no method of an API");
            Err(Error::Failed)
        }
    }
}

/// Returns a response that allows the calls, with an empty context.
fn allow(resources: String, principal: &str) -> ApiGatewayCustomAuthorizerResponse {
    let mut statement = IamPolicyStatement::default();
    statement.action = vec!["execute-api:Invoke".to_owned()];
    statement.effect = IamPolicyEffect::Allow;
    statement.resource = vec![resources];
    let mut policy = ApiGatewayCustomAuthorizerPolicy::default();
    policy.version = Some("2012-10-17".to_owned());
    policy.statement = vec![statement];
    let mut response = ApiGatewayCustomAuthorizerResponse::default();
    response.principal_id = Some(principal.to_owned());
    response.policy_document = policy;
    response.context = Value::Object(serde_json::Map::new());
    response
}
