//! The discovery documents (RFC 7644 §4): features, resource types and schemas of the service.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use crate::limits::{
    CURSOR_TIMEOUT_SECONDS, DEFAULT_RESULTS, MAX_BODY_BYTES, MAX_BULK_OPERATIONS, MAX_RESULTS,
};
use crate::schema::{
    Attribute, RESOURCE_TYPE_SCHEMA, ResourceType, ResourceTypes, SCHEMA_SCHEMA, SCHEMAS,
    SERVICE_PROVIDER_CONFIG_SCHEMA, Schema,
};

/// Returns the document at `/ServiceProviderConfig` (RFC 7643 §5).
///
/// The base URL ends in `/scim/v2`, here and in the functions below.
pub fn service_provider_config(base_url: &str) -> Value {
    json!({
        "schemas": [SERVICE_PROVIDER_CONFIG_SCHEMA.id],
        "patch": { "supported": true },
        "bulk": {
            "supported": true,
            "maxOperations": MAX_BULK_OPERATIONS,
            "maxPayloadSize": MAX_BODY_BYTES,
        },
        "filter": { "supported": true, "maxResults": MAX_RESULTS },
        "changePassword": { "supported": false },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": DEFAULT_RESULTS,
            "maxPageSize": MAX_RESULTS,
            "cursorTimeout": CURSOR_TIMEOUT_SECONDS,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "A token issued for one connection, sent as `Authorization: Bearer`",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }, {
            "type": "oauth2",
            "name": "OAuth 2.0 client credentials",
            "description": format!(
                "An OAuth client of one connection fetches short-lived access tokens at {base_url}/oauth/token, and sends \
                 them as `Authorization: Bearer`"
            ),
            "specUri": "https://www.rfc-editor.org/info/rfc6749",
            "primary": false,
        }],
        "meta": meta(base_url, "ServiceProviderConfig", "/ServiceProviderConfig"),
    })
}

/// Returns the documents at `/Schemas` (RFC 7643 §7). What is declared for Users comes with their type.
pub fn schemas(types: ResourceTypes, base_url: &str) -> Vec<Value> {
    let document = |schema: &Schema| schema_document(schema, base_url);
    all(types).map(document).collect()
}

/// Returns the document at `/Schemas/{urn}`, if the schema exists. The URN is case-insensitive.
pub fn schema(types: ResourceTypes, urn: &str, base_url: &str) -> Option<Value> {
    all(types)
        .find(|schema| schema.id.eq_ignore_ascii_case(urn))
        .map(|schema| schema_document(schema, base_url))
}

/// Returns all schemas, in the order in which `/Schemas` lists them: the extensions of Users, and then those of
/// Groups, follow their core schemas.
fn all(types: ResourceTypes) -> impl Iterator<Item = &'static Schema> {
    let extensions = [types.users, types.groups].into_iter();
    let extensions = extensions.flat_map(|rt| rt.extensions).map(|it| it.schema);
    let [user, group, of_discovery @ ..] = SCHEMAS;
    [user, group]
        .into_iter()
        .chain(extensions)
        .chain(of_discovery)
}

/// Returns the documents at `/ResourceTypes` (RFC 7643 §6).
pub fn resource_types(types: ResourceTypes, base_url: &str) -> Vec<Value> {
    let document = |rt: &ResourceType| resource_type_document(rt, base_url);
    [types.users, types.groups]
        .into_iter()
        .map(document)
        .collect()
}

/// Returns the document at `/ResourceTypes/{name}`, if the type exists. The name is case-insensitive.
pub fn resource_type(types: ResourceTypes, name: &str, base_url: &str) -> Option<Value> {
    [types.users, types.groups]
        .into_iter()
        .find(|rt| rt.name.eq_ignore_ascii_case(name))
        .map(|rt| resource_type_document(rt, base_url))
}

fn meta(base_url: &str, resource_type: &str, path: &str) -> Value {
    let base_url = base_url.trim_end_matches('/');
    json!({ "resourceType": resource_type, "location": format!("{base_url}{path}") })
}

fn resource_type_document(rt: &ResourceType, base_url: &str) -> Value {
    let mut document = json!({
        "schemas": [RESOURCE_TYPE_SCHEMA.id],
        "id": rt.name,
        "name": rt.name,
        "description": rt.description,
        "endpoint": rt.endpoint,
        "schema": rt.schema.id,
    });
    let extensions: Vec<Value> = rt
        .extensions
        .iter()
        .map(|extension| json!({ "schema": extension.schema.id, "required": extension.required }))
        .collect();
    if !extensions.is_empty() {
        document["schemaExtensions"] = extensions.into();
    }
    let path = format!("/ResourceTypes/{}", rt.name);
    document["meta"] = meta(base_url, "ResourceType", &path);
    document
}

fn schema_document(schema: &Schema, base_url: &str) -> Value {
    json!({
        "schemas": [SCHEMA_SCHEMA.id],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": schema.attributes.iter().map(attribute_document).collect::<Vec<_>>(),
        "meta": meta(base_url, "Schema", &format!("/Schemas/{}", schema.id)),
    })
}

fn attribute_document(attribute: &Attribute) -> Value {
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| {
        document.insert(name.to_owned(), value);
    };
    put("name", attribute.name.into());
    put("type", attribute.kind.as_str().into());
    put("multiValued", attribute.multi_valued.into());
    put("description", attribute.description.into());
    put("required", attribute.required.into());
    put("caseExact", attribute.case_exact.into());
    put("mutability", attribute.mutability.as_str().into());
    put("returned", attribute.returned.as_str().into());
    put("uniqueness", attribute.uniqueness.as_str().into());
    for (name, values) in [
        ("canonicalValues", attribute.canonical_values),
        ("referenceTypes", attribute.reference_types),
    ] {
        if !values.is_empty() {
            put(name, values.into());
        }
    }
    if attribute.is_complex() {
        let subs = attribute.sub_attributes.iter().map(attribute_document);
        put("subAttributes", subs.collect::<Vec<_>>().into());
    }
    Value::Object(document)
}
