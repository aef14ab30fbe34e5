//! The queries over all resource types, and the responses for unknown and unsupported paths.

use axum::Router;
use axum::extract::FromRef;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use http::{Method, StatusCode, Uri};
use rollcall_directory::{Directory, GROUPS, Kind, QueryOfAll, Tenant, USERS};
use rollcall_edge_http::{BASE_PATH, segments};
use rollcall_scim as scim;
use rollcall_scim::{Query, Resource};

use crate::answer;
use crate::base_url::BaseUrl;
use crate::caller::Authenticated;
use crate::error::Error;
use crate::json_body::JsonObject;
use crate::query::QueryPairs;

/// The endpoints, as errors name them.
pub(crate) const ENDPOINTS: &str =
    "`/Users`, `/Groups`, `/Bulk`, `/ServiceProviderConfig`, `/Schemas` and `/ResourceTypes`";

/// Returns the routes of the queries over all resource types, of SCIM's endpoints that are not supported, and of every
/// other path below the base URL. All of them need a token, as they do in API Gateway, except the base URL itself.
pub fn root_router(directory: Directory) -> Router {
    let at = |endpoint: &str| format!("{BASE_PATH}{endpoint}");
    Router::new()
        .route(BASE_PATH, get(root))
        .route(&at("/.search"), post(search))
        .route(&at("/Me"), any(me))
        .route(&at("/Me/{*rest}"), any(me))
        .route(&at("/{*rest}"), any(nothing))
        .with_state(Root { directory })
}

#[derive(Clone)]
struct Root {
    directory: Directory,
}

impl FromRef<Root> for Directory {
    fn from_ref(root: &Root) -> Self {
        root.directory.clone()
    }
}

/// Handles `GET` of the base URL: a query over all resource types (RFC 7644 §3.4.2.1), or, without parameters of a query,
/// the confirmation of the base URL to a person who opens it in a browser. Only the query needs a token.
async fn root(
    authenticated: Result<Authenticated, Error>,
    base: BaseUrl,
    pairs: QueryPairs,
) -> Result<Response, Error> {
    let pairs = pairs.into_pairs();
    if !pairs.iter().any(|(name, _)| Query::has_parameter(name)) {
        return Err(no_endpoint(format!(
            "this is the SCIM base URL, `{base}`; its endpoints are {ENDPOINTS}"
        )));
    }
    let Authenticated(tenant) = authenticated?;
    let read = |kind: &Kind| Query::from_pairs(tenant.resource_type(kind), pairs.clone());
    search_all(&tenant, base, read).await
}

/// Handles `POST /.search`, a query over all resource types (RFC 7644 §3.4.3).
async fn search(
    Authenticated(tenant): Authenticated,
    base: BaseUrl,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    let read = |kind: &Kind| Query::from_search_request(tenant.resource_type(kind), body.clone());
    search_all(&tenant, base, read).await
}

async fn search_all(
    tenant: &Tenant,
    base: BaseUrl,
    read: impl Fn(&Kind) -> Result<Query, scim::Error>,
) -> Result<Response, Error> {
    let query = QueryOfAll {
        users: read(&USERS)?.at(base.as_str()),
        groups: read(&GROUPS)?.at(base.as_str()),
    };
    let page = tenant.resources().search_all(&query).await?;
    let projection = |resource: &Resource| {
        let is_user = resource.resource_type().name == USERS.resource_type.name;
        let query = if is_user { &query.users } else { &query.groups };
        &query.projection
    };
    answer::page(tenant, &page, projection, &base).await
}

async fn me(_: Authenticated) -> Error {
    unsupported("`/Me` (a token belongs to an identity provider and not to a person)")
}

async fn nothing(_: Authenticated, base: BaseUrl, uri: Uri) -> Error {
    unknown_endpoint(base, uri).await
}

fn unsupported(what: &str) -> Error {
    scim::Error::NotImplemented {
        what: what.to_owned(),
    }
    .into()
}

/// Answers requests for unknown paths, and names the known ones.
pub(crate) async fn unknown_endpoint(base: BaseUrl, uri: Uri) -> Error {
    let mut path = segments(uri.path());
    match (path.next(), path.next()) {
        (Some("scim"), Some("v2")) => no_endpoint(format!(
            "this endpoint does not exist; the endpoints below `{base}` are {ENDPOINTS}"
        )),
        (Some("scim"), Some(version)) if is_version(version) => scim::Error::InvalidVersion.into(),
        _ => no_endpoint(format!(
            "this endpoint does not exist; the SCIM base URL ends in `{BASE_PATH}`, and its endpoints are {ENDPOINTS}"
        )),
    }
}

/// Answers requests with a method that the endpoint does not support, and `OPTIONS` with a 204. The router adds the
/// `Allow` header to both.
pub(crate) async fn unknown_method(method: Method) -> Response {
    match method {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => Error::from(scim::Error::MethodNotAllowed).into_response(),
    }
}

fn no_endpoint(detail: String) -> Error {
    scim::Error::NoEndpoint(detail).into()
}

fn is_version(segment: &str) -> bool {
    segment
        .strip_prefix(['v', 'V'])
        .is_some_and(|digits| digits.starts_with(|digit: char| digit.is_ascii_digit()))
}
