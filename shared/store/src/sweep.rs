//! Reads the keys of all items of a tenant, whatever they are: the one operation that scans the table.
//!
//! Of the stack, these are the webhooks that wait or are paused for the tenant.
//!
//! Many partitions of a tenant are named by a value, such as an e-mail address, so no list of them exists. Only a scan
//! finds every item, also those that a version before or after this one has written.

use aws_sdk_dynamodb::Error as DynamoDbError;
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use futures::FutureExt;
use serde::{Deserialize, Serialize};

use crate::capacity;
use crate::error::Error;
use crate::item::{Item, key_item, string, text};
use crate::keys::Keys;
use crate::partition::{Key, Partition};
use crate::stack_keys::StackKeys;
use crate::table::Table;
use crate::webhook_keys::PAUSED_FOR;

/// A place in the table, up to which it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweptTo {
    partition: String,
    sort: String,
}

/// The keys of a tenant in one part of the table.
#[derive(Debug)]
pub struct Swept {
    /// The keys.
    pub keys: Vec<Key>,
    /// The place after which the next part begins; `None` at the end of the table.
    pub next: Option<SweptTo>,
}

impl Table {
    /// Reads the next 1 MB of the whole table after a place, and returns the keys of the tenant's items in it.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn sweep(&self, tenant: Keys<'_>, behind: Option<&SweptTo>) -> Result<Swept, Error> {
        let config = tenant.config();
        let others = format!("{}#", config.as_str());
        let waiting = StackKeys::waiting_webhooks();
        let start =
            behind.map(|place| key_item(&Partition::stored(&place.partition).at(&*place.sort)));
        let output = self
            .client
            .scan()
            .table_name(&self.name)
            .consistent_read(true)
            .projection_expression("PK, SK")
            .filter_expression("PK = :own OR begins_with(PK, :others) OR begins_with(PK, :paused) OR PK = :waiting")
            .expression_attribute_values(":own", string(config.as_str()))
            .expression_attribute_values(":others", string(&others))
            .expression_attribute_values(":paused", string(PAUSED_FOR))
            .expression_attribute_values(":waiting", string(waiting.as_str()))
            .set_exclusive_start_key(start)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .boxed()
            .await
            .map_err(DynamoDbError::from)?;
        capacity::read(output.consumed_capacity());
        let place = |item: &Item| {
            Ok::<_, Error>(SweptTo {
                partition: text(item, "PK")?.to_owned(),
                sort: text(item, "SK")?.to_owned(),
            })
        };
        let next = output.last_evaluated_key.as_ref().map(place).transpose()?;
        let mut keys = Vec::new();
        for item in output.items.unwrap_or_default() {
            let SweptTo { partition, sort } = place(&item)?;
            // The filter says the same; an item of another tenant must not depend on it alone.
            let is_of_stack = partition.starts_with(PAUSED_FOR) && tenant.is_called(&sort)
                || partition == waiting.as_str() && tenant.waits_in(&sort);
            if tenant.own(&partition) || is_of_stack {
                keys.push(Partition::stored(&partition).at(sort));
            }
        }
        Ok(Swept { keys, next })
    }
}
