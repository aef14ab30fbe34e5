//! Tenants as earlier versions of the code have left them: every item of one, in the form of DynamoDB's own JSON.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;
use serde_json::Value;

use crate::idp::Idp;
use crate::service::Service;

/// A file of `tests/previous`.
#[derive(Debug, Deserialize)]
pub struct Previous {
    /// The token of its identity provider.
    token: String,
    items: Vec<HashMap<String, Value>>,
}

impl Previous {
    /// Reads a file.
    ///
    /// # Panics
    /// When it is none.
    pub fn parse(text: &str) -> Previous {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Puts the items into the service's table; returns the tenant's identity provider.
    ///
    /// # Panics
    /// When that fails.
    pub async fn restore(&self, service: &Service) -> Idp {
        for item in &self.items {
            // What was kept for a year then must not be over a year later.
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

    /// Returns in which form the table holds a resource: `U` or `G`, and its id. None where the item does not say.
    ///
    /// # Panics
    /// When there is no such item.
    pub async fn form(&self, service: &Service, kind: &str, id: &str) -> Option<String> {
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
            .and_then(|form| form.as_n().ok())
            .cloned()
    }
}

/// DynamoDB's JSON as the SDK has it.
fn from_json(value: &Value) -> AttributeValue {
    let (kind, inner) = value
        .as_object()
        .and_then(|one| one.iter().next())
        .unwrap_or_else(|| panic!("{value} is no attribute"));
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
        other => panic!("an attribute of type {other}"),
    }
}
