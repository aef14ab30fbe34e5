//! The endpoints that need no token: discovery (RFC 7644 §4).

use axum::Router;
use axum::extract::{FromRef, FromRequestParts};
use axum::response::Response;
use axum::routing::get;
use http::request::Parts;
use rollcall_directory::Directory;
use rollcall_edge_http::{
    BASE_PATH, Segment, normalise, origin, request_id, segments, sole_bearer,
};
use rollcall_scim as scim;
use rollcall_scim::{Query, ResourceTypes, discovery};
use serde_json::Value;

use crate::base_url::{BaseUrl, MARKER};
use crate::error::Error;
use crate::json_response::json;
use crate::query::QueryPairs;

/// Returns the routes of `/ServiceProviderConfig`, and of `/Schemas` and `/ResourceTypes` as lists and
/// by id.
pub fn discovery_router(directory: Directory) -> Router {
    let at = |endpoint: &str| format!("{BASE_PATH}{endpoint}");
    Router::new()
        .route(&at("/ServiceProviderConfig"), get(service_provider_config))
        .route(&at("/Schemas"), get(schemas))
        .route(&at("/Schemas/{urn}"), get(schema))
        .route(&at("/ResourceTypes"), get(resource_types))
        .route(&at("/ResourceTypes/{name}"), get(resource_type))
        .with_state(Discovery { directory })
}

#[derive(Clone)]
struct Discovery {
    directory: Directory,
}

impl FromRef<Discovery> for Directory {
    fn from_ref(discovery: &Discovery) -> Self {
        discovery.directory.clone()
    }
}

/// Returns whether a request is for one of the [`discovery_router`] or for the token endpoint, in any spelling of the path,
/// or for the base URL without a query over all resource types. The authorizer lets such a request pass without a token.
///
/// The authorizer then passes on no caller. If this function were wrong about a request, its handler would answer 401.
pub fn is_public<'a>(path: &str, parameters: impl IntoIterator<Item = &'a str>) -> bool {
    let path = normalise(path, MARKER);
    let path: Vec<&str> = segments(&path).collect();
    let base: Vec<&str> = segments(BASE_PATH).collect();
    matches!(
        path.strip_prefix(&base[..]),
        Some(
            ["ServiceProviderConfig" | "Schemas" | "ResourceTypes"]
                | ["Schemas" | "ResourceTypes", _]
                | ["oauth", "token"]
        )
    ) || (path == base && !parameters.into_iter().any(Query::has_parameter))
}

async fn service_provider_config(_: Unfiltered, base: BaseUrl) -> Response {
    json(200, &discovery::service_provider_config(base.as_str()))
}

async fn schemas(_: Unfiltered, Types(types): Types, base: BaseUrl) -> Response {
    all(discovery::schemas(types, base.as_str()))
}

async fn schema(
    _: Unfiltered,
    Types(types): Types,
    base: BaseUrl,
    Segment(urn): Segment,
) -> Result<Response, Error> {
    one(
        "no schema has this id; `/Schemas` lists all schemas, with a token those that its tenant declares, too",
        discovery::schema(types, &urn, base.as_str()),
    )
}

async fn resource_types(_: Unfiltered, Types(types): Types, base: BaseUrl) -> Response {
    all(discovery::resource_types(types, base.as_str()))
}

async fn resource_type(
    _: Unfiltered,
    Types(types): Types,
    base: BaseUrl,
    Segment(name): Segment,
) -> Result<Response, Error> {
    one(
        "no resource type has this name; `/ResourceTypes` lists all of them",
        discovery::resource_type(types, &name, base.as_str()),
    )
}

/// The types of resources: with the extensions that the tenant declares whose token the request has, if it has one. Discovery
/// refuses no token and counts no request.
struct Types(ResourceTypes);

impl<S> FromRequestParts<S> for Types
where
    S: Send + Sync,
    Directory: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let directory = Directory::from_ref(state);
        let caller = match sole_bearer(parts) {
            Some(token) => {
                let (id, address) = (request_id(parts), origin(parts).ip());
                directory.identify(token, &id, address).await?
            }
            None => None,
        };
        let types = match caller.filter(|caller| caller.schemas > 0) {
            Some(caller) => directory.tenant_with_schemas(&caller).await?.types(),
            None => ResourceTypes::default(),
        };
        Ok(Self(types))
    }
}

/// Returns a complete list. Sorting and paging parameters are ignored (RFC 7644 §4).
fn all(resources: Vec<Value>) -> Response {
    let total = resources.len() as u64;
    json(200, &scim::ListResponse::new(total, 1, resources))
}

fn one(otherwise: &str, found: Option<Value>) -> Result<Response, Error> {
    match found {
        Some(found) => Ok(json(200, &found)),
        None => Err(scim::Error::NoEndpoint(otherwise.to_owned()).into()),
    }
}

/// A request without `filter`. Discovery answers 403 to a request with one (RFC 7644 §4).
struct Unfiltered;

impl<S: Sync> FromRequestParts<S> for Unfiltered {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        match QueryPairs::from_request_parts(parts, state)
            .await?
            .get("filter")
        {
            None => Ok(Self),
            Some(_) => Err(scim::Error::Forbidden(
                "discovery endpoints do not support `filter`; leave it out".to_owned(),
            )
            .into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discovery_is_public_in_every_spelling() {
        for (path, expected) in [
            ("/scim/v2", true),
            ("/scim/v2/", true),
            ("/scim/v2//", true),
            ("/scim/v2/ServiceProviderConfig", true),
            ("/scim/v2//ServiceProviderConfig", true),
            ("/scim/v2/ServiceProviderConfig/", true),
            ("/scim/v2/Schemas/", true),
            ("//scim//v2//Schemas//", true),
            ("/scim/v2/Schemas//urn:x", true),
            ("/scim/v2//ResourceTypes/User/", true),
            ("/dev/scim/v2//Schemas", true),
            ("/scim/scim/v2//Schemas", true),
            ("/scim/v2/ServiceProviderConfig/x", false),
            ("/scim/v2/Schemas/x/y", false),
            ("/scim/v2/schemas", false),
            ("/scim/v2/Schemas%2F", false),
            ("/scim/v2/%53chemas", false),
            ("/scim/v2/Schemas/../Users", false),
            ("/scim/v2/Schemas?x/../../Users", false),
            ("/scim/v2/Users", false),
            ("/scim/v2//Users", false),
            ("/scim/v2/Users/Schemas", false),
            ("/scim/v2/x/scim/v2/Schemas", false),
            ("/scim/v2/.search", false),
            ("/scim/v2/Me", false),
            ("/scim/v1/Schemas", false),
            ("/Schemas", false),
            ("/scim/v2Schemas", false),
            ("", false),
            ("/", false),
        ] {
            assert_eq!(is_public(path, []), expected, "{path}");
        }
        for (path, parameter, expected) in [
            ("/scim/v2", "filter", false),
            ("/scim/v2/", "sortBy", false),
            ("/scim/v2", "aadOptscim062020", true),
            ("/scim/v2/Schemas", "filter", true),
        ] {
            let public = is_public(path, [parameter]);
            assert_eq!(public, expected, "{path}?{parameter}");
        }
    }
}
