//! What a batch of stream records holds: the ids of new journal entries, tenant by tenant, in the stream's order.

use std::collections::HashMap;

use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use rollcall_directory::{Directory, REMINDER, Tenant};
use serde_dynamo::AttributeValue;

/// The entries of one batch.
#[derive(Debug)]
pub(crate) struct Batch {
    tenants: Vec<(Tenant, Vec<String>)>,
    /// By entry: where its record stands in the batch, and its sequence number.
    records: HashMap<String, (usize, String)>,
}

impl Batch {
    /// Sorts a batch. Records of anything but journal entries that are new, or that somebody was reminded of, are passed
    /// over: the filter in the template leaves them out, and an entry that changes otherwise has been given its place.
    pub(crate) fn of(event: StreamEvent, directory: &Directory) -> Self {
        let mut batch = Self {
            tenants: Vec::new(),
            records: HashMap::new(),
        };
        let mut at: HashMap<String, usize> = HashMap::new();
        for (position, record) in event.records.into_iter().enumerate() {
            let (Some(partition), Some(entry)) = (key(&record, "PK"), key(&record, "SK")) else {
                continue;
            };
            let tenant = directory.journal_of(&partition);
            let reminds = record.change.new_image.contains_key(REMINDER);
            let Some(tenant) = tenant.filter(|_| record.event_name == "INSERT" || reminds) else {
                continue;
            };
            let tenants = &mut batch.tenants;
            let index = *at.entry(partition).or_insert_with(|| {
                tenants.push((tenant, Vec::new()));
                tenants.len() - 1
            });
            let number = record.change.sequence_number.unwrap_or_default();
            if let Some((_, entries)) = batch.tenants.get_mut(index)
                && !batch.records.contains_key(&entry)
            {
                entries.push(entry.clone());
                batch.records.insert(entry, (position, number));
            }
        }
        batch
    }

    /// Each tenant's entries, in the order of the stream.
    pub(crate) fn tenants(&self) -> impl Iterator<Item = (&Tenant, &[String])> {
        self.tenants
            .iter()
            .map(|(tenant, entries)| (tenant, entries.as_slice()))
    }

    /// The sequence number of the first record among these entries.
    pub(crate) fn first_of(&self, entries: &[String]) -> Option<String> {
        let records = entries.iter().filter_map(|entry| self.records.get(entry));
        let first = records.min_by_key(|(position, _)| *position);
        first.map(|(_, number)| number.clone())
    }
}

fn key(record: &EventRecord, name: &str) -> Option<String> {
    match record.change.keys.get(name) {
        Some(AttributeValue::S(text)) => Some(text.clone()),
        _ => None,
    }
}
