//! The function for the discovery endpoints. It needs no token and no table.
//!
//! ```no_run
//! # async fn example() -> Result<(), lambda_http::Error> {
//! rollcall_edge_http::run(rollcall_discovery::router()).await
//! # }
//! ```

use rollcall_edge_http::HttpFunction;
use rollcall_edge_scim::{discovery_router, finish_public};

/// Returns the function.
pub fn router() -> HttpFunction {
    finish_public(discovery_router())
}
