//! Sends events to the EventBridge bus, in order and in batches. Retries from the first event that was not accepted.

use std::fmt;
use std::time::Duration;

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use backon::{BackoffBuilder, ExponentialBuilder};
use rollcall_directory::{Checkpoint, EVENT_VERSION, Event, call_failure};
use serde_json::json;

/// The environment variable that names the bus.
pub const BUS_NAME_VARIABLE: &str = "EVENT_BUS_NAME";
/// The `source` of every event.
pub const SOURCE: &str = "rollcall";
/// The maximum size of an event's `detail`, in bytes. EventBridge accepts 256 KB in one call, all entries together.
pub const DETAIL_LIMIT: usize = 240 * 1024;
/// The maximum number of entries in one `PutEvents` call.
const ENTRIES_AT_ONCE: usize = 10;

/// The type of a checkpoint on the bus.
const CHECKPOINT: &str = "feed.checkpoint";

/// What EventBridge gets of one event.
struct Entry {
    kind: String,
    detail: String,
    time: DateTime,
}

/// An event bus. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bus {
    client: Client,
    name: String,
}

/// The error when the bus does not accept an event.
#[derive(Debug)]
pub struct Rejected {
    /// How many events were accepted before it.
    pub taken: usize,
    /// Whether the bus refused this event for what it is, so that a retry cannot succeed.
    pub is_final: bool,
    why: String,
}

/// A failed `PutEvents` call.
struct NotPut {
    /// How many events were accepted before the first that was not.
    taken: usize,
    is_final: bool,
    why: String,
}

/// The codes with which EventBridge refuses an event that it may accept later.
const TRANSIENT: [&str; 3] = [
    "InternalFailure",
    "InternalException",
    "ThrottlingException",
];

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {} events: {}", self.taken, self.why)
    }
}

impl std::error::Error for Rejected {}

impl Bus {
    /// Returns the named bus in the client's account.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self {
            client,
            name: name.into(),
        }
    }

    /// Returns the bus that `EVENT_BUS_NAME` names, as in a Lambda function.
    ///
    /// # Errors
    /// When `EVENT_BUS_NAME` is not set.
    pub async fn from_env() -> Result<Self, std::env::VarError> {
        let name = std::env::var(BUS_NAME_VARIABLE)?;
        let client = Client::new(&rollcall_directory::sdk_config().await);
        Ok(Self::new(client, name))
    }

    /// Sends events in order.
    ///
    /// If the bus does not accept an event, that event and all later ones are sent again. An event can therefore arrive
    /// before an earlier one, but then it arrives again after it.
    ///
    /// # Errors
    /// When the bus does not accept an event after several retries.
    pub async fn send(&self, events: &[Event]) -> Result<(), Rejected> {
        let entries: Vec<Entry> = events.iter().map(Entry::of_event).collect();
        self.send_entries(&entries).await
    }

    /// Sends a checkpoint of a feed.
    ///
    /// # Errors
    /// When the bus does not accept it after several retries.
    pub async fn send_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), Rejected> {
        self.send_entries(&[Entry::of_checkpoint(checkpoint)]).await
    }

    async fn send_entries(&self, entries: &[Entry]) -> Result<(), Rejected> {
        let mut taken = 0;
        let mut delays = backoff();
        while taken < entries.len() {
            let count = fitting(&entries[taken..]);
            match self.put(&entries[taken..taken + count]).await {
                Ok(()) => {
                    taken += count;
                    delays = backoff();
                }
                Err(NotPut {
                    taken: went,
                    is_final,
                    why,
                }) => {
                    taken += went;
                    if went > 0 {
                        delays = backoff();
                    }
                    let rejected = Rejected {
                        taken,
                        is_final,
                        why,
                    };
                    if is_final {
                        return Err(rejected);
                    }
                    let delay = delays.next().ok_or(rejected)?;
                    tokio::time::sleep(delay).await;
                }
            }
        }
        Ok(())
    }

    /// Makes one `PutEvents` call.
    ///
    /// # Errors
    /// When an event was not accepted.
    async fn put(&self, entries: &[Entry]) -> Result<(), NotPut> {
        let entries = entries.iter().map(|entry| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.name)
                .source(SOURCE)
                .detail_type(&entry.kind)
                .detail(&entry.detail)
                .time(entry.time)
                .build()
        });
        let put = self
            .client
            .put_events()
            .set_entries(Some(entries.collect()));
        let output = put.send().await;
        let output = output.map_err(|error| NotPut {
            taken: 0,
            is_final: false,
            why: call_failure(&error),
        })?;
        let failed = output
            .entries()
            .iter()
            .position(|entry| entry.error_code().is_some());
        match failed {
            None => Ok(()),
            Some(first) => {
                let entry = &output.entries()[first];
                let code = entry.error_code().unwrap_or_default();
                Err(NotPut {
                    taken: first,
                    is_final: !TRANSIENT.contains(&code),
                    // The message can quote the event.
                    why: code.to_owned(),
                })
            }
        }
    }
}

impl Entry {
    fn of_event(event: &Event) -> Self {
        Self {
            kind: event.kind.clone(),
            detail: detail(event),
            time: DateTime::from_millis(event.occurred_at.as_millisecond()),
        }
    }

    /// Returns a checkpoint in a form of its own, without a `sequence` of its own: it is not an event of the feed.
    fn of_checkpoint(checkpoint: &Checkpoint) -> Self {
        let Checkpoint {
            tenant,
            sequence,
            hash,
            at,
        } = checkpoint;
        let detail = json!({
            "type": CHECKPOINT, "version": EVENT_VERSION, "tenant": tenant, "at": at,
            "head": {"sequence": sequence, "hash": hash},
        });
        Self {
            kind: CHECKPOINT.to_owned(),
            detail: detail.to_string(),
            time: DateTime::from_millis(at.as_millisecond()),
        }
    }
}

/// Returns an event as JSON. An event that is too large for the bus loses `before` and `after`, and gets `abridged`.
/// The feed has the whole event.
fn detail(event: &Event) -> String {
    let whole = json!(event).to_string();
    if whole.len() <= DETAIL_LIMIT {
        return whole;
    }
    let bare = Event {
        before: None,
        after: None,
        ..event.clone()
    };
    let mut bare = json!(bare);
    bare["abridged"] = json!(true);
    bare.to_string()
}

/// Returns how many of the next events fit into one call, at least 1.
fn fitting(entries: &[Entry]) -> usize {
    let mut bytes = 0;
    let fits = |entry: &&Entry| {
        // EventBridge also counts `source`, `detail-type` and `time`.
        bytes += entry.detail.len() + 128;
        bytes <= DETAIL_LIMIT + 1024
    };
    let count = entries
        .iter()
        .take(ENTRIES_AT_ONCE)
        .take_while(fits)
        .count();
    count.max(1)
}

/// Returns the delays between retries, about six seconds in total. After that, Lambda retries the batch.
fn backoff() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(2))
        .with_max_times(6)
        .build()
}
