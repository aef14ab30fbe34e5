//! Runs the authorizer in the Lambda runtime.

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequest;
use lambda_runtime::{LambdaEvent, service_fn};
use rollcall_directory::Directory;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    rollcall_runtime::init_logging();
    let directory = Directory::from_env()
        .await?
        .with_keys(rollcall_secrets::key_ring().await);
    let authorizer = rollcall_token_authorizer::handler(directory);
    lambda_runtime::run(service_fn(
        async |event: LambdaEvent<ApiGatewayCustomAuthorizerRequest>| {
            authorizer
                .call(event.payload)
                .await
                .map_err(lambda_runtime::Error::from)
        },
    ))
    .await
}
