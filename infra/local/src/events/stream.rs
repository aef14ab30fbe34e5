//! The table's stream: new journal entries, as the records that Lambda would bring to the relay.
//!
//! Entries written through this process are seen as they are committed. At the start, and every so often where others
//! can write to the table as well, the journal itself is asked what has no place in the feed yet; and what has one, but
//! is not among the bus's deliveries, is relayed again.

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

/// Tenants and events read at once.
const READ_AT_ONCE: usize = 500;
/// How often the journal is asked for what others wrote.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How far back it is asked: no write is under way for that long.
const LOOK_BACK: Duration = Duration::from_secs(60);
/// How long Lambda's first pause before another try is here.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A function that is fed from the stream.
pub type StreamHandler =
    Arc<dyn Fn(StreamEvent) -> BoxFuture<'static, DynamoDbEventResponse> + Send + Sync>;

/// One item that was put where there was none.
#[derive(Clone, Debug)]
pub(crate) struct Inserted {
    pub(crate) partition: String,
    pub(crate) sort: String,
    /// The item in DynamoDB's JSON; null when only its key is known.
    pub(crate) image: Value,
}

/// The writing end: what saw an insert says so here.
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

    /// Held from before a commit until its entries are pushed, so that they come in the order of commits.
    pub(crate) fn in_order(&self) -> MutexGuard<'_, ()> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, inserted: Inserted) {
        self.announce(1);
        if self.sender.send(inserted).is_err() {
            self.done(1);
        }
    }

    /// How many records are not relayed yet.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Says that there is more to come, until as much is [`Inserts::done`].
    pub(crate) fn announce(&self, count: usize) {
        self.waiting.fetch_add(count, Ordering::SeqCst);
    }

    pub(crate) fn done(&self, count: usize) {
        self.waiting.fetch_sub(count, Ordering::SeqCst);
    }
}

/// Entries of which only the key is known.
fn keys(tenant: &TenantId, entries: Vec<String>) -> impl Iterator<Item = Inserted> {
    let partition = format!("T#{tenant}#J");
    entries.into_iter().map(move |sort| Inserted {
        partition: partition.clone(),
        sort,
        image: Value::Null,
    })
}

/// Brings records to the function, in order, each batch until all of it went through.
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

    /// Brings these records.
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

    /// Brings what comes, for ever.
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
        // as Lambda does: on from the record that is named, all of it when none is
        let first = batch
            .iter()
            .position(|record| record["dynamodb"]["SequenceNumber"] == failed);
        batch.drain(..first.unwrap_or_default());
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// One call; the sequence number at which to go on, if not everything went through.
async fn invoke(stream: &Stream, handler: &StreamHandler, batch: &[Value]) -> Option<Value> {
    let event = match serde_json::from_value(json!({"Records": batch})) {
        Ok(event) => event,
        Err(error) => {
            tracing::error!(%error, "the local run makes no such event as a stream does");
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
    let image = match inserted.image {
        Value::Null => keys.clone(),
        image => image,
    };
    json!({
        "eventID": format!("{number:032x}"),
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": "arn:aws:dynamodb:local:000000000000:table/rollcall/stream/local",
        "awsRegion": "local",
        "dynamodb": {
            "ApproximateCreationDateTime": jiff::Timestamp::now().as_second(),
            "Keys": keys,
            "NewImage": image,
            "SequenceNumber": format!("{number:021}"),
            "SizeBytes": 0,
            "StreamViewType": "NEW_IMAGE",
        },
    })
}

/// What earlier runs delivered, by tenant.
#[derive(Debug, Default)]
pub(crate) struct Delivered {
    sequences: BTreeMap<TenantId, BTreeSet<u64>>,
}

impl Delivered {
    /// From the lines of the bus's file.
    pub(crate) fn of(deliveries: &[Value]) -> Self {
        let mut delivered = Self::default();
        for event in deliveries {
            let detail = &event["detail"];
            let tenant = detail["tenant"].as_str().and_then(|id| id.parse().ok());
            if let (Some(tenant), Some(sequence)) = (tenant, detail["sequence"].as_u64()) {
                delivered
                    .sequences
                    .entry(tenant)
                    .or_default()
                    .insert(sequence);
            }
        }
        delivered
    }
}

/// Finds what a process that was killed left behind, in order: what was not delivered, then what has no place yet.
/// What this process writes comes on the stream itself, and its ids are behind `started`.
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
        let unplaced = tenant.journal().unplaced(None).await?.into_iter();
        entries.extend(unplaced.filter(|entry| entry.as_str() < started));
        left.extend(keys(&id, entries));
    }
    Ok(left)
}

/// The entries of events that have their place and were never delivered.
async fn undelivered(tenant: &Tenant, sequences: &BTreeSet<u64>) -> Result<Vec<String>, Error> {
    // everything up to the first gap is there
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

/// Looks again and again for what other processes wrote; never ends.
pub(crate) async fn look_for_others(directory: Directory, inserts: Inserts) {
    loop {
        tokio::time::sleep(LOOK_INTERVAL).await;
        // what this process wrote and is about to relay has no place yet either
        if inserts.waiting() > 0 {
            continue;
        }
        if let Err(error) = look(&directory, &inserts).await {
            tracing::warn!(%error, "the journal could not be looked through");
        }
    }
}

async fn look(directory: &Directory, inserts: &Inserts) -> Result<(), Error> {
    let back = jiff::Timestamp::now() - LOOK_BACK;
    let millis = u64::try_from(back.as_millisecond()).unwrap_or_default();
    let behind = uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid();
    for id in tenants(directory).await? {
        let tenant = directory.system(id.clone());
        let unplaced = tenant.journal().unplaced(Some(&behind.to_string())).await?;
        keys(&id, unplaced).for_each(|entry| inserts.push(entry));
    }
    Ok(())
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
