//! Items as DynamoDB holds them: made, read, and changed without losing what a newer version wrote.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::keys::Key;

/// One item: attribute names and values.
pub type Item = HashMap<String, AttributeValue>;

/// Returns the item of a key and what `body` serialises to.
///
/// # Errors
/// When `body` does not serialise to an object.
pub fn to_item(key: &Key, body: &impl Serialize) -> Result<Item, Error> {
    let mut item: Item = serde_dynamo::to_item(body).map_err(Error::corrupt)?;
    item.extend(key_item(key));
    Ok(item)
}

/// Reads an item's body.
///
/// # Errors
/// When the item does not have the form of `T`.
pub fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, Error> {
    serde_dynamo::from_item(item).map_err(Error::corrupt)
}

/// Returns the two attributes of a key.
pub fn key_item(key: &Key) -> Item {
    Item::from([
        ("PK".to_owned(), string(key.partition.as_str())),
        ("SK".to_owned(), string(&key.sort)),
    ])
}

/// Returns a text attribute.
pub fn string(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// Returns a numeric attribute.
pub fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Returns a text attribute.
///
/// # Errors
/// When the attribute is missing or is not text.
pub fn text<'a>(item: &'a Item, attribute: &str) -> Result<&'a str, Error> {
    item.get(attribute)
        .and_then(|value| value.as_s().ok())
        .map(String::as_str)
        .ok_or_else(|| Error::corrupt(format!("no text in `{attribute}`")))
}

/// Takes over from an item as it is stored (`raw`) what this version of the code does not know.
///
/// `before` and `after` are what this version writes of the state it read and of the state to come. Into `after` go the
/// attributes that neither writes, and those that are the same in both, as they are stored. Attributes named in `open` are
/// maps to which the same applies; all others are replaced as a whole when they change.
///
/// An absent `raw` attribute changes nothing, so large attributes that this version owns may be left out of it.
pub fn carry_over(raw: &Item, before: &Item, after: &mut Item, open: &[&str]) {
    for (name, stored) in raw {
        match (before.get(name), after.get_mut(name)) {
            (None, None) => {
                after.insert(name.clone(), stored.clone());
            }
            (Some(old), Some(new)) if old == new => *new = stored.clone(),
            (Some(AttributeValue::M(old)), Some(AttributeValue::M(new)))
                if open.contains(&name.as_str()) =>
            {
                if let AttributeValue::M(stored) = stored {
                    carry_over(stored, old, new, &[]);
                }
            }
            // written by this version, or removed by the change
            (None, Some(_)) | (Some(_), _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, AttributeValue)]) -> Item {
        let owned = entries.iter();
        owned.map(|(k, v)| ((*k).to_owned(), v.clone())).collect()
    }

    fn nested(entries: &[(&str, AttributeValue)]) -> AttributeValue {
        AttributeValue::M(map(entries))
    }

    #[test]
    fn what_is_unknown_survives_a_change() {
        let raw = map(&[
            ("new", string("kept")),
            ("title", string("old")),
            ("gone", string("removed")),
            (
                "role",
                nested(&[("id", string("x")), ("by", string("newer"))]),
            ),
            (
                "settings",
                nested(&[("days", number(1)), ("sign_up", string("pushed"))]),
            ),
        ]);
        let before = map(&[
            ("title", string("old")),
            ("gone", string("removed")),
            ("role", nested(&[("id", string("x"))])),
            ("settings", nested(&[("days", number(1))])),
        ]);
        let mut after = map(&[
            ("title", string("changed")),
            ("role", nested(&[("id", string("x"))])),
            ("settings", nested(&[("days", number(2))])),
        ]);
        carry_over(&raw, &before, &mut after, &["settings"]);
        let settings = [("days", number(2)), ("sign_up", string("pushed"))];
        let expected = map(&[
            ("new", string("kept")),
            ("title", string("changed")),
            ("role", raw["role"].clone()),
            ("settings", nested(&settings)),
        ]);
        assert_eq!(after, expected);
    }

    #[test]
    fn a_value_that_changes_is_replaced_whole() {
        let raw = map(&[(
            "role",
            nested(&[("id", string("x")), ("by", string("newer"))]),
        )]);
        let before = map(&[("role", nested(&[("id", string("x"))]))]);
        let mut after = map(&[("role", nested(&[("id", string("y"))]))]);
        carry_over(&raw, &before, &mut after, &[]);
        assert_eq!(after, map(&[("role", nested(&[("id", string("y"))]))]));
    }
}
