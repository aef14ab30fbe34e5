//! The resource types with declared extensions. Each distinct one is made once and stays for the life of the process.
//!
//! Everything that reads a schema borrows it for as long as it likes, so a schema is never freed. What is made twice is
//! the same, so memory grows by what is new in a declaration only: at most some 30 KB for each change of one.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::attribute::{Attribute, AttributeKind, Uniqueness};
use super::declared::{Declaration, DeclaredAttribute};
use super::resource_type::{Extension, ResourceType, Schema};
use crate::fold::fold_unless;
use crate::path::AttrPath;
use crate::resource::Resource;

/// Schemas and resource types by the text of their declarations.
#[derive(Default)]
struct Known {
    schemas: HashMap<String, &'static Schema>,
    types: HashMap<String, &'static ResourceType>,
}

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

impl ResourceType {
    /// Returns this resource type with further extensions. Those that it has come first.
    pub fn extended_by(&'static self, declarations: &[Declaration]) -> &'static ResourceType {
        if declarations.is_empty() {
            return self;
        }
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let texts: Vec<String> = declarations
            .iter()
            .map(|declaration| serde_json::to_string(declaration).unwrap_or_default())
            .collect();
        let key = format!("{}\n{}", self.name, texts.join("\n"));
        if let Some(found) = known.types.get(&key) {
            return found;
        }
        let mut extensions: Vec<Extension> = self.extensions.to_vec();
        for (declaration, text) in declarations.iter().zip(texts) {
            let schema = *known
                .schemas
                .entry(text)
                .or_insert_with(|| Box::leak(Box::new(schema(declaration))));
            extensions.push(Extension {
                schema,
                required: false,
            });
        }
        let extended: &'static ResourceType = Box::leak(Box::new(ResourceType {
            name: self.name,
            endpoint: self.endpoint,
            description: self.description,
            schema: self.schema,
            extensions: extensions.leak(),
        }));
        known.types.insert(key, extended);
        extended
    }

    /// Returns the values of a resource that occur once in a tenant by the declaration of an extension: the path of the
    /// attribute, and the value in the form that is compared.
    pub fn unique_values(&self, resource: &Resource) -> Vec<(String, String)> {
        let mut values = Vec::new();
        for schema in self.extensions.iter().map(|extension| extension.schema) {
            let unique = |it: &&Attribute| it.uniqueness != Uniqueness::None;
            for attribute in schema.attributes.iter().filter(unique) {
                let path = AttrPath::extended(schema.id, attribute.name);
                path.visit(resource.attributes(), &mut |value| {
                    let text = match value.as_str() {
                        Some(text) => fold_unless(attribute.case_exact, text).into_owned(),
                        None => value.to_string(),
                    };
                    values.push((path.to_string(), text));
                    true
                });
            }
        }
        values
    }
}

/// Makes the schema of a declaration, without what was removed.
fn schema(declaration: &Declaration) -> Schema {
    Schema {
        id: kept(&declaration.urn),
        name: kept(&declaration.name),
        description: kept(&declaration.description),
        attributes: attributes(&declaration.attributes),
    }
}

fn attributes(declared: &[DeclaredAttribute]) -> &'static [Attribute] {
    let live = declared.iter().filter(|attribute| !attribute.removed);
    Vec::leak(live.map(attribute).collect())
}

fn attribute(declared: &DeclaredAttribute) -> Attribute {
    let reference_types = match declared.kind {
        AttributeKind::Reference if declared.reference_types.is_empty() => &["external"],
        _ => texts(&declared.reference_types),
    };
    Attribute {
        multi_valued: declared.multi_valued,
        required: declared.required,
        case_exact: declared.case_exact,
        mutability: declared.mutability,
        returned: declared.returned,
        uniqueness: declared.uniqueness,
        canonical_values: texts(&declared.canonical_values),
        reference_types,
        sub_attributes: attributes(&declared.sub_attributes),
        ..Attribute::new(
            kept(&declared.name),
            declared.kind,
            kept(&declared.description),
        )
    }
}

fn texts(texts: &[String]) -> &'static [&'static str] {
    Vec::leak(texts.iter().map(|text| kept(text)).collect())
}

fn kept(text: &str) -> &'static str {
    text.to_owned().leak()
}
