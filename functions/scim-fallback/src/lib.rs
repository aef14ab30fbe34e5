//! The function for the SCIM endpoints at paths that API Gateway routes to no other function.

use rollcall_directory::{Directory, GROUPS, USERS};
use rollcall_edge_http::HttpFunction;
use rollcall_edge_scim::{
    bulk_router, discovery_router, finish, oauth_router, resource_router, root_router,
};

/// Returns the function for a directory.
///
/// API Gateway does not normalise paths, so `//Users` and `/Schemas/` reach this function. They are still requests to
/// `/Users` and `/Schemas`. This function therefore has the routes of all SCIM functions. It also has the endpoints that
/// no other function has, among them the token endpoint of OAuth clients, and answers unknown paths.
pub fn router(directory: Directory) -> HttpFunction {
    let router = discovery_router(directory.clone())
        .merge(resource_router(directory.clone(), &USERS))
        .merge(resource_router(directory.clone(), &GROUPS))
        .merge(bulk_router(directory.clone()))
        .merge(oauth_router(directory.clone()))
        .merge(root_router(directory.clone()));
    finish(router, directory)
}
