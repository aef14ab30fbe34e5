//! Builds a [`Template`] from CloudFormation templates.

use std::collections::BTreeMap;

use super::api::Route;
use serde_json::Value;

use super::cloudformation;
use super::document::{Document, from_value};
use super::error::TemplateError;
use super::events::EventWiring;
use super::responses::{GatewayResponse, ResponseType};
use super::stacks;

/// The API and the event wiring of a template.
#[derive(Clone, Debug)]
pub struct Template {
    /// The routes, one for each path and method, in no particular order.
    pub routes: Vec<Route>,
    /// The event wiring.
    pub events: EventWiring,
    /// Whether bodies are binary: events and responses carry them as Base64.
    pub is_binary: bool,
    pub(super) responses: BTreeMap<String, GatewayResponse>,
}

impl Template {
    /// Reads the templates of the deployed stacks.
    ///
    /// # Errors
    ///
    /// When a template uses something that the local run would not do as AWS does.
    pub fn deployed() -> Result<Self, TemplateError> {
        Self::read(stacks::deployed()?)
    }

    /// Reads a template of a single stack.
    ///
    /// # Errors
    ///
    /// See [`Template::deployed`].
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Self::read(cloudformation::parse(text)?)
    }

    fn read(document: Value) -> Result<Self, TemplateError> {
        let document: Document = from_value("the document", document)?;
        let api = document.api()?;
        let functions = document.functions()?;
        for (name, function) in &functions {
            function.has_no_routes(name)?;
        }
        Ok(Self {
            routes: api.routes(&functions)?,
            events: EventWiring::read(&document)?,
            is_binary: api.is_binary()?,
            responses: api.responses()?,
        })
    }

    /// Returns the gateway response of a type or, as in API Gateway, the default of its class (4XX or 5XX).
    pub fn response(&self, kind: ResponseType) -> Option<&GatewayResponse> {
        self.responses
            .get(kind.name())
            .or_else(|| self.responses.get(kind.fallback()))
    }
}
