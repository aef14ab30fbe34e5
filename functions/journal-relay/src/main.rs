//! Hands the relay to the Lambda runtime.

use aws_lambda_events::dynamodb::Event;
use journal_relay::Bus;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use rollcall_directory::Directory;

#[tokio::main]
async fn main() -> Result<(), Error> {
    rollcall_runtime::init_logging();
    let relay = journal_relay::handler(Directory::from_env().await?, Bus::from_env().await?);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Event>| {
        // Boxed: the future is so deep that the compiler gives up on what holds it.
        Ok::<_, Error>(Box::pin(relay.call(event.payload)).await)
    }))
    .await
}
