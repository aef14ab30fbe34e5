//! Reads the API of a template: its routes, authorizers and gateway responses.

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::document::{Document, Reference, from_value};
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

/// A token authorizer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorizer {
    /// The name of the authorizer function's folder.
    pub function: String,
    /// The header that carries the token.
    pub header: String,
}

impl Document {
    pub(super) fn functions(&self) -> Result<BTreeMap<String, Function>, TemplateError> {
        self.of_type("AWS::Serverless::Function")
    }

    pub(super) fn api(&self) -> Result<(String, Api), TemplateError> {
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
pub(super) struct Api {
    #[serde(default)]
    auth: Auth,
    #[serde(default)]
    gateway_responses: BTreeMap<String, Declared>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Auth {
    default_authorizer: Option<String>,
    #[serde(default)]
    authorizers: BTreeMap<String, DeclaredAuthorizer>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeclaredAuthorizer {
    function_arn: Reference,
    function_payload_type: String,
    identity: Identity,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Identity {
    header: String,
    reauthorize_every: u32,
}

impl Api {
    pub(super) fn authorizers(
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

    pub(super) fn authorizer_of(
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

    pub(super) fn responses(&self) -> Result<BTreeMap<String, GatewayResponse>, TemplateError> {
        self.gateway_responses
            .iter()
            .map(|(name, declared)| Ok((name.clone(), declared.read(name)?)))
            .collect()
    }
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

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RouteEvent {
    pub(super) rest_api_id: Reference,
    pub(super) path: String,
    method: String,
    #[serde(default)]
    auth: RouteAuth,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RouteAuth {
    authorizer: Option<String>,
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

    pub(super) fn routes(&self, name: &str) -> Result<Vec<(&str, RouteEvent)>, TemplateError> {
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
    pub(super) fn method(&self, place: &str) -> Result<Method, TemplateError> {
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
