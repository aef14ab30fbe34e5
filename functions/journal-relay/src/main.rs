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
        Ok::<_, Error>(Box::pin(relay.call(event.payload)).await)
    }))
    .await
}
