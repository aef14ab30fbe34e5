//! Runs the function in the Lambda runtime.

use rollcall_directory::Directory;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let directory = Directory::from_env().await?;
    rollcall_edge_http::run(rollcall_discovery::router(directory)).await
}
