//! The requests that the OpenAPI document describes: for each operation, the places for values and a valid body.

use std::sync::atomic::{AtomicU32, Ordering};

use http::Method;
use rollcall_tests::idp::encode;
use serde_json::{Map, Value, json};

use super::side::{Side, ordinary};

/// The fields of a row of an import. Its parts are lines of JSON, of which the document says nothing.
const ROW: [(&str, bool); 9] = [
    ("application_id", false),
    ("user_name", false),
    ("external_id", false),
    ("display_name", false),
    ("given_name", false),
    ("family_name", false),
    ("emails", true),
    ("roles", true),
    ("groups", true),
];
/// The number of the part of an import that the next request sends. A part is sent once.
static NEXT_PART: AtomicU32 = AtomicU32::new(2);
/// How the ids of operations end that a service key calls by the other of two doors.
const OF_TENANT: &str = "_of_tenant";

/// A place in a request for a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    /// A variable segment of the path.
    Path(String),
    /// A parameter of the query.
    Query(String),
    /// A text in the body, by the names that lead to it; `*` is the element of an array.
    Body(Vec<String>),
}

/// An operation of the document.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    id: String,
    pub(super) method: Method,
    /// The path below `/api/v1`, with `{name}` for its variable segments.
    pub(super) path: String,
    pub(super) places: Vec<Place>,
    /// The credential: `session`, `service_key` or, for public operations, an empty string.
    pub(super) credential: String,
    /// Whether the same can be done by the other door.
    pub(super) has_two_doors: bool,
    required: Vec<(String, Value)>,
    body: Option<Value>,
}

/// Lists the operations of a document. Those that change nothing come first.
pub(super) fn operations(document: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in entries(&document["paths"]) {
        for (method, operation) in entries(item) {
            let operation = read(document, path, method, operation);
            // What needs no credential is the same for everybody.
            if !operation.credential.is_empty() || operation.places.is_empty() {
                found.push(operation);
            }
        }
    }
    let order = [Method::GET, Method::POST, Method::PATCH, Method::PUT];
    let rank = |method: &Method| order.iter().position(|other| other == method);
    found.sort_by_key(|one| rank(&one.method).unwrap_or(order.len()));
    let ids: Vec<String> = found.iter().map(|one| one.id.clone()).collect();
    for one in &mut found {
        one.has_two_doors =
            one.id.ends_with(OF_TENANT) || ids.contains(&format!("{}{OF_TENANT}", one.id));
    }
    found
}

fn read(document: &Value, path: &str, method: &str, operation: &Value) -> Operation {
    let (mut places, mut required) = (Vec::new(), Vec::new());
    let mut path = path.to_owned();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = text(&parameter["name"]);
        let is_number = !is_text(resolved(document, &parameter["schema"]));
        places.push(match parameter["in"].as_str() {
            // The same for all tenants.
            Some("path") if is_number && name == "number" && method == "put" => continue,
            Some("path") if is_number => {
                path = path.replace(&format!("{{{name}}}"), "1");
                continue;
            }
            Some("path") => Place::Path(name),
            Some("query") => {
                if parameter["required"] == true {
                    required.push((name.clone(), parameter["schema"].clone()));
                }
                if !is_text(resolved(document, &parameter["schema"])) {
                    continue;
                }
                Place::Query(name)
            }
            // It names nothing that exists.
            Some("header") if name == "Idempotency-Key" => continue,
            other => panic!("{method} {path}: no values for a parameter in {other:?}"),
        });
    }
    let body = body_of(&path, &operation["requestBody"]["content"]);
    if let Some(body) = &body {
        let mut found = Vec::new();
        texts(document, body, &mut Vec::new(), &mut found);
        places.extend(found.into_iter().map(Place::Body));
    }
    let security = &operation["security"][0];
    Operation {
        id: text(&operation["operationId"]),
        has_two_doors: false,
        method: method.to_uppercase().parse().expect("a method"),
        path: path.trim_start_matches("/api/v1").to_owned(),
        places,
        credential: entries(security).map(|(name, _)| name.clone()).collect(),
        required,
        body,
    }
}

/// Returns the schema of the body that an operation takes.
fn body_of(path: &str, content: &Value) -> Option<Value> {
    let (kind, described) = entries(content).next()?;
    match kind.as_str() {
        "application/json" => Some(described["schema"].clone()),
        "application/octet-stream" if path.contains("/imports/") => {
            let text = json!({"type": "string"});
            let field = |(name, is_list): (&str, bool)| match is_list {
                true => (name.to_owned(), json!({"type": "array", "items": text})),
                false => (name.to_owned(), text.clone()),
            };
            let fields: Map<String, Value> = ROW.into_iter().map(field).collect();
            Some(json!({"type": "object", "required": ["user_name"], "properties": fields}))
        }
        other => panic!("{path}: no values for a body of {other}: add them to `documented.rs`"),
    }
}

/// Returns which kind of value a variable segment of a path names.
pub(super) fn kind_of(path: &str, name: &str) -> &'static str {
    let before = path
        .split(&format!("/{{{name}}}"))
        .next()
        .unwrap_or_default();
    match (before.rsplit('/').next().unwrap_or_default(), name) {
        ("tenants", "tenant") => "tenant",
        ("users" | "people" | "Users", "id") => "person",
        ("groups" | "Groups", "id") => "group",
        ("connections", "id") => "connection",
        ("tokens", "id") => "token",
        ("webhooks", "id") => "webhook",
        ("sessions", "session") => "session",
        ("support-access", "id") => "support link",
        ("portal-links", "id") => "portal link",
        ("service-keys", "id") => "service key",
        ("requests", "id") => "request",
        ("schemas", "urn") => "schema",
        ("imports", "id") => "import",
        ("findings", "id") => "finding",
        _ => panic!("no values for parameter `{name}` of {path}: add its kind to `documented.rs`"),
    }
}

/// A request to send.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) path: String,
    pub(super) body: Option<String>,
}

impl Operation {
    /// Returns the id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Fills the operation in with what belongs to `own`, except for one place. Query parameters that are not required are
    /// left out.
    pub(super) fn filled(
        &self,
        document: &Value,
        own: &Side,
        except: Option<(&Place, &str)>,
    ) -> Filled {
        let wish = match except {
            Some((Place::Body(steps), value)) => Some((steps.as_slice(), value)),
            _ => None,
        };
        let body = self.body.as_ref();
        let body = body.map(|schema| sample(document, schema, "the body", own, wish).to_string());
        let (path, query) = (self.path(own, except), self.query(document, own, except));
        let path = match query.is_empty() {
            true => path,
            false => format!("{path}?{query}"),
        };
        Filled { path, body }
    }

    fn path(&self, own: &Side, except: Option<(&Place, &str)>) -> String {
        let mut path = self.path.clone();
        if path.contains("{number}") {
            let part = NEXT_PART.fetch_add(1, Ordering::Relaxed).to_string();
            path = path.replace("{number}", &part);
        }
        for place in &self.places {
            let Place::Path(name) = place else { continue };
            let value = match except {
                Some((other, value)) if other == place => value,
                _ => own.of(kind_of(&self.path, name)),
            };
            path = path.replace(&format!("{{{name}}}"), &encode(value));
        }
        path
    }

    fn query(&self, document: &Value, own: &Side, except: Option<(&Place, &str)>) -> String {
        let mut query: Vec<(&str, String)> = Vec::new();
        for (name, schema) in &self.required {
            let value = sample(document, schema, name, own, None);
            query.push((name, text(&value)));
        }
        if let Some((Place::Query(name), value)) = except {
            query.retain(|(other, _)| other != name);
            query.push((name, value.to_owned()));
        }
        let pairs = query.iter();
        let pairs = pairs.map(|(name, value)| format!("{name}={}", encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

/// Collects the ways to every text in values of a schema.
fn texts(document: &Value, schema: &Value, way: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let schema = resolved(document, schema);
    if way.len() > 6 || !schema["enum"].is_null() {
        return;
    }
    for (name, inner) in entries(&schema["properties"]) {
        way.push(name.clone());
        texts(document, inner, way, found);
        way.pop();
    }
    if !schema["items"].is_null() {
        way.push("*".to_owned());
        texts(document, &schema["items"], way, found);
        way.pop();
    }
    if is_text(schema) {
        found.push(way.clone());
    }
}

/// Makes a value of a schema: what is required, and the text that is wished for.
fn sample(
    document: &Value,
    schema: &Value,
    name: &str,
    own: &Side,
    wish: Option<(&[String], &str)>,
) -> Value {
    if let Some(([], value)) = wish {
        return json!(value);
    }
    let schema = resolved(document, schema);
    if kinds(schema).contains(&"object") || !schema["properties"].is_null() {
        return object(document, schema, own, wish);
    }
    if kinds(schema).contains(&"array") {
        let inner = wish.and_then(|(steps, value)| Some((steps.get(1..)?, value)));
        return json!([sample(document, &schema["items"], name, own, inner)]);
    }
    match ordinary(name, own) {
        Some(value) => value,
        None if !schema["enum"].is_null() => schema["enum"][0].clone(),
        None if !schema["example"].is_null() => schema["example"].clone(),
        None if !schema["examples"].is_null() => schema["examples"][0].clone(),
        None if kinds(schema).contains(&"boolean") => json!(false),
        None if kinds(schema).contains(&"integer") => json!(1),
        None => panic!("no values for parameter `{name}`: add it to `ordinary` in `side.rs`"),
    }
}

fn object(document: &Value, schema: &Value, own: &Side, wish: Option<(&[String], &str)>) -> Value {
    let required = schema["required"].as_array().into_iter().flatten();
    let mut names: Vec<&str> = required.filter_map(Value::as_str).collect();
    // One of two fields is required, which the schema does not say.
    let has_role = !schema["properties"]["role_ids"].is_null();
    names.extend(has_role.then_some("role_id"));
    let next = wish.and_then(|(steps, _)| steps.first());
    names.extend(next.map(String::as_str));
    let mut made = Map::new();
    for name in names {
        let inner = wish.filter(|_| next.is_some_and(|next| next == name));
        let inner = inner.map(|(steps, value)| (&steps[1..], value));
        let schema = &schema["properties"][name];
        made.insert(name.to_owned(), sample(document, schema, name, own, inner));
    }
    Value::Object(made)
}

/// Follows references, and takes the first alternative that is not null.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#'));
        return resolved(document, target.expect("a schema"));
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        let all = schema[several].as_array().into_iter().flatten();
        if let Some(first) = all.into_iter().find(|one| one["type"] != "null") {
            return resolved(document, first);
        }
    }
    schema
}

/// Whether values of a schema are texts of any kind.
fn is_text(schema: &Value) -> bool {
    let is_closed = !schema["enum"].is_null() || schema["format"] == "date-time";
    kinds(schema).contains(&"string") && !is_closed
}

fn kinds(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
