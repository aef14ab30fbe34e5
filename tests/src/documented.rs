//! What the OpenAPI document declares of a response, to compare every response of the API with.

use std::sync::LazyLock;

use serde_json::Value;

/// The OpenAPI document, as the service serves it.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::to_value(rollcall_edge_api::document())
        .unwrap_or_else(|error| panic!("no document: {error}"))
});

/// Returns whether the document declares a status for a request. `path` is relative to `/api/v1`. What is at no path of the
/// document is declared nowhere, and can have any status.
pub(crate) fn is_declared(method: &str, path: &str, status: u16) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    match operation(method, path) {
        Some(operation) => !operation["responses"][status.to_string()].is_null(),
        None => true,
    }
}

/// Returns whether the document declares the media type of a response with a status that it declares. A response without a
/// body has no media type, and the document must declare none.
pub(crate) fn is_declared_type(method: &str, path: &str, status: u16, media_type: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let Some(operation) = operation(method, path) else {
        return true;
    };
    let response = &operation["responses"][status.to_string()];
    let shared = response["$ref"].as_str();
    let shared = shared.and_then(|at| DOCUMENT.pointer(at.trim_start_matches('#')));
    let content = shared.unwrap_or(response)["content"].as_object();
    match content {
        Some(content) => content.contains_key(media_type),
        None => media_type.is_empty(),
    }
}

/// Returns the operation for a request. A literal segment comes before a variable one, as in the router.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let paths = DOCUMENT["paths"].as_object()?.iter();
    let fitting = paths.filter(|(template, _)| fits(template, path));
    let (_, item) = fitting.min_by_key(|(template, _)| template.matches('{').count())?;
    item.get(method.to_lowercase())
}

fn fits(template: &str, path: &str) -> bool {
    let template = template.trim_start_matches("/api/v1");
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given => {}
            (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_declared_by_operation() {
        for (path, status, media_type, expected) in [
            ("/settings", 200, "application/json", true),
            ("/settings", 200, "text/csv", false),
            ("/settings", 403, "application/problem+json", true),
            ("/settings", 403, "application/json", false),
            (
                "/tenants/x/directory?limit=1",
                200,
                "application/x-ndjson",
                true,
            ),
            (
                "/evidence/access-review",
                200,
                "text/csv; charset=utf-8; header=present",
                true,
            ),
            ("/problems", 200, "text/html; charset=utf-8", true),
        ] {
            assert_eq!(
                is_declared_type("GET", path, status, media_type),
                expected,
                "{path} {media_type}"
            );
        }
        assert!(is_declared_type("DELETE", "/scim/connections/x", 204, ""));
    }

    #[test]
    fn statuses_are_declared_by_operation() {
        for (method, path, status, expected) in [
            ("GET", "/settings", 200, true),
            ("GET", "/settings?x=1", 401, true),
            ("GET", "/settings", 409, false),
            ("PUT", "/scim/groups/role-mapping?name=x", 201, true),
            ("GET", "/users/x", 404, true),
            ("GET", "/nothing", 418, true),
        ] {
            assert_eq!(
                is_declared(method, path, status),
                expected,
                "{method} {path}"
            );
        }
    }
}
