//! The queues of the template, and the loop that calls a function with the messages of one.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::template::{Consumer, QueueSettings};

use super::queue::{Message, Queue};

/// The time that a function reserves before its timeout, as `functions/role-reconciler` does.
const MARGIN: Duration = Duration::from_secs(15);

/// A function that a queue calls with a batch and a deadline.
pub type QueueHandler =
    Arc<dyn Fn(SqsEvent, Instant) -> BoxFuture<'static, SqsBatchResponse> + Send + Sync>;

/// All queues, by name.
#[derive(Debug)]
pub(crate) struct Queues {
    channels: BTreeMap<String, Channel>,
}

#[derive(Debug)]
struct Channel {
    queue: Mutex<Queue>,
    dead_letters: Option<String>,
    filled: Notify,
}

impl Channel {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls a function with messages, and deletes those that it has handled.
    async fn call(&self, consumer: &Consumer, handler: &QueueHandler, messages: Vec<Message>) {
        let failed = invoke(consumer, handler, &messages).await;
        for message in messages {
            if failed.contains(&message.id) {
                continue;
            }
            if let Err(error) = self.queue().delete(&message.id) {
                tracing::error!(queue = consumer.queue, %error, "a handled message could not be deleted");
            }
        }
    }
}

impl Queues {
    /// Returns the queues. With a directory, they are kept in files there.
    ///
    /// # Errors
    ///
    /// When a file cannot be opened.
    pub(crate) fn new(
        settings: &BTreeMap<String, QueueSettings>,
        directory: Option<&Path>,
    ) -> io::Result<Self> {
        let channel = |(name, settings): (&String, &QueueSettings)| {
            let max_receives = settings.dead_letters.as_ref().map(|(max, _)| *max);
            let mut queue = Queue::new(settings.visibility, max_receives);
            if let Some(directory) = directory {
                queue.keep_in(&directory.join(format!("queue-{name}.jsonl")))?;
            }
            let channel = Channel {
                queue: Mutex::new(queue),
                dead_letters: settings.dead_letters.as_ref().map(|(_, to)| to.clone()),
                filled: Notify::new(),
            };
            Ok((name.clone(), channel))
        };
        let channels = settings.iter().map(channel).collect::<io::Result<_>>()?;
        Ok(Self { channels })
    }

    /// Sends a message to a queue, and returns its id.
    ///
    /// # Errors
    ///
    /// When the queue does not exist or its file cannot be written.
    pub(crate) fn send(&self, queue: &str, body: &str) -> io::Result<String> {
        self.send_later(queue, body, Duration::ZERO)
    }

    /// Sends a message to a queue that is received after this time, and returns its id.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub(crate) fn send_later(
        &self,
        queue: &str,
        body: &str,
        after: Duration,
    ) -> io::Result<String> {
        let channel = self.channels.get(queue);
        let channel = channel.ok_or_else(|| io::Error::other(format!("no queue `{queue}`")))?;
        let id = match after.is_zero() {
            true => channel.queue().send(body)?,
            false => channel.queue().send_later(body, Instant::now() + after)?,
        };
        channel.filled.notify_one();
        Ok(id)
    }

    /// Returns how many messages wait for a function or are being handled. Queues without a dead-letter queue do not
    /// count.
    pub(crate) fn in_flight(&self) -> usize {
        let fed = self
            .channels
            .values()
            .filter(|channel| channel.dead_letters.is_some());
        fed.map(|channel| channel.queue().len()).sum()
    }

    /// Returns how many messages are in queues without a dead-letter queue, which are the dead-letter queues
    /// themselves.
    pub(crate) fn dead(&self) -> usize {
        let dead = self
            .channels
            .values()
            .filter(|channel| channel.dead_letters.is_none());
        dead.map(|channel| channel.queue().len()).sum()
    }

    /// Calls a function with the messages of its queue, for several batches at the same time, as Lambda does. Never
    /// returns.
    pub(crate) async fn feed(self: Arc<Self>, consumer: Consumer, handler: QueueHandler) {
        let Some(channel) = self.channels.get(&consumer.queue) else {
            return;
        };
        let mut calls = FuturesUnordered::new();
        loop {
            let has_room = calls.len() < consumer.concurrency;
            if has_room {
                let received = channel.queue().receive(consumer.batch_size, Instant::now());
                for message in received.given_up {
                    if let Err(error) = self.give_up(channel, &consumer, &message) {
                        tracing::error!(queue = consumer.queue, %error, "a message could not be moved to the dead-letter queue");
                    }
                }
                if !received.messages.is_empty() {
                    calls.push(channel.call(&consumer, &handler, received.messages));
                    continue;
                }
            }
            let next = channel.queue().next_in_sight();
            tokio::select! {
                Some(()) = calls.next() => {}
                () = channel.filled.notified(), if has_room => {}
                () = until(next), if has_room => {}
            }
        }
    }

    fn give_up(&self, channel: &Channel, consumer: &Consumer, message: &Message) -> io::Result<()> {
        tracing::error!(
            queue = consumer.queue,
            received = message.received,
            body = message.body,
            "the message was received too often"
        );
        if let Some(dead_letters) = &channel.dead_letters {
            self.send(dead_letters, &message.body)?;
        }
        channel.queue().delete(&message.id)
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Calls the function with the same event as in Lambda, and returns the ids of the messages that failed.
async fn invoke(consumer: &Consumer, handler: &QueueHandler, messages: &[Message]) -> Vec<String> {
    let all = || messages.iter().map(|message| message.id.clone()).collect();
    let event = match serde_json::from_value(event(&consumer.queue, messages)) {
        Ok(event) => event,
        Err(error) => {
            tracing::error!(%error, "the SQS event could not be built");
            return all();
        }
    };
    let deadline = Instant::now() + consumer.timeout.saturating_sub(MARGIN);
    // A panic of the function must not end this loop.
    match tokio::spawn(handler(event, deadline)).await {
        Ok(response) => {
            let failures = response.batch_item_failures.into_iter();
            failures.map(|failure| failure.item_identifier).collect()
        }
        Err(error) => {
            tracing::error!(function = consumer.function, %error, "the function crashed");
            all()
        }
    }
}

fn event(queue: &str, messages: &[Message]) -> Value {
    let record = |message: &Message| {
        json!({
            "messageId": message.id,
            "receiptHandle": message.id,
            "body": message.body,
            "attributes": {"ApproximateReceiveCount": message.received.to_string()},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:local:000000000000:{queue}"),
            "awsRegion": "local",
        })
    };
    json!({"Records": messages.iter().map(record).collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A receiver of webhooks that hangs holds up one call, and the messages of others have another one.
    #[tokio::test]
    async fn a_call_that_takes_long_holds_up_no_other() {
        let settings = QueueSettings {
            visibility: Duration::from_secs(600),
            dead_letters: None,
        };
        let queues = Queues::new(&BTreeMap::from([("q".to_owned(), settings)]), None).unwrap();
        let queues = Arc::new(queues);
        let (begun, mut calls) = tokio::sync::mpsc::unbounded_channel();
        let handler: QueueHandler = Arc::new(move |event, _| {
            let body = event.records[0].body.clone().unwrap_or_default();
            let begun = begun.clone();
            Box::pin(async move {
                begun.send(body.clone()).unwrap();
                if body == "slow" {
                    std::future::pending::<()>().await;
                }
                SqsBatchResponse::default()
            })
        });
        let consumer = Consumer {
            function: "f".to_owned(),
            timeout: Duration::from_secs(60),
            queue: "q".to_owned(),
            batch_size: 10,
            concurrency: 2,
        };
        let feed = tokio::spawn(Arc::clone(&queues).feed(consumer, handler));
        for body in ["slow", "fast", "again", "slow", "waits"] {
            queues.send("q", body).unwrap();
            let limit = match body {
                "waits" => Duration::from_millis(50),
                _ => Duration::from_secs(10),
            };
            let call = tokio::time::timeout(limit, calls.recv()).await;
            let expected = (body != "waits").then(|| body.to_owned());
            assert_eq!(call.ok().flatten(), expected);
        }
        feed.abort();
    }
}
