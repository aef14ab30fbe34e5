//! `/Users`: the function that answers for people.

use rollcall_directory::{Directory, USERS};
use rollcall_edge_http::HttpFunction;
use rollcall_edge_scim::{finish, resource_router};

/// The function over one directory.
pub fn router(directory: Directory) -> HttpFunction {
    finish(resource_router(directory.clone(), &USERS), directory)
}
