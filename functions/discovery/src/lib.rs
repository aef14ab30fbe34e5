//! The function for the discovery endpoints, and for paths that API Gateway routes to no other function.
//!
//! ```no_run
//! use rollcall_directory::Directory;
//!
//! # async fn example() -> Result<(), lambda_http::Error> {
//! let function = rollcall_discovery::router(Directory::from_env().await?);
//! rollcall_edge_http::run(function).await
//! # }
//! ```

use rollcall_directory::{Directory, GROUPS, USERS};
use rollcall_edge_http::HttpFunction;
use rollcall_edge_scim::{discovery_router, finish, resource_router, root_router};

/// Returns the function for a directory.
///
/// API Gateway does not normalise paths, so `//Users` and `/Users/` reach this function. They are still requests to
/// `/Users`. This function therefore has the routes of users and groups too.
pub fn router(directory: Directory) -> HttpFunction {
    let router = discovery_router()
        .merge(resource_router(directory.clone(), &USERS))
        .merge(resource_router(directory.clone(), &GROUPS))
        .merge(root_router(directory.clone()));
    finish(router, directory)
}
