//! The search over all resource types, and the responses for unknown and unsupported paths.

use axum::Router;
use axum::extract::FromRef;
use axum::response::Response;
use axum::routing::{any, post};
use http::Uri;
use rollcall_directory::{Directory, GROUPS, Kind, Tenant, USERS};
use rollcall_edge_http::{BASE_PATH, segments};
use rollcall_scim as scim;
use rollcall_scim::Query;
use rollcall_scim::limits::DEFAULT_RESULTS;
use serde_json::Value;

use crate::answer;
use crate::base_url::BaseUrl;
use crate::caller::Authenticated;
use crate::error::Error;
use crate::json_body::JsonObject;

/// The endpoints, as errors name them.
pub(crate) const ENDPOINTS: &str =
    "`/Users`, `/Groups`, `/ServiceProviderConfig`, `/Schemas` and `/ResourceTypes`";

/// Returns the routes of the search over all resource types, of SCIM's endpoints that are not supported, and of every
/// other path below the base URL. All of them need a token, as they do in API Gateway.
pub fn root_router(directory: Directory) -> Router {
    let at = |endpoint: &str| format!("{BASE_PATH}{endpoint}");
    Router::new()
        .route(&at("/.search"), post(search))
        .route(&at("/Me"), any(me))
        .route(&at("/Me/{*rest}"), any(me))
        .route(&at("/Bulk"), any(bulk))
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

/// Handles `POST /.search`, a query over all resource types (RFC 7644 §3.4.3). Users come before groups.
async fn search(
    Authenticated(tenant): Authenticated,
    base: BaseUrl,
    JsonObject(body): JsonObject,
) -> Result<Response, Error> {
    let mut found = Found::default();
    for kind in [&USERS, &GROUPS] {
        let query = Query::from_search_request(kind.resource_type, body.clone())?;
        found.extend(&tenant, kind, query, &base).await?;
    }
    answer::list(found.total, found.start_index, found.resources)
}

/// A page over all kinds of resources while it is being filled.
#[derive(Default)]
struct Found {
    total: u64,
    start_index: u64,
    resources: Vec<Value>,
}

impl Found {
    /// Adds the resources of one kind after those of the previous kinds.
    async fn extend(
        &mut self,
        tenant: &Tenant,
        kind: &'static Kind,
        mut query: Query,
        base: &BaseUrl,
    ) -> Result<(), Error> {
        let already = self.resources.len() as u64;
        self.start_index = query.start_index;
        query.start_index = if already > 0 {
            1
        } else {
            query.start_index.saturating_sub(self.total).max(1)
        };
        query.count = Some(
            query
                .count
                .unwrap_or(DEFAULT_RESULTS)
                .saturating_sub(already),
        );
        let page = tenant.resources().search(kind, &query).await?;
        self.total += page.total;
        self.resources.extend(
            page.resources
                .iter()
                .map(|resource| query.projection.render(resource, base.as_str())),
        );
        Ok(())
    }
}

async fn me(_: Authenticated) -> Error {
    unsupported("`/Me` (a token belongs to an identity provider and not to a person)")
}

async fn bulk(_: Authenticated) -> Error {
    unsupported("`/Bulk` (send the operations one by one)")
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

/// Answers requests with a method that the endpoint does not support. The router adds the `Allow` header.
pub(crate) async fn unknown_method() -> Error {
    scim::Error::MethodNotAllowed.into()
}

fn no_endpoint(detail: String) -> Error {
    scim::Error::NoEndpoint(detail).into()
}

fn is_version(segment: &str) -> bool {
    segment
        .strip_prefix(['v', 'V'])
        .is_some_and(|digits| digits.starts_with(|digit: char| digit.is_ascii_digit()))
}
