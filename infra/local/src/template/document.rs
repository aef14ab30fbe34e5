//! The parsed template: its resources by type, and the references between them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::TemplateError;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Document {
    pub(super) resources: BTreeMap<String, Resource>,
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, Parameter>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Parameter {
    #[serde(default)]
    pub(super) default: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Resource {
    r#type: String,
    #[serde(default)]
    properties: Value,
}

impl Document {
    pub(super) fn of_type<T: DeserializeOwned>(
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
}

/// A `!Ref X`, a `!GetAtt X.Y`, or a text.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub(super) struct Reference(Value);

impl Reference {
    pub(super) fn to_arn_of(resource: &str) -> Self {
        Self(serde_json::json!({"Fn::GetAtt": [resource, "Arn"]}))
    }
}

pub(super) fn from_value<T: DeserializeOwned>(
    place: &str,
    value: Value,
) -> Result<T, TemplateError> {
    serde_json::from_value(value).map_err(|error| TemplateError::new(place, error))
}
