//! The event bus: events in order, ten at a time, and again from the first that was not taken.

use std::fmt;
use std::time::Duration;

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::DisplayErrorContext;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use backon::{BackoffBuilder, ExponentialBuilder};
use rollcall_directory::Event;
use serde_json::json;

/// The environment variable that names the bus.
pub const BUS_NAME_VARIABLE: &str = "EVENT_BUS_NAME";
/// The source of every event.
pub const SOURCE: &str = "rollcall";
/// The longest detail that is sent whole, in bytes: EventBridge takes 256 KB for one call with all its entries.
pub const DETAIL_LIMIT: usize = 240 * 1024;
/// EventBridge's bound on the entries of one call.
const ENTRIES_AT_ONCE: usize = 10;

/// A bus to send to; cheap to clone.
#[derive(Clone, Debug)]
pub struct Bus {
    client: Client,
    name: String,
}

/// The bus stopped taking events.
#[derive(Debug)]
pub struct Rejected {
    /// How many were taken before.
    pub taken: usize,
    why: String,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {} events: {}", self.taken, self.why)
    }
}

impl std::error::Error for Rejected {}

impl Bus {
    /// The named bus of the client's account.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self {
            client,
            name: name.into(),
        }
    }

    /// As a Lambda function finds it: the bus in `EVENT_BUS_NAME`.
    ///
    /// # Errors
    /// When `EVENT_BUS_NAME` is not set.
    pub async fn from_env() -> Result<Self, std::env::VarError> {
        let name = std::env::var(BUS_NAME_VARIABLE)?;
        let client = Client::new(&rollcall_directory::sdk_config().await);
        Ok(Self::new(client, name))
    }

    /// Sends events in order. What was not taken is sent again together with all that follows it, so that no event
    /// overtakes another for good.
    ///
    /// # Errors
    /// When one is not taken through several tries.
    pub async fn send(&self, events: &[Event]) -> Result<(), Rejected> {
        let details: Vec<String> = events.iter().map(detail).collect();
        let mut taken = 0;
        let mut delays = backoff();
        while taken < events.len() {
            let count = fitting(&details[taken..]);
            let range = taken..taken + count;
            match self.put(&events[range.clone()], &details[range]).await {
                Ok(()) => {
                    taken += count;
                    delays = backoff();
                }
                Err((went, why)) => {
                    taken += went;
                    if went > 0 {
                        delays = backoff();
                    }
                    let delay = delays.next().ok_or(Rejected { taken, why })?;
                    tokio::time::sleep(delay).await;
                }
            }
        }
        Ok(())
    }

    /// One call; on failure tells how many were taken before the first that was not.
    async fn put(&self, events: &[Event], details: &[String]) -> Result<(), (usize, String)> {
        let entries = events.iter().zip(details).map(|(event, detail)| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.name)
                .source(SOURCE)
                .detail_type(&event.kind)
                .detail(detail)
                .time(time_of(event))
                .build()
        });
        let put = self
            .client
            .put_events()
            .set_entries(Some(entries.collect()));
        let output = put.send().await;
        let output = output.map_err(|error| (0, DisplayErrorContext(error).to_string()))?;
        let failed = output
            .entries()
            .iter()
            .position(|entry| entry.error_code().is_some());
        match failed {
            None => Ok(()),
            Some(first) => {
                let entry = &output.entries()[first];
                let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                Err((
                    first,
                    format!(
                        "{} {}",
                        text(entry.error_code()),
                        text(entry.error_message())
                    ),
                ))
            }
        }
    }
}

/// An event as JSON. One that is too large for the bus goes without what changed, and says so: the feed has it whole.
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

/// How many of the next events fit one call.
fn fitting(details: &[String]) -> usize {
    let mut bytes = 0;
    let fits = |detail: &&String| {
        // EventBridge counts source, detail-type and time as well.
        bytes += detail.len() + 128;
        bytes <= DETAIL_LIMIT + 1024
    };
    let count = details
        .iter()
        .take(ENTRIES_AT_ONCE)
        .take_while(fits)
        .count();
    count.max(1)
}

fn time_of(event: &Event) -> aws_sdk_eventbridge::primitives::DateTime {
    aws_sdk_eventbridge::primitives::DateTime::from_millis(event.occurred_at.as_millisecond())
}

/// About six seconds in all; after that the stream itself tries again.
fn backoff() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(2))
        .with_max_times(6)
        .build()
}
