//! Hands the function to the Lambda runtime.

use issue_service_key::Request;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use rollcall_directory::Directory;

#[tokio::main]
async fn main() -> Result<(), Error> {
    rollcall_runtime::init_logging();
    let issuer = issue_service_key::handler(Directory::from_env().await?);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Request>| {
        issuer.call(event.payload).await.map_err(Error::from)
    }))
    .await
}
