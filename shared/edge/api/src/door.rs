//! The two doors of the API. An endpoint for a session is also an endpoint for a service key, with the tenant in the
//! path: `/api/v1/scim/connections/{id}` and `/api/v1/tenants/{tenant}/connections/{id}` are the same.
//!
//! The rule: what follows `/api/v1` follows `/api/v1/tenants/{tenant}`, without `/scim`.

use axum::extract::MatchedPath;
use http::request::Parts;

/// The name of the variable segment with the tenant.
pub(crate) const TENANT: &str = "tenant";

/// Returns whether the endpoint of a request is one for service keys, which name the tenant in the path.
pub(crate) fn names_tenant(parts: &Parts) -> bool {
    let matched = parts.extensions.get::<MatchedPath>();
    matched.is_some_and(|path| path.as_str().contains("{tenant}"))
}

/// Returns a path for sessions, relative to `/api/v1`, as it is for service keys, relative to the tenant.
pub(crate) fn below_tenant(path: &str) -> &str {
    match path.strip_prefix("/scim/") {
        Some(rest) => &path[path.len() - rest.len() - 1..],
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scim_is_left_out() {
        for (path, expected) in [
            ("/scim/connections", "/connections"),
            ("/scim/connections/scim", "/connections/scim"),
            ("/users/scim/role", "/users/scim/role"),
            ("/scimitar", "/scimitar"),
            ("/settings", "/settings"),
        ] {
            assert_eq!(below_tenant(path), expected);
        }
    }
}
