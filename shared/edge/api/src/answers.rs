//! The refusals of every operation, for the OpenAPI document.
//!
//! Which statuses an operation can have follows from what it takes: a credential, parameters, a body. The document says it
//! without exception, so that a client can rely on it; the tests compare every response of the API with it.

use std::collections::BTreeMap;

use rollcall_edge_http::ProblemType;
use serde_json::json;
use utoipa::Modify;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{
    Content, OpenApi, PathItem, Ref, RefOr, Required, Response, ResponseBuilder,
};

use crate::cursor::can_expire;

/// Adds the refusals to every operation, and the missing descriptions of responses.
pub(crate) struct Answers;

impl Modify for Answers {
    fn modify(&self, document: &mut OpenApi) {
        for item in document.paths.paths.values_mut() {
            for (operation, writes) in with_effect(item) {
                let refusals = statuses(operation, writes);
                let responses = &mut operation.responses.responses;
                for (status, response) in responses.iter_mut() {
                    if let RefOr::T(response) = response {
                        complete(status, response);
                    }
                }
                for status in refusals {
                    let refusal = Ref::from_response_name(component(status));
                    let entry = responses.entry(status.to_string());
                    entry.or_insert(RefOr::Ref(refusal));
                }
            }
        }
        let components = document.components.get_or_insert_default();
        components.responses.extend(refusals());
    }
}

/// Returns the operations of a path, each with whether it changes something.
fn with_effect(item: &mut PathItem) -> impl Iterator<Item = (&mut Operation, bool)> {
    [
        (&mut item.get, false),
        (&mut item.put, true),
        (&mut item.post, true),
        (&mut item.patch, true),
        (&mut item.delete, true),
    ]
    .into_iter()
    .filter_map(|(operation, writes)| Some((operation.as_mut()?, writes)))
}

/// Lists the statuses of the refusals of an operation.
fn statuses(operation: &Operation, writes: bool) -> Vec<u16> {
    let parameters = || operation.parameters.iter().flatten();
    let named =
        |name: &str| parameters().any(|one| matches!(one, RefOr::T(one) if one.name == name));
    let names_something =
        parameters().any(|one| matches!(one, RefOr::T(one) if one.required == Required::True));
    let has_parameters = parameters().next().is_some();
    let has_body = operation.request_body.is_some();
    let id = operation.operation_id.as_deref().unwrap_or_default();
    let has_expiring = can_expire(id);
    let needs_credential = json!(operation.security) != json!([{}]);
    let rules = [
        // The gateway refuses a path that is not percent-encoded UTF-8.
        (has_parameters || has_body, &[400][..]),
        (needs_credential, &[401, 403]),
        // A body can name something, too, such as the tenant of a new service key.
        (names_something || has_body, &[404]),
        (writes, &[409]),
        // A cursor that expires, or a place that the feed no longer has.
        (named("after") && has_expiring, &[410]),
        // A key stands for the request with its body, also where none is expected.
        (has_body || named("Idempotency-Key"), &[413]),
        (true, &[429, 500, 503]),
    ];
    let holding = rules.into_iter().filter(|(holds, _)| *holds);
    holding
        .flat_map(|(_, statuses)| statuses)
        .copied()
        .collect()
}

/// Adds what a response that its handler declares does not have.
fn complete(status: &str, response: &mut Response) {
    if status.starts_with('4') && response.content.is_empty() {
        *response = problem(&response.description);
    }
    if response.description.is_empty() {
        response.description = "Done as asked".to_owned();
    }
}

/// Returns a response with a problem document.
pub(crate) fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name("Problem");
    let content = Content::new(Some(RefOr::Ref(schema)));
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content)
        .build()
}

/// Returns the responses that operations share, one for each status.
fn refusals() -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, Vec<ProblemType>> = BTreeMap::new();
    for kind in ProblemType::ALL {
        by_status.entry(kind.status()).or_default().push(*kind);
    }
    let refusals = by_status.into_iter();
    refusals
        .map(|(status, kinds)| (component(status), RefOr::T(refusal(status, &kinds))))
        .collect()
}

fn refusal(status: u16, kinds: &[ProblemType]) -> Response {
    let lines = kinds
        .iter()
        .map(|kind| format!("- `{}`: {}", kind.name(), kind.meaning()));
    let title = kinds.first().map_or("", |kind| kind.title());
    let lines = lines.collect::<Vec<_>>().join("\n");
    let mut response = problem(&format!("{title}\n\n{lines}"));
    let header = match status {
        401 => Some(("WWW-Authenticate", Type::String, "The scheme: `Bearer`")),
        429 | 503 => Some((
            "Retry-After",
            Type::Integer,
            "After how many seconds to try again",
        )),
        _ => None,
    };
    if let Some((name, kind, description)) = header {
        let header = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(kind)))
            .description(Some(description));
        response
            .headers
            .insert(name.to_owned(), RefOr::T(header.build()));
    }
    response
}

/// Returns the name of the response with a status, such as `NotFound`.
fn component(status: u16) -> String {
    let kind = ProblemType::ALL.iter().find(|kind| kind.status() == status);
    let title = kind.map_or("", |kind| kind.title());
    title.chars().filter(char::is_ascii_alphabetic).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::document;

    /// Returns the operations, each with its method and path.
    fn all() -> Vec<(String, serde_json::Value)> {
        let document = json!(document());
        let paths = document["paths"].as_object().into_iter().flatten();
        let operations = paths.flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| (format!("{method} {path}"), operation.clone()))
        });
        operations.collect()
    }

    #[test]
    fn whatever_is_in_the_path_can_be_refused() {
        let mut seen = 0;
        for (operation, described) in all() {
            if operation.contains('{') {
                seen += 1;
                assert!(described["responses"]["400"].is_object(), "{operation}");
            }
        }
        assert!(seen > 50, "{seen}");
    }

    #[test]
    fn only_a_cursor_that_expires_can_have_expired() {
        let (mut lasting, mut expiring) = (0, 0);
        for (operation, described) in all() {
            let mut parameters = described["parameters"].as_array().into_iter().flatten();
            let Some(after) = parameters.find(|one| one["name"] == "after") else {
                continue;
            };
            let id = described["operationId"].as_str().unwrap_or_default();
            let is_declared = described["responses"]["410"].is_object();
            assert_eq!(is_declared, can_expire(id), "{operation}");
            let says_when = after["description"].to_string().contains("for an hour");
            assert!(is_declared || !says_when, "{operation}");
            match is_declared {
                true => expiring += 1,
                false => lasting += 1,
            }
        }
        // Most of the 11 by both doors.
        assert!(lasting > 11, "{lasting}");
        assert!(expiring > 10, "{expiring}");
    }

    #[test]
    fn the_body_of_a_request_with_a_key_can_be_too_large() {
        let mut without_body = 0;
        for (operation, described) in all() {
            let takes_key = described["parameters"]
                .to_string()
                .contains("Idempotency-Key");
            if takes_key {
                without_body += usize::from(described["requestBody"].is_null());
                assert!(described["responses"]["413"].is_object(), "{operation}");
            }
        }
        assert!(without_body > 3, "{without_body}");
    }
}
