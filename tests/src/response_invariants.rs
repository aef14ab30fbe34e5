//! Invariants of every SCIM response, which are checked for each exchange of each test.

use http::HeaderMap;
use rollcall_directory::Reason;
use serde_json::{Map, Value};

use crate::urn;

/// A request and its response, as they were sent.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// The method and the path, for messages.
    pub request: &'a str,
    /// The `Accept` header sent, if any.
    pub accept: Option<&'a str>,
    /// The body sent, when it was JSON.
    pub sent: Option<&'a Value>,
    /// The status of the response.
    pub status: u16,
    /// The headers of the response.
    pub headers: &'a HeaderMap,
    /// The body of the response, byte for byte.
    pub text: &'a str,
    /// Whether the test injects DynamoDB faults, so that a 500 response is allowed.
    pub allows_500: bool,
}

/// Members of a SCIM error (RFC 7644 §3.12).
const ERROR_MEMBERS: [&str; 4] = ["schemas", "status", "scimType", "detail"];

/// All `scimType` values (RFC 7644 §3.12, table 9, and RFC 9865 §2.1).
const SCIM_TYPES: [&str; 13] = [
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
    "invalidCursor",
    "expiredCursor",
    "invalidCount",
];

/// Words that would reveal implementation details to a client.
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

/// Lists the invariants that the response of an exchange violates.
pub fn violations(exchange: &Exchange<'_>) -> Vec<String> {
    let mut found = Vec::new();
    // The refusals of API Gateway have only the headers of the template.
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("strict-transport-security", "max-age=31536000"),
        ("cache-control", "no-store"),
    ] {
        if exchange.status < 400 && exchange.headers.get(name).is_none_or(|it| it != value) {
            found.push(format!("`{name}` is not `{value}`"));
        }
    }
    if matches!(exchange.status, 204 | 304) {
        if !exchange.text.is_empty() {
            found.push("a response without content has a body".to_owned());
        }
        return found;
    }
    if is_of_oauth(exchange.request) {
        check_oauth(exchange, &mut found);
        return found;
    }
    check_content_type(exchange, &mut found);
    match serde_json::from_str::<Value>(exchange.text) {
        Ok(body) => {
            check_document(&body, exchange, &mut found);
            if exchange.status >= 400 {
                check_error(&body, exchange, &mut found);
            } else {
                check_success(&body, exchange, &mut found);
            }
        }
        Err(error) => found.push(format!("the body is not JSON: {error}")),
    }
    found
}

/// Returns whether a request, a method and a path, is one for the token endpoint of OAuth clients.
fn is_of_oauth(request: &str) -> bool {
    let path = request.strip_prefix("POST ").unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    segments.eq(["oauth", "token"])
}

/// Checks a response of the token endpoint (RFC 6749 §5): plain JSON, with a code of an error.
fn check_oauth(exchange: &Exchange<'_>, found: &mut Vec<String>) {
    let got = header(exchange.headers, "content-type").unwrap_or_default();
    if got != "application/json" {
        found.push(format!(
            "content type is `{got}`, expected `application/json`"
        ));
    }
    let body: Value = serde_json::from_str(exchange.text).unwrap_or_default();
    let member = match exchange.status {
        400.. => "error",
        _ => "access_token",
    };
    if !body[member].is_string() {
        found.push(format!("the body has no `{member}`"));
    }
}

fn check_content_type(exchange: &Exchange<'_>, found: &mut Vec<String>) {
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

/// Checks what every JSON document must satisfy: no password, no null value, no empty array or object.
fn check_document(body: &Value, exchange: &Exchange<'_>, found: &mut Vec<String>) {
    let discovery = ["/Schemas", "/ResourceTypes", "/ServiceProvider"]
        .iter()
        .any(|p| exchange.request.contains(p));
    walk(body, "", &mut |name, value| {
        let leaf = name.rsplit('/').next().unwrap_or_default();
        if leaf.eq_ignore_ascii_case("password") {
            found.push(format!("the response contains `{name}`"));
        }
        if value.is_null() {
            found.push(format!("`{name}` is null"));
        }
        let empty = value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(Map::is_empty);
        if empty && !discovery && leaf != "Resources" {
            found.push(format!("`{name}` is empty, but it must be omitted"));
        }
    });
    let (mut secrets, mut others) = (Vec::new(), Vec::new());
    if let Some(sent) = exchange.sent {
        walk(sent, "", &mut |name, value| {
            let texts = match name.to_ascii_lowercase().ends_with("/password") {
                true => &mut secrets,
                false => &mut others,
            };
            texts.extend(value.as_str().map(str::to_owned));
        });
    }
    for secret in secrets.iter().filter(|secret| secret.len() > 4) {
        // The text of another field may be repeated, such as a version that is refused.
        let is_said_elsewhere = others.iter().any(|other| other.contains(secret));
        if exchange.text.contains(secret) && !is_said_elsewhere {
            found.push("the response contains a password from the request".to_owned());
        }
    }
}

/// Calls `visit` with every value below `value`, but does not look into extensions that only the client knows.
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

fn check_error(body: &Value, exchange: &Exchange<'_>, found: &mut Vec<String>) {
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
        found.push(format!("`detail` is too short: {}", body["detail"]));
    }
    match &body["scimType"] {
        Value::Null => {}
        Value::String(kind) if SCIM_TYPES.contains(&kind.as_str()) => {}
        other => found.push(format!("unknown `scimType` {other}")),
    }
    for name in body.as_object().into_iter().flat_map(Map::keys) {
        if !ERROR_MEMBERS.contains(&name.as_str()) {
            found.push(format!("the error has an unexpected member `{name}`"));
        }
    }
    let reason = header(exchange.headers, "rollcall-reason").unwrap_or_default();
    if Reason::of(reason).is_none() {
        found.push(format!("the error has the unknown reason code `{reason}`"));
    }
    let said = exchange.text.to_lowercase();
    found.extend(
        INTERNAL
            .iter()
            .filter(|w| said.contains(*w))
            .map(|w| format!("the error contains the word `{w}`")),
    );
    if status == 500 && !exchange.allows_500 {
        found.push("500 is never a valid response to a request".to_owned());
    }
    if status == 401 {
        let challenge = header(exchange.headers, "www-authenticate").unwrap_or_default();
        if !challenge.starts_with("Bearer") {
            found.push(format!(
                "the 401 response has WWW-Authenticate `{challenge}`"
            ));
        }
    }
    let wait = header(exchange.headers, "retry-after").and_then(|v| v.parse::<u32>().ok());
    if matches!(status, 429 | 503) && wait.is_none() {
        found.push(format!(
            "the {status} response has no Retry-After in seconds"
        ));
    }
}

fn check_success(body: &Value, exchange: &Exchange<'_>, found: &mut Vec<String>) {
    if body["schemas"][0] == urn::LIST {
        check_list(body, found);
        for resource in body["Resources"].as_array().into_iter().flatten() {
            check_resource(resource, found);
        }
        return;
    }
    check_resource(body, found);
    let etag = header(exchange.headers, "etag");
    if let Some(version) = body["meta"]["version"].as_str()
        && etag != Some(version)
    {
        found.push(format!("ETag is {etag:?}, but meta.version is {version:?}"));
    }
    if exchange.status == 201 {
        let location = header(exchange.headers, "location").unwrap_or_default();
        let id = body["id"].as_str().unwrap_or("/");
        let same = body["meta"]["location"]
            .as_str()
            .is_none_or(|of_meta| of_meta == location);
        if !same || !location.ends_with(&format!("/{id}")) {
            found.push(format!(
                "Location is {location:?}, but meta is {}",
                body["meta"]
            ));
        }
        if etag.is_none_or(|tag| !tag.starts_with("W/\"")) {
            found.push(format!(
                "the 201 response has ETag {etag:?}, expected a weak one"
            ));
        }
    }
}

fn check_list(body: &Value, found: &mut Vec<String>) {
    let Some(resources) = body["Resources"].as_array() else {
        found.push("the list has no `Resources`".to_owned());
        return;
    };
    let [total, start, items] =
        ["totalResults", "startIndex", "itemsPerPage"].map(|name| body[name].as_u64());
    if items != Some(resources.len() as u64) {
        found.push(format!(
            "`itemsPerPage` is {}, but the list has {} resources",
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

/// Checks what every user and group must satisfy in any projection.
fn check_resource(resource: &Value, found: &mut Vec<String>) {
    let Some(members) = resource.as_object() else {
        found.push("a resource is not an object".to_owned());
        return;
    };
    let Some(schemas) = resource["schemas"].as_array() else {
        found.push("a resource has no `schemas`".to_owned());
        return;
    };
    let core = [urn::USER, urn::GROUP]
        .iter()
        .find(|core| schemas.iter().any(|s| s == *core));
    let Some(core) = core else { return };
    if resource["id"].as_str().is_none_or(str::is_empty) {
        found.push("a resource has no `id`".to_owned());
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
