//! The reconciler's own queue, to which it sends what it had no time for.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;

use crate::message::Message;

/// The environment variable with the queue's URL.
pub const QUEUE_URL_VARIABLE: &str = "QUEUE_URL";

/// A queue to send to; cheap to clone.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
}

/// A message was not taken.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotSent(String);

impl Queue {
    /// The queue at this URL.
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self {
            client,
            url: url.into(),
        }
    }

    /// As a Lambda function finds it: the queue in `QUEUE_URL`.
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
    /// When it is not taken.
    pub async fn send(&self, message: &Message) -> Result<(), NotSent> {
        let body = serde_json::to_string(message).map_err(|error| NotSent(error.to_string()))?;
        let send = self.client.send_message().queue_url(&self.url);
        let sent = send.message_body(body).send().await;
        sent.map_err(|error| NotSent(DisplayErrorContext(error).to_string()))?;
        Ok(())
    }
}
