//! What `infra/template.yaml` says about the API: its routes, who answers them, who must allow them, and what the
//! gateway answers by itself. There is no other routing table.

mod cloudformation;
mod events;
mod responses;

use std::collections::BTreeMap;
use std::fmt;

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use events::{Consumer, EventWiring, QueueSettings, Rule, Stream, Trigger};
pub use responses::{Context, GatewayResponse, ResponseType};

/// The template this very program was built with.
const DEPLOYED: &str = include_str!("../../../template.yaml");

/// The API of a template.
#[derive(Clone, Debug)]
pub struct Template {
    /// One for each path and method, in no particular order.
    pub routes: Vec<Route>,
    /// What happens after a change.
    pub events: EventWiring,
    responses: BTreeMap<String, GatewayResponse>,
}

/// One method of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path as API Gateway writes it: `/scim/v2/Users/{id}`, `/scim/v2/{proxy+}`.
    pub path: String,
    /// The function that answers, by the name of its folder.
    pub function: String,
    /// Who must allow the call; nobody for what everybody may read.
    pub authorizer: Option<Authorizer>,
}

/// A token authorizer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorizer {
    /// The function that decides, by the name of its folder.
    pub function: String,
    /// The header that carries the token.
    pub header: String,
}

/// What is wrong with a template, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("infra/template.yaml: {place}: {problem}")]
pub struct TemplateError {
    place: String,
    problem: String,
}

impl TemplateError {
    fn new(place: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self {
            place: place.into(),
            problem: problem.to_string(),
        }
    }
}

impl Template {
    /// The deployed template.
    ///
    /// # Errors
    ///
    /// When it holds something about its API that the local run would not do as AWS does.
    pub fn deployed() -> Result<Self, TemplateError> {
        Self::parse(DEPLOYED)
    }

    /// Reads a template.
    ///
    /// # Errors
    ///
    /// See [`Template::deployed`].
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let document: Document = from_value("the document", cloudformation::parse(text)?)?;
        let (api_name, api) = document.api()?;
        let functions = document.functions()?;
        let authorizers = api.authorizers(&functions)?;
        let mut routes = Vec::new();
        for (name, function) in &functions {
            for (event, route) in function.routes(name)? {
                let place = format!("event `{event}` of `{name}`");
                if route.rest_api_id != Reference::to(&api_name) {
                    return Err(TemplateError::new(
                        place,
                        format!("its `RestApiId` is not `!Ref {api_name}`"),
                    ));
                }
                routes.push(Route {
                    method: route.method(&place)?,
                    function: function.folder(name)?,
                    authorizer: api.authorizer_of(&route, &authorizers, &place)?,
                    path: route.path,
                });
            }
        }
        Ok(Self {
            routes,
            events: EventWiring::read(&document)?,
            responses: api.responses()?,
        })
    }

    /// The gateway response of a type: its own or, as in API Gateway, the default of its class.
    pub fn response(&self, kind: ResponseType) -> Option<&GatewayResponse> {
        self.responses
            .get(kind.name())
            .or_else(|| self.responses.get(kind.fallback()))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    resources: BTreeMap<String, Resource>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    r#type: String,
    #[serde(default)]
    properties: Value,
}

impl Document {
    fn of_type<T: DeserializeOwned>(
        &self,
        kind: &str,
    ) -> Result<BTreeMap<String, T>, TemplateError> {
        let resources = self
            .resources
            .iter()
            .filter(|(_, resource)| resource.r#type == kind);
        resources
            .map(|(name, resource)| {
                Ok((name.clone(), from_value(name, resource.properties.clone())?))
            })
            .collect()
    }

    fn functions(&self) -> Result<BTreeMap<String, Function>, TemplateError> {
        self.of_type("AWS::Serverless::Function")
    }

    fn api(&self) -> Result<(String, Api), TemplateError> {
        let mut apis = self.of_type("AWS::Serverless::Api")?.into_iter();
        match (apis.next(), apis.next()) {
            (Some(api), None) => Ok(api),
            _ => Err(TemplateError::new(
                "Resources",
                "there must be one `AWS::Serverless::Api`",
            )),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Api {
    #[serde(default)]
    auth: Auth,
    #[serde(default)]
    gateway_responses: BTreeMap<String, responses::Declared>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Auth {
    default_authorizer: Option<String>,
    #[serde(default)]
    authorizers: BTreeMap<String, DeclaredAuthorizer>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeclaredAuthorizer {
    function_arn: Reference,
    function_payload_type: String,
    identity: Identity,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Identity {
    header: String,
    reauthorize_every: u32,
}

impl Api {
    fn authorizers(
        &self,
        functions: &BTreeMap<String, Function>,
    ) -> Result<BTreeMap<&str, Authorizer>, TemplateError> {
        let read = |(name, declared): (&'_ String, &DeclaredAuthorizer)| -> Result<Authorizer, TemplateError> {
            let wrong = |problem: &str| TemplateError::new(format!("authorizer `{name}`"), problem);
            let arn_of = |function: &&String| declared.function_arn == Reference::to_arn_of(function);
            let function = functions.keys().find(arn_of).ok_or_else(|| wrong("its function is unknown"))?;
            if declared.function_payload_type != "TOKEN" || declared.identity.reauthorize_every != 0 {
                return Err(wrong("it must be of type TOKEN, and nothing of it may be cached"));
            }
            Ok(Authorizer { function: functions[function].folder(function)?, header: declared.identity.header.clone() })
        };
        self.auth
            .authorizers
            .iter()
            .map(|entry| Ok((entry.0.as_str(), read(entry)?)))
            .collect()
    }

    fn authorizer_of(
        &self,
        route: &RouteEvent,
        authorizers: &BTreeMap<&str, Authorizer>,
        place: &str,
    ) -> Result<Option<Authorizer>, TemplateError> {
        match route
            .auth
            .authorizer
            .as_deref()
            .or(self.auth.default_authorizer.as_deref())
        {
            None | Some("NONE") => Ok(None),
            Some(name) => match authorizers.get(name) {
                Some(authorizer) => Ok(Some(authorizer.clone())),
                None => Err(TemplateError::new(
                    place,
                    format!("there is no authorizer `{name}`"),
                )),
            },
        }
    }

    fn responses(&self) -> Result<BTreeMap<String, GatewayResponse>, TemplateError> {
        self.gateway_responses
            .iter()
            .map(|(name, declared)| Ok((name.clone(), declared.read(name)?)))
            .collect()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Function {
    code_uri: String,
    timeout: Option<u64>,
    #[serde(default)]
    events: BTreeMap<String, Event>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    r#type: String,
    #[serde(default)]
    properties: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RouteEvent {
    rest_api_id: Reference,
    path: String,
    method: String,
    #[serde(default)]
    auth: RouteAuth,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RouteAuth {
    authorizer: Option<String>,
}

impl Function {
    /// The folder the function is built from, which is what it is called everywhere else.
    fn folder(&self, name: &str) -> Result<String, TemplateError> {
        let folder = self
            .code_uri
            .strip_prefix("../functions/")
            .filter(|folder| !folder.contains('/'));
        let folder = folder.ok_or_else(|| {
            TemplateError::new(name, "its `CodeUri` is not a folder of `functions/`")
        })?;
        Ok(folder.to_owned())
    }

    fn routes(&self, name: &str) -> Result<Vec<(&str, RouteEvent)>, TemplateError> {
        let events = self
            .events
            .iter()
            .filter(|(_, event)| event.r#type == "Api");
        events
            .map(|(event, declared)| {
                let place = format!("event `{event}` of `{name}`");
                Ok((
                    event.as_str(),
                    from_value(&place, declared.properties.clone())?,
                ))
            })
            .collect()
    }
}

impl RouteEvent {
    fn method(&self, place: &str) -> Result<Method, TemplateError> {
        let known = [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::HEAD,
            Method::OPTIONS,
        ];
        let method = known
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(&self.method));
        method.ok_or_else(|| TemplateError::new(place, format!("`{}` is no method", self.method)))
    }
}

/// `!Ref X` or `!GetAtt X.Y`, or text.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(transparent)]
struct Reference(Value);

impl Reference {
    fn to(resource: &str) -> Self {
        Self(serde_json::json!({"Ref": resource}))
    }

    fn to_arn_of(resource: &str) -> Self {
        Self(serde_json::json!({"Fn::GetAtt": [resource, "Arn"]}))
    }
}

fn from_value<T: DeserializeOwned>(place: &str, value: Value) -> Result<T, TemplateError> {
    serde_json::from_value(value).map_err(|error| TemplateError::new(place, error))
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod stack_tests;

#[cfg(test)]
mod watch_tests;
