//! Runs the function in the Lambda runtime.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    rollcall_edge_http::run(rollcall_discovery::router()).await
}
