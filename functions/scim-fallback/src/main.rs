//! Runs the function in the Lambda runtime.

use rollcall_directory::Directory;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    rollcall_edge_http::run(rollcall_scim_fallback::router(Directory::from_env().await?)).await
}
