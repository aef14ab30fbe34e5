//! The table's stream: delivers new journal entries to the relay, as records of Lambda's form.
//!
//! Entries are reported as they are committed, also those that other processes write on the port of the database. At the
//! start, the journal is read for entries that earlier runs left: those without a place in the feed, and those with a
//! place that the bus has not delivered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lambda_events::dynamodb::Event as StreamEvent;
use aws_lambda_events::streams::DynamoDbEventResponse;
use futures::future::BoxFuture;
use rollcall_directory::{Directory, Error, Tenant, TenantId};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::template::Stream;

use super::pattern;

/// The number of tenants or events in one read.
const READ_AT_ONCE: usize = 500;
/// The first delay before a retry.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest delay before a retry.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A function that the stream calls.
pub type StreamHandler =
    Arc<dyn Fn(StreamEvent) -> BoxFuture<'static, DynamoDbEventResponse> + Send + Sync>;

/// A new item of the table. It has only the key, which is all that the relay reads of one: during an import, entries wait here
/// in large numbers.
#[derive(Clone, Debug)]
pub(crate) struct Inserted {
    pub(crate) partition: String,
    pub(crate) sort: String,
}

/// The sending end of the stream. Whatever sees a new item reports it here.
#[derive(Clone, Debug)]
pub(crate) struct Inserts {
    sender: UnboundedSender<Inserted>,
    waiting: Arc<AtomicUsize>,
    order: Arc<Mutex<()>>,
}

impl Inserts {
    pub(crate) fn channel() -> (Self, UnboundedReceiver<Inserted>) {
        let (sender, receiver) = unbounded_channel();
        let inserts = Self {
            sender,
            waiting: Arc::default(),
            order: Arc::default(),
        };
        (inserts, receiver)
    }

    /// Locks the order of entries. A writer holds the lock from before its commit until its entries are pushed, so that
    /// they are in the order of the commits.
    pub(crate) fn in_order(&self) -> MutexGuard<'_, ()> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, inserted: Inserted) {
        self.announce(1);
        if self.sender.send(inserted).is_err() {
            self.done(1);
        }
    }

    /// Returns how many records are not yet relayed.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Counts `count` more records as not yet relayed, until [`Inserts::done`] is called for them.
    pub(crate) fn announce(&self, count: usize) {
        self.waiting.fetch_add(count, Ordering::SeqCst);
    }

    pub(crate) fn done(&self, count: usize) {
        self.waiting.fetch_sub(count, Ordering::SeqCst);
    }
}

/// Returns the items of journal entries of which only the ids are known.
fn keys(tenant: &TenantId, entries: Vec<String>) -> impl Iterator<Item = Inserted> {
    let partition = format!("T#{tenant}#J");
    entries.into_iter().map(move |sort| Inserted {
        partition: partition.clone(),
        sort,
    })
}

/// Delivers records to the function in order. Each batch is retried until all of its records are accepted.
pub(crate) struct Feed {
    pub(crate) stream: Stream,
    pub(crate) handler: StreamHandler,
    pub(crate) inserts: Inserts,
    number: u64,
}

impl Feed {
    pub(crate) fn new(stream: Stream, handler: StreamHandler, inserts: Inserts) -> Self {
        Self {
            stream,
            handler,
            inserts,
            number: 0,
        }
    }

    /// Delivers these records.
    pub(crate) async fn bring(&mut self, records: Vec<Inserted>) {
        let mut records = records.into_iter().peekable();
        while records.peek().is_some() {
            let batch = records.by_ref().take(self.stream.batch_size);
            let mut batch: Vec<Value> = batch
                .map(|inserted| {
                    self.number += 1;
                    record(inserted, self.number)
                })
                .collect();
            let passes = |record: &Value| {
                let mut filters = self.stream.filters.iter();
                self.stream.filters.is_empty()
                    || filters.any(|filter| pattern::matches(filter, record))
            };
            batch.retain(passes);
            deliver(&self.stream, &self.handler, batch).await;
        }
    }

    /// Delivers all records that arrive. Never returns.
    pub(crate) async fn run(mut self, mut records: UnboundedReceiver<Inserted>) {
        let mut taken = Vec::new();
        while records.recv_many(&mut taken, self.stream.batch_size).await > 0 {
            let count = taken.len();
            self.bring(std::mem::take(&mut taken)).await;
            self.inserts.done(count);
        }
    }
}

async fn deliver(stream: &Stream, handler: &StreamHandler, mut batch: Vec<Value>) {
    let mut pause = FIRST_PAUSE;
    while !batch.is_empty() {
        let Some(failed) = invoke(stream, handler, &batch).await else {
            return;
        };
        // As in Lambda, the retry starts at the record that the response names, or at the first one if it names none.
        let first = batch
            .iter()
            .position(|record| record["dynamodb"]["SequenceNumber"] == failed);
        batch.drain(..first.unwrap_or_default());
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Calls the function, and returns the sequence number from which to retry if not all records were accepted.
async fn invoke(stream: &Stream, handler: &StreamHandler, batch: &[Value]) -> Option<Value> {
    let event = match serde_json::from_value(json!({"Records": batch})) {
        Ok(event) => event,
        Err(error) => {
            tracing::error!(%error, "the stream event could not be built");
            return None;
        }
    };
    match tokio::spawn(handler(event)).await {
        Ok(response) => {
            let mut failures = response.batch_item_failures.into_iter();
            failures
                .next()
                .map(|failure| json!(failure.item_identifier.unwrap_or_default()))
        }
        Err(error) => {
            tracing::error!(function = stream.function, %error, "the function crashed");
            Some(Value::Null)
        }
    }
}

fn record(inserted: Inserted, number: u64) -> Value {
    let keys = json!({"PK": {"S": inserted.partition}, "SK": {"S": inserted.sort}});
    json!({
        "eventID": format!("{number:032x}"),
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": "arn:aws:dynamodb:local:000000000000:table/rollcall/stream/local",
        "awsRegion": "local",
        "dynamodb": {
            "ApproximateCreationDateTime": jiff::Timestamp::now().as_second(),
            "Keys": keys.clone(),
            "NewImage": keys,
            "SequenceNumber": format!("{number:021}"),
            "SizeBytes": 0,
            "StreamViewType": "NEW_IMAGE",
        },
    })
}

/// The sequences of the events that earlier runs delivered, by tenant.
#[derive(Debug, Default)]
pub(crate) struct Delivered {
    sequences: BTreeMap<TenantId, BTreeSet<u64>>,
}

impl Delivered {
    /// Notes a line of the bus's file.
    pub(crate) fn note(&mut self, event: &Value) {
        let detail = &event["detail"];
        let tenant = detail["tenant"].as_str().and_then(|id| id.parse().ok());
        if let (Some(tenant), Some(sequence)) = (tenant, detail["sequence"].as_u64()) {
            let sequences = self.sequences.entry(tenant).or_default();
            sequences.insert(sequence);
        }
    }
}

/// Returns the entries that earlier runs left, in order: for each tenant those that were not delivered, then those
/// without a place in the feed.
///
/// Entries of this process have ids after `started`. They are excluded, because they arrive on the stream itself.
pub(crate) async fn left_behind(
    directory: &Directory,
    mut delivered: Delivered,
    started: &str,
) -> Result<Vec<Inserted>, Error> {
    for tenant in tenants(directory).await? {
        delivered.sequences.entry(tenant).or_default();
    }
    let mut left = Vec::new();
    for (id, sequences) in delivered.sequences {
        let tenant = directory.system(id.clone());
        let mut entries = undelivered(&tenant, &sequences).await?;
        let unplaced = tenant.journal().unplaced().await?.into_iter();
        entries.extend(unplaced.filter(|entry| entry.as_str() < started));
        left.extend(keys(&id, entries));
    }
    Ok(left)
}

/// Returns the ids of entries whose events have a place in the feed but were never delivered.
async fn undelivered(tenant: &Tenant, sequences: &BTreeSet<u64>) -> Result<Vec<String>, Error> {
    // All events before the first gap were delivered.
    let whole = sequences
        .iter()
        .zip(1..)
        .take_while(|(have, want)| **have == *want);
    let mut after = whole.last().map_or(0, |(have, _)| *have);
    let mut entries = Vec::new();
    loop {
        let events = tenant.journal().events(after, READ_AT_ONCE).await?;
        let Some(last) = events.last() else {
            return Ok(entries);
        };
        after = last.sequence;
        let missing = events
            .iter()
            .filter(|event| !sequences.contains(&event.sequence));
        let entry = |id: &str| id.split('.').next().unwrap_or_default().to_owned();
        entries.extend(missing.map(|event| entry(&event.id)));
        entries.dedup();
    }
}

async fn tenants(directory: &Directory) -> Result<Vec<TenantId>, Error> {
    let mut all: Vec<TenantId> = Vec::new();
    loop {
        let behind = all.last().map(|id| id.as_str());
        let page = directory.tenants(behind, READ_AT_ONCE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page.into_iter().map(|tenant| tenant.id));
    }
}
