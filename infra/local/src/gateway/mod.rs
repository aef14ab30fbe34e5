//! A small API Gateway that serves the REST API of `infra/template.yaml` as AWS does.
//!
//! It matches each request to a route, asks the route's authorizer, and calls the route's function with the same event as
//! in Lambda. The gateway's own responses come from the template too.

mod body;
mod encoding;
mod event;
mod payload;
mod policy;
mod router;

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerResponse;
use axum::body::Body;
use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use lambda_http::request::LambdaRequest;
use rollcall_token_authorizer::Event;
use serde_json::Value;
use tokio::task::JoinError;
use uuid::Uuid;

use crate::template::{Context, GatewayResponse, ResponseType, Template};

use event::Incoming;
use router::{Matched, Router};

pub use router::RouterError;

/// The maximum size of a request body in API Gateway.
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;
/// API Gateway's integration timeout.
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);
/// The header in which API Gateway returns the request id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// The error text with which an authorizer refuses a token. Any other text is a failure of the authorizer.
const UNAUTHORIZED: &str = "Unauthorized";

/// A function that answers HTTP requests.
pub type HttpHandler =
    Arc<dyn Fn(lambda_http::Request) -> BoxFuture<'static, Response<Body>> + Send + Sync>;
/// An authorizer. Its error is the text that Lambda would report.
pub type AuthorizerHandler = Arc<
    dyn Fn(Event) -> BoxFuture<'static, Result<ApiGatewayCustomAuthorizerResponse, String>>
        + Send
        + Sync,
>;

/// The functions, by the names of their folders.
#[derive(Clone, Default)]
pub struct Functions {
    /// The functions that answer requests.
    pub http: HashMap<&'static str, HttpHandler>,
    /// The authorizers.
    pub authorizers: HashMap<&'static str, AuthorizerHandler>,
}

/// The reason why the template cannot be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// A path is invalid or conflicts with another one.
    #[error(transparent)]
    Router(#[from] RouterError),
    /// A route names a function or an authorizer that the local run does not include.
    #[error(
        "infra/template.yaml: {method} {path} needs `functions/{function}`, which the local run does not know"
    )]
    UnknownFunction {
        /// The route's method.
        method: http::Method,
        /// The route's path.
        path: String,
        /// The function's folder.
        function: String,
    },
    /// The template has no gateway response of this type, and no default for it.
    #[error("infra/template.yaml: there is no gateway response `{0}` and no default for it")]
    NoResponse(&'static str),
}

/// The API of a template.
pub struct Gateway {
    router: Router,
    template: Template,
    functions: Functions,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("router", &self.router)
            .finish_non_exhaustive()
    }
}

impl Gateway {
    /// Builds the API of a template with these functions.
    ///
    /// # Errors
    ///
    /// See [`GatewayError`].
    pub fn new(template: Template, functions: Functions) -> Result<Self, GatewayError> {
        for route in &template.routes {
            let unknown = |function: &str| GatewayError::UnknownFunction {
                method: route.method.clone(),
                path: route.path.clone(),
                function: function.to_owned(),
            };
            functions
                .http
                .get(route.function.as_str())
                .ok_or_else(|| unknown(&route.function))?;
            if let Some(authorizer) = &route.authorizer {
                functions
                    .authorizers
                    .get(authorizer.function.as_str())
                    .ok_or_else(|| unknown(&authorizer.function))?;
            }
        }
        for kind in ResponseType::ALL {
            template
                .response(kind)
                .ok_or(GatewayError::NoResponse(kind.name()))?;
        }
        Ok(Self {
            router: Router::new(&template.routes)?,
            template,
            functions,
        })
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request<Body>, peer: SocketAddr) -> Response<Body> {
        let request_id = Uuid::new_v4().to_string();
        let mut response = match self.serve(request, peer, &request_id).await {
            Ok(response) => response,
            Err(kind) => self.answer(kind, &request_id),
        };
        if let Ok(id) = HeaderValue::try_from(request_id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }

    async fn serve(
        &self,
        request: Request<Body>,
        peer: SocketAddr,
        request_id: &str,
    ) -> Result<Response<Body>, ResponseType> {
        let (parts, body) = request.into_parts();
        let body = body::read(body, MAX_BODY_BYTES).await?;
        let incoming = Incoming::read(parts, body, peer, request_id)
            .ok_or(ResponseType::BadRequestParameters)?;
        let matched = self
            .router
            .route(&incoming.method, &incoming.path)
            .ok_or(ResponseType::MissingAuthenticationToken)?;
        let context = self.authorize(&matched, &incoming).await?;
        self.invoke(matched, incoming, context).await
    }

    /// Returns the context from the route's authorizer, which is empty if the route has no authorizer.
    async fn authorize(
        &self,
        matched: &Matched<'_>,
        incoming: &Incoming,
    ) -> Result<HashMap<String, Value>, ResponseType> {
        let Some(authorizer) = &matched.route.authorizer else {
            return Ok(HashMap::new());
        };
        let handler = self.functions.authorizers.get(authorizer.function.as_str());
        let handler = handler.ok_or(ResponseType::AuthorizerConfigurationError)?;
        let method_arn = incoming.method_arn();
        let event = incoming
            .authorizer_event(&authorizer.payload, matched)
            .ok_or(ResponseType::Unauthorized)?;
        let verdict = within_timeout(handler(event)).await.map_err(|fault| {
            fault.log(&authorizer.function);
            ResponseType::AuthorizerFailure
        })?;
        match verdict {
            Ok(verdict) if policy::allows(&verdict.policy_document, &method_arn) => {
                context(verdict)
            }
            Ok(_) => Err(ResponseType::AccessDenied),
            Err(text) if text == UNAUTHORIZED => Err(ResponseType::Unauthorized),
            Err(_) => Err(ResponseType::AuthorizerFailure),
        }
    }

    async fn invoke(
        &self,
        matched: Matched<'_>,
        incoming: Incoming,
        authorizer: HashMap<String, Value>,
    ) -> Result<Response<Body>, ResponseType> {
        let name = matched.route.function.clone();
        let handler = self
            .functions
            .http
            .get(name.as_str())
            .ok_or(ResponseType::Default5xx)?
            .clone();
        let event = incoming.into_event(matched, authorizer, self.template.is_binary);
        let call = async move { handler(LambdaRequest::ApiGatewayV1(event).into()).await };
        let response = within_timeout(call).await.map_err(|fault| {
            fault.log(&name);
            match fault {
                Fault::Crashed(_) => ResponseType::Default5xx,
                Fault::TimedOut => ResponseType::IntegrationTimeout,
            }
        })?;
        match payload::fits(&response, self.template.is_binary) {
            true => Ok(response),
            false => {
                tracing::error!(function = name, "Lambda could not return the response");
                Err(ResponseType::Default5xx)
            }
        }
    }

    /// Returns the gateway response of a type.
    fn answer(&self, kind: ResponseType, request_id: &str) -> Response<Body> {
        let context = Context {
            request_id,
            response_type: kind.name(),
        };
        // `new` has checked that the template has a response of each type.
        let words = self
            .template
            .response(kind)
            .map(|response| render(response, context));
        words.unwrap_or_else(|| {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }
}

/// The reason why a function returned nothing.
enum Fault {
    Crashed(JoinError),
    TimedOut,
}

impl Fault {
    fn log(&self, function: &str) {
        match self {
            Self::Crashed(error) => tracing::error!(function, %error, "the function crashed"),
            Self::TimedOut => {
                tracing::error!(function, "the function exceeded the integration timeout")
            }
        }
    }
}

/// Runs a function as Lambda does. A panic or the timeout ends only this call. A client that disconnects does not end
/// it.
async fn within_timeout<T: Send + 'static>(
    call: impl Future<Output = T> + Send + 'static,
) -> Result<T, Fault> {
    let mut task = tokio::spawn(call);
    match tokio::time::timeout(INTEGRATION_TIMEOUT, &mut task).await {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(error)) => Err(Fault::Crashed(error)),
        Err(_elapsed) => {
            task.abort();
            Err(Fault::TimedOut)
        }
    }
}

/// Returns the authorizer's context as functions receive it: every value is a string, and `principalId` is added.
///
/// # Errors
/// `AuthorizerConfigurationError` when a value is not a string, number or boolean, or the principal is missing.
fn context(
    verdict: ApiGatewayCustomAuthorizerResponse,
) -> Result<HashMap<String, Value>, ResponseType> {
    let as_text = |value: Value| match value {
        Value::String(text) => Ok(Value::String(text)),
        Value::Bool(_) | Value::Number(_) => Ok(Value::String(value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(ResponseType::AuthorizerConfigurationError)
        }
    };
    let given = match verdict.context {
        Value::Object(given) => given,
        Value::Null => serde_json::Map::new(),
        _ => return Err(ResponseType::AuthorizerConfigurationError),
    };
    let principal = verdict
        .principal_id
        .ok_or(ResponseType::AuthorizerConfigurationError)?;
    let principal = ("principalId".to_owned(), Value::String(principal));
    let given = given
        .into_iter()
        .map(|(name, value)| Ok((name, as_text(value)?)));
    given.chain([Ok(principal)]).collect()
}

fn render(words: &GatewayResponse, context: Context<'_>) -> Response<Body> {
    let mut response = Response::new(Body::from(words.body(context)));
    *response.status_mut() = words.status;
    response.headers_mut().extend(words.headers.iter().cloned());
    response
}

#[cfg(test)]
mod tests;
