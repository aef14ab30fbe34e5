//! The function for what an admin does, by session or service key.
//!
//! ```no_run
//! use rollcall_directory::Directory;
//!
//! # async fn example() -> Result<(), lambda_http::Error> {
//! let function = rollcall_portal::router(Directory::from_env().await?);
//! rollcall_edge_http::run(function).await
//! # }
//! ```

use rollcall_directory::Directory;
use rollcall_edge_api::{admin_router, finish};
use rollcall_edge_http::HttpFunction;

/// Returns the function for a directory.
pub fn router(directory: Directory) -> HttpFunction {
    finish(admin_router(directory))
}
