//! The function for `/Bulk`.

use rollcall_directory::Directory;
use rollcall_edge_http::HttpFunction;
use rollcall_edge_scim::{bulk_router, finish};

/// Returns the function for a directory.
pub fn router(directory: Directory) -> HttpFunction {
    finish(bulk_router(directory.clone()), directory)
}
