//! The response to a list request (RFC 7644 §3.4.2).

use serde::Serialize;

/// The URN of the ListResponse message (RFC 7644 §3.4.2).
pub const LIST_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// A ListResponse with one page of results (RFC 7644 §3.4.2).
///
/// `itemsPerPage` is the actual number of resources, because pocket-id relies on it. `Resources` is present even when it is
/// empty, because Entra and Okta expect it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListResponse<R> {
    schemas: [&'static str; 1],
    total_results: u64,
    start_index: u64,
    items_per_page: usize,
    #[serde(rename = "Resources")]
    resources: Vec<R>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

impl<R> ListResponse<R> {
    /// Returns a page. `total` is the number of resources in all pages, and `start_index` is the 1-based index of the
    /// first of `resources`.
    pub fn new(total: u64, start_index: u64, resources: Vec<R>) -> Self {
        Self {
            schemas: [LIST_RESPONSE_URN],
            total_results: total,
            start_index,
            items_per_page: resources.len(),
            resources,
            next_cursor: None,
        }
    }

    /// Returns the page as one of a walk by cursors (RFC 9865 §2). The last one has no `next` cursor.
    ///
    /// It keeps its `startIndex`, the number of resources before it plus one: RFC 7644 requires it of every page, and
    /// clients rely on it.
    #[must_use]
    pub fn followed_by(self, next: Option<String>) -> Self {
        Self {
            next_cursor: next,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn page(total: u64, start_index: u64, ids: &[&str], next: Option<&str>) -> Value {
        let resources = ids.iter().map(|id| json!({"id": id})).collect();
        let page = ListResponse::new(total, start_index, resources);
        json!(page.followed_by(next.map(str::to_owned)))
    }

    #[test]
    fn lists() {
        let empty = json!({
            "schemas": [LIST_RESPONSE_URN],
            "totalResults": 7, "startIndex": 100, "itemsPerPage": 0, "Resources": [],
        });
        assert_eq!(page(7, 100, &[], None), empty);
        assert_eq!(page(7, 1, &["1", "2"], None)["itemsPerPage"], json!(2));
        let is = json!({
            "schemas": [LIST_RESPONSE_URN],
            "totalResults": 2, "startIndex": 1, "itemsPerPage": 1, "nextCursor": "x", "Resources": [{"id": "1"}],
        });
        assert_eq!(page(2, 1, &["1"], Some("x")), is);
        assert_eq!(page(0, 1, &[], None).get("nextCursor"), None);
    }
}
