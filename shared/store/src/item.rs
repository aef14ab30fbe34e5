//! DynamoDB items: serialises, deserialises and updates them, and keeps attributes that a newer version wrote.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::partition::Key;

/// One DynamoDB item: attribute values by name.
pub type Item = HashMap<String, AttributeValue>;

/// Serialises `body` to an item, and adds the attributes of the key.
///
/// # Errors
/// [`Error::Corrupt`] when `body` does not serialise to an object.
pub fn to_item(key: &Key, body: &impl Serialize) -> Result<Item, Error> {
    let mut item: Item = serde_dynamo::to_item(body).map_err(Error::corrupt)?;
    item.extend(key_item(key));
    Ok(item)
}

/// Deserialises an item.
///
/// # Errors
/// [`Error::Corrupt`] when the item does not have the form of `T`.
pub fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, Error> {
    serde_dynamo::from_item(item).map_err(Error::corrupt)
}

/// Returns the attributes of a key, `PK` and `SK`.
pub fn key_item(key: &Key) -> Item {
    Item::from([
        ("PK".to_owned(), string(key.partition.as_str())),
        ("SK".to_owned(), string(&key.sort)),
    ])
}

/// Returns a string as an attribute value.
pub fn string(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// Returns a number as an attribute value.
pub fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Returns a set of strings as an attribute value; it must not be empty.
pub fn strings(values: impl IntoIterator<Item = String>) -> AttributeValue {
    AttributeValue::Ss(values.into_iter().collect())
}

/// Returns the string in an attribute of an item.
///
/// # Errors
/// [`Error::Corrupt`] when the attribute is missing or is not a string.
pub fn text<'a>(item: &'a Item, attribute: &str) -> Result<&'a str, Error> {
    item.get(attribute)
        .and_then(|value| value.as_s().ok())
        .map(String::as_str)
        .ok_or_else(|| Error::corrupt(format!("no text in `{attribute}`")))
}

/// Copies what this version of the code does not know from a stored item to its replacement.
///
/// `raw` is the stored item. `before` and `after` are the old and the new state as this version serialises them. The
/// function copies two kinds of attributes from `raw` to `after`: those in neither `before` nor `after`, and those with
/// the same value in both, because the stored value may contain more. An attribute that changes is replaced as a whole,
/// unless `open` names it: then it is a map, and the same rules apply to its entries.
///
/// An attribute that is missing in `raw` changes nothing. So `raw` need not contain large attributes that only this
/// version's code writes.
pub fn carry_over(raw: &Item, before: &Item, after: &mut Item, open: &[&str]) {
    for (name, stored) in raw {
        if let AttributeValue::M(stored) = stored
            && open.contains(&name.as_str())
        {
            // This version omits a map without entries that it knows.
            let old = before.get(name).and_then(|old| old.as_m().ok());
            let new = after.remove(name).and_then(|new| match new {
                AttributeValue::M(new) => Some(new),
                _ => None,
            });
            let mut new = new.unwrap_or_default();
            carry_over(stored, old.unwrap_or(&Item::new()), &mut new, &[]);
            if !new.is_empty() {
                after.insert(name.clone(), AttributeValue::M(new));
            }
            continue;
        }
        match (before.get(name), after.get_mut(name)) {
            (None, None) => {
                after.insert(name.clone(), stored.clone());
            }
            (Some(old), Some(new)) if old == new => *new = stored.clone(),
            // This version adds, changes or removes the attribute.
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
    fn an_open_map_keeps_unknown_entries_when_the_known_ones_come_or_go() {
        let raw = map(&[("standing", nested(&[("epoch", number(3))]))]);
        let known = map(&[("standing", nested(&[("login", string("now"))]))]);
        let mut after = known.clone();
        carry_over(&raw, &Item::new(), &mut after, &["standing"]);
        let both = nested(&[("epoch", number(3)), ("login", string("now"))]);
        assert_eq!(after, map(&[("standing", both.clone())]));

        let mut after = Item::new();
        let stored = map(&[("standing", both)]);
        carry_over(&stored, &known, &mut after, &["standing"]);
        assert_eq!(after, raw);
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
