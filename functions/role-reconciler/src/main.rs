//! Runs the reconciler in the Lambda runtime.

use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use rollcall_directory::Directory;
use rollcall_role_reconciler::Queue;

/// The time that is reserved before the function's timeout, to finish the current step and to queue the remaining work.
const MARGIN: Duration = Duration::from_secs(15);

#[tokio::main]
async fn main() -> Result<(), Error> {
    rollcall_runtime::init_logging();
    let directory = Directory::from_env().await?;
    let directory = directory.with_keys(rollcall_secrets::key_ring().await);
    let reconciler = rollcall_role_reconciler::handler(directory, Queue::from_env().await?);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let left = rollcall_runtime::time_left(event.context.deadline(), MARGIN);
        let deadline = tokio::time::Instant::now() + left;
        let context = &event.context;
        let (id, trace) = (&context.request_id, context.xray_trace_id.as_deref());
        let work = reconciler.call(event.payload, deadline);
        Ok::<_, Error>(rollcall_runtime::traced(id, trace, work).await)
    }))
    .await
}
