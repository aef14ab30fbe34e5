//! The function for what an admin does, by session or service key.

use rollcall_directory::Directory;
use rollcall_edge_api::{admin_router, finish};
use rollcall_edge_http::HttpFunction;

/// Returns the function for a directory.
pub fn router(directory: Directory) -> HttpFunction {
    finish(admin_router(directory))
}
