//! Tenants that earlier versions of the code stored: all their items, in DynamoDB's JSON format.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;
use serde_json::Value;

use crate::idp::Idp;
use crate::service::Service;

/// A file in `tests/compatibility`.
#[derive(Debug, Deserialize)]
pub struct CompatibilityFixture {
    /// The token of the tenant's identity provider.
    token: String,
    items: Vec<HashMap<String, Value>>,
}

impl CompatibilityFixture {
    /// Parses a file.
    ///
    /// # Panics
    /// Panics when the text is not in the expected format.
    pub fn parse(text: &str) -> CompatibilityFixture {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Writes the items to the service's table and returns the tenant's identity provider.
    ///
    /// # Panics
    /// Panics when an item cannot be written.
    pub async fn restore(&self, service: &Service) -> Idp {
        for item in &self.items {
            // Drop `expires`: items that were stored for one year must not be expired in later test runs.
            let item = item
                .iter()
                .filter(|(name, _)| *name != "expires")
                .map(|(name, value)| (name.clone(), from_json(value)));
            let put = service.client().put_item().table_name(service.table());
            let put = put.set_item(Some(item.collect())).send().await;
            put.unwrap_or_else(|error| panic!("{error:?}"));
        }
        service.idp_without_token().with_token(Some(&self.token))
    }

    /// Returns the format number of a stored resource, or `None` when the item has none. `kind` is `U` or `G`.
    ///
    /// # Panics
    /// Panics when the item does not exist.
    pub async fn stored_format(&self, service: &Service, kind: &str, id: &str) -> Option<String> {
        let partitions = self
            .items
            .iter()
            .filter_map(|item| item["PK"]["S"].as_str());
        let tenant = partitions
            .filter(|partition| partition.starts_with("T#"))
            .min_by_key(|partition| partition.len())
            .unwrap_or_default();
        let get = service.client().get_item().table_name(service.table());
        let get = get
            .key("PK", AttributeValue::S(format!("{tenant}#{kind}")))
            .key("SK", AttributeValue::S(id.to_owned()))
            .consistent_read(true);
        let got = get.send().await.unwrap_or_else(|error| panic!("{error:?}"));
        let item = got.item.unwrap_or_else(|| panic!("{id} is not stored"));
        item.get("format")
            .and_then(|format| format.as_n().ok())
            .cloned()
    }
}

/// Converts DynamoDB's JSON format to the SDK's type.
fn from_json(value: &Value) -> AttributeValue {
    let (kind, inner) = value
        .as_object()
        .and_then(|one| one.iter().next())
        .unwrap_or_else(|| panic!("not a DynamoDB attribute: {value}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    match kind.as_str() {
        "S" => AttributeValue::S(text(inner)),
        "N" => AttributeValue::N(text(inner)),
        "BOOL" => AttributeValue::Bool(inner == true),
        "NULL" => AttributeValue::Null(true),
        "SS" => AttributeValue::Ss(list(inner).iter().map(text).collect()),
        "L" => AttributeValue::L(list(inner).iter().map(from_json).collect()),
        "M" => {
            let entries = inner.as_object().into_iter().flatten();
            AttributeValue::M(
                entries
                    .map(|(name, value)| (name.clone(), from_json(value)))
                    .collect(),
            )
        }
        other => panic!("unexpected attribute type `{other}`"),
    }
}
