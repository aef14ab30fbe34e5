//! What generated clients need of the OpenAPI document: each schema once and under a good name, and defaults in words.

use rollcall_directory::Settings;
use serde_json::{Value, json};
use utoipa::Modify;
use utoipa::openapi::schema::{ArrayItems, Schema};
use utoipa::openapi::{OpenApi, Ref, RefOr};

use crate::operations::operations;

/// The beginning of the names that the schemas of lists have at first.
const LIST: &str = "List_";
/// What precedes the name of a schema in a reference.
const SCHEMAS: &str = "#/components/schemas/";

/// Names the schemas of lists after their items, which they refer to, and says what settings are by default.
pub(crate) struct Tidy;

impl Modify for Tidy {
    fn modify(&self, document: &mut OpenApi) {
        let schemas = &mut document.components.get_or_insert_default().schemas;
        let lists = schemas.keys().filter_map(|name| name.strip_prefix(LIST));
        let items: Vec<String> = lists.map(str::to_owned).collect();
        for item in items {
            if let Some(mut list) = schemas.remove(&format!("{LIST}{item}")) {
                refer_to(&mut list, &item);
                schemas.insert(list_name(&item), list);
            }
        }
        for name in ["Settings", "SettingsChange"] {
            if let Some(RefOr::T(Schema::Object(settings))) = schemas.get_mut(name) {
                say_defaults(&mut settings.properties);
            }
        }
        for item in document.paths.paths.values_mut() {
            for operation in operations(item) {
                let responses = operation.responses.responses.values_mut();
                for response in responses {
                    let RefOr::T(response) = response else {
                        continue;
                    };
                    for content in response.content.values_mut() {
                        let RefOr::T(content) = content else { continue };
                        content.schema.iter_mut().for_each(rename);
                    }
                }
            }
        }
    }
}

fn list_name(item: &str) -> String {
    format!("{item}List")
}

/// Makes the items of a list a reference.
fn refer_to(list: &mut RefOr<Schema>, item: &str) {
    if let RefOr::T(Schema::Object(list)) = list
        && let Some(RefOr::T(Schema::Array(items))) = list.properties.get_mut("items")
    {
        items.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(item).into()));
    }
}

fn rename(schema: &mut RefOr<Schema>) {
    if let RefOr::Ref(reference) = schema
        && let Some(name) = reference.ref_location.strip_prefix(SCHEMAS)
        && let Some(item) = name.strip_prefix(LIST)
    {
        reference.ref_location = format!("{SCHEMAS}{}", list_name(item));
    }
}

/// Adds the default of each setting to its description. As a value of `default`, it would make generated clients send the
/// setting although nobody has set it.
fn say_defaults(properties: &mut std::collections::BTreeMap<String, RefOr<Schema>>) {
    let defaults = json!(Settings::default());
    for (name, property) in properties {
        let Some(default) = defaults.get(name) else {
            continue;
        };
        let said = match default {
            Value::Null => continue,
            Value::String(text) => format!(" By default `{text}`."),
            other => format!(" By default `{other}`."),
        };
        match property {
            RefOr::Ref(reference) => reference.description.push_str(&said),
            RefOr::T(Schema::Object(object)) => {
                object.description.get_or_insert_default().push_str(&said);
            }
            RefOr::T(Schema::Array(array)) => {
                array.description.get_or_insert_default().push_str(&said);
            }
            RefOr::T(Schema::OneOf(one)) => {
                one.description.get_or_insert_default().push_str(&said);
            }
            RefOr::T(_) => {}
        }
    }
}
