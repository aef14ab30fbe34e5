//! The function for the application's backend, which sends a service key: tenants, sign-ins, introspection, portal
//! links, events.
//!
//! ```no_run
//! use rollcall_directory::Directory;
//!
//! # async fn example() -> Result<(), lambda_http::Error> {
//! let function = rollcall_sso::router(Directory::from_env().await?);
//! rollcall_edge_http::run(function).await
//! # }
//! ```

use rollcall_directory::Directory;
use rollcall_edge_api::{application_router, finish};
use rollcall_edge_http::HttpFunction;

/// Returns the function for a directory.
pub fn router(directory: Directory) -> HttpFunction {
    finish(application_router(directory))
}
