//! Items as DynamoDB holds them, and how they are made and read.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::store::keys::Key;

/// One item: attribute names and values.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// An item from its key and what `body` serialises to.
pub(crate) fn to_item(key: &Key, body: &impl Serialize) -> Result<Item, Error> {
    let mut item: Item = serde_dynamo::to_item(body).map_err(Error::corrupt)?;
    item.extend(key_item(key));
    Ok(item)
}

/// Reads an item's body back.
pub(crate) fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, Error> {
    serde_dynamo::from_item(item).map_err(Error::corrupt)
}

pub(crate) fn key_item(key: &Key) -> Item {
    Item::from([
        ("PK".to_owned(), string(key.partition.as_str())),
        ("SK".to_owned(), string(&key.sort)),
    ])
}

pub(crate) fn string(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A text attribute that must be there.
pub(crate) fn text<'a>(item: &'a Item, attribute: &str) -> Result<&'a str, Error> {
    item.get(attribute)
        .and_then(|value| value.as_s().ok())
        .map(String::as_str)
        .ok_or_else(|| Error::corrupt(format!("no text in `{attribute}`")))
}
