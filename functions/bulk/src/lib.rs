//! The function for `/Bulk`.
//!
//! ```no_run
//! use rollcall_directory::Directory;
//!
//! # async fn example() -> Result<(), lambda_http::Error> {
//! let function = rollcall_bulk::router(Directory::from_env().await?);
//! rollcall_edge_http::run(function).await
//! # }
//! ```

use rollcall_directory::Directory;
use rollcall_edge_http::HttpFunction;
use rollcall_edge_scim::{bulk_router, finish};

/// Returns the function for a directory.
pub fn router(directory: Directory) -> HttpFunction {
    finish(bulk_router(directory.clone()), directory)
}
