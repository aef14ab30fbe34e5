//! Runs the relay in the Lambda runtime.

use aws_lambda_events::dynamodb::Event;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use rollcall_directory::Directory;
use rollcall_journal_relay::Bus;

#[tokio::main]
async fn main() -> Result<(), Error> {
    rollcall_runtime::init_logging();
    let relay =
        rollcall_journal_relay::handler(Directory::from_env().await?, Bus::from_env().await?);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Event>| {
        // Boxed: the future is nested so deeply that the compiler rejects a future that contains it.
        let context = &event.context;
        let (id, trace) = (&context.request_id, context.xray_trace_id.as_deref());
        let work = Box::pin(relay.call(event.payload));
        Ok::<_, Error>(rollcall_runtime::traced(id, trace, work).await)
    }))
    .await
}
