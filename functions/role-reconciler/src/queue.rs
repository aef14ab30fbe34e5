//! The reconciler's own queue. It sends unfinished work to this queue.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;

use crate::message::Message;

/// The environment variable with the queue's URL.
pub const QUEUE_URL_VARIABLE: &str = "QUEUE_URL";

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
        let body = serde_json::to_string(message).map_err(|error| NotSent(error.to_string()))?;
        let send = self.client.send_message().queue_url(&self.url);
        let sent = send.message_body(body).send().await;
        sent.map_err(|error| NotSent(DisplayErrorContext(error).to_string()))?;
        Ok(())
    }
}
