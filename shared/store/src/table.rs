//! The DynamoDB table and its operations. Each operation records its consumed capacity; batches and transactions have
//! their own retries. The futures of the SDK take tens of kilobytes each, so they are boxed: what waits for them stays
//! small.

use std::time::Duration;

use aws_sdk_dynamodb::types::{
    DeleteRequest, KeysAndAttributes, PutRequest, ReturnConsumedCapacity, ReturnValue,
    ReturnValuesOnConditionCheckFailure, WriteRequest,
};
use aws_sdk_dynamodb::{Client, Error as DynamoDbError};
use backon::{BackoffBuilder, ExponentialBuilder};
use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::attempt::Attempt;
use crate::capacity;
use crate::error::Error;
use crate::fence::Fence;
use crate::found::Found;
use crate::item::{Item, key_item, string, text};
use crate::partition::Key;
use crate::range::Range;
use crate::retry::{in_time, pause};
use crate::transaction::Expression;

/// DynamoDB's limit on the keys of one `BatchGetItem`.
const MAX_BATCH_GET: usize = 100;
/// DynamoDB's limit on the requests of one `BatchWriteItem`.
const MAX_BATCH_WRITE: usize = 25;
/// How many batches of one read or write are under way at the same time.
const CONCURRENT_BATCHES: usize = 16;

/// A handle on the table. It is cheap to clone.
#[derive(Clone, Debug)]
pub struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) attempt: Option<Attempt>,
    pub(crate) fence: Option<Fence>,
    pub(crate) only_looks: bool,
}

/// The result of one query call.
#[derive(Debug)]
pub struct QueryPage {
    /// The items, in the order of the range.
    pub items: Vec<Item>,
    /// The sort key after which the next call starts; `None` if the range has no more items.
    pub next: Option<String>,
}

/// The result of a conditional update.
#[derive(Clone, Debug, PartialEq)]
pub enum Updated {
    /// The condition held. The item is as after the update.
    Done(Item),
    /// The condition did not hold. The item is as stored.
    Unchanged(Item),
    /// The condition did not hold, and the item does not exist.
    Absent,
}

impl Table {
    /// Returns a handle on the named table of the client's account.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self {
            client,
            name: name.into(),
            attempt: None,
            fence: None,
            only_looks: false,
        }
    }

    /// Returns a handle on another table of the same account.
    #[must_use]
    pub fn beside(&self, name: impl Into<String>) -> Self {
        Self {
            fence: self.fence.clone(),
            only_looks: self.only_looks,
            ..Self::new(self.client.clone(), name)
        }
    }

    /// Reads one item with a strongly consistent read.
    ///
    /// # Errors
    /// Only table errors, as in all methods of this type.
    pub async fn get(&self, key: &Key) -> Result<Option<Item>, Error> {
        self.get_as(key, true).await
    }

    /// Reads one item with an eventually consistent read, for half the price. What was just written may be missing.
    pub async fn get_lately(&self, key: &Key) -> Result<Option<Item>, Error> {
        self.get_as(key, false).await
    }

    async fn get_as(&self, key: &Key, is_consistent: bool) -> Result<Option<Item>, Error> {
        let output = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key_item(key)))
            .consistent_read(is_consistent && !self.only_looks)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
            .await
            .map_err(DynamoDbError::from)?;
        capacity::read(output.consumed_capacity());
        Ok(output.item)
    }

    /// Reads items with strongly consistent reads, and returns those that exist, in any order.
    pub async fn batch_get(&self, keys: impl IntoIterator<Item = Key>) -> Result<Vec<Item>, Error> {
        self.batch_get_in(keys, None).await
    }

    /// Reads only these attributes of items, separated by commas. It costs the same units as [`Self::batch_get`], and less
    /// time.
    pub async fn batch_get_only(
        &self,
        keys: impl IntoIterator<Item = Key>,
        attributes: &'static str,
    ) -> Result<Vec<Item>, Error> {
        self.batch_get_in(keys, Some(attributes)).await
    }

    async fn batch_get_in(
        &self,
        keys: impl IntoIterator<Item = Key>,
        only: Option<&'static str>,
    ) -> Result<Vec<Item>, Error> {
        let mut wanted: Vec<Key> = keys.into_iter().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let chunks = wanted.chunks(MAX_BATCH_GET);
        let chunks: Vec<Vec<Item>> = chunks
            .map(|chunk| chunk.iter().map(key_item).collect())
            .collect();
        stream::iter(chunks)
            .map(|chunk| in_time(self.batch_get_chunk(chunk, only)))
            .buffer_unordered(CONCURRENT_BATCHES)
            .try_concat()
            .await
    }

    async fn batch_get_chunk(
        &self,
        chunk: Vec<Item>,
        only: Option<&'static str>,
    ) -> Result<Vec<Item>, Error> {
        let mut found = Vec::with_capacity(chunk.len());
        let mut left = chunk;
        let mut delays = backoff().build();
        while !left.is_empty() {
            let (items, unprocessed) = self.batch_get_once(left, only).await?;
            let progress = !items.is_empty();
            found.extend(items);
            left = unprocessed;
            if !left.is_empty() && !progress {
                pause(&mut delays).await?;
            }
        }
        Ok(found)
    }

    /// Reads items with strongly consistent reads, for a caller that takes each by its key.
    pub async fn find(&self, keys: impl IntoIterator<Item = Key>) -> Result<Found, Error> {
        Found::new(self.batch_get(keys).await?)
    }

    async fn batch_get_once(
        &self,
        keys: Vec<Item>,
        only: Option<&'static str>,
    ) -> Result<(Vec<Item>, Vec<Item>), Error> {
        let request = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .set_projection_expression(only.map(str::to_owned))
            .consistent_read(!self.only_looks)
            .build()
            .map_err(Error::corrupt)?;
        let output = self
            .client
            .batch_get_item()
            .request_items(&self.name, request)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
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

    /// Makes one strongly consistent query call. It reads up to the range's limit or 1 MB, whichever comes first.
    pub async fn query(&self, range: &Range) -> Result<QueryPage, Error> {
        let mut query = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(!self.only_looks)
            .scan_index_forward(!range.descending)
            .set_limit(range.limit)
            .set_projection_expression(range.only.map(str::to_owned))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .expression_attribute_values(":pk", string(range.partition.as_str()));
        query = match (&range.prefix, &range.floor) {
            (Some(prefix), _) => query
                .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
                .expression_attribute_values(":prefix", string(prefix)),
            (None, Some(floor)) => query
                .key_condition_expression("PK = :pk AND SK > :floor")
                .expression_attribute_values(":floor", string(floor)),
            (None, None) => query.key_condition_expression("PK = :pk"),
        };
        if let Some(after) = &range.after {
            query = query.set_exclusive_start_key(Some(key_item(&range.partition.at(after))));
        }
        let output = query.send().boxed().await.map_err(DynamoDbError::from)?;
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

    /// Reads all items of the range, with as many query calls as necessary.
    pub async fn query_all(&self, range: Range) -> Result<Vec<Item>, Error> {
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

    /// Writes items without a condition and not atomically. Use it only for items that nothing reads yet.
    pub async fn batch_put(&self, items: Vec<Item>) -> Result<(), Error> {
        let items = items
            .into_iter()
            .map(|item| Fence::put(self.fence.as_ref(), item));
        let items: Vec<Option<Item>> = items.collect::<Result<_, _>>()?;
        let requests = items.into_iter().flatten().map(put_request);
        self.batch_write(requests.collect::<Result<_, _>>()?).await
    }

    async fn batch_write(&self, requests: Vec<WriteRequest>) -> Result<(), Error> {
        if requests.is_empty() {
            return Ok(());
        }
        self.check_may_write()?;
        let chunks: Vec<_> = requests
            .chunks(MAX_BATCH_WRITE)
            .map(<[_]>::to_vec)
            .collect();
        stream::iter(chunks)
            .map(|chunk| in_time(self.batch_write_chunk(chunk)))
            .buffer_unordered(CONCURRENT_BATCHES)
            .try_collect()
            .await
    }

    async fn batch_write_chunk(&self, chunk: Vec<WriteRequest>) -> Result<(), Error> {
        let mut left = chunk;
        let mut delays = backoff().build();
        while !left.is_empty() {
            let sent = left.len();
            let output = self
                .client
                .batch_write_item()
                .request_items(&self.name, left)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .boxed()
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
        Ok(())
    }

    /// Updates one item if the condition holds. The result contains the item after the update, or the stored item if
    /// the condition does not hold.
    pub async fn update_if(
        &self,
        key: &Key,
        set: &Expression,
        condition: &Expression,
    ) -> Result<Updated, Error> {
        self.check_may_write()?;
        let fenced;
        let set = match &self.fence {
            Some(fence) => {
                fenced = set.within(fence, key)?;
                &fenced
            }
            None => set,
        };
        let sent = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key_item(key)))
            .update_expression(set.text())
            .condition_expression(condition.text())
            .set_expression_attribute_values(set.values_with(condition))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
            .await;
        match sent.map_err(DynamoDbError::from) {
            Ok(output) => {
                capacity::write(output.consumed_capacity());
                let item = output.attributes;
                let item = item.ok_or_else(|| Error::corrupt("no attributes returned"))?;
                Ok(Updated::Done(item))
            }
            Err(DynamoDbError::ConditionalCheckFailedException(failed)) => Ok(match failed.item {
                Some(item) => Updated::Unchanged(item),
                None => Updated::Absent,
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes items without a condition and not atomically. Use it only for items that nothing reads any more.
    pub async fn batch_delete(&self, keys: Vec<Key>) -> Result<(), Error> {
        if let Some(fence) = &self.fence {
            keys.iter().try_for_each(|key| fence.note(key))?;
        }
        let requests = keys.iter().map(delete_request);
        self.batch_write(requests.collect::<Result<_, _>>()?).await
    }
}

/// Returns delays of 8 to 16 seconds in total: long enough for many concurrent writers of one group, and well below API
/// Gateway's timeout of 29 s.
pub(crate) fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::from_millis(8))
        .with_max_delay(Duration::from_millis(800))
        .with_max_times(16)
}

fn delete_request(key: &Key) -> Result<WriteRequest, Error> {
    let delete = DeleteRequest::builder()
        .set_key(Some(key_item(key)))
        .build()
        .map_err(Error::corrupt)?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}

fn put_request(item: Item) -> Result<WriteRequest, Error> {
    let put = PutRequest::builder()
        .set_item(Some(item))
        .build()
        .map_err(Error::corrupt)?;
    Ok(WriteRequest::builder().put_request(put).build())
}
