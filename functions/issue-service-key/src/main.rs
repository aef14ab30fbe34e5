//! Runs the function in the Lambda runtime.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use rollcall_directory::Directory;
use rollcall_issue_service_key::Request;

#[tokio::main]
async fn main() -> Result<(), Error> {
    rollcall_runtime::init_logging();
    let issuer = rollcall_issue_service_key::handler(Directory::from_env().await?);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Request>| {
        let context = &event.context;
        let (id, trace) = (&context.request_id, context.xray_trace_id.as_deref());
        let work = issuer.call(event.payload);
        let answer = rollcall_runtime::traced(id, trace, work).await;
        answer.map_err(Error::from)
    }))
    .await
}
