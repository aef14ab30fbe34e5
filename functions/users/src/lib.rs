//! The function for `/Users`.
//!
//! ```no_run
//! use rollcall_directory::Directory;
//!
//! # async fn example() -> Result<(), lambda_http::Error> {
//! let function = rollcall_users::router(Directory::from_env().await?);
//! rollcall_edge_http::run(function).await
//! # }
//! ```

use rollcall_directory::{Directory, USERS};
use rollcall_edge_http::HttpFunction;
use rollcall_edge_scim::{finish, resource_router};

/// Returns the function for a directory.
pub fn router(directory: Directory) -> HttpFunction {
    finish(resource_router(directory.clone(), &USERS), directory)
}
