//! What every answer owes its reader, whatever was asked: checked on each exchange of each test.

use http::HeaderMap;
use serde_json::{Map, Value};

use crate::urn;

/// A request and its answer, as they crossed the wire.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// The method and the path, for messages.
    pub request: &'a str,
    /// The `Accept` header sent, if any.
    pub accept: Option<&'a str>,
    /// The body sent, when it was JSON.
    pub sent: Option<&'a Value>,
    /// The status of the answer.
    pub status: u16,
    /// The headers of the answer.
    pub headers: &'a HeaderMap,
    /// The body of the answer, byte for byte.
    pub text: &'a str,
    /// Whether DynamoDB fails on purpose, so that 500 may be the truth.
    pub bad_weather: bool,
}

/// Members of a SCIM error (RFC 7644 §3.12).
const ERROR_MEMBERS: [&str; 4] = ["schemas", "status", "scimType", "detail"];

/// The `scimType` values there are (RFC 7644 §3.12, table 9).
const SCIM_TYPES: [&str; 10] = [
    "invalidFilter",
    "tooMany",
    "uniqueness",
    "mutability",
    "invalidSyntax",
    "invalidPath",
    "noTarget",
    "invalidValue",
    "invalidVers",
    "sensitive",
];

/// Words that would tell a client what the service is made of.
const INTERNAL: [&str; 8] = [
    "dynamodb",
    "panicked",
    ".rs:",
    "sqlite",
    "serde",
    "transact",
    "lambda",
    "backtrace",
];

/// Lists what is wrong with the answer of an exchange.
pub fn faults(exchange: &Exchange<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if matches!(exchange.status, 204 | 304) {
        if !exchange.text.is_empty() {
            found.push("an answer without content has a body".to_owned());
        }
        return found;
    }
    content_type(exchange, &mut found);
    match serde_json::from_str::<Value>(exchange.text) {
        Ok(body) => {
            document(&body, exchange, &mut found);
            if exchange.status >= 400 {
                error(&body, exchange, &mut found);
            } else {
                success(&body, exchange, &mut found);
            }
        }
        Err(error) => found.push(format!("the body is not JSON: {error}")),
    }
    found
}

fn content_type(exchange: &Exchange<'_>, found: &mut Vec<String>) {
    let wanted = match exchange.accept {
        Some(accept) if accept.contains("application/json") && !accept.contains("scim+json") => {
            "application/json"
        }
        _ => "application/scim+json",
    };
    let got = header(exchange.headers, "content-type").unwrap_or_default();
    if got.split(';').next().unwrap_or_default().trim() != wanted {
        found.push(format!("content type is `{got}`, expected `{wanted}`"));
    }
}

/// What holds for every JSON document: no password, no null, nothing empty.
fn document(body: &Value, exchange: &Exchange<'_>, found: &mut Vec<String>) {
    let discovery = ["/Schemas", "/ResourceTypes", "/ServiceProvider"]
        .iter()
        .any(|p| exchange.request.contains(p));
    walk(body, "", &mut |name, value| {
        let leaf = name.rsplit('/').next().unwrap_or_default();
        if leaf.eq_ignore_ascii_case("password") {
            found.push(format!("`{name}` is shown"));
        }
        if value.is_null() {
            found.push(format!("`{name}` is null"));
        }
        let empty = value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(Map::is_empty);
        if empty && !discovery && leaf != "Resources" {
            found.push(format!("`{name}` is empty, expected it to be left out"));
        }
    });
    let mut secrets = Vec::new();
    if let Some(sent) = exchange.sent {
        walk(sent, "", &mut |name, value| {
            if name.to_ascii_lowercase().ends_with("/password") {
                secrets.extend(value.as_str().map(str::to_owned));
            }
        });
    }
    for secret in secrets.iter().filter(|secret| secret.len() > 4) {
        if exchange.text.contains(secret) {
            found.push("a password that was sent comes back".to_owned());
        }
    }
}

/// Calls `visit` with every value below `value`; extensions that only the client knows are its own.
fn walk(value: &Value, at: &str, visit: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                let path = format!("{at}/{name}");
                visit(&path, inner);
                if !name.starts_with("urn:") || name == urn::ENTERPRISE {
                    walk(inner, &path, visit);
                }
            }
        }
        Value::Array(elements) => {
            for (index, inner) in elements.iter().enumerate() {
                walk(inner, &format!("{at}/{index}"), visit);
            }
        }
        _ => {}
    }
}

fn error(body: &Value, exchange: &Exchange<'_>, found: &mut Vec<String>) {
    let status = exchange.status;
    if body["schemas"] != serde_json::json!([urn::ERROR]) {
        found.push(format!("`schemas` of the error is {}", body["schemas"]));
    }
    if body["status"] != Value::String(status.to_string()) {
        found.push(format!(
            "`status` of the error is {}, expected \"{status}\"",
            body["status"]
        ));
    }
    if body["detail"].as_str().unwrap_or_default().len() < 8 {
        found.push(format!("`detail` says too little: {}", body["detail"]));
    }
    match &body["scimType"] {
        Value::Null => {}
        Value::String(kind) if SCIM_TYPES.contains(&kind.as_str()) => {}
        other => found.push(format!("`scimType` is {other}")),
    }
    for name in body.as_object().into_iter().flat_map(Map::keys) {
        if !ERROR_MEMBERS.contains(&name.as_str()) {
            found.push(format!("an error has no `{name}`"));
        }
    }
    let said = exchange.text.to_lowercase();
    found.extend(
        INTERNAL
            .iter()
            .filter(|w| said.contains(*w))
            .map(|w| format!("the error says `{w}`")),
    );
    if status == 500 && !exchange.bad_weather {
        found.push("500 is never the right answer to a request".to_owned());
    }
    if status == 401 {
        let challenge = header(exchange.headers, "www-authenticate").unwrap_or_default();
        if !challenge.starts_with("Bearer") {
            found.push(format!("401 with WWW-Authenticate `{challenge}`"));
        }
    }
    let wait = header(exchange.headers, "retry-after").and_then(|v| v.parse::<u32>().ok());
    if matches!(status, 429 | 503) && wait.is_none() {
        found.push(format!("{status} without a Retry-After in seconds"));
    }
}

fn success(body: &Value, exchange: &Exchange<'_>, found: &mut Vec<String>) {
    if body["schemas"][0] == urn::LIST {
        list(body, found);
        for resource in body["Resources"].as_array().into_iter().flatten() {
            resource_manners(resource, found);
        }
        return;
    }
    resource_manners(body, found);
    let etag = header(exchange.headers, "etag");
    if let Some(version) = body["meta"]["version"].as_str()
        && etag != Some(version)
    {
        found.push(format!("ETag is {etag:?}, meta.version is {version:?}"));
    }
    if exchange.status == 201 {
        let location = header(exchange.headers, "location").unwrap_or_default();
        let id = body["id"].as_str().unwrap_or("/");
        let same = body["meta"]["location"]
            .as_str()
            .is_none_or(|of_meta| of_meta == location);
        if !same || !location.ends_with(&format!("/{id}")) {
            found.push(format!(
                "Location is {location:?}, meta is {}",
                body["meta"]
            ));
        }
        if etag.is_none_or(|tag| !tag.starts_with("W/\"")) {
            found.push(format!("created with ETag {etag:?}"));
        }
    }
}

fn list(body: &Value, found: &mut Vec<String>) {
    let Some(resources) = body["Resources"].as_array() else {
        found.push("a list without `Resources`".to_owned());
        return;
    };
    let [total, start, items] =
        ["totalResults", "startIndex", "itemsPerPage"].map(|name| body[name].as_u64());
    if items != Some(resources.len() as u64) {
        found.push(format!(
            "`itemsPerPage` is {}, it holds {}",
            body["itemsPerPage"],
            resources.len()
        ));
    }
    if total.is_none_or(|total| total < resources.len() as u64) {
        found.push(format!("`totalResults` is {}", body["totalResults"]));
    }
    if start.is_none_or(|start| start < 1) {
        found.push(format!("`startIndex` is {}", body["startIndex"]));
    }
}

/// What holds for every user and group, in whatever projection.
fn resource_manners(resource: &Value, found: &mut Vec<String>) {
    let Some(members) = resource.as_object() else {
        found.push("a resource is not an object".to_owned());
        return;
    };
    let Some(schemas) = resource["schemas"].as_array() else {
        found.push("a resource without `schemas`".to_owned());
        return;
    };
    let core = [urn::USER, urn::GROUP]
        .iter()
        .find(|core| schemas.iter().any(|s| s == *core));
    let Some(core) = core else { return };
    if resource["id"].as_str().is_none_or(str::is_empty) {
        found.push("a resource without `id`".to_owned());
    }
    let extensions = members.keys().filter(|name| name.starts_with("urn:"));
    for extension in extensions {
        if !schemas.iter().any(|schema| schema == extension) {
            found.push(format!("`{extension}` is not in `schemas`"));
        }
    }
    if let Some(location) = resource["meta"]["location"].as_str() {
        let kind = if *core == urn::USER {
            "Users"
        } else {
            "Groups"
        };
        let id = resource["id"].as_str().unwrap_or_default();
        if !location.ends_with(&format!("/scim/v2/{kind}/{id}")) {
            found.push(format!("meta.location is {location}"));
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
