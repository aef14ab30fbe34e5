//! What the application's backend calls with its service key: tenants, sign-ins, introspection, links, events.

use rollcall_directory::Directory;
use rollcall_edge_api::{application_router, finish};
use rollcall_edge_http::HttpFunction;

/// The function over one directory.
pub fn router(directory: Directory) -> HttpFunction {
    finish(application_router(directory))
}
