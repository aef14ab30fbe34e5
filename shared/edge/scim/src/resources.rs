//! `/Users` and `/Groups`: one set of handlers for both kinds of resources.

use axum::Router;
use axum::extract::{FromRef, FromRequestParts, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use rollcall_directory::{Directory, Kind, Tenant, Written};
use rollcall_edge_http::{BASE_PATH, Segment};
use rollcall_scim as scim;
use rollcall_scim::{Patch, Precondition, Projection, Query, Resource};
use serde_json::Value;

use crate::answer;
use crate::base_url::BaseUrl;
use crate::caller::{Authenticated, Types};
use crate::error::Error;
use crate::json_body::JsonObject;
use crate::query::QueryPairs;

/// Returns the routes of one kind of resource (RFC 7644 §3.2): the collection, its `.search`, and each resource.
pub fn resource_router(directory: Directory, kind: &'static Kind) -> Router {
    let collection = format!("{BASE_PATH}{}", kind.resource_type.endpoint);
    Router::new()
        .route(&collection, get(list).post(create))
        .route(&format!("{collection}/.search"), post(search))
        .route(
            &format!("{collection}/{{id}}"),
            get(read).put(replace).patch(patch).delete(delete),
        )
        .with_state(Resources { directory, kind })
}

#[derive(Clone)]
struct Resources {
    directory: Directory,
    kind: &'static Kind,
}

impl FromRef<Resources> for Directory {
    fn from_ref(resources: &Resources) -> Self {
        resources.directory.clone()
    }
}

type Answer = Result<Response, Error>;

/// Handles `POST /Users` (RFC 7644 §3.3).
async fn create(
    State(Resources { kind, .. }): State<Resources>,
    Authenticated(tenant): Authenticated,
    Attributes(projection): Attributes,
    base: BaseUrl,
    JsonObject(body): JsonObject,
) -> Answer {
    let wanted = Resource::parse(tenant.resource_type(kind), body)?;
    let created = tenant.resources().create(kind, wanted, &projection).await?;
    let resource = &created.answer;
    let response = answer::resource(StatusCode::CREATED, resource, &projection, &base);
    Ok(answer::with_effects(response, created.effects))
}

/// Handles `GET /Users/{id}` (RFC 7644 §3.4.1).
async fn read(
    State(Resources { kind, .. }): State<Resources>,
    Authenticated(tenant): Authenticated,
    projection: Parsed<Attributes>,
    precondition: Parsed<Conditions>,
    base: BaseUrl,
    Segment(id): Segment,
) -> Answer {
    let parsed = projection.and_then(|projection| Ok((projection.0, precondition?.0)));
    let (projection, precondition) = of_known(&tenant, kind, &id, parsed).await?;
    let resource = tenant.resources().read(kind, &id, &projection).await?;
    if precondition.not_modified(answer::version(&resource)) {
        return Ok(answer::not_modified(&resource));
    }
    Ok(answer::resource(
        StatusCode::OK,
        &resource,
        &projection,
        &base,
    ))
}

/// Handles `GET /Users` (RFC 7644 §3.4.2).
async fn list(
    State(Resources { kind, .. }): State<Resources>,
    Authenticated(tenant): Authenticated,
    pairs: QueryPairs,
    base: BaseUrl,
) -> Answer {
    let rt = tenant.resource_type(kind);
    let query = Query::from_pairs(rt, pairs.into_pairs())?.at(base.as_str());
    let page = tenant.resources().search(kind, &query).await?;
    answer::page(&tenant, &page, |_| &query.projection, &base).await
}

/// Handles `POST /Users/.search` (RFC 7644 §3.4.3).
async fn search(
    State(Resources { kind, .. }): State<Resources>,
    Authenticated(tenant): Authenticated,
    base: BaseUrl,
    JsonObject(body): JsonObject,
) -> Answer {
    let rt = tenant.resource_type(kind);
    let query = Query::from_search_request(rt, body)?.at(base.as_str());
    let page = tenant.resources().search(kind, &query).await?;
    answer::page(&tenant, &page, |_| &query.projection, &base).await
}

/// Handles `PUT /Users/{id}` (RFC 7644 §3.5.1).
async fn replace(
    State(Resources { kind, .. }): State<Resources>,
    Authenticated(tenant): Authenticated,
    projection: Parsed<Attributes>,
    precondition: Parsed<Conditions>,
    base: BaseUrl,
    Segment(id): Segment,
    body: Parsed<JsonObject>,
) -> Answer {
    let parsed = parsed(projection, precondition, body, |body| {
        Resource::parse(tenant.resource_type(kind), body)
    });
    let (projection, precondition, wanted) = of_known(&tenant, kind, &id, parsed).await?;
    let replaced = tenant
        .resources()
        .replace(kind, &id, wanted, &precondition, &projection)
        .await?;
    Ok(changed(kind, &id, replaced, &projection, &base))
}

/// Handles `PATCH /Users/{id}` (RFC 7644 §3.5.2).
///
/// For a kind with members, the response is 204, unless the request names attributes to return. Entra expects 204, and
/// a change of one member must not return 100,000 of them.
async fn patch(
    State(Resources { kind, .. }): State<Resources>,
    Authenticated(tenant): Authenticated,
    projection: Parsed<Attributes>,
    precondition: Parsed<Conditions>,
    base: BaseUrl,
    Segment(id): Segment,
    body: Parsed<JsonObject>,
) -> Answer {
    let parsed = parsed(projection, precondition, body, |body| {
        Patch::parse(tenant.resource_type(kind), body)
    });
    let (projection, precondition, patch) = of_known(&tenant, kind, &id, parsed).await?;
    let wanted = (!kind.has_members() || !projection.is_default()).then_some(&projection);
    let patched = tenant
        .resources()
        .patch(kind, &id, patch, &precondition, wanted)
        .await?;
    Ok(changed(kind, &id, patched, &projection, &base))
}

/// Returns the response to a change: the resource, or a 204 if the client did not ask for it or if it cannot be read now.
fn changed(
    kind: &Kind,
    id: &str,
    written: Written<Option<Resource>>,
    projection: &Projection,
    base: &BaseUrl,
) -> Response {
    let response = match &written.answer {
        Some(resource) => answer::resource(StatusCode::OK, resource, projection, base),
        None => answer::changed(kind.resource_type, id, written.version.as_deref(), base),
    };
    answer::with_effects(response, written.effects)
}

/// Handles `DELETE /Users/{id}` (RFC 7644 §3.6).
async fn delete(
    State(Resources { kind, .. }): State<Resources>,
    Authenticated(tenant): Authenticated,
    precondition: Parsed<Conditions>,
    Segment(id): Segment,
) -> Answer {
    let Conditions(precondition) = of_known(&tenant, kind, &id, precondition).await?;
    let deleted = tenant.resources().delete(kind, &id, &precondition).await?;
    Ok(answer::with_effects(answer::no_content(), deleted.effects))
}

/// What an extractor read, or why it could not.
type Parsed<T> = Result<T, Error>;

/// Reads the whole request to change a resource.
fn parsed<T>(
    projection: Parsed<Attributes>,
    precondition: Parsed<Conditions>,
    body: Parsed<JsonObject>,
    parse: impl FnOnce(Value) -> Result<T, scim::Error>,
) -> Parsed<(Projection, Precondition, T)> {
    let (Attributes(projection), Conditions(precondition)) = (projection?, precondition?);
    Ok((projection, precondition, parse(body?.0)?))
}

/// Returns what was read of a request for a resource. If nothing could be, checks first that the resource exists: who
/// asks for somebody who is gone learns that, and not what else is wrong. A request that could be read costs nothing.
///
/// # Errors
/// `404` when the request could not be read and the resource does not exist, otherwise the error of reading.
async fn of_known<T>(tenant: &Tenant, kind: &Kind, id: &str, parsed: Parsed<T>) -> Parsed<T> {
    if parsed.as_ref().is_err_and(Error::is_bad_request) {
        tenant.resources().record(kind, id).await?;
    }
    parsed
}

/// The parameters `attributes` and `excludedAttributes` of a request that returns a resource (RFC 7644 §3.9).
struct Attributes(Projection);

impl FromRequestParts<Resources> for Attributes {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &Resources) -> Result<Self, Error> {
        let pairs = QueryPairs::from_request_parts(parts, state).await?;
        let (attributes, excluded) = (pairs.get("attributes"), pairs.get("excludedAttributes"));
        Ok(Self(Projection::parse(
            Types::of(parts, state.kind),
            attributes,
            excluded,
        )?))
    }
}

/// The headers `If-Match` and `If-None-Match` (RFC 7644 §3.14).
struct Conditions(Precondition);

impl<S: Sync> FromRequestParts<S> for Conditions {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Error> {
        let (matching, not_matching) = (
            combined(&parts.headers, IF_MATCH),
            combined(&parts.headers, IF_NONE_MATCH),
        );
        Ok(Self(Precondition::new(
            matching.as_deref(),
            not_matching.as_deref(),
        )?))
    }
}

/// Combines all lines of a list header into one value (RFC 9110 §5.3).
fn combined(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let lines: Vec<_> = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}
