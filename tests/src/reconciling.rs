//! The role reconciler, with a queue of its own that a test inspects.

use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use jiff::Timestamp;
use rollcall_directory::Directory;
use rollcall_directory::capacity::{Cost, measure};
use rollcall_role_reconciler::{Queue, Reconciler};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::event_fixture::{Outbox, batch};

/// A time that suffices for any message.
pub const LONG: Duration = Duration::from_secs(600);

/// A reconciler that sends what is left to a queue that nobody reads but the test.
#[derive(Debug)]
pub struct Reconciling {
    /// Its queue.
    pub outbox: Outbox,
    reconciler: Reconciler,
}

impl Reconciling {
    /// Returns the reconciler of a directory.
    pub fn of(directory: Directory) -> Self {
        let outbox = Outbox::default();
        let queue = Queue::new(outbox.client(), "http://127.0.0.1/queues/roles");
        Self {
            reconciler: rollcall_role_reconciler::handler(directory, queue),
            outbox,
        }
    }

    /// Handles a message with this much time, and returns what that cost. The message does not say when it was sent, so it
    /// differs from every other.
    ///
    /// # Panics
    /// Panics when the message must be delivered again.
    pub async fn handle(&self, message: &Value, time: Duration) -> Cost {
        let (handled, cost) = self.call(batch(&[message.to_string()]), time).await;
        assert!(handled, "{message}");
        cost
    }

    /// Delivers a message that was sent at this time. Returns whether it was handled, and the cost.
    ///
    /// # Panics
    /// Panics when there can be no such message.
    pub async fn deliver(&self, message: &str, sent_at: Timestamp) -> (bool, Cost) {
        let record = json!({
            "messageId": "m", "body": message,
            "attributes": {"SentTimestamp": sent_at.as_millisecond().to_string()},
        });
        let event = serde_json::from_value(json!({"Records": [record]}));
        let event = event.unwrap_or_else(|error| panic!("{error}"));
        self.call(event, LONG).await
    }

    async fn call(&self, event: SqsEvent, time: Duration) -> (bool, Cost) {
        let work = self.reconciler.call(event, Instant::now() + time);
        let (response, cost) = measure(work).await;
        (response.batch_item_failures.is_empty(), cost)
    }

    /// Takes the messages that it sent.
    ///
    /// # Panics
    /// Panics when a message is no JSON.
    pub fn sent(&self) -> Vec<Value> {
        let sent = self.outbox.take().into_iter();
        let read = |text: String| serde_json::from_str(&text);
        sent.map(|text| read(text).unwrap_or_else(|error| panic!("{error}")))
            .collect()
    }
}
