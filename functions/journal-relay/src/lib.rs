//! Relays the table's stream to the event bus: gives each journal entry its place in the feed, archives those of its events
//! that end something, sends the events, and adds them to the indexes that the console reads. Sends checkpoints of the feed,
//! too.
//!
//! Events are sent at least once, with the same ids each time, and each tenant's in order (see [`Bus::send`]). On a
//! failure, the response names the sequence number from which Lambda must deliver the stream's records again.

mod bus;
mod records;

use std::slice;
use std::time::Duration;

use aws_lambda_events::dynamodb::Event as StreamEvent;
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use jiff::Timestamp;
use rollcall_directory::capacity::measure;
use rollcall_directory::{Directory, Error, Event, Tenant};
use rollcall_runtime::{Metric, Record, chain};
use tokio::time::{Instant, timeout};

pub use bus::{BUS_NAME_VARIABLE, Bus, DETAIL_LIMIT, Rejected, SOURCE};

use records::{Batch, NewCheckpoint};

/// The time for the indexes of one batch. The function has a minute in all.
const INDEX_TIME: Duration = Duration::from_secs(10);

/// The message of the log when an entry is set aside.
const SET_ASIDE: &str = "a journal entry was set aside; the full pass tries it again";
/// An entry that still fails after this time in the stream is set aside. Shorter troubles of the table, such as
/// throttling, end by themselves.
const PATIENCE: Duration = Duration::from_secs(300);
/// The time for relaying the entries of a tenant one by one.
const ONE_BY_ONE_TIME: Duration = Duration::from_secs(20);

/// Returns the relay for a directory and a bus.
pub fn handler(directory: Directory, bus: Bus) -> Relay {
    Relay { directory, bus }
}

/// The relay. The Lambda runtime and the local stream call it with each batch of records.
#[derive(Clone, Debug)]
pub struct Relay {
    directory: Directory,
    bus: Bus,
}

/// The reason why an entry of a tenant, and those after it, could not be relayed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the feed could not be read or extended")]
    Feed(#[from] Error),
    #[error("the bus did not take the events")]
    Bus(#[from] Rejected),
    #[error("there was no time for the other entries")]
    Late,
}

impl Failure {
    /// Returns whether an entry that failed for this reason would fail again: it is unreadable, or the bus refused it for
    /// what it is, or the table has refused it for too long. A bus that is not available fails for all tenants.
    fn lasts(&self, batch: &Batch, entry: &str) -> bool {
        match self {
            Self::Feed(Error::Corrupt(_)) => true,
            Self::Feed(_) => batch.age(entry) > PATIENCE,
            Self::Bus(rejected) => rejected.is_final,
            Self::Late => false,
        }
    }
}

impl Relay {
    /// Relays one batch of stream records.
    ///
    /// If entries fail, the response contains the sequence number of the first failed record, and Lambda redelivers the
    /// records from there on. A tenant whose entries fail does not stop the other tenants of the batch, but their later
    /// records are redelivered too. So that it does not stop them for ever, an entry that cannot be relayed is set aside
    /// (`Journal::set_aside`): at once if the entry itself is the reason, otherwise after five minutes.
    pub async fn call(&self, event: StreamEvent) -> DynamoDbEventResponse {
        let batch = Batch::of(event, &self.directory);
        let (mut failed, mut placed) = (Vec::new(), Vec::new());
        for (tenant, entries) in batch.tenants() {
            if let Err((mut entry, mut failure)) = self.relay(tenant, entries, &mut placed).await {
                if failure.lasts(&batch, &entry) {
                    match self.one_by_one(tenant, entries, &batch, &mut placed).await {
                        Ok(()) => continue,
                        Err(first) => (entry, failure) = first,
                    }
                }
                tracing::error!(tenant = %tenant.id(), entry, error = chain(&failure), "journal entries were not relayed; Lambda redelivers them");
                failed.push(entry);
            }
        }
        for checkpoint in batch.checkpoints() {
            if let Err(failure) = self.announce(checkpoint).await {
                let NewCheckpoint { tenant, id, .. } = checkpoint;
                tracing::error!(tenant = %tenant.id(), error = chain(&failure), "a checkpoint was not sent; Lambda redelivers it");
                failed.push(id.clone());
            }
        }
        measure_lag(&placed);
        index(&placed).await;
        let mut response = DynamoDbEventResponse::default();
        if let Some(sequence_number) = batch.first_of(&failed) {
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = Some(sequence_number);
            response.batch_item_failures.push(failure);
        }
        response
    }

    /// Relays the entries of a tenant one by one, and sets aside those that cannot be relayed.
    ///
    /// # Errors
    /// The id of the first entry that was neither relayed nor set aside, and the reason.
    async fn one_by_one<'t>(
        &self,
        tenant: &'t Tenant,
        entries: &[String],
        batch: &Batch,
        placed: &mut Vec<(&'t Tenant, Vec<Event>)>,
    ) -> Result<(), (String, Failure)> {
        let deadline = Instant::now() + ONE_BY_ONE_TIME;
        for entry in entries {
            if Instant::now() >= deadline {
                return Err((entry.clone(), Failure::Late));
            }
            let Err((_, failure)) = self.relay(tenant, slice::from_ref(entry), placed).await else {
                continue;
            };
            if !failure.lasts(batch, entry) {
                return Err((entry.clone(), failure));
            }
            let set_aside = tenant.journal().set_aside(entry).await;
            set_aside.map_err(|error| (entry.clone(), error.into()))?;
            tracing::error!(tenant = %tenant.id(), entry, error = chain(&failure), "{SET_ASIDE}");
            Record::new().value(Metric::EntriesSetAside, 1.0).emit();
        }
        Ok(())
    }

    /// Sends a checkpoint to the bus. It may have expired if the stream is a month late.
    async fn announce(&self, new: &NewCheckpoint) -> Result<(), Failure> {
        let journal = new.tenant.journal();
        if let Some(checkpoint) = journal.checkpoint(new.sequence).await? {
            self.bus.send_checkpoint(&checkpoint).await?;
        }
        Ok(())
    }

    /// Relays entries of one tenant, and adds their events to `placed`.
    ///
    /// # Errors
    /// The id of the first entry, in the order of `entries`, that must be relayed again, and the reason.
    async fn relay<'t>(
        &self,
        tenant: &'t Tenant,
        entries: &[String],
        placed: &mut Vec<(&'t Tenant, Vec<Event>)>,
    ) -> Result<(), (String, Failure)> {
        let first = || entries.first().cloned().unwrap_or_default();
        let events = tenant.journal().relay(entries).await;
        let events = events.map_err(|error| (first(), error.into()))?;
        tracing::info!(tenant = %tenant.id(), entries = entries.len(), events = events.len(), "relayed");
        // What has ended is archived also while the bus takes nothing: a restore must not bring it back.
        let archived = self.directory.archive(&events).await;
        let sent = self.bus.send(&events).await.map_err(|rejected| {
            let entry = events.get(rejected.taken).map(entry_of);
            // The entries and their events are in different orders if some entries already had their places.
            let behind = |entry: &String| entries.iter().position(|id| id == entry);
            let waiting = events[rejected.taken.min(events.len())..]
                .iter()
                .map(entry_of);
            let earliest = waiting.min_by_key(behind).or(entry);
            (earliest.unwrap_or_else(first), rejected.into())
        });
        placed.push((tenant, events));
        sent?;
        archived.map_err(|error| (first(), error.into()))
    }
}

/// Measures how long the changes waited for their events. An event that is sent again is measured again.
fn measure_lag(placed: &[(&Tenant, Vec<Event>)]) {
    let now = Timestamp::now().as_millisecond();
    let events = placed.iter().flat_map(|(_, events)| events);
    let lag = |event: &Event| (now - event.occurred_at.as_millisecond()).max(0) as f64;
    let lags = events.map(lag).collect();
    Record::new().values(Metric::EventLag, lags).emit();
}

/// Adds events to the indexes of the console, after all events have been sent, for [`INDEX_TIME`] at most. Neither a
/// failure nor a slow index holds up an event: the hourly pass adds what an index lacks.
async fn index(placed: &[(&Tenant, Vec<Event>)]) {
    let all = async {
        for (tenant, events) in placed {
            index_events(tenant, events).await;
        }
    };
    if timeout(INDEX_TIME, all).await.is_err() {
        tracing::warn!("not all events were indexed in time; the hourly pass does so");
    }
}

async fn index_events(tenant: &Tenant, events: &[Event]) {
    let (indexed, cost) = measure(tenant.indexes().follow(events)).await;
    match indexed {
        Ok(()) => {
            tracing::debug!(tenant = %tenant.id(), read_units = cost.read_units, write_units = cost.write_units, "indexed");
        }
        Err(error) => {
            tracing::warn!(tenant = %tenant.id(), error = chain(&error), "events were not indexed; the hourly pass does so");
        }
    }
}

/// Returns the id of the journal entry of an event. An entry with several changes has several events.
fn entry_of(event: &Event) -> String {
    event.id.split('.').next().unwrap_or_default().to_owned()
}
