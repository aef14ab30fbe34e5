//! Runs the authorizer in the Lambda runtime.

use lambda_runtime::{LambdaEvent, service_fn};
use rollcall_directory::Directory;
use rollcall_token_authorizer::Event;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    rollcall_runtime::init_logging();
    let directory = Directory::from_env()
        .await?
        .with_keys(rollcall_secrets::key_ring().await);
    let authorizer = rollcall_token_authorizer::handler(directory);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Event>| {
        authorizer
            .call(event.payload)
            .await
            .map_err(lambda_runtime::Error::from)
    }))
    .await
}
