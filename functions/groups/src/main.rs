//! Runs the function in the Lambda runtime.

use rollcall_directory::Directory;

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let directory = Directory::from_env()
        .await?
        .with_keys(rollcall_secrets::key_ring().await);
    rollcall_edge_http::run(rollcall_groups::router(directory)).await
}
