//! The discovery endpoints, and the catch-all for paths that API Gateway matches to no other function.

use rollcall_directory::{Directory, GROUPS, USERS};
use rollcall_edge_http::HttpFunction;
use rollcall_edge_scim::{discovery_router, finish, resource_router, root_router};

/// The function over one directory.
///
/// A path that is spelt differently from API Gateway's resources (`//Users`, `/Users/`) ends up here and is still a
/// request to `/Users`, so that this function answers for users and groups too.
pub fn router(directory: Directory) -> HttpFunction {
    let router = discovery_router()
        .merge(resource_router(directory.clone(), &USERS))
        .merge(resource_router(directory.clone(), &GROUPS))
        .merge(root_router(directory.clone()));
    finish(router, directory)
}
