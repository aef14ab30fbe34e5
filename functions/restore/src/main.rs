//! Runs the function in the Lambda runtime.

use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use rollcall_directory::Directory;
use rollcall_restore::Request;

/// The time that is reserved before the function's timeout, to finish the current step.
const MARGIN: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> Result<(), Error> {
    rollcall_runtime::init_logging();
    let keys = rollcall_secrets::key_ring().await;
    let directory = Directory::from_env().await?.with_keys(keys);
    let restorer = rollcall_restore::handler(directory);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Request>| {
        let left = rollcall_runtime::time_left(event.context.deadline(), MARGIN);
        let deadline = tokio::time::Instant::now() + left;
        let context = &event.context;
        let (id, trace) = (&context.request_id, context.xray_trace_id.as_deref());
        let work = Box::pin(restorer.call(event.payload, deadline));
        let answer = rollcall_runtime::traced(id, trace, work).await;
        answer.map_err(Error::from)
    }))
    .await
}
