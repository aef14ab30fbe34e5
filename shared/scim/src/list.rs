//! The response to a list request (RFC 7644 §3.4.2).

use serde_json::{Value, json};

/// The URN of the ListResponse message (RFC 7644 §3.4.2).
pub const LIST_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// Returns a ListResponse with one page of results (RFC 7644 §3.4.2).
///
/// `total` is the number of resources in all pages, and `start_index` is the 1-based index of the first
/// of `resources`. `itemsPerPage` is the actual number of `resources`, because pocket-id relies on it.
/// `Resources` is present even when it is empty, because Entra and Okta expect it.
pub fn list_response(total: u64, start_index: u64, resources: Vec<Value>) -> Value {
    json!({
        "schemas": [LIST_RESPONSE_URN],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

/// Returns a ListResponse with one page of a walk by cursors (RFC 9865 §2). The last page has no `next` cursor.
///
/// It has a `startIndex` too, the number of resources before it plus one: RFC 7644 requires it of every page, and clients
/// rely on it.
pub fn cursor_response(
    total: u64,
    start_index: u64,
    next: Option<String>,
    resources: Vec<Value>,
) -> Value {
    let mut response = list_response(total, start_index, resources);
    if let Some(next) = next {
        response["nextCursor"] = next.into();
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let empty = json!({
            "schemas": [LIST_RESPONSE_URN],
            "totalResults": 7, "startIndex": 100, "itemsPerPage": 0, "Resources": [],
        });
        assert_eq!(list_response(7, 100, vec![]), empty);
        let page = list_response(7, 1, vec![json!({"id": "1"}), json!({"id": "2"})]);
        assert_eq!(page["itemsPerPage"], json!(2));
        let first = cursor_response(2, 1, Some("x".to_owned()), vec![json!({"id": "1"})]);
        let is = json!({
            "schemas": [LIST_RESPONSE_URN],
            "totalResults": 2, "startIndex": 1, "itemsPerPage": 1, "nextCursor": "x", "Resources": [{"id": "1"}],
        });
        assert_eq!(first, is);
        assert_eq!(cursor_response(0, 1, None, vec![]).get("nextCursor"), None);
    }
}
