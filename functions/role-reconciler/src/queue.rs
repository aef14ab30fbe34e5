//! The reconciler's own queue. It sends unfinished work to this queue.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;

use crate::message::Message;

/// The environment variable with the queue's URL.
pub const QUEUE_URL_VARIABLE: &str = "QUEUE_URL";

/// The longest time for which a message is held back, in seconds. SQS allows 900, but RoleBacklogAlarm goes off at the age of
/// 900, and that counts from when a message was sent.
const MAX_DELAY_SECONDS: u64 = 300;

/// An SQS queue. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
}

/// The error when a message could not be sent.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotSent(String);

impl Queue {
    /// Returns the queue with this URL.
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self {
            client,
            url: url.into(),
        }
    }

    /// Returns the queue that `QUEUE_URL` names, as in a Lambda function.
    ///
    /// # Errors
    /// When `QUEUE_URL` is not set.
    pub async fn from_env() -> Result<Self, std::env::VarError> {
        let url = std::env::var(QUEUE_URL_VARIABLE)?;
        Ok(Self::new(
            Client::new(&rollcall_directory::sdk_config().await),
            url,
        ))
    }

    /// Sends one message.
    ///
    /// # Errors
    /// When SQS does not accept the message.
    pub async fn send(&self, message: &Message) -> Result<(), NotSent> {
        self.send_later(message, Duration::ZERO).await
    }

    /// Sends one message that is received after this time, or after five minutes if that is earlier.
    ///
    /// # Errors
    /// When SQS does not accept the message.
    pub async fn send_later(&self, message: &Message, after: Duration) -> Result<(), NotSent> {
        let body = serde_json::to_string(message).map_err(|error| NotSent(error.to_string()))?;
        let send = self.client.send_message().queue_url(&self.url);
        // Rounded up, so that the message does not come before its time.
        let whole = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        let delay = i32::try_from(whole.min(MAX_DELAY_SECONDS)).unwrap_or_default();
        let send = send.set_delay_seconds((delay > 0).then_some(delay));
        let sent = send.message_body(body).send().await;
        sent.map_err(|error| NotSent(DisplayErrorContext(error).to_string()))?;
        Ok(())
    }
}
