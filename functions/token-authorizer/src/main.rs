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
        let context = &event.context;
        let id = event.payload.request_id().to_owned();
        // That of API Gateway, which all other lines about the request have.
        let id = if id.is_empty() {
            &context.request_id
        } else {
            &id
        };
        let trace = context.xray_trace_id.as_deref();
        let work = authorizer.call(event.payload);
        let answer = rollcall_runtime::traced(id, trace, work).await;
        answer.map_err(lambda_runtime::Error::from)
    }))
    .await
}
