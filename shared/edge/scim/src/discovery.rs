//! The discovery endpoints (RFC 7644 §4), readable without a token.

use axum::Router;
use axum::extract::FromRequestParts;
use axum::response::Response;
use axum::routing::get;
use http::request::Parts;
use rollcall_edge_http::{BASE_PATH, Segment};
use rollcall_scim as scim;
use rollcall_scim::discovery;
use serde_json::Value;

use crate::base_url::BaseUrl;
use crate::error::Error;
use crate::json_response::json;
use crate::query::QueryPairs;

/// Returns the routes of `/ServiceProviderConfig`, and of `/Schemas` and `/ResourceTypes` as lists and by id.
pub fn discovery_router() -> Router {
    let at = |endpoint: &str| format!("{BASE_PATH}{endpoint}");
    Router::new()
        .route(&at("/ServiceProviderConfig"), get(service_provider_config))
        .route(&at("/Schemas"), get(schemas))
        .route(&at("/Schemas/{urn}"), get(schema))
        .route(&at("/ResourceTypes"), get(resource_types))
        .route(&at("/ResourceTypes/{name}"), get(resource_type))
}

async fn service_provider_config(_: Unfiltered, base: BaseUrl) -> Response {
    json(200, &discovery::service_provider_config(base.as_str()))
}

async fn schemas(_: Unfiltered, base: BaseUrl) -> Response {
    all(discovery::schemas(base.as_str()))
}

async fn schema(_: Unfiltered, base: BaseUrl, Segment(urn): Segment) -> Result<Response, Error> {
    one(
        "no schema has this id; `/Schemas` lists all schemas",
        discovery::schema(&urn, base.as_str()),
    )
}

async fn resource_types(_: Unfiltered, base: BaseUrl) -> Response {
    all(discovery::resource_types(base.as_str()))
}

async fn resource_type(
    _: Unfiltered,
    base: BaseUrl,
    Segment(name): Segment,
) -> Result<Response, Error> {
    one(
        "no resource type has this name; `/ResourceTypes` lists all of them",
        discovery::resource_type(&name, base.as_str()),
    )
}

/// Returns a complete list. Sorting and paging parameters are ignored (RFC 7644 §4).
fn all(resources: Vec<Value>) -> Response {
    let total = resources.len() as u64;
    json(200, &scim::list_response(total, 1, resources))
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
