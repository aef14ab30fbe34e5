//! Runs the mailer in the Lambda runtime.

use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use rollcall_directory::Directory;
use rollcall_mailer::Postbox;

#[tokio::main]
async fn main() -> Result<(), Error> {
    rollcall_runtime::init_logging();
    let directory = Directory::from_env().await?;
    let directory = directory.with_keys(rollcall_secrets::key_ring().await);
    let mailer = rollcall_mailer::handler(directory, Postbox::from_env().await?);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        let context = &event.context;
        let (id, trace) = (&context.request_id, context.xray_trace_id.as_deref());
        let work = mailer.call(event.payload);
        Ok::<_, Error>(rollcall_runtime::traced(id, trace, work).await)
    }))
    .await
}
