//! The form of an entry in the table: a long body is compressed where that saves a write unit. Pure.
//!
//! The version before compressed nothing. It reads such an entry without the body, and must still find it by whom it names,
//! and delete the index items with which it is found. So `names` then has every value by which the body names somebody, and
//! the names of before are compressed together with the body. That version takes `names` into account only for `/Users`, so
//! only such entries are compressed: what a group's body names, it finds in the body alone. The bytes are text, because the
//! export of that version reads no others.

use std::io::{self, Read, Write};

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use rollcall_store::{Error, Item, Key, string, to_item};
use serde::{Deserialize, Serialize};

use crate::request_log::log::LoggedRequest;
use crate::request_log::named::{all_named, named};
use crate::request_log::target::Target;

/// The shortest body that is compressed, in bytes. A shorter one seldom saves a unit.
const MIN_BODY_BYTES: usize = 512;
/// DynamoDB charges a write unit for each of these.
const UNIT_BYTES: usize = 1_024;
/// The most bytes that are read from a compressed body. What is kept of a body is much shorter.
const MAX_UNPACKED_BYTES: u64 = 64 * 1_024;

const NAMES: &str = "names";
const SENT: &str = "sent";
const PACKED: &str = "packed";

/// What is compressed.
#[derive(Debug, Serialize, Deserialize)]
struct Packed {
    names: Vec<String>,
    sent: String,
}

impl LoggedRequest {
    /// Returns the item of an entry at a key.
    ///
    /// # Errors
    /// Only what cannot happen: that the entry does not serialise.
    pub(super) fn to_stored(&self, key: &Key) -> Result<Item, Error> {
        let item = to_item(key, self)?;
        let is_long = |sent: &&String| sent.len() >= MIN_BODY_BYTES;
        let (Some(sent), Some(named)) = (self.sent.as_ref().filter(is_long), all_named(self))
        else {
            return Ok(item);
        };
        let names: Vec<String> = named.into_iter().collect();
        if !self.is_found_by(&names) {
            return Ok(item);
        }
        let packed = packed(&Packed {
            names: self.names.clone(),
            sent: sent.clone(),
        });
        let mut smaller = item.clone();
        smaller.remove(SENT);
        smaller.insert(PACKED.to_owned(), string(&packed.map_err(Error::corrupt)?));
        let names: Vec<AttributeValue> = names.iter().map(|name| string(name)).collect();
        if !names.is_empty() {
            smaller.insert(NAMES.to_owned(), AttributeValue::L(names));
        }
        let units = |item: &Item| bytes_of(item).div_ceil(UNIT_BYTES);
        Ok(match units(&smaller) < units(&item) {
            true => smaller,
            false => item,
        })
    }

    /// Returns whether the version before, which reads these names and no body, finds the entry where it is indexed.
    fn is_found_by(&self, names: &[String]) -> bool {
        let as_before = Self {
            sent: None,
            names: names.to_vec(),
            ..self.clone()
        };
        let is_about_user = matches!(Target::of(&self.target), Target::User | Target::Users);
        is_about_user && named(&as_before) == named(self)
    }

    /// Reads an entry from its item, compressed or not.
    ///
    /// # Errors
    /// When the item is not an entry.
    pub fn from_item(item: Item) -> Result<Self, Error> {
        rollcall_store::from_item(unpacked(item)?)
    }
}

/// Returns an item as if nothing had been compressed.
///
/// # Errors
/// When what is compressed cannot be read.
pub(crate) fn unpacked(mut item: Item) -> Result<Item, Error> {
    let Some(AttributeValue::S(packed)) = item.remove(PACKED) else {
        return Ok(item);
    };
    let bytes = BASE64_STANDARD_NO_PAD
        .decode(packed)
        .map_err(Error::corrupt)?;
    let reader = DeflateDecoder::new(&*bytes).take(MAX_UNPACKED_BYTES);
    let Packed { names, sent } = serde_json::from_reader(reader).map_err(Error::corrupt)?;
    item.insert(SENT.to_owned(), string(&sent));
    item.remove(NAMES);
    if !names.is_empty() {
        let names = names.iter().map(|name| string(name)).collect();
        item.insert(NAMES.to_owned(), AttributeValue::L(names));
    }
    Ok(item)
}

fn packed(content: &Packed) -> io::Result<String> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&serde_json::to_vec(content)?)?;
    Ok(BASE64_STANDARD_NO_PAD.encode(encoder.finish()?))
}

/// Returns the bytes that DynamoDB counts of an item, to within a few.
fn bytes_of(item: &Item) -> usize {
    let attributes = item.iter();
    let sizes = attributes.map(|(name, value)| name.len() + bytes_of_value(value));
    sizes.sum()
}

fn bytes_of_value(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len() / 2 + 2,
        AttributeValue::L(list) => {
            let sizes = list.iter().map(|value| 1 + bytes_of_value(value));
            3 + sizes.sum::<usize>()
        }
        AttributeValue::M(map) => 3 + bytes_of(map) + map.len(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use rollcall_store::Keys;
    use serde_json::{Value, json};

    use super::*;
    use crate::request_log::named::index_keys;

    const ID: &str = "01890000-0000-7000-8000-000000000001";

    fn entry(sent: Value) -> LoggedRequest {
        LoggedRequest {
            names: vec!["ada".to_owned()],
            sent: Some(sent.to_string()),
            ..LoggedRequest::new("POST", "/Users", 201)
        }
    }

    fn stored(request: &LoggedRequest) -> Item {
        let tenant = "acme".parse().unwrap();
        let key = Keys::of(&tenant).requests().at(&request.id);
        request.to_stored(&key).unwrap()
    }

    /// Returns a body as Entra sends it, with many attributes that compress well.
    fn long_body() -> Value {
        let operations = (0..16).map(|number| {
            json!({"op": "Replace", "value": format!("Value {number}"),
                   "path": format!("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:{number}")})
        });
        let mut operations: Vec<Value> = operations.collect();
        operations.push(json!({"op": "Add", "path": "userName", "value": {"userName": "Ada"}}));
        operations.push(json!({"op": "Add", "value": {"manager": {"value": ID}}}));
        operations.push(json!({"op": "Add", "path": "emails", "value": [{"value": "Ada@x.test"}]}));
        json!({"Operations": operations})
    }

    #[test]
    fn a_long_body_is_compressed_and_read_as_it_was() {
        let request = entry(long_body());
        let item = stored(&request);
        assert!(!item.contains_key(SENT), "{item:?}");
        let plain: Item = to_item(
            &Keys::of(&"acme".parse().unwrap()).requests().at("x"),
            &request,
        )
        .unwrap();
        assert!(bytes_of(&item) + UNIT_BYTES / 2 < bytes_of(&plain));
        assert_eq!(LoggedRequest::from_item(item).unwrap(), request);
    }

    #[test]
    fn the_version_before_reads_it_without_the_body_and_knows_whom_it_names() {
        let request = entry(long_body());
        let as_before: LoggedRequest = rollcall_store::from_item(stored(&request)).unwrap();
        assert_eq!(as_before.sent, None);
        assert_eq!(as_before.target, request.target);
        assert_eq!(as_before.names, [ID, "ada", "ada@x.test"]);
        // Its export reads an item as a map of JSON.
        let map: serde_json::Map<String, Value> =
            rollcall_store::from_item(stored(&request)).unwrap();
        assert!(map[PACKED].is_string());
    }

    #[test]
    fn the_version_before_finds_what_is_compressed_by_the_same_keys() {
        let tenant = "acme".parse().unwrap();
        let keys = Keys::of(&tenant);
        for target in ["/Users", "/Users/.search", &format!("/Users/{ID}?count=1")] {
            let request = LoggedRequest {
                target: (*target).to_owned(),
                ..entry(long_body())
            };
            let item = stored(&request);
            assert!(item.contains_key(PACKED), "{target}");
            let as_before: LoggedRequest = rollcall_store::from_item(item).unwrap();
            assert_eq!(index_keys(keys, &as_before), index_keys(keys, &request));
        }
    }

    #[test]
    fn what_names_people_only_in_its_body_is_not_compressed() {
        for target in ["/Groups", "/Groups/g", "/Bulk", "/"] {
            let request = LoggedRequest {
                target: target.to_owned(),
                ..entry(long_body())
            };
            let item = stored(&request);
            assert!(!item.contains_key(PACKED), "{target}");
            assert_eq!(LoggedRequest::from_item(item).unwrap(), request);
        }
    }

    #[test]
    fn what_would_save_no_unit_stays_as_it_is() {
        let ids: Vec<Value> = (0..40)
            .map(|_| json!({"value": rollcall_model::new_id()}))
            .collect();
        let cut = format!("{}… (cut)", "x".repeat(1_024));
        let cut = LoggedRequest {
            sent: Some(cut),
            ..entry(Value::Null)
        };
        for request in [
            entry(json!({"userName": "ada"})),
            entry(json!({"members": ids})),
            LoggedRequest::new("GET", "/Users", 200),
            cut,
        ] {
            let item = stored(&request);
            assert!(!item.contains_key(PACKED), "{request:?}");
            assert_eq!(LoggedRequest::from_item(item).unwrap(), request);
        }
    }
}
