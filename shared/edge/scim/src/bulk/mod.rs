//! `/Bulk` (RFC 7644 §3.7): runs each operation as a request of its own, with the handlers, the log and the outer layer of
//! single requests.
//!
//! A bulk request begins like a single one and pays for each operation, so the next requests wait until they are paid for.
//! Operations run one after the other. When the time is over, the rest is answered with 503, and nothing is half done.

mod run;
mod template;
#[cfg(test)]
mod tests;

use std::time::Duration;

use axum::Router;
use axum::extract::{FromRef, Request, State};
use axum::response::Response;
use axum::routing::post;
use http::request::Parts;
use rollcall_directory::{Directory, GROUPS, USERS};
use rollcall_edge_http::{HttpFunction, sole_bearer};
use rollcall_scim::{self as scim, BulkRequest};
use tokio::time::Instant;

use self::run::Run;
use self::template::Template;
use crate::base_url::{BULK_PATH, BaseUrl};
use crate::caller::Authenticated;
use crate::error::Error;
use crate::json_body::JsonObject;
use crate::resources::resource_router;
use crate::surface::finish;

/// How long operations may begin. A function ends after 28 seconds, and the last operation needs its time: a group as large
/// as a body can hold takes a few seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Returns the route of bulk requests.
pub fn bulk_router(directory: Directory) -> Router {
    router(directory, PATIENCE)
}

fn router(directory: Directory, patience: Duration) -> Router {
    let resources = resource_router(directory.clone(), &USERS)
        .merge(resource_router(directory.clone(), &GROUPS));
    Router::new().route(BULK_PATH, post(bulk)).with_state(Bulk {
        single: finish(resources, directory.clone()),
        directory,
        patience,
    })
}

#[derive(Clone)]
struct Bulk {
    directory: Directory,
    /// Answers single requests.
    single: HttpFunction,
    patience: Duration,
}

impl FromRef<Bulk> for Directory {
    fn from_ref(bulk: &Bulk) -> Self {
        bulk.directory.clone()
    }
}

/// Handles `POST /Bulk`.
async fn bulk(
    State(state): State<Bulk>,
    caller: Authenticated,
    base: BaseUrl,
    request: Request,
) -> Result<Response, Error> {
    let until = Instant::now() + state.patience;
    let (mut parts, _) = request.into_parts();
    let JsonObject(body) = JsonObject::take(&mut parts)?;
    let request = BulkRequest::parse(body)?;
    count(&caller, &parts, request.operations.len()).await?;
    let template = Template::of(&parts, caller);
    let run = Run::new(&state.single, template, base, &request);
    Ok(run.all(until).await)
}

/// Counts the operations against the limits of the token and its tenant. The request itself is already counted.
///
/// # Errors
/// 429 when other bulk requests have used up the limit meanwhile.
async fn count(
    Authenticated(tenant): &Authenticated,
    parts: &Parts,
    operations: usize,
) -> Result<(), Error> {
    let further = u32::try_from(operations.saturating_sub(1)).unwrap_or(u32::MAX);
    let token = sole_bearer(parts).ok_or(scim::Error::Unauthorized)?;
    match tenant.credentials().count_further(token, further).await? {
        None => Ok(()),
        Some(retry_after) => Err(scim::Error::TooManyRequests { retry_after }.into()),
    }
}
