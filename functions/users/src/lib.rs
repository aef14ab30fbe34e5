//! The function for `/Users`.

use rollcall_directory::{Directory, USERS};
use rollcall_edge_http::HttpFunction;
use rollcall_edge_scim::{finish, resource_router};

/// Returns the function for a directory.
pub fn router(directory: Directory) -> HttpFunction {
    finish(resource_router(directory.clone(), &USERS), directory)
}
