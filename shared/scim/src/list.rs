//! The answer to a list request (RFC 7644 §3.4.2).

use serde_json::{Value, json};

/// The URN of the message that lists are sent in.
pub const LIST_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// Returns a ListResponse: `resources` are the page that starts at `start_index`, of `total` in all.
///
/// `itemsPerPage` is the true length of the page, as pocket-id counts on it. `Resources` is there even
/// when it is empty, as Entra and Okta look for it.
pub fn list_response(total: u64, start_index: u64, resources: Vec<Value>) -> Value {
    json!({
        "schemas": [LIST_RESPONSE_URN],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
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
    }
}
