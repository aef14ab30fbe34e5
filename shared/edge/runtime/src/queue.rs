//! Batches of messages from a queue.

use std::error::Error;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsMessage};

use crate::log::chain;

/// Handles messages one after the other, and reports those that SQS must deliver again
/// (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>).
pub async fn each_message<F, E>(
    messages: Vec<SqsMessage>,
    handle: impl Fn(SqsMessage) -> F,
) -> SqsBatchResponse
where
    F: Future<Output = Result<(), E>>,
    E: Error + 'static,
{
    let mut response = SqsBatchResponse::default();
    for message in messages {
        let id = message.message_id.clone().unwrap_or_default();
        // on the heap: the future of all that a message can lead to is large
        if let Err(failure) = Box::pin(handle(message)).await {
            let error = chain(&failure);
            tracing::error!(message = id, error, "the message comes again");
            let mut failed = BatchItemFailure::default();
            failed.item_identifier = id;
            response.batch_item_failures.push(failed);
        }
    }
    response
}
