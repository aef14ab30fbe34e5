//! The one DynamoDB table: the few operations the directory is made of, each metered and retried in one way.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::Error as DynamoDbError;
use aws_sdk_dynamodb::types::{
    CancellationReason, KeysAndAttributes, PutRequest, ReturnConsumedCapacity, WriteRequest,
};
use backon::{BackoffBuilder, ExponentialBuilder, Retryable};

use crate::error::Error;
use crate::store::capacity;
use crate::store::item::{Item, key_item, string, text};
use crate::store::keys::{Key, Partition};
use crate::store::transaction::{Guard, Transaction};

/// DynamoDB's bound on a sort key.
const MAX_SORT_BYTES: usize = 1_024;
/// DynamoDB's bound on the keys of one `BatchGetItem`.
const MAX_BATCH_GET: usize = 100;
/// DynamoDB's bound on the items of one `BatchWriteItem`.
const MAX_BATCH_WRITE: usize = 25;

/// A handle on the table; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
}

/// Which items of a partition a query reads, and how.
#[derive(Clone, Debug)]
pub(crate) struct Range {
    partition: Partition,
    prefix: Option<String>,
    after: Option<String>,
    descending: bool,
    limit: Option<i32>,
}

impl Range {
    pub(crate) fn all(partition: Partition) -> Self {
        Self {
            partition,
            prefix: None,
            after: None,
            descending: false,
            limit: None,
        }
    }

    pub(crate) fn prefix(partition: Partition, prefix: impl Into<String>) -> Self {
        Self {
            prefix: Some(prefix.into()).filter(|p| !p.is_empty()),
            ..Self::all(partition)
        }
    }

    /// Starts behind the item with this sort key (before it, when descending). Addresses name it, so it may be
    /// anything: what DynamoDB takes for no place within the range is none, and the range is read from its start.
    pub(crate) fn after(mut self, sort: Option<String>) -> Self {
        let beginning = self.prefix.as_deref().unwrap_or_default();
        let is_within = |sort: &String| {
            (1..=MAX_SORT_BYTES).contains(&sort.len()) && sort.starts_with(beginning)
        };
        self.after = sort.filter(is_within);
        self
    }

    pub(crate) fn descending(mut self, descending: bool) -> Self {
        self.descending = descending;
        self
    }

    /// Reads no more than this many items.
    pub(crate) fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(i32::try_from(limit).unwrap_or(i32::MAX));
        self
    }
}

/// What one query call brought, and where to go on.
#[derive(Debug)]
pub(crate) struct QueryPage {
    pub(crate) items: Vec<Item>,
    /// The sort key behind which the next call starts; none at the end of the range.
    pub(crate) next: Option<String>,
}

impl Table {
    /// A strongly consistent read of one item.
    pub(crate) async fn get(&self, key: &Key) -> Result<Option<Item>, Error> {
        let output = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key_item(key)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(DynamoDbError::from)?;
        capacity::read(output.consumed_capacity());
        Ok(output.item)
    }

    /// Strongly consistent reads of many items, in no particular order; absent ones are left out.
    pub(crate) async fn batch_get(
        &self,
        keys: impl IntoIterator<Item = Key>,
    ) -> Result<Vec<Item>, Error> {
        let mut wanted: Vec<Key> = keys.into_iter().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut found = Vec::with_capacity(wanted.len());
        for chunk in wanted.chunks(MAX_BATCH_GET) {
            let mut left: Vec<Item> = chunk.iter().map(key_item).collect();
            let mut delays = backoff().build();
            while !left.is_empty() {
                let (items, unprocessed) = self.batch_get_once(left).await?;
                let progress = !items.is_empty();
                found.extend(items);
                left = unprocessed;
                if !left.is_empty() && !progress {
                    pause(&mut delays).await?;
                }
            }
        }
        Ok(found)
    }

    async fn batch_get_once(&self, keys: Vec<Item>) -> Result<(Vec<Item>, Vec<Item>), Error> {
        let request = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true)
            .build()
            .map_err(Error::corrupt)?;
        let output = self
            .client
            .batch_get_item()
            .request_items(&self.name, request)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(DynamoDbError::from)?;
        capacity::read(output.consumed_capacity());
        let items = output
            .responses
            .and_then(|mut tables| tables.remove(&self.name))
            .unwrap_or_default();
        let unprocessed = output
            .unprocessed_keys
            .and_then(|mut tables| tables.remove(&self.name));
        Ok((items, unprocessed.map(|rest| rest.keys).unwrap_or_default()))
    }

    /// One strongly consistent query call: up to the limit or 1 MB, whichever comes first.
    pub(crate) async fn query(&self, range: &Range) -> Result<QueryPage, Error> {
        let mut query = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .scan_index_forward(!range.descending)
            .set_limit(range.limit)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .expression_attribute_values(":pk", string(range.partition.as_str()));
        query = match &range.prefix {
            Some(prefix) => query
                .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
                .expression_attribute_values(":prefix", string(prefix)),
            None => query.key_condition_expression("PK = :pk"),
        };
        if let Some(after) = &range.after {
            query = query.set_exclusive_start_key(Some(key_item(&range.partition.at(after))));
        }
        let output = query.send().await.map_err(DynamoDbError::from)?;
        capacity::read(output.consumed_capacity());
        let next = output
            .last_evaluated_key
            .as_ref()
            .map(|key| text(key, "SK").map(str::to_owned))
            .transpose()?;
        Ok(QueryPage {
            items: output.items.unwrap_or_default(),
            next,
        })
    }

    /// Every item of the range, however many calls that takes.
    pub(crate) async fn query_all(&self, range: Range) -> Result<Vec<Item>, Error> {
        let mut items = Vec::new();
        let mut range = range;
        loop {
            let page = self.query(&range).await?;
            items.extend(page.items);
            match page.next {
                Some(next) => range = range.after(Some(next)),
                None => return Ok(items),
            }
        }
    }

    /// Writes one item whatever was there: only for items that nobody else decides by.
    pub(crate) async fn put(&self, item: Item) -> Result<(), Error> {
        let output = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(DynamoDbError::from)?;
        capacity::write(output.consumed_capacity());
        Ok(())
    }

    /// Writes many items that nobody reads yet.
    pub(crate) async fn batch_put(&self, items: Vec<Item>) -> Result<(), Error> {
        for chunk in items.chunks(MAX_BATCH_WRITE) {
            let mut left = chunk
                .iter()
                .cloned()
                .map(put_request)
                .collect::<Result<Vec<_>, Error>>()?;
            let mut delays = backoff().build();
            while !left.is_empty() {
                let sent = left.len();
                let output = self
                    .client
                    .batch_write_item()
                    .request_items(&self.name, left)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .map_err(DynamoDbError::from)?;
                capacity::write(output.consumed_capacity());
                left = output
                    .unprocessed_items
                    .and_then(|mut tables| tables.remove(&self.name))
                    .unwrap_or_default();
                if left.len() == sent {
                    pause(&mut delays).await?;
                }
            }
        }
        Ok(())
    }

    /// Commits all or nothing. Conflicts with other writers and throttling are waited out with jitter, as the SDK
    /// does not ("Error handling for transaction processing", DynamoDB developer guide).
    ///
    /// Answers the guards that did not hold: empty when the transaction is committed.
    pub(crate) async fn transact(&self, transaction: &Transaction) -> Result<Vec<Guard>, Error> {
        // One token for all tries: where the answer to a commit was lost and the next try is turned away as busy, the
        // one after it must not run into what the first has written.
        let token = uuid::Uuid::new_v4().to_string();
        (|| self.transact_once(transaction, &token))
            .retry(backoff())
            .when(|error: &Error| matches!(error, Error::Busy(_)))
            .await
    }

    async fn transact_once(
        &self,
        transaction: &Transaction,
        token: &str,
    ) -> Result<Vec<Guard>, Error> {
        let sent = self
            .client
            .transact_write_items()
            .client_request_token(token)
            .set_transact_items(Some(transaction.items(&self.name)?))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match sent.map_err(DynamoDbError::from) {
            Ok(output) => {
                capacity::write(output.consumed_capacity());
                Ok(Vec::new())
            }
            Err(DynamoDbError::TransactionCanceledException(cancelled)) => {
                let failed = transaction.failed_guards(cancelled.cancellation_reasons());
                if failed.is_empty() {
                    let busy = cancelled.cancellation_reasons().iter().any(is_busy);
                    let error = Box::new(DynamoDbError::TransactionCanceledException(cancelled));
                    return Err(if busy {
                        Error::Busy(Some(error))
                    } else {
                        Error::Table(error)
                    });
                }
                Ok(failed)
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn is_busy(reason: &CancellationReason) -> bool {
    matches!(
        reason.code(),
        Some(
            "TransactionConflict"
                | "ThrottlingError"
                | "ProvisionedThroughputExceeded"
                | "RequestLimitExceeded"
        )
    )
}

/// About nine seconds in all: long enough for a crowd on one group, well inside API Gateway's 29 s.
fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::from_millis(8))
        .with_max_delay(Duration::from_millis(800))
        .with_max_times(16)
}

async fn pause(delays: &mut impl Iterator<Item = Duration>) -> Result<(), Error> {
    let delay = delays.next().ok_or(Error::Busy(None))?;
    tokio::time::sleep(delay).await;
    Ok(())
}

fn put_request(item: Item) -> Result<WriteRequest, Error> {
    let put = PutRequest::builder()
        .set_item(Some(item))
        .build()
        .map_err(Error::corrupt)?;
    Ok(WriteRequest::builder().put_request(put).build())
}
