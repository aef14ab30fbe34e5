//! The function for the application's backend, which sends a service key: tenants, sign-ins, introspection, portal
//! links, events.

use rollcall_directory::Directory;
use rollcall_edge_api::{application_router, finish};
use rollcall_edge_http::HttpFunction;

/// Returns the function for a directory.
pub fn router(directory: Directory) -> HttpFunction {
    finish(application_router(directory))
}
