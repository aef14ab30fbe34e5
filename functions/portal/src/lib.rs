//! What a customer's admins call in their sessions, and the catch-all below `/api/v1`.

use rollcall_directory::Directory;
use rollcall_edge_api::{admin_router, application_router, finish};
use rollcall_edge_http::HttpFunction;

/// The function over one directory.
///
/// A path of the application that is spelt differently from API Gateway's resources (`//tenants`) ends up here and is
/// still a request to `/tenants`, so that this function answers for the application too.
pub fn router(directory: Directory) -> HttpFunction {
    finish(admin_router(directory.clone()).merge(application_router(directory)))
}
