//! The reconciler's own queue. It sends unfinished work to this queue.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use rollcall_directory::call_failure;

use crate::message::Message;

/// The environment variable with the queue's URL.
pub const QUEUE_URL_VARIABLE: &str = "QUEUE_URL";

/// The longest time for which a message is held back, in seconds. SQS allows 900, but RoleBacklogAlarm goes off at the age of
/// 900, and that counts from when a message was sent.
const MAX_DELAY_SECONDS: u64 = 300;
/// The number of messages that SQS takes in one call.
const MESSAGES_AT_ONCE: usize = 10;
/// How often messages are sent that SQS did not take from a call that it took.
const ATTEMPTS: u32 = 3;
/// The time before such messages are sent again, times the number of the attempt.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(100);

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
        let send = self.client.send_message().queue_url(&self.url);
        let send = send.set_delay_seconds(delay_of(after));
        let sent = send.message_body(body_of(message)?).send().await;
        sent.map_err(|error| NotSent(call_failure(&error)))?;
        Ok(())
    }

    /// Sends messages, each as [`Self::send_later`] does, ten in a call. SQS can take some of a call and not the others:
    /// these are sent again, a few times.
    ///
    /// # Errors
    /// When SQS does not accept all of them. It may have accepted any.
    pub async fn send_all(&self, messages: &[(Message, Duration)]) -> Result<(), NotSent> {
        for some in messages.chunks(MESSAGES_AT_ONCE) {
            let entry = |(number, (message, after)): (usize, &(Message, Duration))| {
                SendMessageBatchRequestEntry::builder()
                    .id(number.to_string())
                    .message_body(body_of(message)?)
                    .set_delay_seconds(delay_of(*after))
                    .build()
                    .map_err(|error| NotSent(error.to_string()))
            };
            let entries = some.iter().enumerate().map(entry);
            self.send_entries(entries.collect::<Result<_, _>>()?)
                .await?;
        }
        Ok(())
    }

    async fn send_entries(
        &self,
        mut entries: Vec<SendMessageBatchRequestEntry>,
    ) -> Result<(), NotSent> {
        for attempt in 1.. {
            let send = self.client.send_message_batch().queue_url(&self.url);
            let sent = send.set_entries(Some(entries.clone())).send().await;
            let sent = sent.map_err(|error| NotSent(call_failure(&error)))?;
            let Some(first) = sent.failed().first() else {
                return Ok(());
            };
            if attempt == ATTEMPTS {
                let (count, code) = (sent.failed().len(), first.code());
                return Err(NotSent(format!("{count} messages: {code}")));
            }
            let is_left = |id: &str| sent.failed().iter().any(|failed| failed.id() == id);
            entries.retain(|entry| is_left(entry.id()));
            tokio::time::sleep(BETWEEN_ATTEMPTS * attempt).await;
        }
        Ok(())
    }
}

fn body_of(message: &Message) -> Result<String, NotSent> {
    serde_json::to_string(message).map_err(|error| NotSent(error.to_string()))
}

/// Returns the delay in seconds, rounded up, so that the message does not come before its time.
fn delay_of(after: Duration) -> Option<i32> {
    let whole = after.as_secs() + u64::from(after.subsec_nanos() > 0);
    let delay = i32::try_from(whole.min(MAX_DELAY_SECONDS)).unwrap_or_default();
    (delay > 0).then_some(delay)
}
