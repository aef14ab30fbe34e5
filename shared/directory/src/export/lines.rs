//! Turns an item of the table into an object of an export. Pure.

use rollcall_store::{CONNECTION, Error, Item, MAPPING, TENANT, from_item, text};
use serde_json::{Map, Value};

use crate::export::sections::Section;

/// The attributes that contain JSON as text.
const JSON: [&str; 3] = ["before", "after", "document"];
/// The attributes that only serve the table.
const INTERNAL: [&str; 5] = ["PK", "revision", "format", "progress", "link"];

/// Returns the object of an item; `None` for an item that says nothing of its own.
///
/// # Errors
/// When the item cannot be read.
pub(super) fn line(section: &Section, mut item: Item) -> Result<Option<Value>, Error> {
    let sort = text(&item, "SK")?.to_owned();
    let Some((kind, id)) = kind_and_id(section, &sort) else {
        return Ok(None);
    };
    item.remove("SK");
    for name in INTERNAL {
        item.remove(name);
    }
    let stored: Map<String, Value> = from_item(item)?;
    let mut line = Map::from_iter([("type".to_owned(), Value::from(kind))]);
    if !section.is_secret {
        line.insert("id".to_owned(), Value::from(id));
    }
    for (name, value) in stored {
        match (name.as_str(), value) {
            // An event of the feed is whole as it is.
            ("event", Value::String(text)) => {
                let event = serde_json::from_str(&text);
                line.insert(name, event.unwrap_or(Value::String(text)));
            }
            (name, Value::String(text)) if JSON.contains(&name) => {
                let parsed = serde_json::from_str(&text);
                line.insert(name.to_owned(), parsed.unwrap_or(Value::String(text)));
            }
            // The action of a journal entry.
            ("type", value) => _ = line.insert("action".to_owned(), value),
            (_, value) => _ = line.insert(name, value),
        }
    }
    Ok(Some(Value::Object(line)))
}

/// Returns the type and the id of an item.
fn kind_and_id<'s>(section: &Section, sort: &'s str) -> Option<(&'static str, &'s str)> {
    if let Some(kind) = section.kind {
        return Some((kind, sort));
    }
    if let Some(id) = sort.strip_prefix(CONNECTION) {
        return Some(("connection", id));
    }
    match sort.strip_prefix(MAPPING) {
        Some(group) => Some(("role_mapping", group)),
        None if sort == TENANT => Some(("tenant", sort)),
        None => None,
    }
}
