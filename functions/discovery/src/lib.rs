//! The function for the discovery endpoints. It needs no token. With one, it also shows the schemas that its tenant
//! declares.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! let directory = rollcall_directory::Directory::from_env().await?;
//! rollcall_edge_http::run(rollcall_discovery::router(directory)).await
//! # }
//! ```

use rollcall_directory::Directory;
use rollcall_edge_http::HttpFunction;
use rollcall_edge_scim::{discovery_router, finish_public};

/// Returns the function for a directory.
pub fn router(directory: Directory) -> HttpFunction {
    finish_public(discovery_router(directory))
}
