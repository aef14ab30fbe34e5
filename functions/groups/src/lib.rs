//! `/Groups`: the function that answers for groups.

use rollcall_directory::{Directory, GROUPS};
use rollcall_edge_http::HttpFunction;
use rollcall_edge_scim::{finish, resource_router};

/// The function over one directory.
pub fn router(directory: Directory) -> HttpFunction {
    finish(resource_router(directory.clone(), &GROUPS), directory)
}
