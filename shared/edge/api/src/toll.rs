//! What a request of a session or a service key must fit into: the operator's limit of requests for the tenant, what the session
//! may read, and that support access only reads.

use axum::extract::MatchedPath;
use http::Method;
use http::request::Parts;
use rollcall_directory::{Reason, Session, Tenant};
use rollcall_edge_http::Problem;
use rollcall_scim as scim;

/// The endpoints that only end the session with which they are called.
const SIGN_OUT: [&str; 2] = ["/api/v1/sessions/current", "/console/close"];

/// Returns whether the request only ends its own session.
pub(crate) fn ends_itself(parts: &Parts) -> bool {
    let matched = parts.extensions.get::<MatchedPath>();
    matched.is_some_and(|path| SIGN_OUT.contains(&path.as_str()))
}

/// Counts a request against the operator's limit for the tenant.
///
/// # Errors
/// 429 when the tenant is over it.
pub(crate) async fn count_request(tenant: &Tenant) -> Result<(), Problem> {
    match tenant.credentials().count_request().await? {
        Some(retry_after) => Err(scim::Error::TooManyRequests { retry_after }.into()),
        None => Ok(()),
    }
}

/// Checks that the session has paid for what its requests have read. Until then, it can end itself, and change or delete by the
/// API what is there.
pub(crate) fn check_paid(session: &Session, parts: &Parts) -> Result<(), Problem> {
    let changes = matches!(parts.method, Method::PATCH | Method::PUT | Method::DELETE);
    match session.reads_wait.filter(|_| !changes && !ends_itself(parts)) {
        Some(seconds) => Err(Problem::new(
            Reason::ReadBudgetSpent,
            "this session has read more than the operator of the service allows in a minute; wait, and make lists shorter \
             by their filters and by a shorter time",
        )
        .after(seconds)),
        None => Ok(()),
    }
}

/// Checks that support access changes nothing: every session enters here, on the console's pages and in the API. It may
/// only end itself.
pub(crate) fn check_reads(session: &Session, parts: &Parts) -> Result<(), Problem> {
    match session.read_only && !parts.method.is_safe() && !ends_itself(parts) {
        true => Err(Problem::forbidden(
            "support access only reads; an admin of the organization, or the application, can make this change",
        )),
        false => Ok(()),
    }
}
