//! The operations of the OpenAPI document, and how one for sessions becomes one for service keys.

use rollcall_edge_http::API_PATH;
use serde_json::json;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ObjectBuilder, PathItem, RefOr, Required, Type};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::door::{TENANT, below_tenant};

/// The name of the security scheme of the application's backend.
pub const SERVICE_KEY: &str = "service_key";
/// The name of the security scheme of people.
pub const SESSION: &str = "session";

/// The parameter that names a tenant where the path does not.
const FOR_TENANT: &str = "for_tenant";

/// Returns the operations of a path.
pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .flatten()
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
    // What is only for service keys without a tenant.
    let security = operation.security.get_or_insert_default();
    security.retain(|requirement| json!(requirement)[SESSION].is_array());
    let parameters = operation.parameters.get_or_insert_default();
    parameters.retain(|parameter| !matches!(parameter, RefOr::T(one) if one.name == FOR_TENANT));
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
