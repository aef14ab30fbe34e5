//! The two doors of the API. An endpoint for a session is also an endpoint for a service key, with the tenant in the
//! path: `/api/v1/scim/connections/{id}` and `/api/v1/tenants/{tenant}/connections/{id}` are the same.
//!
//! The rule: what follows `/api/v1` follows `/api/v1/tenants/{tenant}`, without `/scim`.

use axum::extract::MatchedPath;
use http::request::Parts;
use rollcall_edge_http::API_PATH;
use serde_json::json;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ObjectBuilder, RefOr, Required, Type};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::openapi::{SERVICE_KEY, SESSION, operations};

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

/// Returns endpoints for sessions as endpoints for service keys.
pub(crate) fn for_service_keys<S>(
    (schemas, mut paths, handlers): UtoipaMethodRouter<S>,
) -> UtoipaMethodRouter<S> {
    let declared = std::mem::take(&mut paths.paths).into_iter();
    paths.paths = declared
        .map(|(path, mut item)| {
            operations(&mut item).for_each(describe);
            let path = path.strip_prefix(API_PATH).unwrap_or(&path);
            let path = format!("{API_PATH}/tenants/{{tenant}}{}", below_tenant(path));
            (path, item)
        })
        .collect();
    (schemas, paths, handlers)
}

/// Describes an operation for sessions as one for service keys.
fn describe(operation: &mut Operation) {
    if let Some(id) = &mut operation.operation_id {
        id.push_str("_of_tenant");
    }
    operation
        .parameters
        .get_or_insert_default()
        .insert(0, RefOr::T(tenant_parameter()));
    let security = operation.security.iter_mut().flatten();
    security.for_each(|requirement| *requirement = scoped(requirement));
}

/// Returns the requirement of a service key with the scopes that stand for the permissions of a session.
fn scoped(requirement: &SecurityRequirement) -> SecurityRequirement {
    let requirement = json!(requirement);
    let permissions = requirement[SESSION].as_array().into_iter().flatten();
    let scopes = permissions.filter_map(|permission| permission.as_str());
    SecurityRequirement::new(SERVICE_KEY, scopes)
}

fn tenant_parameter() -> Parameter {
    ParameterBuilder::new()
        .name(TENANT)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("The tenant's id"))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
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
