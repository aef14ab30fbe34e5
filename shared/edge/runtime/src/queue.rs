//! Handles batches of messages from an SQS queue.

use std::error::Error;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsMessage};

use crate::log::chain;

/// Handles messages one after the other.
///
/// Returns a partial batch response, so that SQS redelivers only the messages whose handler failed
/// (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>). Each failure is logged.
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
        // Boxed: a handler's future is large.
        if let Err(failure) = Box::pin(handle(message)).await {
            let error = chain(&failure);
            tracing::error!(message = id, error, "the message will be delivered again");
            let mut failed = BatchItemFailure::default();
            failed.item_identifier = id;
            response.batch_item_failures.push(failed);
        }
    }
    response
}
