//! The function for the endpoints of `/api/v1` at paths that API Gateway routes to no other function.

use rollcall_directory::Directory;
use rollcall_edge_api::{admin_router, application_router, finish};
use rollcall_edge_http::HttpFunction;

/// Returns the function for a directory.
///
/// API Gateway does not normalise paths, so `//tenants` and `/settings/` reach this function. They are still requests to
/// `/tenants` and `/settings`. This function therefore has the routes of both functions of the API, and answers unknown
/// paths.
pub fn router(directory: Directory) -> HttpFunction {
    finish(admin_router(directory.clone()).merge(application_router(directory)))
}
