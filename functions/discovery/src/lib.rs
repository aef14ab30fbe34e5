//! The function for the discovery endpoints. It needs no token. With one, it also shows the schemas that its tenant
//! declares.

use rollcall_directory::Directory;
use rollcall_edge_http::HttpFunction;
use rollcall_edge_scim::{discovery_router, finish_public};

/// Returns the function for a directory.
pub fn router(directory: Directory) -> HttpFunction {
    finish_public(discovery_router(directory))
}
