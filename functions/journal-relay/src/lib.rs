//! From the table's stream to the event bus: every journal entry gets its place in the feed, then its events are sent.
//!
//! At least once, with the same ids each time, and in order: of a tenant's events none is sent before those ahead of it
//! were taken. Whatever fails is reported by the sequence number at which the stream has to go on.

mod bus;
mod records;

use aws_lambda_events::dynamodb::Event as StreamEvent;
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use rollcall_directory::{Directory, Error, Event, Tenant};
use rollcall_runtime::chain;

pub use bus::{BUS_NAME_VARIABLE, Bus, DETAIL_LIMIT, Rejected, SOURCE};

use records::Batch;

/// The relay over one directory and one bus.
pub fn handler(directory: Directory, bus: Bus) -> Relay {
    Relay { directory, bus }
}

/// What the Lambda runtime and the local stream call with each batch of records.
#[derive(Clone, Debug)]
pub struct Relay {
    directory: Directory,
    bus: Bus,
}

/// Why the entries of a tenant behind one of them are still to be relayed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the entries could not be given their places")]
    Feed(#[from] Error),
    #[error("the bus did not take the events")]
    Bus(#[from] Rejected),
}

impl Relay {
    /// Relays one batch; answers where the stream has to go on if not all of it went through.
    ///
    /// A tenant whose entries fail does not hold up the others of the batch, but they are delivered again with it.
    pub async fn call(&self, event: StreamEvent) -> DynamoDbEventResponse {
        let batch = Batch::of(event, &self.directory);
        let mut failed = Vec::new();
        for (tenant, entries) in batch.tenants() {
            if let Err((entry, failure)) = self.relay(tenant, entries).await {
                tracing::error!(tenant = %tenant.id(), entry, error = chain(&failure), "journal entries wait for the next try");
                failed.push(entry);
            }
        }
        let mut response = DynamoDbEventResponse::default();
        if let Some(sequence_number) = batch.first_of(&failed) {
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = Some(sequence_number);
            response.batch_item_failures.push(failure);
        }
        response
    }

    /// Relays entries of one tenant; on failure tells from which on.
    async fn relay(&self, tenant: &Tenant, entries: &[String]) -> Result<(), (String, Failure)> {
        let first = || entries.first().cloned().unwrap_or_default();
        let events = tenant.journal().relay(entries).await;
        let events = events.map_err(|error| (first(), error.into()))?;
        tracing::info!(tenant = %tenant.id(), entries = entries.len(), events = events.len(), "relayed");
        self.bus.send(&events).await.map_err(|rejected| {
            let entry = events.get(rejected.taken).map(entry_of);
            // Entries come in another order than their events when some had their places before.
            let behind = |entry: &String| entries.iter().position(|id| id == entry);
            let waiting = events[rejected.taken.min(events.len())..]
                .iter()
                .map(entry_of);
            let earliest = waiting.min_by_key(behind).or(entry);
            (earliest.unwrap_or_else(first), rejected.into())
        })
    }
}

/// The id of the entry that an event comes from: one entry of several changes has several events.
fn entry_of(event: &Event) -> String {
    event.id.split('.').next().unwrap_or_default().to_owned()
}
