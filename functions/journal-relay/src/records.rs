//! Reads a batch of stream records: the ids of new journal entries, by tenant and in the stream's order, and new
//! checkpoints.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use rollcall_directory::{Directory, REMINDER, Tenant};
use serde_dynamo::AttributeValue;

/// The journal entries and checkpoints of one batch.
#[derive(Debug)]
pub(crate) struct Batch {
    tenants: Vec<(Tenant, Vec<String>)>,
    checkpoints: Vec<NewCheckpoint>,
    /// For each entry or checkpoint, its record.
    records: HashMap<String, Record>,
}

/// A record of the stream.
#[derive(Debug)]
struct Record {
    /// The position in the batch.
    position: usize,
    /// The sequence number in the stream.
    number: String,
    /// When the change was made.
    at: SystemTime,
}

/// A checkpoint that is new in the table.
#[derive(Debug)]
pub(crate) struct NewCheckpoint {
    pub(crate) tenant: Tenant,
    pub(crate) sequence: u64,
    /// Names it among the records of the batch.
    pub(crate) id: String,
}

impl Batch {
    /// Groups a batch by tenant. Ignores all records except those of checkpoints, and of journal entries that are new or
    /// carry a reminder ([`REMINDER`]). The event filter in the template excludes the same records. Any other change of an entry means
    /// that it has already got its place in the feed.
    pub(crate) fn of(event: StreamEvent, directory: &Directory) -> Self {
        let mut batch = Self {
            tenants: Vec::new(),
            checkpoints: Vec::new(),
            records: HashMap::new(),
        };
        let mut at: HashMap<String, usize> = HashMap::new();
        for (position, record) in event.records.into_iter().enumerate() {
            let (Some(partition), Some(entry)) = (key(&record, "PK"), key(&record, "SK")) else {
                continue;
            };
            let tenant = directory.journal_of(&partition);
            let place = Record {
                position,
                number: record.change.sequence_number.unwrap_or_default(),
                at: record.change.approximate_creation_date_time.into(),
            };
            if let Some(checkpoint) = checkpoint(directory, &partition, &entry) {
                batch.records.insert(checkpoint.id.clone(), place);
                batch.checkpoints.push(checkpoint);
                continue;
            }
            let reminds = record.change.new_image.contains_key(REMINDER);
            let Some(tenant) = tenant.filter(|_| record.event_name == "INSERT" || reminds) else {
                continue;
            };
            let tenants = &mut batch.tenants;
            let index = *at.entry(partition).or_insert_with(|| {
                tenants.push((tenant, Vec::new()));
                tenants.len() - 1
            });
            if let Some((_, entries)) = batch.tenants.get_mut(index)
                && !batch.records.contains_key(&entry)
            {
                entries.push(entry.clone());
                batch.records.insert(entry, place);
            }
        }
        batch
    }

    /// Returns each tenant with its entries, in the order of the stream.
    pub(crate) fn tenants(&self) -> impl Iterator<Item = (&Tenant, &[String])> {
        self.tenants
            .iter()
            .map(|(tenant, entries)| (tenant, entries.as_slice()))
    }

    /// Returns the new checkpoints, in the order of the stream.
    pub(crate) fn checkpoints(&self) -> &[NewCheckpoint] {
        &self.checkpoints
    }

    /// Returns the sequence number of the first record in the batch that belongs to one of these entries or checkpoints.
    pub(crate) fn first_of(&self, ids: &[String]) -> Option<String> {
        let records = ids.iter().filter_map(|entry| self.records.get(entry));
        let first = records.min_by_key(|record| record.position);
        first.map(|record| record.number.clone())
    }

    /// Returns for how long the stream has had the record of this entry.
    pub(crate) fn age(&self, entry: &str) -> Duration {
        let record = self.records.get(entry);
        let age = record.and_then(|record| record.at.elapsed().ok());
        age.unwrap_or_default()
    }
}

fn checkpoint(directory: &Directory, partition: &str, sort: &str) -> Option<NewCheckpoint> {
    Some(NewCheckpoint {
        tenant: directory.checkpoints_of(partition)?,
        sequence: sort.parse().ok()?,
        id: format!("{partition}/{sort}"),
    })
}

fn key(record: &EventRecord, name: &str) -> Option<String> {
    match record.change.keys.get(name) {
        Some(AttributeValue::S(text)) => Some(text.clone()),
        _ => None,
    }
}
