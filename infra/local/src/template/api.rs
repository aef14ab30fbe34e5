//! Reads the API of a template: its routes, authorizers and gateway responses.

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::document::Document;
use super::error::TemplateError;
use super::responses::{Declared, GatewayResponse};

/// One method of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path as API Gateway writes it: `/scim/v2/Users/{id}`, `/scim/v2/{proxy+}`.
    pub path: String,
    /// The name of the function's folder.
    pub function: String,
    /// The authorizer that must allow the call. `None` for a public route.
    pub authorizer: Option<Authorizer>,
}

/// A Lambda authorizer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorizer {
    /// The name of the authorizer function's folder.
    pub function: String,
    /// What the authorizer receives.
    pub payload: Payload,
}

/// What an authorizer receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// The value of this header. A request without it does not reach the authorizer.
    Token {
        /// The header that carries the token.
        header: String,
    },
    /// The whole request without its body.
    Request {
        /// The header without which a request does not reach the authorizer, if there is one.
        header: Option<String>,
    },
}

impl Document {
    pub(super) fn functions(&self) -> Result<BTreeMap<String, Function>, TemplateError> {
        self.of_type("AWS::Serverless::Function")
    }

    pub(super) fn api(&self) -> Result<Api, TemplateError> {
        let mut apis = self.of_type("AWS::Serverless::Api")?.into_values();
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
pub(super) struct Api {
    definition_body: Definition,
    #[serde(default)]
    auth: Auth,
    #[serde(default)]
    gateway_responses: BTreeMap<String, Declared>,
    #[serde(default)]
    binary_media_types: Vec<String>,
}

/// The OpenAPI document: for each path, its methods.
#[derive(Debug, Deserialize)]
struct Definition {
    paths: BTreeMap<String, BTreeMap<String, Operation>>,
}

#[derive(Debug, Deserialize)]
struct Operation {
    /// At most one authorizer.
    #[serde(default)]
    security: Vec<BTreeMap<String, Value>>,
    #[serde(rename = "x-amazon-apigateway-integration")]
    integration: Integration,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Integration {
    r#type: String,
    http_method: String,
    uri: Value,
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
    function_arn: Value,
    function_payload_type: String,
    identity: Identity,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Identity {
    header: Option<String>,
    #[serde(default)]
    headers: Vec<String>,
    reauthorize_every: u32,
}

impl Api {
    pub(super) fn routes(
        &self,
        functions: &BTreeMap<String, Function>,
    ) -> Result<Vec<Route>, TemplateError> {
        let authorizers = self.authorizers(functions)?;
        let mut routes = Vec::new();
        for (path, operations) in &self.definition_body.paths {
            for (method, operation) in operations {
                let place = format!("{method} {path}");
                routes.push(Route {
                    method: known_method(method, &place)?,
                    path: path.clone(),
                    function: operation.integration.function(functions, &place)?,
                    authorizer: self.authorizer_of(operation, &authorizers, &place)?,
                });
            }
        }
        Ok(routes)
    }

    fn authorizers(
        &self,
        functions: &BTreeMap<String, Function>,
    ) -> Result<BTreeMap<&str, Authorizer>, TemplateError> {
        let declared = self.auth.authorizers.iter();
        declared
            .map(|(name, declared)| Ok((name.as_str(), declared.read(name, functions)?)))
            .collect()
    }

    fn authorizer_of(
        &self,
        operation: &Operation,
        authorizers: &BTreeMap<&str, Authorizer>,
        place: &str,
    ) -> Result<Option<Authorizer>, TemplateError> {
        let mut named = operation.security.iter().flat_map(BTreeMap::keys);
        let (named, another) = (named.next(), named.next());
        if another.is_some() {
            return Err(TemplateError::new(place, "it has several authorizers"));
        }
        match named.or(self.auth.default_authorizer.as_ref()) {
            None => Ok(None),
            Some(name) if name == "NONE" => Ok(None),
            Some(name) => match authorizers.get(name.as_str()) {
                Some(authorizer) => Ok(Some(authorizer.clone())),
                None => Err(TemplateError::new(
                    place,
                    format!("there is no authorizer `{name}`"),
                )),
            },
        }
    }

    /// Returns whether every media type is declared as binary. SAM writes `~1` for a slash.
    pub(super) fn is_binary(&self) -> Result<bool, TemplateError> {
        match self.binary_media_types.as_slice() {
            [] => Ok(false),
            [every] if every == "*~1*" => Ok(true),
            _ => Err(TemplateError::new(
                "BinaryMediaTypes",
                "either every media type is binary, or none",
            )),
        }
    }

    pub(super) fn responses(&self) -> Result<BTreeMap<String, GatewayResponse>, TemplateError> {
        self.gateway_responses
            .iter()
            .map(|(name, declared)| Ok((name.clone(), declared.read(name)?)))
            .collect()
    }
}

impl DeclaredAuthorizer {
    fn read(
        &self,
        name: &str,
        functions: &BTreeMap<String, Function>,
    ) -> Result<Authorizer, TemplateError> {
        let wrong = |problem: &str| TemplateError::new(format!("authorizer `{name}`"), problem);
        let named = callee(&self.function_arn);
        let function = functions.keys().find(|name| named == Some(name.as_str()));
        let function = function.ok_or_else(|| wrong("its function is unknown"))?;
        if self.identity.reauthorize_every != 0 {
            return Err(wrong("nothing of it may be cached"));
        }
        let Identity {
            header, headers, ..
        } = &self.identity;
        let payload = match (self.function_payload_type.as_str(), header, &headers[..]) {
            ("TOKEN", Some(header), []) => Payload::Token {
                header: header.clone(),
            },
            ("REQUEST", None, []) => Payload::Request { header: None },
            ("REQUEST", None, [header]) => Payload::Request {
                header: Some(header.clone()),
            },
            _ => {
                return Err(wrong(
                    "it must be of type TOKEN with `Header`, or of type REQUEST with at most one of `Headers`",
                ));
            }
        };
        Ok(Authorizer {
            function: functions[function].folder(function)?,
            payload,
        })
    }
}

impl Integration {
    /// Returns the folder of the function that the integration calls.
    fn function(
        &self,
        functions: &BTreeMap<String, Function>,
        place: &str,
    ) -> Result<String, TemplateError> {
        if (self.r#type.as_str(), self.http_method.as_str()) != ("aws_proxy", "POST") {
            return Err(TemplateError::new(
                place,
                "its integration is not a Lambda proxy",
            ));
        }
        let uri = &self.uri["Fn::Sub"];
        let calls = uri[0] == INVOCATIONS;
        let called = callee(&uri[1]["Function"]).filter(|_| calls);
        match called.and_then(|name| functions.get_key_value(name)) {
            Some((name, function)) => function.folder(name),
            None => Err(TemplateError::new(place, "its function is unknown")),
        }
    }
}

/// The URI with which API Gateway calls a function or an alias of it.
const INVOCATIONS: &str = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function}/invocations";
/// The condition under which functions have aliases.
const HAS_ALIASES: &str = "PublishesVersions";

/// Returns the name of the function that is called: by the ARN of its alias if functions have aliases, and otherwise by its
/// own.
fn callee(reference: &Value) -> Option<&str> {
    let choice = &reference["Fn::If"];
    let own = &choice[2]["Fn::GetAtt"];
    let name = own[0].as_str()?.strip_suffix("Function")?;
    let alias = choice[1]["Ref"].as_str()?.strip_suffix("Alias")?;
    let is_one = choice[0] == HAS_ALIASES && own[1] == "Arn" && alias == name;
    own[0].as_str().filter(|_| is_one)
}

fn known_method(name: &str, place: &str) -> Result<Method, TemplateError> {
    let known = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
    ];
    // OpenAPI writes methods in lower case.
    let method = known
        .into_iter()
        .find(|method| method.as_str().to_ascii_lowercase() == name);
    method.ok_or_else(|| TemplateError::new(place, format!("`{name}` is no method")))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Function {
    code_uri: String,
    pub(super) timeout: Option<u64>,
    #[serde(default)]
    pub(super) events: BTreeMap<String, Event>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Event {
    pub(super) r#type: String,
    #[serde(default)]
    pub(super) properties: Value,
}

impl Function {
    /// Returns the name of the function's folder in `functions/`. Everywhere else, it is the function's name.
    pub(super) fn folder(&self, name: &str) -> Result<String, TemplateError> {
        let folder = self
            .code_uri
            .strip_prefix("../functions/")
            .filter(|folder| !folder.contains('/'));
        let folder = folder.ok_or_else(|| {
            TemplateError::new(name, "its `CodeUri` is not a folder of `functions/`")
        })?;
        Ok(folder.to_owned())
    }

    /// Checks that no route is an event of the function: SAM would not add it to the definition of the API.
    pub(super) fn has_no_routes(&self, name: &str) -> Result<(), TemplateError> {
        let mut events = self.events.iter();
        match events.find(|(_, event)| event.r#type == "Api") {
            Some((event, _)) => Err(TemplateError::new(
                format!("event `{event}` of `{name}`"),
                "a route is a line in the `DefinitionBody` of the API",
            )),
            None => Ok(()),
        }
    }
}
